// Element-wise functions that are put together from the operations of the graph, with PyTorch's meaning at the edges.

import { isFloat } from "../graph/dtype.js";
import { differentiable, type Node, scalarNode, withGradModeNow } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";

const number = (value: number): Node => scalarNode(value, "float32");
const like = (value: number, x: Node): Node => scalarNode(value, x.dtype);

/** A function with values from `forward` and the derivative `slope(x, y)`. */
function smooth(name: string, x: Node, forward: (x: Node) => Node, slope: (x: Node, y: Node) => Node): Node {
  const input = ops.cast(x, "float32");
  return differentiable(
    name,
    [input],
    () => forward(input),
    ({ output, gradient }) => [ops.mul(gradient, slope(input, output))],
  );
}

/** Rounded towards zero. */
export const trunc = (x: Node): Node =>
  x.dtype === "float32" ? ops.where(ops.lt(x, number(0)), ops.ceil(x), ops.floor(x)) : x;

/** What is left after the point, with the sign of x. */
export const frac = (x: Node): Node => ops.sub(x, trunc(x));

/** Rounded to `decimals` places after the point; halves go to the even digit. */
export function round(x: Node, decimals: number): Node {
  if (decimals === 0) return ops.round(x);
  const scale = number(10 ** Math.abs(decimals));
  return decimals > 0
    ? ops.div(ops.round(ops.mul(x, scale)), scale)
    : ops.mul(ops.round(ops.div(x, scale)), scale);
}

const LN2 = Math.LN2;

export const exp2 = (x: Node): Node => ops.exp(ops.mul(x, number(LN2)));
export const log2 = (x: Node): Node => ops.mul(ops.log(x), number(1 / LN2));
export const log10 = (x: Node): Node => ops.mul(ops.log(x), number(1 / Math.LN10));
export const erfc = (x: Node): Node => ops.sub(number(1), ops.erf(x));
export const tan = (x: Node): Node =>
  smooth(
    "tan",
    x,
    (v) => ops.div(ops.sin(v), ops.cos(v)),
    (_, y) => ops.add(ops.mul(y, y), number(1)),
  );

/** (e^x - e^-x) / 2; near 0 through expm1, which keeps the digits. */
export const sinh = (x: Node): Node =>
  smooth(
    "sinh",
    x,
    (v) => ops.mul(ops.sub(ops.expm1(v), ops.expm1(ops.neg(v))), number(0.5)),
    (v) => cosh(v),
  );
export const cosh = (x: Node): Node =>
  smooth(
    "cosh",
    x,
    (v) => ops.mul(ops.add(ops.exp(v), ops.exp(ops.neg(v))), number(0.5)),
    (v) => sinh(v),
  );

const one = number(1);
const squared = (x: Node): Node => ops.mul(x, x);

/** Through the arc tangent of opposite over adjacent, which are exact near 1. */
export const asin = (x: Node): Node =>
  smooth(
    "asin",
    x,
    (v) => ops.atan(ops.div(v, ops.sqrt(ops.mul(ops.sub(one, v), ops.add(one, v))))),
    (v) => ops.rsqrt(ops.sub(one, squared(v))),
  );
export const acos = (x: Node): Node =>
  smooth(
    "acos",
    x,
    (v) => ops.mul(ops.atan(ops.sqrt(ops.div(ops.sub(one, v), ops.add(one, v)))), number(2)),
    (v) => ops.neg(ops.rsqrt(ops.sub(one, squared(v)))),
  );

/** sign(x) log(|x| + sqrt(x^2 + 1)), written so that small x keep their digits. */
export const asinh = (x: Node): Node =>
  smooth(
    "asinh",
    x,
    (v) => {
      const root = ops.sqrt(ops.add(squared(v), one));
      const size = ops.log1p(ops.add(ops.abs(v), ops.div(squared(v), ops.add(root, one))));
      return ops.where(ops.lt(v, number(0)), ops.neg(size), size);
    },
    (v) => ops.rsqrt(ops.add(squared(v), one)),
  );
/** log(x + sqrt(x^2 - 1)). */
export const acosh = (x: Node): Node =>
  smooth(
    "acosh",
    x,
    (v) => {
      const above = ops.sub(v, one);
      return ops.log1p(ops.add(above, ops.sqrt(ops.mul(above, ops.add(above, number(2))))));
    },
    (v) => ops.rsqrt(ops.sub(squared(v), one)),
  );
/** log((1 + x) / (1 - x)) / 2. */
export const atanh = (x: Node): Node =>
  smooth(
    "atanh",
    x,
    (v) => ops.mul(ops.sub(ops.log1p(v), ops.log1p(ops.neg(v))), number(0.5)),
    (v) => ops.reciprocal(ops.sub(one, squared(v))),
  );

/** The angle of the point (x, y), from -pi to pi. */
export function atan2(y: Node, x: Node): Node {
  const [a, b] = [ops.cast(y, "float32"), ops.cast(x, "float32")];
  const zero = number(0);
  return differentiable(
    "atan2",
    [a, b],
    () => {
      const half = ops.where(ops.lt(a, zero), number(-Math.PI), number(Math.PI));
      const sideways = ops.mul(ops.sign(a), number(Math.PI / 2));
      const angle = ops.atan(ops.div(a, b));
      const left = ops.where(ops.lt(b, zero), ops.add(angle, half), angle);
      return ops.where(ops.eq(b, zero), sideways, left);
    },
    ({ gradient, needs }) => {
      const scaled = ops.div(gradient, ops.add(squared(a), squared(b)));
      return [
        needs[0] ? ops.sumTo(ops.mul(scaled, b), a.shape) : undefined,
        needs[1] ? ops.sumTo(ops.neg(ops.mul(scaled, a)), b.shape) : undefined,
      ];
    },
  );
}

/** log(x / (1 - x)), with x limited to [eps, 1 - eps] where eps is given. */
export function logit(x: Node, eps: number | undefined): Node {
  const inside = eps === undefined ? x : clamp(x, number(eps), number(1 - eps));
  return ops.sub(ops.log(inside), ops.log1p(ops.neg(inside)));
}

/** x limited to [min, max]; a bound gets the gradient where it takes effect. */
export function clamp(x: Node, min: Node | undefined, max: Node | undefined): Node {
  if (min === undefined && max === undefined) return ops.identity(x);
  let y = x;
  if (min !== undefined) y = ops.where(ops.lt(y, min), min, y);
  if (max !== undefined) y = ops.where(ops.gt(y, max), max, y);
  return y;
}

export const isInfinite = (x: Node): Node =>
  isFloat(x.dtype) ? ops.eq(ops.abs(x), number(Infinity)) : ops.full(x.shape, 0, "bool");
/** Neither NaN nor infinite. */
export const isFiniteNumber = (x: Node): Node =>
  isFloat(x.dtype) ? ops.lt(ops.abs(x), number(Infinity)) : ops.full(x.shape, 1, "bool");

const LARGEST = 3.4028234663852886e38;

/** NaN and the infinities replaced by numbers. */
export function nanToNum(
  x: Node,
  nan: number = 0,
  posinf: number = LARGEST,
  neginf: number = -LARGEST,
): Node {
  if (!isFloat(x.dtype)) return ops.identity(x);
  const above = ops.where(ops.eq(x, number(Infinity)), number(posinf), x);
  const below = ops.where(ops.eq(x, number(-Infinity)), number(neginf), above);
  return ops.where(ops.isNan(x), number(nan), below);
}

/** The remainder of the division rounded towards zero: it has the sign of the dividend. */
export function fmod(a: Node, b: Node): Node {
  const signed = (x: Node, y: Node): Node => {
    const size = ops.remainder(ops.abs(x), ops.abs(y));
    return ops.where(ops.lt(x, like(0, x)), ops.neg(size), size);
  };
  return differentiable(
    "fmod",
    [a, b],
    () => signed(a, b),
    ({ gradient, needs }) => [
      needs[0] ? ops.sumTo(gradient, a.shape) : undefined,
      needs[1] ? ops.sumTo(ops.neg(ops.mul(gradient, trunc(ops.div(a, b)))), b.shape) : undefined,
    ],
  );
}

export type RoundingMode = "trunc" | "floor";

/** a / b; with a rounding mode the quotient is a whole number, and stays an integer where both are. */
export function div(a: Node, b: Node, mode: RoundingMode | null): Node {
  if (mode === null) return ops.div(a, b);
  if (mode === "floor") return ops.floorDiv(a, b);
  if (isFloat(a.dtype) || isFloat(b.dtype)) return trunc(ops.div(a, b));
  const quotient = ops.floorDiv(ops.abs(a), ops.abs(b));
  const opposite = ops.ne(ops.lt(a, like(0, a)), ops.lt(b, like(0, b)));
  return ops.where(opposite, ops.neg(quotient), quotient);
}

/** a + weight * (b - a), exact at both ends. */
export function lerp(a: Node, b: Node, weight: Node): Node {
  const gap = ops.sub(b, a);
  const fromStart = ops.add(a, ops.mul(weight, gap));
  const fromEnd = ops.sub(b, ops.mul(gap, ops.sub(number(1), weight)));
  if (weight.scalar !== undefined) return Math.abs(weight.scalar) < 0.5 ? fromStart : fromEnd;
  return ops.where(ops.lt(ops.abs(weight), number(0.5)), fromStart, fromEnd);
}

/** The larger (smaller) of two; where one is NaN, the other. */
export function extremeIgnoringNan(op: typeof ops.maximum, a: Node, b: Node): Node {
  return ops.where(ops.isNan(a), b, ops.where(ops.isNan(b), a, op(a, b)));
}

/** |a - b| <= atol + rtol * |b|; equal infinities are close, NaN to NaN only where asked for. */
export function isClose(a: Node, b: Node, rtol: number, atol: number, equalNan: boolean): Node {
  return withGradModeNow(false, () => {
    const apart = ops.abs(ops.sub(a, b));
    // the difference of equal infinities is NaN, and infinity is within any share of infinity
    const near = ops.logicalAnd(
      ops.le(apart, ops.add(ops.mul(ops.abs(b), number(rtol)), number(atol))),
      ops.lt(apart, number(Infinity)),
    );
    const close = ops.logicalOr(ops.eq(a, b), near);
    return equalNan ? ops.logicalOr(close, ops.logicalAnd(ops.isNan(a), ops.isNan(b))) : close;
  });
}
