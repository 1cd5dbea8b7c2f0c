// Which parameters a dispatch takes for its own, where many share a page, and which kernels become one dispatch.

import type { LoopKernel, Plan } from "gradbook/compute/ir";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { Blocks, MOST_BEFORE, PAGE_BYTES, UNIT_BYTES } from "gradbook/compute/webgpu/blocks";
import { WebGpuDevice } from "gradbook/compute/webgpu/device";
import { ProgramBuilder, trafficOf } from "gradbook/compute/webgpu/program";
import { usualTile } from "gradbook/compute/webgpu/tiles";
import type { Expr } from "gradbook/graph/expr";
import { expect, it } from "vitest";
import { difference, planOf, runOn } from "../unit/compute/harness.js";
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

type Move = readonly [from: number, to: number];
const view = { offset: 0, strides: [1] };
const one: Expr = { kind: "const", dtype: "float32", value: 1 };

/** Adds 1 to a buffer of four numbers, and stores that in another one, or in the same. */
function step([from, to]: Move): LoopKernel {
  const x: Expr = { kind: "load", dtype: "float32", buffer: from, view };
  const value: Expr = { kind: "binary", dtype: "float32", op: "add", a: x, b: one };
  return { kind: "loop", outer: [4], reduce: [], passes: [], outputs: [{ buffer: to, view, value }] };
}

/** Copies four indices, if none of them is 9 or more. */
function checked([from, to]: Move): LoopKernel {
  const x: Expr = { kind: "load", dtype: "int32", buffer: from, view };
  const value: Expr = { kind: "check", dtype: "int32", x, bound: 9, fault: 0 };
  return { kind: "loop", outer: [4], reduce: [], passes: [], outputs: [{ buffer: to, view, value }] };
}

it("equal kernels are one dispatch as far as none needs what another one stores, or stores what another one needs", () => {
  const dispatches = (kernelOf: (move: Move) => LoopKernel, ...moves: Move[]): number => {
    const buffers = Array.from(
      { length: 6 },
      (_, binding) => ({ kind: "binding", binding, bytes: 16 }) as const,
    );
    const kernels = moves.map(kernelOf);
    const plan = { buffers, kernels, arenaBytes: 0, commit: 0, bindings: 6, args: 0, faults: ["{value}"] };
    return trafficOf(new ProgramBuilder(plan, { half: false, tileFor: usualTile }).program).dispatches;
  };
  expect(dispatches(step, [0, 1], [0, 2], [0, 3])).toBe(1);
  expect(dispatches(step, [0, 0], [1, 1], [2, 2])).toBe(1);
  expect(dispatches(step, [0, 1], [1, 2])).toBe(2);
  expect(dispatches(step, [0, 1], [2, 1])).toBe(2);
  expect(dispatches(step, [0, 1], [2, 0])).toBe(2);
  expect(dispatches(step, [0, 1], [2, 3], [3, 4], [0, 5])).toBe(2);
  // the second one must not store what the check of the first one forbids
  expect(dispatches(checked, [0, 1], [2, 3])).toBe(2);
});

it("many equal loops of a launch are one dispatch with the shader of one loop; the others keep one of their own", () => {
  const random = new Random(3);
  /** Sums of rows: equal ones of three, and some of other lengths. */
  const lengths = Array.from({ length: 40 }, (_, i) => (i % 10 === 4 ? 4 + i : 3));
  const members = lengths.map((length, i): LoopKernel => {
    const place = { offset: 0, strides: [length, 1] };
    const value: Expr = { kind: "load", dtype: "float32", buffer: 2 * i, view: place };
    const sum: Expr = { kind: "accumulator", dtype: "float32", index: 0 };
    return {
      kind: "loop",
      outer: [2],
      reduce: [length],
      passes: [{ accumulators: [{ op: "sum", dtype: "float32", value }], outputs: [] }],
      outputs: [{ buffer: 2 * i + 1, view, value: sum }],
    };
  });
  const test = {
    kernels: [{ kind: "group" as const, members }],
    buffers: lengths.flatMap((length) => [
      Float64Array.from({ length: 2 * length }, () => random.int(-9, 9)),
      new Float64Array(2),
    ]),
    types: new Array<"float32">(80).fill("float32"),
    args: [],
  };
  const { program, how } = new ProgramBuilder(planOf(test), { half: false, tileFor: usualTile });
  expect(trafficOf(program).dispatches).toBe(2);
  expect(how[0]).toMatch(/^1 workgroups .*; 36 beside each other, then 4 workgroups [^;]*; [^;]*$/);
  const [alone, group] = program.shaders.map(({ code }) => code.split("fn loop").length - 1);
  expect([alone, group]).toEqual([1, 4]);
  const gpu = new WebGpuDevice();
  expect(difference(runOn(new ReferenceDevice(), test), runOn(gpu, test), () => 0)).toBeUndefined();
  gpu.close();
});

it("whatever becomes one dispatch, the results are those of one kernel after the other", () => {
  const [gpu, reference, random] = [new WebGpuDevice(), new ReferenceDevice(), new Random(11)];
  for (let round = 0; round < 20; round++) {
    const moves = Array.from({ length: 100 }, () => [random.int(0, 19), random.int(0, 19)] as const);
    const test = {
      kernels: moves.map(step),
      buffers: Array.from({ length: 20 }, (_, i) => Float64Array.of(i, 2 * i, 3 * i, -i)),
      types: new Array<"float32">(20).fill("float32"),
      args: [],
    };
    expect(difference(runOn(reference, test), runOn(gpu, test), () => 0)).toBeUndefined();
  }
  gpu.close();
});
