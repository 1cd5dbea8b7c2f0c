// Reductions as PyTorch has them: sum, mean, variance, extremes, norms; over all or some axes, kept or removed.

import { isFloat } from "../graph/dtype.js";
import type { Node } from "../graph/node.js";
import { constantNode, scalarNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, normalizeAxes, normalizeAxis } from "../graph/shape.js";
import { part } from "./pieces.js";
import { type ReduceArgument, type ReduceOptions, reduceOptions } from "./types.js";

const number = constantNode;

/** Puts reduced axes back with extent 1 where asked for. */
function kept(reduced: Node, x: Node, axes: readonly number[], keepdim: boolean | undefined): Node {
  return keepdim ? ops.reshape(reduced, ops.keptShape(x.shape, axes)) : reduced;
}

function simple(name: "sum" | "prod" | "max" | "min", x: Node, argument: ReduceArgument | undefined): Node {
  const { dim, keepdim } = reduceOptions<ReduceOptions>(argument);
  const axes = normalizeAxes(dim, x.shape.length, name);
  return kept(ops.reduce(name, x, axes), x, axes, keepdim);
}

export const sum = (x: Node, argument?: ReduceArgument): Node => simple("sum", x, argument);
export const prod = (x: Node, argument?: ReduceArgument): Node => simple("prod", x, argument);
/** Largest values; where several are equal, they share the gradient. */
export const amax = (x: Node, argument?: ReduceArgument): Node => simple("max", x, argument);
export const amin = (x: Node, argument?: ReduceArgument): Node => simple("min", x, argument);

function requireFloat(x: Node, what: string): void {
  if (x.dtype !== "float32")
    throw new TypeError(`${what}: needs float32, got ${x.dtype}; convert with .float()`);
}

export function mean(x: Node, argument?: ReduceArgument): Node {
  requireFloat(x, "mean");
  const axes = normalizeAxes(reduceOptions<ReduceOptions>(argument).dim, x.shape.length, "mean");
  const count = elements(axes.map((axis) => x.shape[axis]!));
  return ops.div(sum(x, argument), number(count));
}

/** The sum of what is not NaN. */
export function nansum(x: Node, argument?: ReduceArgument): Node {
  return sum(ops.where(ops.isNan(x), scalarNode(0, x.dtype), x), argument);
}

/** The mean of what is not NaN. */
export function nanmean(x: Node, argument?: ReduceArgument): Node {
  requireFloat(x, "nanmean");
  const count = sum(ops.cast(ops.logicalNot(ops.isNan(x)), "float32"), argument);
  return ops.div(nansum(x, argument), count);
}

export interface VarianceOptions extends ReduceOptions {
  /** Divide by n - 1 (true, the default) or by n. */
  unbiased?: boolean;
  /** Divide by n - `correction`, instead of saying `unbiased`. */
  correction?: number;
}

/** Mean squared distance from the mean, in two passes. */
export function variance(x: Node, argument?: number | readonly number[] | VarianceOptions): Node {
  requireFloat(x, "var");
  const {
    dim,
    keepdim,
    unbiased = true,
    correction = unbiased ? 1 : 0,
  } = reduceOptions<VarianceOptions>(argument);
  const axes = normalizeAxes(dim, x.shape.length, "var");
  const count = elements(axes.map((axis) => x.shape[axis]!));
  const centred = ops.sub(x, mean(x, { dim: axes, keepdim: true }));
  const squares = ops.reduce("sum", ops.mul(centred, centred), axes);
  return kept(ops.div(squares, number(Math.max(0, count - correction))), x, axes, keepdim);
}

export function std(x: Node, argument?: number | readonly number[] | VarianceOptions): Node {
  return ops.sqrt(variance(x, argument));
}

export interface NormOptions extends ReduceOptions {
  /** 2 (default), 1, any other number, 0 (how many are not 0), Infinity or -Infinity (largest and smallest size). */
  p?: number;
}

/** (sum |x|^p)^(1/p). Its gradient where all elements are 0 is 0. */
export function norm(x: Node, argument?: number | readonly number[] | NormOptions): Node {
  requireFloat(x, "norm");
  const { dim, keepdim, p = 2 } = reduceOptions<NormOptions>(argument);
  const axes = normalizeAxes(dim, x.shape.length, "norm");
  const reduceAbs = (name: "sum" | "max" | "min", y: Node): Node =>
    kept(ops.reduce(name, y, axes), x, axes, keepdim);
  if (p === Infinity) return reduceAbs("max", ops.abs(x));
  if (p === -Infinity) return reduceAbs("min", ops.abs(x));
  if (p === 0) return reduceAbs("sum", ops.cast(ops.ne(x, number(0)), "float32"));
  if (p === 1) return reduceAbs("sum", ops.abs(x));
  const powers = p === 2 ? ops.mul(x, x) : ops.pow(ops.abs(x), number(p));
  const total = reduceAbs("sum", powers);
  const empty = ops.eq(total, number(0));
  const safe = ops.where(empty, number(1), total);
  const root = p === 2 ? ops.sqrt(safe) : ops.pow(safe, number(1 / p));
  return ops.where(empty, number(0), root);
}

/** log(sum(exp(x))), without overflow. */
export function logsumexp(x: Node, argument: ReduceArgument): Node {
  requireFloat(x, "logsumexp");
  const { dim, keepdim } = reduceOptions<ReduceOptions>(argument);
  const axes = normalizeAxes(dim, x.shape.length, "logsumexp");
  const most = ops.detached(amax(x, { dim: axes, keepdim: true }));
  // an infinite maximum would give inf - inf
  const shift = ops.where(ops.eq(ops.abs(most), number(Infinity)), number(0), most);
  const total = ops.log(ops.reduce("sum", ops.exp(ops.sub(x, shift)), axes));
  const result = ops.add(total, ops.reshape(shift, total.shape));
  return kept(result, x, axes, keepdim);
}

/** Position of the largest (smallest) element along `dim`, or in the flattened tensor; the first of equals. */
export function argExtreme(name: "argmax" | "argmin", x: Node, argument?: number | ReduceOptions): Node {
  const { dim, keepdim } = reduceOptions<ReduceOptions>(argument);
  if (Array.isArray(dim)) throw new TypeError(`${name}: takes one dim`);
  const axes = normalizeAxes(dim, x.shape.length, name);
  if (x.shape.length === 0) return ops.full([], 0, "int32");
  return kept(ops.reduce(name, x, axes), x, axes, keepdim);
}

/** Largest (smallest) value along `dim` with its position; the gradient goes to that position. */
export function extremeAlong(
  name: "max" | "min",
  x: Node,
  dim: number,
  keepdim: boolean,
): { values: Node; indices: Node } {
  const axis = normalizeAxis(dim, x.shape.length, name);
  const indices = argExtreme(name === "max" ? "argmax" : "argmin", x, { dim: axis, keepdim: true });
  const values = ops.gather(x, axis, indices, `${name}: index {value}`);
  if (keepdim) return { values, indices };
  const shape = x.shape.filter((_, i) => i !== axis);
  return { values: ops.reshape(values, shape), indices: ops.reshape(indices, shape) };
}

/** How many elements are not 0, int32. */
export function countNonzero(x: Node, argument?: ReduceArgument): Node {
  return sum(ops.cast(x, "bool"), argument);
}

/** A running sum, product or log-sum-exp along `dim`. Bools are counted. */
export function scanned(name: "cumsum" | "cumprod" | "logcumsumexp", x: Node, dim: number): Node {
  const axis = normalizeAxis(dim, x.shape.length, name);
  const counted = isFloat(x.dtype) ? x : ops.cast(x, name === "logcumsumexp" ? "float32" : "int32");
  return ops.scan(name, counted, axis);
}

/** Differences of neighbours along `dim`, n times over. */
export function diff(x: Node, n: number, dim: number): Node {
  const axis = normalizeAxis(dim, x.shape.length, "diff");
  if (x.shape.length === 0) throw new RangeError("diff: a 0-d tensor has no neighbours");
  let y = x;
  for (let i = 0; i < n; i++) {
    const length = Math.max(0, y.shape[axis]! - 1);
    const start = Math.min(1, y.shape[axis]!);
    y = ops.sub(part(y, axis, start, length), part(y, axis, 0, length));
  }
  return y;
}

/** The best element up to each one along `dim`, with its position. */
export function runningExtreme(
  name: "cummax" | "cummin",
  x: Node,
  dim: number,
): { values: Node; indices: Node } {
  const axis = normalizeAxis(dim, x.shape.length, name);
  const indices = ops.scan(name, x, axis);
  return { values: ops.takeAlong(x, axis, indices), indices };
}

/** True where any (all) elements along the axes are not 0. */
export function anyAll(name: "any" | "all", x: Node, argument?: ReduceArgument): Node {
  const truth = ops.cast(ops.cast(x, "bool"), "int32");
  const { dim, keepdim } = reduceOptions<ReduceOptions>(argument);
  const axes = normalizeAxes(dim, x.shape.length, name);
  const count = ops.reduce("sum", truth, axes);
  const wanted = name === "any" ? 0 : elements(axes.map((axis) => x.shape[axis]!));
  const limit = scalarNode(wanted, "int32");
  return kept(name === "any" ? ops.gt(count, limit) : ops.eq(count, limit), x, axes, keepdim);
}
