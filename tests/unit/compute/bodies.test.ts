// Kernels that differ only in their buffers and arguments share their code: each still computes with its own, as on the
// reference interpreter, and what is repeated adds next to nothing to a module.

import type { GeneratedKernel, MatmulKernel, Plan } from "gradbook/compute/ir";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { WasmDevice } from "gradbook/compute/wasm/device";
import { prepareEngine } from "gradbook/compute/wasm/flags";
import { compileProgram } from "gradbook/compute/wasm/program";
import type { Expr } from "gradbook/graph/expr";
import { describe, expect, it } from "vitest";
import { groupCase, inPlaceCase, mapCase, matmulCase, reduceCase, rowCase } from "./generate.js";
import { type Case, decode, difference, planOf, runOn } from "./harness.js";
import { Random } from "./random.js";

const reference = new ReferenceDevice();
// fine chunks, so that also small kernels are cut and use scratch memory
const wasm = new WasmDevice({ grain: 20 });

/** The same kernel with every buffer and every argument counted from `buffer` and `arg` on. */
function moved<T>(part: T, buffer: number, arg: number): T {
  if (typeof part !== "object" || part === null) return part;
  if (Array.isArray(part)) return part.map((one) => moved(one, buffer, arg)) as T;
  const isArgument = "kind" in part && part.kind === "arg";
  const entries = Object.entries(part).map(([name, value]) => {
    if (name === "buffer") return [name, value + buffer];
    return [name, isArgument && name === "index" ? value + arg : moved(value, buffer, arg)];
  });
  return Object.fromEntries(entries) as T;
}

/** A case beside itself, the second time with all values in another order; loops become one group. */
function twice({ kernels, buffers, types, args, faults = 0 }: Case, together: boolean): Case {
  const again = moved(kernels, buffers.length, args.length);
  const all: GeneratedKernel[] = [...kernels, ...again];
  const members = all.flatMap((kernel) => (kernel.kind === "loop" ? [kernel] : []));
  return {
    kernels: together && members.length === all.length ? [{ kind: "group", members }] : all,
    buffers: [...buffers, ...buffers.map((values) => values.toReversed())],
    types: [...types, ...types],
    args: [...args, ...args.map((value) => value + 1)],
    faults,
  };
}

describe("kernels that share their code", () => {
  it.each([
    ["element-wise", mapCase],
    ["in place", inPlaceCase],
    ["reductions", reduceCase],
    ["rows", rowCase],
    ["groups", groupCase],
    ["products", matmulCase],
  ])("compute with their own buffers and arguments: %s", (_, make) => {
    for (let seed = 1; seed <= 12; seed++) {
      const test = twice(make(new Random(seed)), seed % 2 === 0);
      const found = difference(runOn(reference, test), runOn(wasm, test), (__, scale) => 1e-5 * (scale || 1));
      expect(found && `seed ${seed}: ${found}`).toBeUndefined();
    }
  });

  it("are none where one overwrites what it reads and the other does not", () => {
    const view = { offset: 0, strides: [8, 1] };
    const load = (buffer: number): Expr => ({ kind: "load", dtype: "float32", buffer, view });
    const product: Expr = { kind: "accumulator", dtype: "float32", index: 0 };
    const update = (from: number, to: number): MatmulKernel => ({
      kind: "matmul",
      batch: [],
      m: 8,
      n: 8,
      k: 8,
      a: { buffer: 0, view },
      b: { buffer: 1, view },
      outputs: [
        {
          buffer: to,
          view,
          value: { kind: "binary", dtype: "float32", op: "sub", a: load(from), b: product },
        },
      ],
    });
    // buffers 2 and 4 are one binding under two numbers, as the planner names an old and a new value
    const plan: Plan = {
      buffers: [0, 1, 2, 3, 2].map((binding) => ({ kind: "binding", binding, bytes: 256 })),
      kernels: [update(2, 3), update(2, 4)],
      arenaBytes: 0,
      commit: 1,
      bindings: 4,
      args: 0,
      faults: [],
    };
    const results = [reference, wasm].map((device) => {
      const bound = [0, 1, 2, 3].map((i) => {
        const buffer = device.allocate(256);
        const values = Float32Array.from({ length: 64 }, (_, j) => ((i * 64 + j) % 13) - 6);
        device.write(buffer, 0, new Uint8Array(values.buffer));
        return buffer;
      });
      expect(device.run(device.compile(plan), bound, new Float64Array(0), () => false)).toBeUndefined();
      return bound.map((buffer) => decode(device.read(buffer, 0, 256), "float32"));
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[1]![3]).toEqual(results[1]![2]);
  });

  it("are in the module once", () => {
    const { shape } = prepareEngine();
    const bytesOf = (times: number): number => {
      const [kernel] = rowCase(new Random(3)).kernels;
      const { buffers, types, args } = rowCase(new Random(3));
      const kernels = Array.from({ length: times }, (_, i) => moved(kernel!, i * buffers.length, 0));
      const all = Array.from({ length: times }, () => buffers).flat();
      const test: Case = { kernels, buffers: all, types: all.map((_, i) => types[i % types.length]!), args };
      return compileProgram(planOf(test), { shape, zeros: 0, grain: 4000, blas: new Map() }).code.length;
    };
    const [one, two, twenty] = [bytesOf(1), bytesOf(2), bytesOf(20)];
    const each = (twenty - two) / 18;
    expect(each, `${one} bytes with one kernel, ${each} more for each like it`).toBeLessThan(0.1 * one);
  });
});
