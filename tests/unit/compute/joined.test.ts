// Kernels of a plan that are launched together compute what they compute one after another, and such as depend on each other are
// not launched together.

import type { GeneratedKernel, MatmulKernel, PlanBuffer } from "gradbook/compute/ir";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { WasmDevice } from "gradbook/compute/wasm/device";
import { FunctionBuilder } from "gradbook/compute/wasm/encoder";
import { JoinedParts } from "gradbook/compute/wasm/joined";
import { CHUNK_PARAMETERS } from "gradbook/compute/wasm/team";
import { afterAll, describe, expect, it } from "vitest";
import { type Case, difference, runOn } from "./harness.js";
import { Random } from "./random.js";

const SIZE = 96;
const view = { offset: 0, strides: [SIZE, 1] };

/** buffer `to` = buffer `a` * buffer `b` */
const product = (a: number, b: number, to: number): MatmulKernel => ({
  kind: "matmul",
  batch: [],
  m: SIZE,
  n: SIZE,
  k: SIZE,
  a: { buffer: a, view },
  b: { buffer: b, view },
  outputs: [{ buffer: to, view, value: { kind: "accumulator", dtype: "float32", index: 0 } }],
});

/** buffer `to` = buffer `from` + buffer `from` */
const doubled = (from: number, to: number): GeneratedKernel => {
  const load = { kind: "load", dtype: "float32", buffer: from, view } as const;
  const value = { kind: "binary", dtype: "float32", op: "add", a: load, b: load } as const;
  return {
    kind: "loop",
    outer: [SIZE, SIZE],
    reduce: [],
    passes: [],
    outputs: [{ buffer: to, view, value }],
  };
};

/** On buffers of small whole numbers: sums are exact in any order. */
function caseOf(kernels: readonly GeneratedKernel[], buffers: number): Case {
  const random = new Random(11);
  return {
    kernels,
    buffers: Array.from({ length: buffers }, () =>
      Float64Array.from({ length: SIZE * SIZE }, () => random.int(-3, 3)),
    ),
    types: Array<"float32">(buffers).fill("float32"),
    args: [],
  };
}

describe("kernels launched together", () => {
  const reference = new ReferenceDevice();
  const devices = [1, 3].map((threads) => new WasmDevice({ threads, grain: 500, helpFrom: 1 }));
  afterAll(() => {
    for (const device of devices) device.close();
  });

  it.each<[string, readonly GeneratedKernel[]]>([
    ["products with right operands of their own", [product(0, 1, 3), product(0, 2, 4), product(2, 1, 5)]],
    ["products and loops", [doubled(0, 3), product(0, 1, 4), doubled(1, 5)]],
    ["one that reads what was just written", [product(0, 1, 3), product(1, 2, 4), product(3, 0, 5)]],
    ["one that overwrites what was just read", [product(0, 1, 3), doubled(2, 1), product(3, 1, 4)]],
    ["one that overwrites what was just written", [doubled(0, 3), product(0, 1, 3), doubled(3, 4)]],
  ])("%s", (_, kernels) => {
    const test = caseOf(kernels, 6);
    const expected = runOn(reference, test);
    for (const device of devices)
      for (let run = 0; run < 5; run++)
        expect(difference(expected, runOn(device, test), () => 0)).toBeUndefined();
  });
});

describe("a launch", () => {
  const buffers = Array.from({ length: 6 }, (_, binding): PlanBuffer => {
    return { kind: "binding", binding, bytes: 4 * SIZE * SIZE };
  });
  const code = (): FunctionBuilder => new FunctionBuilder(CHUNK_PARAMETERS);
  const takesBoth = (first: GeneratedKernel, second: GeneratedKernel, alone = false): boolean => {
    const joined = new JoinedParts();
    const part = { code: code(), chunks: 1, time: 1, how: "", alone };
    expect(joined.takes(part, first, 1, buffers)).toBe(true);
    return joined.takes({ ...part, code: code() }, second, 1, buffers);
  };

  it.each<[string, boolean, GeneratedKernel, GeneratedKernel]>([
    ["two that read the same", true, product(0, 1, 3), product(0, 2, 4)],
    ["a reader of what another writes", false, product(0, 1, 3), doubled(3, 4)],
    ["a writer of what another reads", false, product(0, 1, 3), doubled(2, 1)],
    ["two that write the same", false, product(0, 1, 3), doubled(2, 3)],
  ])("has %s: %s", (_, together, first, second) => {
    expect(takesBoth(first, second)).toBe(together);
  });

  it("is of one kernel where that keeps a packed operand for its chunks", () => {
    expect(takesBoth(product(0, 1, 3), product(0, 2, 4), true)).toBe(false);
  });
});
