// Generates the value of an expression at the current place of the loops. Each node is computed once; nodes that change
// only in outer loops are found already computed.

import { type ComputeType, computeType, isFloat, ROUND } from "../../graph/dtype.js";
import type { BinaryOp, Expr } from "../../graph/expr.js";
import type { Pointers } from "./addressing.js";
import { BLOCK } from "./addressing.js";
import type { FunctionBuilder } from "./encoder.js";
import { ORDERS_OF_A_KERNEL } from "./fault.js";
import { expOfNegative } from "./functions.js";
import { I32, OP } from "./instructions.js";
import { constantIn, type Lanes, type Value } from "./lanes.js";
import { load, type Place } from "./memory.js";
import type { Access, Nest } from "./nest.js";
import { BINARY, cast, type ScalarFunctions, UNARY } from "./operations.js";
import { CHUNK } from "./team.js";

/** What the plan around offers to its kernels. */
export interface Surroundings {
  /** Where a scalar argument of the run lies: bytes from the address in a local. */
  argument(index: number): { readonly local: number; readonly offset: number };
  readonly scalar: ScalarFunctions;
  /** The function that keeps the first failed check: see `fault.ts`. */
  readonly report: number;
}

/** Thrown for an operation that has no meaning on its type. */
function unsupported(op: string, dtype: string): never {
  throw new TypeError(`${op} is not defined for ${dtype}; cast the operand first`);
}

export class Evaluator {
  readonly #f: FunctionBuilder;
  readonly #nest: Nest;
  readonly #pointers: Pointers;
  readonly #around: Surroundings;
  /** The kernel's number in its plan. */
  readonly #kernel: number;
  readonly #negative: ReadonlySet<Expr>;
  #known = new Map<Expr, Value>();
  /** The vectors in which varying values are computed here. */
  lanes: Lanes;
  /** Locals that count each loop, where somebody asks for the index. */
  readonly counters: (number | undefined)[] = [];
  /** Results of the passes so far. */
  accumulators: readonly Value[] = [];

  /** `negative`: expressions that are never above 0. */
  constructor(
    f: FunctionBuilder,
    nest: Nest,
    pointers: Pointers,
    around: Surroundings,
    kernel: number,
    lanes: Lanes,
    negative: ReadonlySet<Expr>,
  ) {
    this.#f = f;
    this.#nest = nest;
    this.#pointers = pointers;
    this.#around = around;
    this.#kernel = kernel;
    this.lanes = lanes;
    this.#negative = negative;
  }

  value(expr: Expr): Value {
    let value = this.#known.get(expr);
    if (value === undefined) {
      value = this.#compute(expr);
      this.#known.set(expr, value);
    }
    return value;
  }

  /** What is computed in `body` is forgotten after it: it may not have run, or for another point. */
  scoped(body: () => void): void {
    const outside = this.#known;
    this.#known = new Map(outside);
    body();
    this.#known = outside;
  }

  /** Has these computed again when they are asked for the next time. */
  forget(stale: ReadonlySet<Expr>): void {
    for (const expr of stale) this.#known.delete(expr);
  }

  /** Where an access finds its element in the current loops. */
  place(expr: { readonly dtype: Place["dtype"] }, access: Access): Place {
    const { pointer, offset } = this.#pointers.of(access);
    return {
      dtype: expr.dtype,
      push: () => this.#f.get(pointer),
      offset,
      stride: this.#laneStride(access),
      scattered: false,
    };
  }

  #laneStride(access: Access): number {
    return this.#nest.vector < 0 ? 0 : access.strides[this.#nest.vector]!;
  }

  /** sum over the loops of index * stride, as integers. */
  affine(strides: readonly number[]): Value {
    const { vector } = this.#nest;
    const inVector = vector < 0 ? 0 : strides[vector]!;
    const base = this.#f.local(I32);
    this.#f.i32(0);
    strides.forEach((stride, loop) => {
      if (stride === 0) return;
      this.#f.get(this.counters[loop]!);
      this.#f.i32(stride);
      this.#f.op(OP.i32_mul);
      this.#f.op(OP.i32_add);
    });
    this.#f.set(base);
    return this.lanes.make(inVector === 0, (copy) => {
      this.#f.get(base);
      this.#f.op(OP.i32x4_splat);
      if (inVector === 0) return;
      const at = (lane: number): number => (copy * 4 + lane) * inVector;
      this.#f.get(this.#f.integers([at(0), at(1), at(2), at(3)]));
      this.#f.op(OP.i32x4_add);
    });
  }

  #compute(expr: Expr): Value {
    const l = this.lanes;
    switch (expr.kind) {
      case "load": {
        const guard = expr.guard && this.value(expr.guard);
        return load(l, this.place(expr, this.#nest.accesses.get(expr)!), guard);
      }
      case "gather":
        return this.#gather(expr);
      case "check":
        return this.#check(expr);
      case "index": {
        const strides = this.#nest.loops.map((loop) => (loop.index === expr.dim ? 1 : 0));
        return strides.includes(1) ? this.affine(strides) : l.integer(0);
      }
      case "const":
        if (isFloat(expr.dtype)) return l.float(ROUND[expr.dtype](expr.value));
        return l.integer(expr.dtype === "bool" ? (expr.value === 0 ? 0 : -1) : expr.value);
      case "arg":
        return this.#argument(expr);
      case "unary": {
        if (expr.op === "exp" && this.#negative.has(expr.x)) return expOfNegative(l, this.value(expr.x));
        const emit = UNARY[computeType(expr.x.dtype)][expr.op] ?? unsupported(expr.op, expr.x.dtype);
        return emit(l, this.value(expr.x), this.#around.scalar);
      }
      case "binary":
        return this.#binary(expr);
      case "where":
        return l.select(this.value(expr.condition), this.value(expr.a), this.value(expr.b));
      case "cast":
        return cast(l, this.value(expr.x), expr.x.dtype, expr.dtype, this.#around.scalar);
      case "accumulator":
        return this.accumulators[expr.index]!;
    }
  }

  #argument(expr: Extract<Expr, { kind: "arg" }>): Value {
    const { local, offset } = this.#around.argument(expr.index);
    const value = this.lanes.make(true, () => {
      this.#f.get(local);
      this.#f.memory(OP.v128_load32_splat, isFloat(expr.dtype) ? offset : offset + 4);
    });
    const held = isFloat(expr.dtype) ? "float32" : "int32";
    return cast(this.lanes, value, held, expr.dtype, this.#around.scalar);
  }

  #binary(expr: Extract<Expr, { kind: "binary" }>): Value {
    const { op, a, b } = expr;
    const l = this.lanes;
    const type = computeType(a.dtype);
    const easier = EASIER[type][op];
    if (easier !== undefined && b.kind === "const") {
      const value = easier(l, b.value, () => this.value(a));
      if (value !== undefined) return value;
    }
    const emit = BINARY[type][op] ?? unsupported(op, a.dtype);
    return emit(l, this.value(a), this.value(b), this.#around.scalar);
  }

  #gather(expr: Extract<Expr, { kind: "gather" }>): Value {
    const f = this.#f;
    const index = this.value(expr.index);
    const access = this.#nest.accesses.get(expr)!;
    const place = this.place(expr, access);
    const row = (copy: number, lane: number): void => {
      place.push(0, 0);
      this.lanes.push(index, copy);
      f.lane(OP.i32x4_extract_lane, lane);
      f.i32(expr.stride * access.bytes);
      f.op(OP.i32_mul);
      f.op(OP.i32_add);
    };
    if (!index.uniform) return load(this.lanes, { ...place, push: row, scattered: true });
    const pointer = f.local(I32);
    row(0, 0);
    f.set(pointer);
    return load(this.lanes, { ...place, push: () => f.get(pointer) });
  }

  #check(expr: Extract<Expr, { kind: "check" }>): Value {
    const l = this.lanes;
    const f = this.#f;
    const x = this.value(expr.x);
    let bad = l.apply(OP.i32x4_ge_u, x, l.integer(expr.bound));
    const all = x.uniform;
    if (!all && l.width < 4) bad = l.apply(OP.v128_and, bad, constantIn(laneMask(l)));
    bad.locals.forEach((mask, copy) => {
      f.get(mask);
      f.op(OP.v128_any_true);
      f.if(() => {
        for (let lane = 0; lane < (all ? 1 : l.width); lane++) this.#report(expr.fault, mask, x, copy, lane);
      });
    });
    return l.apply(OP.v128_andnot, x, bad);
  }

  #report(fault: number, mask: number, x: Value, copy: number, lane: number): void {
    const f = this.#f;
    f.get(mask);
    f.lane(OP.i32x4_extract_lane, lane);
    f.if(() => {
      f.get(BLOCK);
      f.i32(this.#kernel * ORDERS_OF_A_KERNEL);
      f.get(CHUNK);
      f.op(OP.i32_add);
      f.i32(fault + 1);
      this.lanes.push(x, copy);
      f.lane(OP.i32x4_extract_lane, lane);
      f.call(this.#around.report);
    });
  }
}

/** A mask of the lanes that count. */
export function laneMask(l: Lanes): number {
  const on = (lane: number): number => (lane < l.width ? -1 : 0);
  return l.f.integers([on(0), on(1), on(2), on(3)]);
}

type Easier = (l: Lanes, constant: number, x: () => Value) => Value | undefined;

const shift =
  (op: number): Easier =>
  (l, bits, x) =>
    l.shift(op, x(), bits);

/** Cheaper forms of operations with a constant on the right; undefined where there is none. */
const EASIER: Readonly<Record<ComputeType, Partial<Record<BinaryOp, Easier>>>> = {
  int32: { shl: shift(OP.i32x4_shl), ushr: shift(OP.i32x4_shr_u) },
  bool: {},
  float32: {
    pow: (l, exponent, x) => {
      if (exponent === 1) return x();
      if (exponent === 2) return l.mul(x(), x());
      if (exponent === 3) return l.mul(l.mul(x(), x()), x());
      if (exponent === -1) return l.apply(OP.f32x4_div, l.float(1), x());
      return undefined;
    },
    // One instruction instead of five: pmax and pmin give their first operand back when it is NaN.
    max: (l, constant, x) =>
      Number.isNaN(constant) ? undefined : l.apply(OP.f32x4_pmax, x(), l.float(Math.fround(constant))),
    min: (l, constant, x) =>
      Number.isNaN(constant) ? undefined : l.apply(OP.f32x4_pmin, x(), l.float(Math.fround(constant))),
  },
};
