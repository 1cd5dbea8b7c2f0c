// Elementary functions on float32 vectors: argument reduction and minimax polynomials, fitted for this file (Lawson's
// iteration in double precision). Errors are stated in units in the last place and checked by the tests. NaN goes in, NaN
// comes out: wherever an argument is limited, it is the first operand of pmin and pmax, which then give it back.

import { OP } from "./instructions.js";
import type { Lanes, Value } from "./lanes.js";

const LN2_HIGH = 0.693359375; // 11 bits: exact when multiplied by an exponent
const LN2_LOW = Math.LN2 - LN2_HIGH;
/** Adding this to a float leaves its nearest whole number in the low bits. */
const ROUND_BY_ADDING = 1.5 * 2 ** 23;
const ROUND_BITS = 0x4b400000;

/** exp(r) = 1 + r + r^2 q(r) on |r| <= ln 2 / 2, q within 3.2e-9. */
const EXP = [0.5, 0.166665181517601, 0.04166620597243309, 0.008368953131139278, 0.0013950600987300277];
/** log((1 + s) / (1 - s)) = 2 s + s^3 p(s^2) on |s| <= 0.1717, within 1e-11. */
const LOG = [0.6666666269302368, 0.4000033736228943, 0.2853720486164093, 0.23584255576133728];
/** tanh(x) = x + x^3 p(x^2) on |x| <= 0.625, within 4.4e-9. */
const TANH = [
  -0.3333328068256378, 0.13331441581249237, -0.05373971536755562, 0.0206390880048275, -0.005704987328499556,
];
/** erf(x) = x + x p(x^2) on |x| <= 0.93, within 1.8e-8. */
const ERF = [
  0.1283791475534353, -0.3761247992515564, 0.11281680315732956, -0.026761669665575027, 0.004985882434993982,
  -0.0005953499930910766,
];
/** log(1 - erf(x)) on 0.92 <= x <= 4, within 1.6e-9 of erf. */
const ERF_TAIL = [
  -0.00019569818687159568, -1.1276755332946777, -0.6371824145317078, -0.1039314717054367,
  0.022226862609386444, -0.003043204778805375, 0.00019593621254898608,
];

/** x = n ln 2 + r: n as integers, and r. */
function reduce(l: Lanes, x: Value): { n: Value; r: Value } {
  const shifted = l.madd(x, l.float(Math.LOG2E), l.float(ROUND_BY_ADDING));
  const whole = l.sub(shifted, l.float(ROUND_BY_ADDING));
  const r = l.madd(whole, l.float(-LN2_LOW), l.madd(whole, l.float(-LN2_HIGH), x));
  return { n: l.apply(OP.i32x4_sub, shifted, l.integer(ROUND_BITS)), r };
}

/** 2^n for -127 < n < 128. */
function powerOfTwo(l: Lanes, n: Value): Value {
  return l.shift(OP.i32x4_shl, l.apply(OP.i32x4_add, n, l.integer(127)), 23);
}

/** exp(r) - 1 on the reduced range. */
function smallExpm1(l: Lanes, r: Value): Value {
  return l.madd(l.mul(r, r), l.polynomial(r, EXP), r);
}

/** Within 1 ulp, denormal results included. */
export function exp(l: Lanes, x: Value): Value {
  const limited = l.apply(OP.f32x4_pmax, l.apply(OP.f32x4_pmin, x, l.float(89)), l.float(-104));
  const { n, r } = reduce(l, limited);
  // In two steps, so that the results below 2^-126 and the way to infinity are right.
  const half = l.shift(OP.i32x4_shr_s, n, 1);
  const rest = l.apply(OP.i32x4_sub, n, half);
  const value = l.add(smallExpm1(l, r), l.float(1));
  return l.mul(l.mul(value, powerOfTwo(l, half)), powerOfTwo(l, rest));
}

/** exp(x) for x <= 0, within 1 ulp, denormal results included: 15 instructions, where `exp` has 22. */
export function expOfNegative(l: Lanes, x: Value): Value {
  const { n, r } = reduce(l, l.apply(OP.f32x4_pmax, x, l.float(-104)));
  // 2^(n + 24) is a normal number for all n here, and so is what it is multiplied by: the product is rounded once.
  const scale = l.float(2 ** -24);
  const value = l.madd(smallExpm1(l, r), scale, scale);
  return l.mul(value, l.shift(OP.i32x4_shl, l.apply(OP.i32x4_add, n, l.integer(127 + 24)), 23));
}

/** exp(x) for -87 <= x <= 88, within 1 ulp: no denormals, no infinity. */
function moderateExp(l: Lanes, x: Value): Value {
  const { n, r } = reduce(l, x);
  return l.mul(l.add(smallExpm1(l, r), l.float(1)), powerOfTwo(l, n));
}

/** Within 2 ulp. */
export function expm1(l: Lanes, x: Value): Value {
  const limited = l.apply(OP.f32x4_pmax, l.apply(OP.f32x4_pmin, x, l.float(89)), l.float(-20));
  const { n, r } = reduce(l, limited);
  // 2^n (expm1(r) + 1) - 1, computed at half its size: 2^128 is no float.
  const scale = powerOfTwo(l, l.apply(OP.i32x4_sub, n, l.integer(1)));
  const value = l.madd(smallExpm1(l, r), scale, l.sub(scale, l.float(0.5)));
  const doubled = l.add(value, value);
  // -0 and denormals are their own expm1.
  return l.select(l.apply(OP.f32x4_lt, l.apply(OP.f32x4_abs, x), l.float(1e-12)), x, doubled);
}

/** Within 1 ulp. */
export function log(l: Lanes, x: Value): Value {
  const tiny = l.apply(OP.f32x4_lt, x, l.float(2 ** -126));
  const scaled = l.select(tiny, l.mul(x, l.float(2 ** 23)), x);
  // x = 2^e m with m between sqrt(1/2) and sqrt(2).
  const SQRT_HALF_BITS = 0x3f3504f3;
  const above = l.apply(OP.i32x4_sub, scaled, l.integer(SQRT_HALF_BITS));
  const exponent = l.shift(OP.i32x4_shr_s, above, 23);
  const m = l.apply(OP.i32x4_sub, scaled, l.shift(OP.i32x4_shl, exponent, 23));
  const e = l.add(l.apply(OP.f32x4_convert_i32x4_s, exponent), l.apply(OP.v128_and, tiny, l.float(-23)));
  const f = l.sub(m, l.float(1));
  const s = l.apply(OP.f32x4_div, f, l.add(f, l.float(2)));
  const z = l.mul(s, s);
  const half = l.mul(l.mul(f, f), l.float(0.5));
  const tail = l.mul(s, l.madd(z, l.polynomial(z, LOG), half));
  const low = l.madd(e, l.float(LN2_LOW), l.sub(tail, half));
  const value = l.madd(e, l.float(LN2_HIGH), l.add(f, low));
  // Infinity and NaN stay, 0 is minus infinity, less than 0 is NaN.
  const ordinary = l.select(l.apply(OP.f32x4_lt, x, l.float(Number.POSITIVE_INFINITY)), value, l.add(x, x));
  const positive = l.select(l.apply(OP.f32x4_eq, x, l.float(0)), l.float(Number.NEGATIVE_INFINITY), ordinary);
  return l.select(l.apply(OP.f32x4_lt, x, l.float(0)), l.float(Number.NaN), positive);
}

/** Within 2 ulp: log(u) of the rounded u = 1 + x, and what the rounding lost, divided by u. */
export function log1p(l: Lanes, x: Value): Value {
  const u = l.add(x, l.float(1));
  const lost = l.sub(x, l.sub(u, l.float(1)));
  const rounded = log(l, u);
  const value = l.add(rounded, l.apply(OP.f32x4_div, lost, u));
  const finite = l.apply(
    OP.v128_and,
    l.apply(OP.f32x4_gt, x, l.float(-1)),
    l.apply(OP.f32x4_lt, x, l.float(Number.POSITIVE_INFINITY)),
  );
  const usual = l.select(finite, value, rounded);
  return l.select(l.apply(OP.f32x4_lt, l.apply(OP.f32x4_abs, x), l.float(1e-12)), x, usual);
}

/** Gives `magnitude` the sign of `x`. */
function withSignOf(l: Lanes, magnitude: Value, x: Value): Value {
  return l.apply(OP.v128_or, magnitude, l.apply(OP.v128_and, x, l.integer(0x80000000 | 0)));
}

/** Within 2 ulp. */
export function tanh(l: Lanes, x: Value): Value {
  const size = l.apply(OP.f32x4_abs, x);
  const z = l.mul(x, x);
  const small = l.madd(l.mul(z, x), l.polynomial(z, TANH), x);
  const twice = l.apply(OP.f32x4_pmin, l.add(size, size), l.float(40));
  const denominator = l.add(moderateExp(l, twice), l.float(1));
  const large = l.sub(l.float(1), l.apply(OP.f32x4_div, l.float(2), denominator));
  return l.select(l.apply(OP.f32x4_lt, size, l.float(0.625)), small, withSignOf(l, large, x));
}

/** Within 3 ulp; 0 below -88.7, as in PyTorch. */
export function sigmoid(l: Lanes, x: Value): Value {
  const e = exp(l, l.apply(OP.f32x4_neg, x));
  return l.apply(OP.f32x4_div, l.float(1), l.add(e, l.float(1)));
}

/** Within 2 ulp. */
export function erf(l: Lanes, x: Value): Value {
  const size = l.apply(OP.f32x4_abs, x);
  const z = l.mul(x, x);
  const small = l.madd(l.polynomial(z, ERF), x, x);
  const tail = l.polynomial(l.apply(OP.f32x4_pmin, size, l.float(4)), ERF_TAIL);
  const large = l.sub(l.float(1), moderateExp(l, tail));
  return l.select(l.apply(OP.f32x4_lt, size, l.float(0.925)), small, withSignOf(l, large, x));
}
