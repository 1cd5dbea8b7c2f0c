// What the code generator of wasm promises beyond what every device does: denormal numbers, bit for bit.

import { WasmDevice } from "gradbook/compute/wasm/device";
import { afterAll, describe, expect, it } from "vitest";
import { compareCases } from "./compare.js";
import { appliedOn, grid, powersOn, ulp } from "./elementary.js";
import { mapCase } from "./generate.js";

describe("wasm's generated code, denormal numbers included", () => {
  const device = new WasmDevice();
  afterAll(() => device.close());

  it("agrees with the interpreter bit for bit in element-wise kernels", () => {
    compareCases(
      (random) => mapCase(random, [1e-40, 3e38]),
      300,
      () => 0,
      device,
    );
  });

  // all below exp(-87.4), the second after 0, the row's maximum
  it.each([
    ["exp", () => appliedOn(device, "exp", grid(-103, -87.4))],
    ["exp of a row without its maximum", () => powersOn(device, [0, ...grid(-103, -87.4)]).slice(1)],
  ])("%s is within 1.01 units in the last place", (_, powers) => {
    const xs = grid(-103, -87.4);
    const wrong = powers().filter((y, i) => {
      const expected = Math.exp(xs[i]!);
      return Math.abs(y - expected) > 1.01 * ulp(expected);
    });
    expect(wrong).toEqual([]);
  });
});
