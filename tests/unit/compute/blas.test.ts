// Large products through the system's BLAS, where there is one, are those of our own micro-kernels up to rounding, whatever way
// the operands lie and whatever is computed with the product; and the same bits from any number of threads.

import { once } from "node:events";
import type { MatmulKernel } from "gradbook/compute/ir";
import { ReferenceDevice } from "gradbook/compute/reference/device";
import { type Blas, findBlas, PRODUCT_KINDS, type Sgemm } from "gradbook/compute/wasm/blas";
import { type BlasUse, rightOrNone } from "gradbook/compute/wasm/choose-blas";
import { GRAIN } from "gradbook/compute/wasm/cut";
import { WasmDevice } from "gradbook/compute/wasm/device";
import { cutForBlas } from "gradbook/compute/wasm/emit-blas";
import { isBetterInHalves } from "gradbook/compute/wasm/lower";
import { type Layout, planProduct } from "gradbook/compute/wasm/product";
import type { Expr } from "gradbook/graph/expr";
import { afterAll, describe, expect, it } from "vitest";
import { type Case, difference, planOf, runOn } from "./harness.js";
import { Random } from "./random.js";

const blas = (): BlasUse | undefined => {
  const found = findBlas();
  return found && { path: found.path, rates: new Map(PRODUCT_KINDS.map((kind) => [kind, 1])) };
};
/** The same, and best at what needs no packing. */
const unpacked = (): BlasUse | undefined => {
  const found = blas();
  return found && { ...found, rates: new Map([...found.rates, ["outer", 2]]) };
};
const own = new WasmDevice();
const teams = (use: typeof blas): WasmDevice[] =>
  [1, 2, 3].map((threads) => new WasmDevice({ threads, helpFrom: 1, blas: use }));
const [devices, unpacking] = [teams(blas), teams(unpacked)];
afterAll(() => {
  for (const device of [...devices, ...unpacking]) device.close();
});

interface Form {
  readonly batch?: number;
  readonly size: readonly [m: number, n: number, k: number];
  readonly transposed?: string;
  readonly epilogue?: boolean;
  /** Elements between the rows of the left operand beyond its width. */
  readonly gap?: number;
}

function productOf({ batch = 1, size: [m, n, k], transposed = "", epilogue = false, gap = 0 }: Form): Case {
  const random = new Random(7);
  const data = (elements: number): Float64Array =>
    Float64Array.from({ length: elements }, () => Math.fround(random.next() - 0.5));
  const matrix = (buffer: number, rows: number, columns: number, name: string, between = 0) => {
    const step = columns + between;
    const strides = transposed.includes(name) ? [rows * columns, 1, rows] : [rows * step, step, 1];
    return { buffer, view: { offset: 0, strides } };
  };
  const product: Expr = { kind: "accumulator", dtype: "float32", index: 0 };
  const result = matrix(2, m, n, "c");
  const before: Expr = { kind: "load", dtype: "float32", ...result };
  const value: Expr = epilogue
    ? { kind: "binary", dtype: "float32", op: "sub", a: before, b: product }
    : product;
  const kernel: MatmulKernel = {
    kind: "matmul",
    batch: [batch],
    m,
    n,
    k,
    a: matrix(0, m, k, "a", gap),
    b: matrix(1, k, n, "b"),
    outputs: [{ ...result, value }],
  };
  const buffers = [data(batch * m * (k + gap)), data(batch * k * n), data(batch * m * n)];
  return { kernels: [kernel], buffers, types: ["float32", "float32", "float32"], args: [] };
}

describe("products through a BLAS", () => {
  it.each<[string, Form]>([
    ["straight", { size: [260, 180, 130] }],
    ["left transposed", { size: [260, 180, 130], transposed: "a" }],
    ["right transposed", { size: [180, 260, 130], transposed: "b" }],
    ["all transposed", { size: [180, 260, 130], transposed: "abc" }],
    ["result transposed", { size: [530, 130, 128], transposed: "c" }],
    ["rows apart", { size: [301, 199, 151], gap: 5 }],
    ["updating what is there", { size: [260, 180, 130], epilogue: true }],
    ["updating, transposed", { size: [140, 530, 150], transposed: "ac", epilogue: true }],
    ["three matrices", { batch: 3, size: [150, 140, 130], epilogue: true }],
    ["nine matrices", { batch: 9, size: [130, 140, 130], transposed: "b" }],
    ["small: a layer", { size: [32, 300, 784], transposed: "b" }],
    ["small: a layer's input", { size: [32, 784, 300] }],
    ["small: a layer's weights, updated", { size: [301, 785, 33], transposed: "a", epilogue: true }],
    ["small: dots of few", { size: [5, 203, 257], transposed: "b", epilogue: true }],
    ["small: shallow dots", { size: [32, 100, 100], transposed: "b", epilogue: true }],
    ["small: shallow dots in chunks, result transposed", { size: [301, 33, 101], transposed: "bc", gap: 3 }],
    ["small: shallow dots of many and few", { size: [301, 33, 101], transposed: "b" }],
    ["small: shallow dots, few of them and many", { size: [33, 301, 101], transposed: "bc", epilogue: true }],
    ["small: shallow dots of nine matrices", { batch: 9, size: [47, 61, 59], transposed: "b" }],
    ["small: result transposed", { size: [63, 203, 57], transposed: "c", gap: 3 }],
    ["small: result and operands transposed", { size: [203, 63, 57], transposed: "abc" }],
    ["small: all but one operand transposed", { size: [203, 63, 57], transposed: "ab" }],
    ["small: three matrices", { batch: 3, size: [32, 100, 100] }],
    ["small: nine matrices, updated", { batch: 9, size: [33, 101, 103], transposed: "a", epilogue: true }],
  ])("%s", (_, form) => {
    const test = productOf(form);
    const expected = runOn(own, test);
    const [one, ...more] = devices.map((device) => runOn(device, test));
    expect(difference(expected, one!, (__, scale) => 1e-5 * scale)).toBeUndefined();
    for (const other of more) expect(difference(one!, other, () => 0)).toBeUndefined();
  });

  /** Whole vectors of results; see `MOST_UNPACKED`. */
  it.each<[string, Form]>([
    ["straight", { size: [70, 144, 130] }],
    ["updating, left transposed", { size: [260, 80, 150], transposed: "a", epilogue: true }],
    ["result transposed, in several calls", { size: [80, 130, 900], transposed: "abc" }],
    ["three matrices", { batch: 3, size: [100, 96, 64] }],
  ])("that are not small, without packing: %s", (_, form) => {
    const test = productOf(form);
    const expected = runOn(own, test);
    const how = unpacking[0]!.compile(planOf(test)).describe();
    expect(how.join()).toContain(findBlas() === undefined ? "right" : "BLAS (outer)");
    const [one, ...more] = unpacking.map((device) => runOn(device, test));
    expect(difference(expected, one!, (__, scale) => 1e-5 * scale)).toBeUndefined();
    for (const other of more) expect(difference(one!, other, () => 0)).toBeUndefined();
  });

  /** A small result and a large operand, whose rows count along the sums; see `isBetterInHalves`. */
  it.each<[string, Form]>([
    ["right operand large", { size: [5, 530, 130] }],
    ["left operand large", { size: [530, 5, 130], transposed: "a" }],
    ["result transposed, updated", { size: [5, 530, 130], transposed: "ac", epilogue: true }],
  ])("in halves of their sums are those of the interpreter: %s", (_, form) => {
    const test = productOf(form);
    expect(isBetterInHalves(test.kernels[0] as MatmulKernel)).toBe(true);
    const expected = runOn(new ReferenceDevice(), test);
    for (const device of [own, ...devices])
      expect(difference(expected, runOn(device, test), (__, scale) => 1e-5 * scale)).toBeUndefined();
  });

  /** The right operand is packed anew for every chunk; a run is stopped between chunks. Rows and columns are those of the result. */
  it.each([
    ["its output", 8192, 4096, 4096],
    ["the gradient of its weight", 4096, 4096, 8192],
    ["the next, narrow layer's output", 8192, 300, 4096],
    ["its output for a batch of 512", 512, 4096, 4096],
  ])("of a layer of 4,096 fall into chunks neither narrow nor long: %s", (_, rows, columns, k) => {
    const matrix = (width: number): Layout => ({ row: width, column: 1 });
    const tile = { rows: 6, columns: 16, relaxed: true };
    const plan = planProduct(rows, columns, k, matrix(k), matrix(columns), matrix(columns), tile);
    const { size, last, chunks } = cutForBlas(plan, "large", GRAIN)!;
    const secondsAt100GigaFlops = (2 * Math.min(rows, columns) * k * Math.max(size, last)) / 100e9;
    expect(secondsAt100GigaFlops).toBeLessThanOrEqual(0.2);
    expect(size).toBeGreaterThanOrEqual(256);
    expect(chunks).toBeGreaterThanOrEqual(4);
  });

  it("are off, or from a library of one's choice, by GRADBOOK_BLAS", () => {
    const set = (value: string): BlasUse | undefined => {
      process.env.GRADBOOK_BLAS = value;
      try {
        return blas();
      } finally {
        delete process.env.GRADBOOK_BLAS;
      }
    };
    expect(set("off")).toBeUndefined();
    expect(() => set("/nowhere/libblas.so")).toThrow("GRADBOOK_BLAS=/nowhere/libblas.so");
  });
});

describe("a BLAS is checked before it is used", () => {
  /** A plain product in the manner of CBLAS; `step`: adds this to the leading dimension of the left operand. */
  const plain =
    (step = 0): Blas["on"] =>
    (memory) => {
      const cells = new Float32Array(memory.buffer);
      const at = (order: number, flag: number, base: number, ld: number, i: number, j: number): number =>
        base / 4 + ((order === 101) === (flag === 111) ? i * ld + j : j * ld + i);
      const sgemm: Sgemm = (order, ta, tb, m, n, k, left, lda, right, ldb, result, ldc) => {
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let p = 0; p < k; p++)
              sum += cells[at(order, ta, left, lda + step, i, p)]! * cells[at(order, tb, right, ldb, p, j)]!;
            cells[at(order, 111, result, ldc, i, j)] = sum;
          }
      };
      return sgemm;
    };
  const named = (on: Blas["on"]): Blas => ({ path: "/lib/blas", name: "a BLAS", on });
  const zeros: Blas["on"] = () => () => undefined;

  it("and used if its products are right", () => {
    const right = named(plain());
    expect(rightOrNone(right)).toBe(right);
  });

  it.each([
    ["takes another leading dimension", plain(1)],
    ["computes nothing", zeros],
  ])("and not used, with a warning, if it %s", async (_, on) => {
    const warned = once(process, "warning") as Promise<[Error]>;
    expect(rightOrNone(named(on))).toBeUndefined();
    expect((await warned)[0].message).toMatch(/The BLAS at \/lib\/blas computes wrong products/);
  });
});
