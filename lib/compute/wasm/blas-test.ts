// Checks, before a BLAS is used, that it computes what it should, and how fast: a library of this name may be built for integers of
// 64 bits, for another processor, or be something else altogether.

import { type Blas, CBLAS, PRODUCT_KINDS, type ProductKind } from "./blas.js";
import type { Contender } from "./rates.js";

/** Sizes that stand for each kind, and whether the right operand is transposed. Rows begin at cache lines, as those of 784 inputs
 *  do; rows a power of two apart would meet in the same places of the cache. */
const SAMPLES: Readonly<
  Record<ProductKind, readonly [m: number, n: number, k: number, transposed: boolean]>
> = {
  large: [192, 192, 192, false],
  outer: [32, 96, 96, false],
  dots: [32, 32, 528, true],
};
const CACHE_LINE = 64;
/** Operations of a run at least, so that the clock can tell. */
const RUN_OPERATIONS = 4e6;

/** Products of this kind, for comparisons: on one thread, calls and all. */
export function blasContender(blas: Blas, kind: ProductKind): Contender {
  const [m, n, k, flip] = SAMPLES[kind];
  const product = blas.on(new Uint8Array(4 * (m * k + k * n + m * n) + CACHE_LINE), CACHE_LINE);
  const [left, right, result] = [0, 4 * m * k, 4 * (m * k + k * n)] as const;
  const { rowMajor, asItIs, transposed } = CBLAS;
  const calls = Math.ceil(RUN_OPERATIONS / (2 * m * n * k));
  const run = (): void => {
    for (let call = 0; call < calls; call++) {
      product(rowMajor, asItIs, flip ? transposed : asItIs, m, n, k, left, k, right, flip ? k : n, result, n);
    }
  };
  return { name: `${blas.name}, ${kind}`, operations: 2 * m * n * k * calls, run };
}

/** m, n, k of products that are checked, with every order and way the operands may lie: one that OpenBLAS computes without packing,
 *  with edges in all directions, and one that it packs. */
const CHECKED: Readonly<Record<ProductKind, readonly [number, number, number]>> = {
  large: [101, 103, 107],
  outer: [17, 23, 19],
  dots: [5, 9, 77],
};

/** A kind of products that it computes wrong, or undefined. */
export function wrongKind(blas: Blas): ProductKind | undefined {
  return PRODUCT_KINDS.find((kind) => !isRight(blas, CHECKED[kind]));
}

/** Whether result * v = left * (right * v) for a vector v, which only a right result is likely to do (Freivalds 1977): that takes
 *  a hundredth of the time of computing the product once more. */
function isRight(blas: Blas, [m, n, k]: readonly [number, number, number]): boolean {
  // rows further apart than they are long, so that a confusion of steps shows
  const step = Math.max(m, n, k) + 3;
  const [left, right, result] = [0, step * step, 2 * step * step] as const;
  const cells = new Float32Array(3 * step * step);
  const product = blas.on(new Uint8Array(cells.buffer));
  // small fractions with few bits: products and their sums are exact in any order
  for (let i = 0; i < result; i++) cells[i] = (((i * 7) % 23) - 11) / 8;
  const v = Float64Array.from({ length: n }, (_, j) => 1 + ((j * 31) % 97));
  const { rowMajor, columnMajor, asItIs, transposed } = CBLAS;
  const flips = [asItIs, transposed];
  for (const order of [rowMajor, columnMajor])
    for (const ta of flips)
      for (const tb of flips) {
        const matrix = (start: number, flip: number, rows: number, columns: number): Matrix =>
          (order === rowMajor) === (flip === asItIs)
            ? { cells, start, rows, columns, row: step, column: 1 }
            : { cells, start, rows, columns, row: 1, column: step };
        cells.fill(Number.NaN, result);
        product(order, ta, tb, m, n, k, 4 * left, step, 4 * right, step, 4 * result, step);
        const expected = times(matrix(left, ta, m, k), times(matrix(right, tb, k, n), v));
        const actual = times(matrix(result, asItIs, m, n), v);
        if (actual.some((value, i) => value !== expected[i])) return false;
      }
  return true;
}

interface Matrix {
  readonly cells: Float32Array;
  /** In elements, as the steps between rows and columns are. */
  readonly start: number;
  readonly rows: number;
  readonly columns: number;
  readonly row: number;
  readonly column: number;
}

function times({ cells, start, rows, columns, row, column }: Matrix, vector: Float64Array): Float64Array {
  const product = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += cells[start + i * row + j * column]! * vector[j]!;
    product[i] = sum;
  }
  return product;
}
