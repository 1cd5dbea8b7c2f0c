// What every scalar operation means, in double precision. The interpreter rounds results to their type; other devices
// compute the same by faster means and are tested against this.

import type { ComputeType } from "../../graph/dtype.js";
import type { BinaryOp, BitOp, UnaryOp } from "../../graph/expr.js";

/** The error function, by its series of positive terms: 2/sqrt(pi) exp(-x^2) sum 2^n x^(2n+1) / (2n+1)!! (DLMF 7.6.2). */
export function erf(x: number): number {
  if (!(Math.abs(x) < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** To the nearest whole number, halves to the even one. */
export function roundHalfEven(x: number): number {
  const down = Math.floor(Math.abs(x));
  const rest = Math.abs(x) - down;
  const up = rest > 0.5 || (rest === 0.5 && down % 2 === 1);
  const size = up ? down + 1 : down;
  return x < 0 || Object.is(x, -0) ? -size : size;
}

/** The remainder with the divisor's sign (Python's and PyTorch's `%`). */
export function floorMod(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** a ** b in int32 with wrap-around; a negative power of anything but 1 and -1 is 0. */
export function integerPower(a: number, b: number): number {
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  let base = a | 0;
  for (let power = b; power > 0; power >>= 1) {
    if (power & 1) result = Math.imul(result, base);
    base = Math.imul(base, base);
  }
  return result;
}

export const UNARY: Readonly<Record<UnaryOp, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: (x) => Number(x > 0) - Number(x < 0),
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  reciprocal: (x) => 1 / x,
  sin: Math.sin,
  cos: Math.cos,
  atan: Math.atan,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  erf,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfEven,
  not: (x) => Number(x === 0),
};

type Binary = (a: number, b: number) => number;

const COMPARISONS = {
  eq: (a: number, b: number) => Number(a === b),
  ne: (a: number, b: number) => Number(a !== b),
  lt: (a: number, b: number) => Number(a < b),
  le: (a: number, b: number) => Number(a <= b),
  gt: (a: number, b: number) => Number(a > b),
  ge: (a: number, b: number) => Number(a >= b),
  and: (a: number, b: number) => a & b,
  or: (a: number, b: number) => a | b,
};

const BITS: Readonly<Record<BitOp, Binary>> = {
  xor: (a, b) => a ^ b,
  shl: (a, b) => a << b,
  ushr: (a, b) => (a >>> b) | 0,
};

type Table = { readonly [op in Exclude<BinaryOp, BitOp>]: Binary } & { readonly [op in BitOp]?: Binary };

/** By the type of the operands; the result is that type, or bool for comparisons. Bits are those of integers only. */
export const BINARY: Readonly<Record<ComputeType, Table>> = {
  float32: {
    ...COMPARISONS,
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    mul: (a, b) => a * b,
    div: (a, b) => a / b,
    // IEEE and PyTorch: 1 to any power is 1; JavaScript says NaN for 1 ** NaN and 1 ** Infinity.
    pow: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b),
    mod: floorMod,
    max: Math.max,
    min: Math.min,
  },
  int32: {
    ...COMPARISONS,
    ...BITS,
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    mul: Math.imul,
    div: (a, b) => (b === 0 ? 0 : Math.floor(a / b)),
    pow: integerPower,
    mod: (a, b) => (b === 0 ? 0 : floorMod(a, b)),
    max: Math.max,
    min: Math.min,
  },
  bool: {
    ...COMPARISONS,
    add: (a, b) => a | b,
    sub: (a, b) => a ^ b,
    mul: (a, b) => a & b,
    div: (a, b) => a & b,
    pow: (a, b) => a | (b ^ 1),
    mod: (a, b) => a & (b ^ 1),
    max: (a, b) => a | b,
    min: (a, b) => a & b,
  },
};
