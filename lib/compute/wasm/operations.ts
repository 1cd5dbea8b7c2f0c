// One table row for each scalar operation: how it is computed on vectors of each type. What has no vector form calls a
// scalar function lane by lane.

import { type ComputeType, computeType, type DType } from "../../graph/dtype.js";
import type { BinaryOp, UnaryOp } from "../../graph/expr.js";
import * as functions from "./functions.js";
import { fromHalf, toHalf } from "./half.js";
import { OP } from "./instructions.js";
import type { Lanes, Value } from "./lanes.js";

/** Functions a plan module may call: indices, made on first use. */
export interface ScalarFunctions {
  /** (float) -> float or (float, float) -> float in JavaScript. */
  imported(name: ImportedFunction): number;
  /** (int, int) -> int, generated: division and remainder that round down. */
  integer(name: "div" | "mod"): number;
}

export type ImportedFunction = "sin" | "cos" | "atan" | "pow" | "mod" | "integerPower";

type Unary = (l: Lanes, x: Value, scalar: ScalarFunctions) => Value;
type Binary = (l: Lanes, a: Value, b: Value, scalar: ScalarFunctions) => Value;

const one =
  (op: number): Unary =>
  (l, x) =>
    l.apply(op, x);
const two =
  (op: number): Binary =>
  (l, a, b) =>
    l.apply(op, a, b);
const swapped =
  (op: number): Binary =>
  (l, a, b) =>
    l.apply(op, b, a);

const perLane =
  (name: ImportedFunction): Unary =>
  (l, x, scalar) =>
    l.eachLane([x], "float32", "float32", () => l.f.call(scalar.imported(name)));

const UNARY_FLOAT: Readonly<Record<UnaryOp, Unary>> = {
  neg: one(OP.f32x4_neg),
  abs: one(OP.f32x4_abs),
  sign: (l, x) => {
    const positive = l.apply(OP.v128_and, l.apply(OP.f32x4_gt, x, l.float(0)), l.float(1));
    const negative = l.apply(OP.v128_and, l.apply(OP.f32x4_lt, x, l.float(0)), l.float(1));
    return l.sub(positive, negative);
  },
  exp: functions.exp,
  expm1: functions.expm1,
  log: functions.log,
  log1p: functions.log1p,
  sqrt: one(OP.f32x4_sqrt),
  rsqrt: (l, x) => l.apply(OP.f32x4_div, l.float(1), l.apply(OP.f32x4_sqrt, x)),
  reciprocal: (l, x) => l.apply(OP.f32x4_div, l.float(1), x),
  sin: perLane("sin"),
  cos: perLane("cos"),
  atan: perLane("atan"),
  tanh: functions.tanh,
  sigmoid: functions.sigmoid,
  erf: functions.erf,
  floor: one(OP.f32x4_floor),
  ceil: one(OP.f32x4_ceil),
  round: one(OP.f32x4_nearest),
  not: (l, x) => l.apply(OP.f32x4_eq, x, l.float(0)),
};

const UNARY_INTEGER: Partial<Record<UnaryOp, Unary>> = {
  neg: one(OP.i32x4_neg),
  abs: one(OP.i32x4_abs),
  // The mask of x < 0 is -1, that of x > 0 subtracted is +1.
  sign: (l, x) =>
    l.apply(OP.i32x4_sub, l.apply(OP.i32x4_lt_s, x, l.integer(0)), l.apply(OP.i32x4_gt_s, x, l.integer(0))),
  not: (l, x) => l.apply(OP.i32x4_eq, x, l.integer(0)),
};

const UNARY_BOOL: Partial<Record<UnaryOp, Unary>> = { not: one(OP.v128_not) };

export const UNARY: Readonly<Record<ComputeType, Partial<Record<UnaryOp, Unary>>>> = {
  float32: UNARY_FLOAT,
  int32: UNARY_INTEGER,
  bool: UNARY_BOOL,
};

const floatPairs =
  (name: ImportedFunction): Binary =>
  (l, a, b, scalar) =>
    l.eachLane([a, b], "float32", "float32", () => l.f.call(scalar.imported(name)));
const integerPairs =
  (name: "div" | "mod"): Binary =>
  (l, a, b, scalar) =>
    l.eachLane([a, b], "int32", "int32", () => l.f.call(scalar.integer(name)));

/** A shift by a number of bits of each lane's own: there is no vector instruction for it. */
const shift =
  (op: number): Binary =>
  (l, a, b) =>
    l.eachLane([a, b], "int32", "int32", () => l.f.op(op));

const BINARY_FLOAT: Partial<Record<BinaryOp, Binary>> = {
  add: two(OP.f32x4_add),
  sub: two(OP.f32x4_sub),
  mul: two(OP.f32x4_mul),
  div: two(OP.f32x4_div),
  pow: floatPairs("pow"),
  mod: floatPairs("mod"),
  max: two(OP.f32x4_max),
  min: two(OP.f32x4_min),
  eq: two(OP.f32x4_eq),
  ne: two(OP.f32x4_ne),
  lt: two(OP.f32x4_lt),
  le: two(OP.f32x4_le),
  gt: two(OP.f32x4_gt),
  ge: two(OP.f32x4_ge),
};

const BINARY_INTEGER: Partial<Record<BinaryOp, Binary>> = {
  add: two(OP.i32x4_add),
  sub: two(OP.i32x4_sub),
  mul: two(OP.i32x4_mul),
  div: integerPairs("div"),
  mod: integerPairs("mod"),
  pow: (l, a, b, scalar) =>
    l.eachLane([a, b], "int32", "int32", () => l.f.call(scalar.imported("integerPower"))),
  max: two(OP.i32x4_max_s),
  min: two(OP.i32x4_min_s),
  eq: two(OP.i32x4_eq),
  ne: two(OP.i32x4_ne),
  lt: two(OP.i32x4_lt_s),
  le: two(OP.i32x4_le_s),
  gt: two(OP.i32x4_gt_s),
  ge: two(OP.i32x4_ge_s),
  and: two(OP.v128_and),
  or: two(OP.v128_or),
  xor: two(OP.v128_xor),
  shl: shift(OP.i32_shl),
  ushr: shift(OP.i32_shr_u),
};

/** Masks: true is all ones, that is -1, hence "less" between them is "greater" between integers. */
const BINARY_BOOL: Partial<Record<BinaryOp, Binary>> = {
  add: two(OP.v128_or),
  sub: two(OP.v128_xor),
  mul: two(OP.v128_and),
  max: two(OP.v128_or),
  min: two(OP.v128_and),
  and: two(OP.v128_and),
  or: two(OP.v128_or),
  eq: two(OP.i32x4_eq),
  ne: two(OP.i32x4_ne),
  lt: swapped(OP.i32x4_lt_s),
  le: swapped(OP.i32x4_le_s),
  gt: swapped(OP.i32x4_gt_s),
  ge: swapped(OP.i32x4_ge_s),
};

export const BINARY: Readonly<Record<ComputeType, Partial<Record<BinaryOp, Binary>>>> = {
  float32: BINARY_FLOAT,
  int32: BINARY_INTEGER,
  bool: BINARY_BOOL,
};

const identity: Unary = (_, x) => x;

/** From the first type to the second. */
export const CAST: Readonly<Record<ComputeType, Readonly<Record<ComputeType, Unary>>>> = {
  float32: {
    float32: identity,
    int32: one(OP.i32x4_trunc_sat_f32x4_s),
    bool: (l, x) => l.apply(OP.f32x4_ne, x, l.float(0)),
  },
  int32: {
    float32: one(OP.f32x4_convert_i32x4_s),
    int32: identity,
    bool: (l, x) => l.apply(OP.i32x4_ne, x, l.integer(0)),
  },
  bool: {
    float32: (l, x) => l.apply(OP.v128_and, x, l.float(1)),
    int32: one(OP.i32x4_neg),
    bool: identity,
  },
};

/** The value as another type. float16 and uint8 are float32 and int32 lanes that hold nothing else than such a value. */
export function cast(l: Lanes, x: Value, from: DType, to: DType, scalar: ScalarFunctions): Value {
  if (from === to) return x;
  const value = CAST[computeType(from)][computeType(to)](l, x, scalar);
  if (to === "float16") return fromHalf(l, toHalf(l, value));
  return to === "uint8" ? l.apply(OP.v128_and, value, l.integer(255)) : value;
}
