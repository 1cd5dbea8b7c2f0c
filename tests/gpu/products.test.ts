// Matrix products on the GPU: every tile, operands of both types in all layouts, with results stored one by one and in vectors,
// against sums in float64.

import * as gb from "gradbook";
import type { MatmulKernel } from "gradbook/compute/ir";
import { WebGpuDevice } from "gradbook/compute/webgpu/device";
import { lowered } from "gradbook/compute/webgpu/lower";
import { type PlainTile, TILES, usualTile } from "gradbook/compute/webgpu/tiles";
import type { DType } from "gradbook/graph/dtype";
import type { Expr } from "gradbook/graph/expr";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, describe, expect, it } from "vitest";
import { type Case, runOn } from "../unit/compute/harness.js";
import { Random } from "../unit/compute/random.js";
import { useDevice } from "../unit/parity/library.js";

let tile: PlainTile | undefined;
const gpu = new WebGpuDevice({ tileFor: (kernel) => (tile === undefined ? usualTile(kernel) : TILES[tile]) });
afterAll(() => {
  gpu.close();
  closeSession();
});

interface Options {
  /** Which operands are transposed. */
  readonly transposed: readonly [boolean, boolean];
  readonly operands?: "float32" | "float16";
  readonly result?: DType;
  /** Products beside each other; the second operand is the same for all. */
  readonly batch?: number;
}

const LAYOUTS = [
  [false, true],
  [true, false],
] as const;

/** A product with an epilogue that adds a row and takes the positive part. */
function product([m, n, k]: readonly number[], options: Options): Case & { kernels: [MatmulKernel] } {
  const { transposed, operands = "float32", result = "float32", batch = 1 } = options;
  const [rows, columns, terms] = [m!, n!, k!];
  const strides = (height: number, width: number, turned: boolean): number[] =>
    turned ? [1, height] : [width, 1];
  const sum: Expr = { kind: "accumulator", dtype: "float32", index: 0 };
  const row: Expr = { kind: "load", dtype: "float32", buffer: 2, view: { offset: 0, strides: [0, 0, 1] } };
  const zero: Expr = { kind: "const", dtype: "float32", value: 0 };
  const shifted: Expr = { kind: "binary", dtype: "float32", op: "add", a: sum, b: row };
  const positive: Expr = { kind: "binary", dtype: "float32", op: "max", a: shifted, b: zero };
  const value: Expr = result === "float32" ? positive : { kind: "cast", dtype: result, x: positive };
  const kernel: MatmulKernel = {
    kind: "matmul",
    batch: [batch],
    m: rows,
    n: columns,
    k: terms,
    a: {
      buffer: 0,
      dtype: operands,
      view: { offset: 0, strides: [rows * terms, ...strides(rows, terms, transposed[0])] },
    },
    b: {
      buffer: 1,
      dtype: operands,
      view: { offset: 0, strides: [0, ...strides(terms, columns, transposed[1])] },
    },
    outputs: [{ buffer: 3, view: { offset: 0, strides: [rows * columns, columns, 1] }, value }],
  };
  const random = new Random(7);
  // multiples of 1/128: the same in both types
  const some = (count: number): Float64Array =>
    Float64Array.from({ length: count }, () => Math.round(random.next() * 128) / 128 - 0.5);
  const buffers = [
    some(batch * rows * terms),
    some(terms * columns),
    some(columns),
    new Float64Array(batch * rows * columns),
  ];
  return { kernels: [kernel], buffers, types: [operands, operands, "float32", result], args: [] };
}

/** What `product` should give, as one sum after the other. */
function expected(test: ReturnType<typeof product>): number[] {
  const [{ batch, m, n, k, a, b }] = test.kernels;
  const [left, right, row] = test.buffers as [Float64Array, Float64Array, Float64Array];
  const values: number[] = [];
  for (let c = 0; c < batch[0]!; c++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = row[j]!;
        for (let p = 0; p < k; p++) {
          const [x, y] = [a.view.strides, b.view.strides];
          sum += left[c * x[0]! + i * x[1]! + p * x[2]!]! * right[p * y[1]! + j * y[2]!]!;
        }
        values.push(Math.max(sum, 0));
      }
  return values;
}

/** Compares a product with what it should be, to 1e-5 of the largest result, or float16's rounding. */
function check(shape: readonly number[], options: Options): void {
  const test = product(shape, options);
  const result = runOn(gpu, test).buffers[3]!;
  const values = expected(test);
  const scale = Math.max(...values);
  expect(scale).toBeGreaterThan(0.1);
  const tolerance = options.result === "float16" ? 2 ** -11 : 1e-5;
  const off = values.findIndex((value, i) => !(Math.abs(value - result[i]!) <= tolerance * scale));
  const where = `element ${off}: ${values[off]} expected, ${result[off]} found`;
  expect(off, where).toBe(-1);
}

// compiling takes a GPU in software a second for each shader: layouts and tiles are tried in turns
describe("every tile", () => {
  it.each(Object.keys(TILES) as PlainTile[])("%s, past its edges, in vectors", (name) => {
    tile = name;
    check([132, 136, 40], { transposed: LAYOUTS[Object.keys(TILES).indexOf(name) % 2]! });
    tile = undefined;
  });

  it.each([
    [[67, 70, 13], LAYOUTS[0]],
    [[67, 70, 13], LAYOUTS[1]],
    [[66, 72, 34], LAYOUTS[0]],
    [[66, 72, 34], LAYOUTS[1]],
    [
      [64, 96, 64],
      [false, false],
    ],
  ] as const)("the small one, for sizes %o, %o", (shape, transposed) => {
    tile = "small";
    check(shape, { transposed });
    tile = undefined;
  });

  it("with products beside each other", () => {
    check([40, 72, 20], { transposed: [false, false], batch: 3 });
  });
});

describe("of float16, multiplied as float32", () => {
  it.each([
    [[68, 72, 36], LAYOUTS[0], "float32"],
    [[68, 72, 36], LAYOUTS[1], "float16"],
    [[67, 70, 13], LAYOUTS[0], "float32"],
    [[67, 70, 13], LAYOUTS[1], "float16"],
  ] as const)("for sizes %o, %o, with results of %s", (shape, transposed, result) => {
    check(shape, { transposed, operands: "float16", result });
  });

  it("are read as they are: no copy in float32 is made", () => {
    useDevice("webgpu");
    const [a, b] = [gb.tensor.randn(70, 40).half().realize(), gb.tensor.randn(70, 40).half().realize()];
    const explained = gb.explain(a.matmul(b.t()));
    expect(explained).toMatch(/1 kernel, .* 0 B of memory\s+inside/);
    expect(explained).toMatch(/blocks of \d x \d, of\s+float16/);
    const onGpu = a.matmul(b.t()).toTypedArray();
    const [left, right] = [a.toTypedArray(), b.toTypedArray()];
    useDevice("wasm");
    const half = (x: ArrayLike<number>): gb.Tensor =>
      gb
        .tensor([...Array.from(x)])
        .reshape(70, 40)
        .half();
    const onCpu = half(left).matmul(half(right).t()).toTypedArray();
    // sums in another order may be rounded to the next float16
    onCpu.forEach((value, i) => {
      expect(Math.abs(onGpu[i]! - value)).toBeLessThanOrEqual(2 ** -10 * Math.max(Math.abs(value), 1));
    });
  });
});

describe("the usual tile", () => {
  it.each([
    ["small", 65, 70],
    ["flat", 7, 650],
    ["tall", 650, 7],
    ["square", 530, 900],
    ["large", 1281, 1480],
  ] as const)("%s for %i x %i", (name, m, n) => {
    expect(usualTile(product([m, n, 1], { transposed: [false, false] }).kernels[0]).name).toBe(name);
  });

  it("of few results and long sums is used in parts, which are added", () => {
    const test = product([68, 64, 1028], { transposed: [false, true] });
    expect(lowered(test.kernels[0], () => 4, { half: false, tileFor: usualTile })).toHaveLength(2);
    check([68, 64, 1028], { transposed: [false, true] });
  });
});
