// What the code of a matrix product is generated for: the micro-kernels, scratch memory, pointers to the operands.

import type { Range } from "./addressing.js";
import type { TileShape } from "./microkernel.js";
import type { ModuleBuilder } from "./module.js";
import type { ProductPlan } from "./product.js";

/** The name under which plan modules import the library. */
export const LIBRARY = "library";

export interface ProductTarget {
  readonly shape: TileShape;
  readonly module: ModuleBuilder;
  /** Address of a row of zeros, as long as a tile. */
  readonly zeros: number;
  /** Variables of each thread: which part of the run it works on, and for which one it has packed an operand. */
  readonly part: number;
  readonly packedFor: number;
  /** A new range of memory that this kernel alone uses: one for all threads, or one for each. */
  shared(bytes: number): Range;
  local(bytes: number): Range;
}

/** Locals that point to the operands and the result of one product, or of one chunk of it. */
export interface ProductPointers {
  readonly left: number;
  readonly right: number;
  readonly result: number;
}

/** Scratch memory of a product whose blocks of k are steps of the run: what outlives a step. */
export interface SteppedScratch {
  /** One block of k of the right operand, packed. */
  readonly right: Range;
  /** The product in the order in which it is computed, where the result has another one. */
  readonly product: Range | undefined;
}

/** Bytes of one block of k of the right operand, packed. */
export function packedBytes({ columns, kBlock }: ProductPlan, { shape }: ProductTarget): number {
  return Math.ceil(columns / shape.columns) * shape.columns * kBlock * 4;
}

/** Scratch memory for `plan` in steps. */
export function steppedScratch(plan: ProductPlan, target: ProductTarget): SteppedScratch {
  const right = target.shared(packedBytes(plan, target));
  const product = plan.result.column === 1 ? undefined : target.shared(plan.rows * plan.columns * 4);
  return { right, product };
}
