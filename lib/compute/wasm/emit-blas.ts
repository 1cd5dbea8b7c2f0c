// Generates the calls of the system's BLAS for a matrix product, where the operands lie as it wants them.

import type { Kernel } from "../ir.js";
import { CBLAS, type ProductKind } from "./blas.js";
import { type Cut, chunksFor, cutInto } from "./cut.js";
import type { FunctionBuilder } from "./encoder.js";
import { I32, type ValueType } from "./instructions.js";
import type { ModuleBuilder } from "./module.js";
import { type Layout, type ProductCut, type ProductPlan, productTime } from "./product.js";
import type { ProductPointers } from "./product-target.js";

/** The name under which plan modules import the BLAS. */
export const BLAS = "blas";

/** See `Sgemm`. */
export const SGEMM_PARAMETERS: readonly ValueType[] = Array<ValueType>(12).fill(I32);

/** Rows, columns and depth of a large product at least. */
const LARGE_EXTENT = 64;
/** Floats of one AVX-512 vector, the unit in which products are computed best without packing. */
export const VECTOR = 16;
/** Multiplications of a small product at least: below, what a call costs eats up the gain (32 x 10 x 100 takes 1 us). */
const LEAST_WORK = 2 ** 17;
/** Multiplications of one call for a small product at most: OpenBLAS computes so much without packing its operands, at 140
 *  GFLOP/s against 20 for 32 x 784 x 300 at once. And of dot products, the results of a call at most, and their least depth. */
const WORK_OF_A_CALL = 1e6;
const DOTS_OF_A_CALL = 1200;
const DOTS_DEPTH = 256;
/** Products of up to so many multiplications are computed in calls without packing, too, where the results of a call are so many at least
 *  and fill vectors: 256 x 256 x 256 at 164 GFLOP/s, when two packed halves reach 137, and in as many chunks as the team likes.
 *  Beyond 400 x 400 x 400 packing is as good. */
const MOST_UNPACKED = 2 ** 26;
const LEAST_CALL = 16 * 64;

/** Whether a kernel has a product of a size that a BLAS may be faster with. */
export function mayUseBlas(kernel: Kernel): boolean {
  return kernel.kind === "matmul" && kernel.m * kernel.n * kernel.k >= LEAST_WORK;
}

/** What a BLAS is good at, and how fast it is at each, in GFLOP/s on one core. */
export type BlasRates = ReadonlyMap<ProductKind, number>;

/** The kind as which a product is computed fastest by a BLAS; undefined: it cannot compute it, or is not worth being asked. */
export function blasKind(plan: ProductPlan, rates: BlasRates): ProductKind | undefined {
  const rate = (kind: ProductKind): number => rates.get(kind) ?? 0;
  const [best] = kindsOf(plan).sort((one, other) => rate(other) - rate(one));
  return best !== undefined && rates.has(best) ? best : undefined;
}

/** The kinds of calls that a product can be made of. */
function kindsOf({ rows, columns, k, left, right, result }: ProductPlan): ProductKind[] {
  const lies = ({ row, column }: Layout, rowCount: number, columnCount: number): boolean =>
    (column === 1 && row >= columnCount) || (row === 1 && column >= rowCount);
  if (!lies(left, rows, k) || !lies(right, k, columns) || !lies(result, rows, columns)) return [];
  const work = rows * columns * k;
  if (work < LEAST_WORK) return [];
  const large = Math.min(rows, columns, k) >= LARGE_EXTENT;
  if (lieAlongDepth({ left, right })) {
    if (large) return ["large"];
    if (k >= DOTS_DEPTH) return ["dots"];
    return Math.min(rows, columns, k) >= VECTOR ? ["outer"] : [];
  }
  const byRows = result.column === 1;
  const bothTransposed = byRows ? left.row === 1 && right.row === 1 : right.column === 1 && left.column === 1;
  if (!large) return bothTransposed ? [] : ["outer"];
  const whole = (byRows ? columns : rows) % VECTOR === 0;
  const fits = work <= MOST_UNPACKED && k * LEAST_CALL <= WORK_OF_A_CALL;
  return whole && fits && !bothTransposed ? ["large", "outer"] : ["large"];
}

/** Whether both operands have the terms of their sums side by side, as a layer's input and weight have. */
export const lieAlongDepth = ({ left, right }: Pick<ProductPlan, "left" | "right">): boolean =>
  left.column === 1 && right.row === 1;

/** Rows or columns of a chunk: what the BLAS packs anew for each of them is little beside what it computes (5 % of 2,048 x
 *  2,048 x 2,048). Products that are not as large fall into few chunks all the same; see BLAS_THREADS. */
const STRIP = 512;
const FEW_STRIPS = 4;
/** Operations of a chunk at most, so that a cancelled run stops soon: 0.13 s at 140 GFLOP/s. A layer of 4,096 then has strips of 512
 *  rows of a batch of 8,192. Where they had 96, packing the right operand for each of them was a quarter of the time. */
const MOST_OPERATIONS = 1.8e10;

/** Nanoseconds that a product takes on one core: half the time that our own kernels take. */
export const blasTime = (plan: ProductPlan): number => productTime(plan) / 2;

export function cutForBlas(plan: ProductPlan, kind: ProductKind, grain: number): ProductCut | undefined {
  const { rows, columns, k, result } = plan;
  if (kind !== "large") {
    // whole lines of the result, where there are enough
    const lines = result.column === 1 ? "rows" : "columns";
    const few = (lines === "rows" ? rows : columns) < LARGE_EXTENT;
    const axis = few ? (rows >= columns ? "rows" : "columns") : lines;
    // lines themselves into whole vectors: 32 rows of 72 results, 150 deep, at 121 GFLOP/s, of 80 at 149
    const alongVectors = axis !== lines || Math.min(rows, columns, k) >= LARGE_EXTENT;
    const inVectors = kind === "outer" && alongVectors && !lieAlongDepth(plan);
    const unit = inVectors ? VECTOR : 4;
    const cut = cutInto(chunksFor(blasTime(plan), grain), axis === "rows" ? rows : columns, unit);
    return cut && { ...cut, axis };
  }
  const axis = rows >= columns ? "rows" : "columns";
  const [extent, across] = axis === "rows" ? [rows, columns] : [columns, rows];
  const strips = extent >= STRIP ? Math.max(FEW_STRIPS, Math.floor(extent / STRIP)) : FEW_STRIPS / 2;
  const short = Math.ceil((2 * rows * columns * k) / MOST_OPERATIONS);
  const cut: Cut | undefined = cutInto(Math.max(strips, Math.min(short, across)), extent, 16);
  return cut && { ...cut, axis };
}

/** Emits one chunk of a product after the other; the same manners as `ProductEmitter`. */
export class BlasEmitter {
  readonly #f: FunctionBuilder;
  readonly #p: ProductPlan;
  readonly #kind: ProductKind;
  readonly #sgemm: number;

  constructor(f: FunctionBuilder, plan: ProductPlan, kind: ProductKind, module: ModuleBuilder) {
    this.#f = f;
    this.#p = plan;
    this.#kind = kind;
    this.#sgemm = module.import(BLAS, "sgemm", SGEMM_PARAMETERS);
  }

  takeScratch(): void {}

  emit({ left, right, result }: ProductPointers, rows: number, columns: number): void {
    const f = this.#f;
    const byRows = rows >= columns;
    const [extent, across] = byRows ? [rows, columns] : [columns, rows];
    const size = this.#callSize(extent, across);
    const pointers = { left: f.copy(left), right: f.copy(right), result: f.copy(result) };
    const piece = (points: number): void =>
      this.#call(pointers, byRows ? points : rows, byRows ? columns : points);
    f.repeat(Math.floor(extent / size), () => {
      piece(size);
      const p = this.#p;
      if (byRows) f.advance(pointers.left, p.left.row * size * 4);
      else f.advance(pointers.right, p.right.column * size * 4);
      f.advance(pointers.result, (byRows ? p.result.row : p.result.column) * size * 4);
    });
    if (extent % size > 0) piece(extent % size);
  }

  /** Rows or columns that one call computes, of `extent`: about equally many in every call. */
  #callSize(extent: number, across: number): number {
    if (this.#kind === "large") return extent;
    const work = Math.floor(WORK_OF_A_CALL / (across * this.#p.k));
    const most = this.#kind === "dots" ? Math.min(work, Math.floor(DOTS_OF_A_CALL / across)) : work;
    const calls = Math.ceil(extent / Math.max(4, most));
    const unit = extent % VECTOR === 0 && most >= VECTOR ? VECTOR : 4;
    return Math.min(extent, Math.ceil(extent / calls / unit) * unit);
  }

  #call(pointers: ProductPointers, rows: number, columns: number): void {
    const f = this.#f;
    const { k, left, right, result } = this.#p;
    const rowMajor = result.column === 1;
    const along = ({ row, column }: Layout): { transposed: number; step: number } => {
      const asItIs = rowMajor ? column === 1 : row === 1;
      return { transposed: asItIs ? CBLAS.asItIs : CBLAS.transposed, step: column === 1 ? row : column };
    };
    const [a, b, c] = [along(left), along(right), along(result)];
    f.i32(rowMajor ? CBLAS.rowMajor : CBLAS.columnMajor);
    for (const value of [a.transposed, b.transposed, rows, columns, k]) f.i32(value);
    f.get(pointers.left);
    f.i32(a.step);
    f.get(pointers.right);
    f.i32(b.step);
    f.get(pointers.result);
    f.i32(c.step);
    f.call(this.#sgemm);
  }
}
