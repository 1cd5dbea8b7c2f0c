// One table row for each scalar operation: its WGSL for each type that it is computed in. float16 is computed as f32, uint8 as
// i32, bool as bool.

import type { ComputeType } from "../../graph/dtype.js";
import type { BinaryOp, UnaryOp } from "../../graph/expr.js";

/** The WGSL type that values of a type are computed in. */
export const WGSL_TYPE: Readonly<Record<ComputeType, string>> = {
  float32: "f32",
  int32: "i32",
  bool: "bool",
};

type Unary = (x: string) => string;
type Binary = (a: string, b: string) => string;

const call1 =
  (name: string): Unary =>
  (x) =>
    `${name}(${x})`;
const call2 =
  (name: string): Binary =>
  (a, b) =>
    `${name}(${a}, ${b})`;
const infix =
  (operator: string): Binary =>
  (a, b) =>
    `(${a} ${operator} ${b})`;

const UNARY_FLOAT: Readonly<Record<UnaryOp, Unary>> = {
  neg: (x) => `(-${x})`,
  abs: call1("abs"),
  sign: call1("fsign"),
  exp: call1("exp_"),
  expm1: call1("expm1_"),
  log: call1("log_"),
  log1p: call1("log1p_"),
  sqrt: call1("fsqrt"),
  rsqrt: (x) => `(1f / fsqrt(${x}))`,
  reciprocal: (x) => `(1f / ${x})`,
  sin: call1("sin_"),
  cos: call1("cos_"),
  atan: call1("atan_"),
  tanh: call1("tanh_"),
  sigmoid: call1("sigmoid_"),
  erf: call1("erf_"),
  floor: call1("floor"),
  ceil: call1("ceil"),
  round: call1("round"),
  not: (x) => `(${x} == 0f)`,
};

/** By the type of the operand. `not` gives bool. */
export const UNARY: Readonly<Record<ComputeType, Partial<Record<UnaryOp, Unary>>>> = {
  float32: UNARY_FLOAT,
  int32: {
    neg: (x) => `(0i - ${x})`,
    abs: call1("abs"),
    sign: call1("isign"),
    not: (x) => `(${x} == 0i)`,
  },
  bool: { not: (x) => `(!${x})` },
};

const SHIFT_BITS = (b: string): string => `(bitcast<u32>(${b}) & 31u)`;

/** By the type of the operands. Comparisons give bool. */
export const BINARY: Readonly<Record<ComputeType, Partial<Record<BinaryOp, Binary>>>> = {
  float32: {
    add: infix("+"),
    sub: infix("-"),
    mul: infix("*"),
    div: infix("/"),
    pow: call2("pow_"),
    mod: call2("fmod"),
    max: call2("fmax"),
    min: call2("fmin"),
    eq: call2("feq"),
    ne: call2("fne"),
    lt: infix("<"),
    le: infix("<="),
    gt: infix(">"),
    ge: infix(">="),
  },
  int32: {
    add: infix("+"),
    sub: infix("-"),
    mul: infix("*"),
    div: call2("idiv"),
    pow: call2("ipow"),
    mod: call2("imod"),
    max: call2("max"),
    min: call2("min"),
    and: infix("&"),
    or: infix("|"),
    xor: infix("^"),
    shl: (a, b) => `(${a} << ${SHIFT_BITS(b)})`,
    ushr: (a, b) => `bitcast<i32>(bitcast<u32>(${a}) >> ${SHIFT_BITS(b)})`,
    eq: infix("=="),
    ne: infix("!="),
    lt: infix("<"),
    le: infix("<="),
    gt: infix(">"),
    ge: infix(">="),
  },
  bool: {
    add: infix("|"),
    sub: infix("!="),
    mul: infix("&"),
    div: infix("&"),
    pow: (a, b) => `(${a} | !${b})`,
    mod: (a, b) => `(${a} & !${b})`,
    max: infix("|"),
    min: infix("&"),
    and: infix("&"),
    or: infix("|"),
    eq: infix("=="),
    ne: infix("!="),
    lt: (a, b) => `(!${a} & ${b})`,
    le: (a, b) => `(!${a} | ${b})`,
    gt: (a, b) => `(${a} & !${b})`,
    ge: (a, b) => `(${a} | !${b})`,
  },
};

const LOGIC: ReadonlySet<string> = new Set(["eq", "ne", "lt", "le", "gt", "ge", "not"]);

/** The type that an operation on operands of type `operand` gives in WGSL. */
export const resultType = (op: UnaryOp | BinaryOp, operand: ComputeType): ComputeType =>
  LOGIC.has(op) ? "bool" : operand;

const same: Unary = (x) => x;

/** From the first type to the second. */
export const CAST: Readonly<Record<ComputeType, Readonly<Record<ComputeType, Unary>>>> = {
  float32: { float32: same, int32: call1("to_int"), bool: (x) => `fne(${x}, 0f)` },
  int32: { float32: call1("f32"), int32: same, bool: (x) => `(${x} != 0i)` },
  bool: { float32: (x) => `select(0f, 1f, ${x})`, int32: (x) => `select(0i, 1i, ${x})`, bool: same },
};
