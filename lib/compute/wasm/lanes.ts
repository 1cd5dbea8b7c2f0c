// Vector values in generated code: a value is one v128 for all points (uniform), or several adjacent v128 that are worked on
// together. Adjacent copies of one operation are what V8's revectorizer merges into 256-bit instructions.

import type { FunctionBuilder } from "./encoder.js";
import { OP } from "./instructions.js";

export interface Value {
  /** Locals that hold it: one for each of the `copies` vectors, or one that serves for all. */
  readonly locals: readonly number[];
  /** All lanes of all vectors are the same. */
  readonly uniform: boolean;
}

/** A value that is the same for every point. */
export const constantIn = (local: number): Value => ({ locals: [local], uniform: true });

/** Vectors worked on at once in the long piece of a row: two merged pairs, also where the code is long (2,048 numbers: erf
 *  1.3 us against 1.7 with one pair, exp 0.71 against 0.75; 2.5 and 1.35 unmerged). */
export const COPIES = 4;

/** What one lane of a vector is. Booleans are masks: all bits set or none. */
export type LaneType = "float32" | "int32";

export const EXTRACT: Readonly<Record<LaneType, number>> = {
  float32: OP.f32x4_extract_lane,
  int32: OP.i32x4_extract_lane,
};
const REPLACE: Readonly<Record<LaneType, number>> = {
  float32: OP.f32x4_replace_lane,
  int32: OP.i32x4_replace_lane,
};
export const SPLAT: Readonly<Record<LaneType, number>> = {
  float32: OP.f32x4_splat,
  int32: OP.i32x4_splat,
};

export class Lanes {
  readonly f: FunctionBuilder;
  /** Vectors a varying value has here. */
  readonly copies: number;
  /** Lanes of each vector that count: 4, or fewer in the last piece of a row. */
  readonly width: number;
  readonly relaxed: boolean;

  constructor(f: FunctionBuilder, copies: number, width: number, relaxed: boolean) {
    this.f = f;
    this.copies = copies;
    this.width = width;
    this.relaxed = relaxed;
  }

  float(value: number): Value {
    return constantIn(this.f.float(value));
  }

  integer(value: number): Value {
    return constantIn(this.f.integer(value));
  }

  /** A value whose vector number `copy` is left on the stack by `push`. */
  make(uniform: boolean, push: (copy: number) => void): Value {
    const locals: number[] = [];
    for (let copy = 0; copy < (uniform ? 1 : this.copies); copy++) {
      push(copy);
      const local = this.f.temporary();
      this.f.set(local);
      locals.push(local);
    }
    return { locals, uniform };
  }

  push(value: Value, copy: number): void {
    this.f.get(value.locals.length === 1 ? value.locals[0]! : value.locals[copy]!);
  }

  /** One instruction on every vector of its operands. */
  apply(op: number, ...operands: readonly Value[]): Value {
    return this.make(allUniform(operands), (copy) => {
      for (const operand of operands) this.push(operand, copy);
      this.f.op(op);
    });
  }

  shift(op: number, x: Value, bits: number): Value {
    return this.make(allUniform([x]), (copy) => {
      this.push(x, copy);
      this.f.i32(bits);
      this.f.op(op);
    });
  }

  add(a: Value, b: Value): Value {
    return this.apply(OP.f32x4_add, a, b);
  }

  sub(a: Value, b: Value): Value {
    return this.apply(OP.f32x4_sub, a, b);
  }

  mul(a: Value, b: Value): Value {
    return this.apply(OP.f32x4_mul, a, b);
  }

  /** a * b + c, in one instruction where the machine has it. */
  madd(a: Value, b: Value, c: Value): Value {
    return this.relaxed ? this.apply(OP.f32x4_relaxed_madd, a, b, c) : this.add(this.mul(a, b), c);
  }

  /** c0 + c1 x + c2 x^2 + ... by Horner's rule. */
  polynomial(x: Value, coefficients: readonly number[]): Value {
    let sum = this.float(coefficients.at(-1)!);
    for (let i = coefficients.length - 2; i >= 0; i--) sum = this.madd(sum, x, this.float(coefficients[i]!));
    return sum;
  }

  /** `a` where the mask is set, else `b`. */
  select(mask: Value, a: Value, b: Value): Value {
    return this.relaxed
      ? this.apply(OP.i32x4_relaxed_laneselect, a, b, mask)
      : this.apply(OP.v128_bitselect, a, b, mask);
  }

  /** For what has no vector instruction: `emit` turns the scalars on the stack into one scalar, lane by lane. */
  eachLane(operands: readonly Value[], from: LaneType, to: LaneType, emit: () => void): Value {
    const scalar = (copy: number, lane: number): void => {
      for (const operand of operands) {
        this.push(operand, copy);
        this.f.lane(EXTRACT[from], lane);
      }
      emit();
    };
    const same = allUniform(operands);
    return this.make(same, (copy) => {
      scalar(copy, 0);
      this.f.op(SPLAT[to]);
      if (same) return;
      const vector = this.f.temporary();
      this.f.set(vector);
      for (let lane = 1; lane < this.width; lane++) {
        this.f.get(vector);
        scalar(copy, lane);
        this.f.lane(REPLACE[to], lane);
        this.f.set(vector);
      }
      this.f.get(vector);
    });
  }
}

export function allUniform(values: readonly Value[]): boolean {
  return values.every((value) => value.uniform);
}
