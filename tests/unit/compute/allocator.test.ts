// The allocator's promises: ranges never overlap, are aligned, are reused, and grow together again when freed.

import { ALIGNMENT, Allocator } from "gradbook/compute/allocator";
import { describe, expect, it } from "vitest";
import { Random } from "./random.js";

describe("allocator", () => {
  it.each([1, 2, 3, 4, 5])("keeps ranges apart in a random life, seed %i", (seed) => {
    const random = new Random(seed);
    const allocator = new Allocator(1024);
    let end = 2 ** 16;
    allocator.extend(end);
    const live = new Map<number, number>();
    for (let step = 0; step < 4000; step++) {
      if (live.size > 0 && random.chance(0.48)) {
        const address = random.pick([...live.keys()]);
        allocator.free(address);
        live.delete(address);
        continue;
      }
      const bytes = random.chance(0.1) ? random.int(0, 40_000) : random.int(0, 900);
      let address = allocator.allocate(bytes);
      if (address === undefined) {
        end += allocator.missing(bytes);
        allocator.extend(end);
        address = allocator.allocate(bytes);
      }
      expect(address, `room for ${bytes} after adding what was missing`).toBeDefined();
      expect(address! % ALIGNMENT).toBe(0);
      live.set(address!, bytes);
    }
    const sorted = [...live].sort(([a], [b]) => a - b);
    for (const [i, [address, bytes]] of sorted.entries()) {
      expect(address + bytes).toBeLessThanOrEqual(sorted[i + 1]?.[0] ?? end);
    }
    const rounded = sorted.reduce(
      (sum, [, bytes]) => sum + Math.ceil(Math.max(bytes, 1) / ALIGNMENT) * ALIGNMENT,
      0,
    );
    expect(allocator.allocatedBytes).toBe(rounded);
    for (const [address] of random.shuffled(sorted)) allocator.free(address);
    expect(allocator.allocatedBytes).toBe(0);
    expect(allocator.allocate(allocator.end - 1024), "everything is one range again").toBe(1024);
  });

  it("uses a freed range again: one of the very size, then the one that fits best", () => {
    const allocator = new Allocator(64);
    const sizes = [4032, 64, 1024, 64, 1152, 64];
    allocator.extend(64 + sizes.reduce((sum, size) => sum + size));
    const ranges = sizes.map((bytes) => allocator.allocate(bytes)!);
    for (const i of [0, 2, 4]) allocator.free(ranges[i]!);
    expect(allocator.allocate(1000)).toBe(ranges[2]);
    expect(allocator.allocate(1088)).toBe(ranges[4]);
    expect(allocator.allocate(3500)).toBe(ranges[0]);
    expect(allocator.allocate(1)).toBe(ranges[4]! + 1088);
  });

  it("keeps count of what is allocated while ranges of one size come and go", () => {
    const allocator = new Allocator(64);
    allocator.extend(2 ** 20);
    const first = allocator.allocate(5000)!;
    for (let i = 0; i < 100; i++) {
      expect(allocator.allocatedBytes).toBe(5056);
      allocator.free(first);
      expect(allocator.allocatedBytes).toBe(0);
      expect(allocator.allocate(5000)).toBe(first);
    }
  });

  it("joins a range with both neighbours", () => {
    const allocator = new Allocator(64);
    allocator.extend(64 + 3 * 640);
    const [a, b, c] = [640, 640, 640].map((bytes) => allocator.allocate(bytes)!);
    expect(allocator.allocate(1)).toBeUndefined();
    for (const address of [a!, c!, b!]) allocator.free(address);
    expect(allocator.allocate(1920)).toBe(a);
  });

  it("refuses to free what is not allocated", () => {
    const allocator = new Allocator(64);
    allocator.extend(10_000);
    const address = allocator.allocate(10)!;
    allocator.free(address);
    expect(() => allocator.free(address)).toThrow(/nothing is allocated at address 64/);
  });
});
