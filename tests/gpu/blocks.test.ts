// Which parameters a dispatch takes for its own, where many share a page.

import type { Plan } from "gradbook/compute/ir";
import { Blocks, MOST_BEFORE, PAGE_BYTES, UNIT_BYTES } from "gradbook/compute/webgpu/blocks";
import { WebGpuDevice } from "gradbook/compute/webgpu/device";
import { expect, it } from "vitest";
import { Random } from "../unit/compute/random.js";

it("a run of many dispatches stores each argument where it belongs, also with more workgroups than a grid has columns", () => {
  // 64 invocations a workgroup: an odd number of points is not taken in fours
  const many = 65_535 * 64 + 1;
  const sizes = Array.from({ length: 150 }, (_, i) => (i === 100 ? many : (i % 3) + 1));
  const plan: Plan = {
    buffers: sizes.map((size, binding) => ({ kind: "binding", binding, bytes: 4 * size })),
    kernels: sizes.map((size, index) => ({
      kind: "loop",
      outer: [size],
      reduce: [],
      passes: [],
      outputs: [
        {
          buffer: index,
          view: { offset: 0, strides: [1] },
          value: { kind: "arg", dtype: "float32", index },
        },
      ],
    })),
    arenaBytes: 0,
    commit: sizes.length,
    bindings: sizes.length,
    args: sizes.length,
    faults: [],
  };
  const gpu = new WebGpuDevice();
  const bound = sizes.map((size) => gpu.allocate(4 * size));
  const executable = gpu.compile(plan);
  expect(executable.traffic!.bytes).toBeGreaterThan(2 * PAGE_BYTES);
  const args = Float64Array.from(sizes, (_, i) => i + 0.5);
  gpu.run(executable, bound, args, () => false);
  sizes.forEach((size, i) => {
    const stored = new Float32Array(gpu.read(bound[i]!, 0, 4 * size).buffer);
    const wrong = stored.findIndex((value) => value !== args[i]);
    expect(wrong, `binding ${i} has ${stored[wrong]} for ${args[i]}`).toBe(-1);
  });
  gpu.close();
});

it("blocks do not overlap, and are seen from their pages, also where one is larger than a page", () => {
  const [blocks, random] = [new Blocks(), new Random(5)];
  const taken = Array.from({ length: 300 }, (_, i) => {
    const bytes = 16 * Math.ceil(random.next() * (i % 20 === 0 ? 600 : 20));
    return { bytes, ...blocks.take(bytes) };
  });
  expect(Math.max(...taken.map(({ bytes }) => bytes))).toBeGreaterThan(PAGE_BYTES);
  for (const [i, { at, page, before, bytes }] of taken.entries()) {
    expect(at).toBe(page + before * UNIT_BYTES);
    expect(at + bytes).toBeLessThanOrEqual(taken[i + 1]?.at ?? blocks.bytes);
    expect(at + bytes - page).toBeLessThanOrEqual(blocks.pageBytes);
    expect(page % 256).toBe(0);
    expect(before).toBeLessThanOrEqual(MOST_BEFORE);
  }
});
