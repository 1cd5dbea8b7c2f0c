// Generates the calls of the system's BLAS for a matrix product, where the operands lie as it wants them.

import type { Kernel } from "../ir.js";
import { CBLAS } from "./blas.js";
import { type Cut, cutInto } from "./cut.js";
import type { FunctionBuilder } from "./encoder.js";
import { I32, type ValueType } from "./instructions.js";
import type { ModuleBuilder } from "./module.js";
import type { Layout, ProductCut, ProductPlan } from "./product.js";
import type { ProductPointers } from "./product-target.js";

/** The name under which plan modules import the BLAS. */
export const BLAS = "blas";

/** See `Sgemm`. */
export const SGEMM_PARAMETERS: readonly ValueType[] = Array<ValueType>(12).fill(I32);

/** Rows, columns and depth from which on a product goes to a BLAS that is faster on large ones: below, what a call costs and
 *  what it packs anew for every chunk eats up the gain (32 x 784 x 300: 108 GFLOP/s against 80 for the whole, less in chunks;
 *  512 x 300 x 100: 103 us against 310 on two threads). */
const LEAST_EXTENT = 64;

/** Whether a kernel has a product that is large enough. */
export function mayUseBlas(kernel: Kernel): boolean {
  return kernel.kind === "matmul" && Math.min(kernel.m, kernel.n, kernel.k) >= LEAST_EXTENT;
}

/** Whether the BLAS can compute the product, and is worth being asked. */
export function suitsBlas({ rows, columns, k, left, right, result }: ProductPlan): boolean {
  if (Math.min(rows, columns, k) < LEAST_EXTENT) return false;
  const lies = ({ row, column }: Layout, rowCount: number, columnCount: number): boolean =>
    (column === 1 && row >= columnCount) || (row === 1 && column >= rowCount);
  return lies(left, rows, k) && lies(right, k, columns) && lies(result, rows, columns);
}

/** Rows or columns of a chunk: what the BLAS packs anew for each of them is little beside what it computes (5 % of 2,048 x
 *  2,048 x 2,048). Products that are not as large fall into few chunks all the same; see BLAS_THREADS. */
const STRIP = 512;
const FEW_STRIPS = 4;
/** Operations of a chunk at most, so that a cancelled run stops soon: some 30 ms. */
const MOST_OPERATIONS = 3e9;

export function cutForBlas({ rows, columns, k }: ProductPlan): ProductCut | undefined {
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
  readonly #sgemm: number;

  constructor(f: FunctionBuilder, plan: ProductPlan, module: ModuleBuilder) {
    this.#f = f;
    this.#p = plan;
    this.#sgemm = module.import(BLAS, "sgemm", SGEMM_PARAMETERS);
  }

  takeScratch(): void {}

  emit(pointers: ProductPointers, rows: number, columns: number): void {
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
