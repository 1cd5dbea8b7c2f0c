// What memory the machine has for the engine.

import { totalmem } from "node:os";
import { availableBytes, machineBytes } from "gradbook/compute/machine-memory";
import { memoriesFor } from "gradbook/compute/settings";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => void vi.restoreAllMocks());

test.each([
  ["a container with a limit", 6e9, Math.min(6e9, totalmem())],
  ["none", 0, totalmem()],
  ["a limit beyond the machine", 2 ** 64, totalmem()],
])("in %s the engine counts on what it may use", (_, constrained, bytes) => {
  vi.spyOn(process, "constrainedMemory").mockReturnValue(constrained);
  expect(machineBytes()).toBe(bytes);
});

test.each([
  [2.5, { count: 1, bytes: 2 ** 31 }],
  [6, { count: 1, bytes: 2 ** 32 }],
  [16, { count: 3, bytes: 2 ** 32 }],
  [64, { count: 12, bytes: 2 ** 32 }],
])("of %f GiB it takes four fifths at most, in memories of up to 4 GiB", (gibibytes, expected) => {
  expect(memoriesFor(gibibytes * 2 ** 30)).toEqual(expected);
});

test.runIf(process.platform === "linux")("what is left is some of the machine, and never nothing", () => {
  expect(availableBytes()).toBeGreaterThan(0);
  expect(availableBytes()).toBeLessThan(2 * totalmem());
});
