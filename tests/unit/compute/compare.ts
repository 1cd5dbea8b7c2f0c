// Random cases on a device and on the reference interpreter. A failing one is made smaller before it is shown.

import type { Device } from "gradbook/compute/device";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { expect } from "vitest";
import { type Case, difference, runOn, shrink, type Tolerance } from "./harness.js";
import { Random } from "./random.js";
import { smallerCases } from "./smaller.js";

const reference = new ReferenceDevice();

/** Compares what `make` makes of the seeds from 1 to `seeds`. */
export function compareCases(
  make: (random: Random) => Case,
  seeds: number,
  tolerance: Tolerance,
  device: Device,
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
