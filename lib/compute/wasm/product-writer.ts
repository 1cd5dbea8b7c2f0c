// What all code of a matrix product is written with: calls of the library of micro-kernels, and sums of pointers.

import { pushBuffer, type Range } from "./addressing.js";
import type { FunctionBuilder } from "./encoder.js";
import { I32, OP } from "./instructions.js";
import { COPY_PARAMETERS, GATHER_PARAMETERS, KERNEL_PARAMETERS } from "./microkernel.js";
import type { ProductPlan } from "./product.js";
import { LIBRARY, type ProductTarget } from "./product-target.js";

/** Pushes a value. */
export type Push = () => void;

export class ProductWriter {
  readonly f: FunctionBuilder;
  readonly plan: ProductPlan;
  readonly target: ProductTarget;
  /** The local with the depth of the current block of k. */
  readonly k: number;

  constructor(f: FunctionBuilder, plan: ProductPlan, target: ProductTarget) {
    this.f = f;
    this.plan = plan;
    this.target = target;
    this.k = f.local(I32);
  }

  /** Calls a function of the library. */
  call(name: string, ...operands: readonly Push[]): void {
    const parameters =
      name === "gather" ? GATHER_PARAMETERS : operands.length === 6 ? COPY_PARAMETERS : KERNEL_PARAMETERS;
    for (const push of operands) push();
    this.f.call(this.target.module.import(LIBRARY, name, parameters));
  }

  /** Pushes k times so much. */
  timesK(by: number): void {
    this.f.get(this.k);
    this.f.i32(by);
    this.f.op(OP.i32_mul);
  }

  /** local += what `push` pushes. */
  add(local: number, push: Push): void {
    this.f.get(local);
    push();
    this.f.op(OP.i32_add);
    this.f.set(local);
  }

  assign(local: number, push: Push): void {
    push();
    this.f.set(local);
  }

  get(local: number): Push {
    return () => this.f.get(local);
  }

  constant(value: number): Push {
    return () => this.f.i32(value);
  }

  /** A local with the address of a buffer. */
  address(range: Range): number {
    const address = this.f.local(I32);
    pushBuffer(this.f, range, 0);
    this.f.set(address);
    return address;
  }

  /** Whether the last columns go through a tile of their own. Elsewhere the last tile begins earlier, and its first columns
   *  are computed twice: that would add up a second time what later blocks of k add. */
  inTile(columns: number): boolean {
    const tile = this.target.shape.columns;
    return columns % tile !== 0 && (columns < tile || this.plan.kBlocks > 1);
  }
}
