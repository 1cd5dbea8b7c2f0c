// What the code generator of wasm promises beyond what every device does: denormal numbers and the largest ones, bit for bit where
// nothing is summed, and functions to half a unit that are computed in double precision.

import { WasmDevice } from "gradbook/compute/wasm/device";
import { afterAll, describe, expect, it } from "vitest";
import { compareCases } from "./compare.js";
import { appliedOn, grid, powersOn, ulp } from "./elementary.js";
import { groupCase, inPlaceCase, mapCase, matmulCase, reduceCase, rowCase } from "./generate.js";
import type { Tolerance } from "./harness.js";

const EXTREMES = [1e-40, 3e38] as const;
const exact: Tolerance = () => 0;
/** Sums in another order, and fused: relative to the size of what is summed. */
const summed: Tolerance = (_, scale) => 1e-5 * Math.max(scale, 1);

describe("wasm's generated code, denormal numbers included", () => {
  const device = new WasmDevice();
  afterAll(() => device.close());

  it.each([
    ["element-wise kernels", mapCase, 300, exact],
    ["updates in place", inPlaceCase, 80, exact],
    ["reductions", reduceCase, 300, summed],
    ["several passes along rows", rowCase, 120, summed],
    ["groups of loops", groupCase, 60, summed],
    ["matrix products", matmulCase, 180, summed],
  ] as const)("agrees with the interpreter in %s", (_, make, seeds, tolerance) =>
    compareCases((random) => make(random, EXTREMES), seeds, tolerance, device),
  );

  it.each([
    ["sin", Math.sin],
    ["cos", Math.cos],
    ["atan", Math.atan],
  ] as const)("%s is within 0.51 units in the last place", (op, exactly) => {
    const xs = grid(-100, 100);
    const wrong = appliedOn(device, op, xs).filter((y, i) => {
      const expected = exactly(xs[i]!);
      return Math.abs(y - expected) > 0.51 * ulp(expected);
    });
    expect(wrong).toEqual([]);
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
