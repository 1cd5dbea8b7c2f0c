// Random kernels give the same results on the devices that generate code as on the reference interpreter. A failing case is made
// smaller before it is shown; the seed is in the test's name.

import type { Device } from "gradbook/compute/device";
import type { LoopKernel } from "gradbook/compute/ir";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { WasmDevice } from "gradbook/compute/wasm/device";
import { engineFor } from "gradbook/compute/wasm/flags";
import { WebGpuDevice } from "gradbook/compute/webgpu/device";
import type { Expr } from "gradbook/graph/expr";
import { describe, expect, it } from "vitest";
import { sized } from "../parity/library.js";
import { compareCases } from "./compare.js";
import { groupCase, inPlaceCase, mapCase, matmulCase, reduceCase, rowCase, softmaxCase } from "./generate.js";
import { type Case, difference, runOn, type Tolerance, testedDevice } from "./harness.js";
import { Random } from "./random.js";

const tested = testedDevice();
/** What machines get whose engine merges nothing and fuses nothing. */
const plain = new WasmDevice({}, engineFor({ rows: 6, columns: 8, relaxed: false }));
/** What ARM gets, with its 32 registers. */
const tall = new WasmDevice({}, engineFor({ rows: 8, columns: 8, relaxed: true }));
const reference = new ReferenceDevice();

const check = (
  make: (random: Random) => Case,
  seeds: number,
  tolerance: Tolerance,
  device: Device = tested,
): void => compareCases(make, seeds, tolerance, device);

/** Sums in another order, and fused: relative to the size of what is summed. */
const summed: Tolerance = (_, scale) => 1e-5 * Math.max(scale, 1);
/** Bit for bit, where denormal numbers may count as 0; but for a GPU in hardware, since WGSL promises that neither of quotients nor
 *  of products that something is added to. */
const exact: Tolerance =
  tested instanceof WebGpuDevice && !tested.adapter.software
    ? summed
    : (expected) => (Math.abs(expected) < 2 ** -126 ? 2 ** -126 : 0);
/** How many seeds: as many as a GPU in software compiles in half a minute. */
const seeds = (cpu: number): number => sized(cpu, Math.ceil(cpu / 4));

describe("random kernels", () => {
  it("element-wise", () => check(mapCase, 300, exact));
  it("updates in place", () => check(inPlaceCase, 80, exact));
  it("reductions", () => check(reduceCase, seeds(300), summed));
  it("several passes along rows", () => check(rowCase, seeds(120), summed));
  it("softmax along rows", () => check(softmaxCase, seeds(100), summed));
  it("groups of loops", () => check(groupCase, seeds(60), summed));
  it("matrix products with epilogues", () => check(matmulCase, seeds(180), summed));
  it("matrix products on 8 columns, without fused multiply-add", () => check(matmulCase, 80, summed, plain));
  it("matrix products on tiles of 8 x 8", () => check(matmulCase, 80, summed, tall));
  it("reductions without fused multiply-add", () => check(reduceCase, 80, summed, plain));
  it("softmax without fused multiply-add", () => check(softmaxCase, 40, summed, plain));
  it("passes along rows without fused multiply-add", () => check(rowCase, 80, summed, plain));
});

// As batch norm's backward pass does: the row is multiplied by a number, of which the update follows in the same kernel.
it.each([
  ["side by side", [64, 1]],
  ["apart", [1, 6]],
])("a number that a whole row reads is updated in place; rows %s", (_, strides) => {
  const load = (buffer: number, along: readonly number[]): Expr => ({
    kind: "load",
    dtype: "float32",
    buffer,
    view: { offset: 0, strides: along },
  });
  const scaled: Expr = {
    kind: "binary",
    dtype: "float32",
    op: "mul",
    a: load(0, strides),
    b: load(1, [1, 0]),
  };
  const total: Expr = { kind: "accumulator", dtype: "float32", index: 0 };
  const lessTotal = (a: Expr): Expr => ({ kind: "binary", dtype: "float32", op: "sub", a, b: total });
  const kernel: LoopKernel = {
    kind: "loop",
    outer: [6],
    reduce: [64],
    passes: [
      { accumulators: [{ op: "sum", dtype: "float32", value: scaled }], outputs: [] },
      {
        accumulators: [],
        outputs: [{ buffer: 2, view: { offset: 0, strides }, value: lessTotal(scaled) }],
      },
    ],
    outputs: [{ buffer: 1, view: { offset: 0, strides: [1] }, value: lessTotal(load(1, [1])) }],
  };
  const random = new Random(4);
  const numbers = (length: number): Float64Array =>
    Float64Array.from({ length }, () => random.int(-8, 8) / 8);
  const test: Case = {
    kernels: [kernel],
    buffers: [numbers(6 * 64), numbers(6), new Float64Array(6 * 64)],
    types: ["float32", "float32", "float32"],
    args: [],
  };
  expect(difference(runOn(reference, test), runOn(tested, test), summed)).toBeUndefined();
});

describe("long sums", () => {
  const sum = (outer: number[], reduce: number[], strides: number[]): LoopKernel => ({
    kind: "loop",
    outer,
    reduce,
    passes: [
      {
        accumulators: [
          {
            op: "sum",
            dtype: "float32",
            value: { kind: "load", dtype: "float32", buffer: 0, view: { offset: 0, strides } },
          },
        ],
        outputs: [],
      },
    ],
    outputs: [
      {
        buffer: 1,
        view: { offset: 0, strides: outer.map(() => 1) },
        value: { kind: "accumulator", dtype: "float32", index: 0 },
      },
    ],
  });
  // Pixels: all positive, so that the sum grows far above what is added to it.
  const pixels = Float64Array.from({ length: 900_000 }, (_, i) => Math.fround(((i * 37) % 256) / 255));
  // Added up without intermediate totals they are off by 3e-6 to 1.4e-5.
  it.each([
    ["of everything", sum([], [900_000], [1]), 1],
    ["of columns", sum([3], [300_000], [1, 3]), 3],
    ["of rows that do not lie side by side", sum([2], [600, 740], [1, 1500, 2]), 2],
  ])("%s keep 6 digits", (_, kernel, results) => {
    const { buffers } = runOn(tested, {
      kernels: [kernel],
      buffers: [pixels, new Float64Array(results)],
      types: ["float32", "float32"],
      args: [],
    });
    const [outer = 1] = kernel.outer;
    const strides = kernel.passes[0]!.accumulators[0]!.value;
    if (strides.kind !== "load") throw new Error("a load");
    for (let i = 0; i < outer; i++) {
      let exact = 0;
      const [across, ...along] =
        kernel.outer.length > 0 ? strides.view.strides : [0, ...strides.view.strides];
      const [first, second = 1] = kernel.reduce as [number, number?];
      for (let a = 0; a < first; a++) {
        for (let b = 0; b < second; b++) exact += pixels[i * across! + a * along[0]! + b * (along[1] ?? 0)]!;
      }
      expect(Math.abs(buffers[1]![i]! / exact - 1)).toBeLessThan(1.5e-6);
    }
  });
});
