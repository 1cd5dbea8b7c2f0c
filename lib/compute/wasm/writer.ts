// Writes functions of WebAssembly as expressions and statements, for code that is written by hand.

import { FunctionBuilder } from "./encoder.js";
import { OP, type ValueType } from "./instructions.js";

/** A local, or what pushes a value. */
export type Operand = number | (() => void);

/** An operand is pushed where it is used. */
export class Writer extends FunctionBuilder {
  push(operand: Operand): void {
    if (typeof operand === "number") this.get(operand);
    else operand();
  }

  apply(op: number, ...operands: readonly Operand[]): () => void {
    return () => {
      for (const operand of operands) this.push(operand);
      this.op(op);
    };
  }

  load(op: number, address: Operand, offset = 0): () => void {
    return () => {
      this.push(address);
      this.memory(op, offset);
    };
  }

  store(op: number, address: Operand, offset: number, value: Operand): void {
    this.push(address);
    this.push(value);
    this.memory(op, offset);
  }

  constant(value: number): () => void {
    return () => this.i32(value);
  }

  let(local: number, value: Operand): void {
    this.push(value);
    this.set(local);
  }

  /** A new local with a value. */
  fresh(type: ValueType, value: Operand): number {
    const local = this.local(type);
    this.let(local, value);
    return local;
  }

  /** local = local OP value */
  update(local: number, op: number, value: Operand): void {
    this.let(local, this.apply(op, local, value));
  }

  /** Repeats `body` as long as `condition` holds. */
  while(condition: Operand, body: () => void): void {
    this.push(condition);
    this.if(() =>
      this.loop(() => {
        body();
        this.push(condition);
        this.branchIf();
      }),
    );
  }

  /** A vector's lanes joined by OP, pushed. The vector is used up. */
  fold(vector: number, op: number, extract: number): () => void {
    return () => {
      for (const order of [[2, 3, 0, 1] as const, [1, 0, 3, 2] as const]) {
        this.update(vector, op, () => {
          this.get(vector);
          this.get(vector);
          this.shuffle(order);
        });
      }
      this.get(vector);
      this.lane(extract, 0);
    };
  }
}

/** Whether the local `count` is `least` or more. */
export const isLeft = (f: Writer, count: number, least: number): (() => void) =>
  f.apply(OP.i32_ge_s, count, f.constant(least));
