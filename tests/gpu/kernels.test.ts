// Random kernels give the same results on the GPU as on the reference interpreter. A failing case is made smaller before it is
// shown; the seed is in the test's name.

import { ReferenceDevice } from "gradbook/compute/reference/device";
import { WebGpuDevice } from "gradbook/compute/webgpu/device";
import { afterAll, describe, expect, it } from "vitest";
import {
  groupCase,
  inPlaceCase,
  mapCase,
  matmulCase,
  reduceCase,
  rowCase,
  smallerCases,
} from "../unit/compute/generate.js";
import { type Case, difference, runOn, shrink, type Tolerance } from "../unit/compute/harness.js";
import { Random } from "../unit/compute/random.js";

const gpu = new WebGpuDevice();
const reference = new ReferenceDevice();
afterAll(() => gpu.close());

function check(make: (random: Random) => Case, seeds: number, tolerance: Tolerance): void {
  const compare = (test: Case): string | undefined =>
    difference(runOn(reference, test), runOn(gpu, test), tolerance);
  for (let seed = 1; seed <= seeds; seed++) {
    const test = make(new Random(seed));
    if (compare(test) === undefined) continue;
    const fails = (smaller: Case): boolean => compare(smaller) !== undefined;
    const least = shrink(test, smallerCases, fails);
    expect.fail(`seed ${seed}: ${compare(least)}\n${JSON.stringify(least.kernels[0], null, 1)}`);
  }
}

/** Sums in another order, and fused: relative to the size of what is summed. */
const summed: Tolerance = (_, scale) => 1e-5 * Math.max(scale, 1);

describe("random kernels", () => {
  it("element-wise", () => check(mapCase, 60, summed));
  it("updates in place", () => check(inPlaceCase, 20, summed));
  it("reductions", () => check(reduceCase, 60, summed));
  it("several passes along rows", () => check(rowCase, 30, summed));
  it("groups of loops", () => check(groupCase, 15, summed));
  it("matrix products with epilogues", () => check(matmulCase, 30, summed));
});
