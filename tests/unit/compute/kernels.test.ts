// Random kernels give the same results on the WASM device as on the reference interpreter. A failing case is made smaller
// before it is shown; the seed is in the test's name.

import type { Device } from "gradbook/compute/device";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { WasmDevice } from "gradbook/compute/wasm/device";
import { engineFor } from "gradbook/compute/wasm/flags";
import { describe, expect, it } from "vitest";
import { inPlaceCase, mapCase, matmulCase, reduceCase, smallerCases } from "./generate.js";
import { type Case, difference, runOn, shrink, type Tolerance } from "./harness.js";
import { Random } from "./random.js";

const wasm = new WasmDevice();
/** What machines get whose engine merges nothing and fuses nothing. */
const plain = new WasmDevice({}, engineFor({ rows: 6, columns: 8, relaxed: false }));
const reference = new ReferenceDevice();

function check(
  make: (random: Random) => Case,
  seeds: number,
  tolerance: Tolerance,
  device: Device = wasm,
): void {
  const compare = (test: Case): string | undefined =>
    difference(runOn(reference, test), runOn(device, test), tolerance);
  for (let seed = 1; seed <= seeds; seed++) {
    const test = make(new Random(seed));
    if (compare(test) === undefined) continue;
    const fails = (smaller: Case): boolean => compare(smaller) !== undefined;
    const least = shrink(test, smallerCases, fails);
    const kernel = JSON.stringify(least.kernels[0], null, 1);
    expect.fail(`seed ${seed}: ${compare(least)}\n${kernel}`);
  }
}

const exact: Tolerance = () => 0;
/** Sums in another order, and fused: relative to the size of what is summed. */
const summed: Tolerance = (_, scale) => 1e-5 * Math.max(scale, 1);

describe("random kernels", () => {
  it("element-wise: bit for bit", () => check(mapCase, 400, exact));
  it("updates in place: bit for bit", () => check(inPlaceCase, 100, exact));
  it("reductions", () => check(reduceCase, 400, summed));
  it("matrix products with epilogues", () => check(matmulCase, 250, summed));
  it("matrix products on 8 columns, without fused multiply-add", () => check(matmulCase, 80, summed, plain));
  it("reductions without fused multiply-add", () => check(reduceCase, 80, summed, plain));
});
