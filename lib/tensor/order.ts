// What needs the elements in order: sorting, the largest few, medians, quantiles. Values are picked by position, so that the
// gradient goes to where they came from.

import { type Node, scalarNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape, normalizeAxis, sameShape } from "../graph/shape.js";
import { part } from "./pieces.js";

export interface Ordered {
  readonly values: Node;
  /** int32. */
  readonly indices: Node;
}

export const flat = (x: Node): Node => ops.reshape(x, [elements(x.shape)]);

/** 0-d tensors are sorted as 1-d ones and given back as they were. */
function alongAxis(what: string, x: Node, dim: number, body: (x: Node, axis: number) => Ordered): Ordered {
  const axis = normalizeAxis(dim, x.shape.length, what);
  if (x.shape.length > 0) return body(x, axis);
  const { values, indices } = body(ops.reshape(x, [1]), axis);
  return { values: ops.reshape(values, []), indices: ops.reshape(indices, []) };
}

const pick = (x: Node, axis: number, indices: Node): Ordered => ({
  values: ops.takeAlong(x, axis, indices),
  indices,
});

/** The elements along `dim` in ascending or descending order, with the positions they came from. */
export function sort(x: Node, dim: number, descending: boolean): Ordered {
  return alongAxis("sort", x, dim, (y, axis) => pick(y, axis, ops.argsort(y, axis, descending)));
}

/** The `k` largest (smallest) elements along `dim`, in order. */
export function topk(x: Node, k: number, dim: number, largest: boolean): Ordered {
  return alongAxis("topk", x, dim, (y, axis) => {
    if (!Number.isInteger(k) || k < 0 || k > y.shape[axis]!) {
      throw new RangeError(`topk: k = ${k} does not fit dim ${dim} of ${formatShape(x.shape)}`);
    }
    return pick(y, axis, ops.argsort(y, axis, largest, k));
  });
}

function kept({ values, indices }: Ordered, axis: number, keepdim: boolean): Ordered {
  if (keepdim) return { values, indices };
  const shape = values.shape.filter((_, i) => i !== axis);
  return { values: ops.reshape(values, shape), indices: ops.reshape(indices, shape) };
}

/** The `k`th smallest element along `dim`, counted from 1. */
export function kthvalue(x: Node, k: number, dim: number, keepdim: boolean): Ordered {
  return alongAxis("kthvalue", x, dim, (y, axis) => {
    if (!Number.isInteger(k) || k < 1 || k > y.shape[axis]!) {
      throw new RangeError(`kthvalue: k = ${k} does not fit dim ${dim} of ${formatShape(x.shape)}`);
    }
    const one = pick(y, axis, part(ops.argsort(y, axis, false, k), axis, k - 1, 1));
    return x.shape.length === 0 ? one : kept(one, axis, keepdim);
  });
}

/** The lower median along `dim`; NaN where there is one. */
export function median(x: Node, dim: number, keepdim: boolean): Ordered {
  return alongAxis("median", x, dim, (y, axis) => {
    const extent = y.shape[axis]!;
    if (extent === 0) {
      throw new RangeError(`median: ${formatShape(x.shape)} has no element to choose from along dim ${dim}`);
    }
    const order = ops.argsort(y, axis, false);
    const middle = part(order, axis, (extent - 1) >> 1, 1);
    const last = part(order, axis, extent - 1, 1);
    const place = ops.where(ops.isNan(ops.takeAlong(y, axis, last)), last, middle);
    return x.shape.length === 0 ? pick(y, axis, place) : kept(pick(y, axis, place), axis, keepdim);
  });
}

/** How a quantile between two elements is found. */
export type Interpolation = "linear" | "lower" | "higher" | "nearest" | "midpoint";

export interface QuantileOptions {
  /** The axis; the flattened tensor if not given. */
  dim?: number;
  keepdim?: boolean;
  /** Between two elements: in a straight line (default), one of them, the nearer one, or half way. */
  interpolation?: Interpolation;
}

/** How far a quantile at `rank` (from 0 to n - 1) is from the element below to the one above. */
const SHARE: Readonly<Record<Interpolation, (rank: number) => number>> = {
  linear: (rank) => rank - Math.floor(rank),
  lower: () => 0,
  higher: (rank) => Math.ceil(rank) - Math.floor(rank),
  nearest: (rank) => {
    const [down, rest] = [Math.floor(rank), rank - Math.floor(rank)];
    return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? 1 : 0;
  },
  midpoint: (rank) => (Number.isInteger(rank) ? 0 : 0.5),
};

/** The values below which the shares `q` of the elements lie. Several shares make a first axis. */
export function quantile(x: Node, q: number | readonly number[], options: QuantileOptions): Node {
  const { dim, keepdim = false, interpolation = "linear" } = options;
  const shares = typeof q === "number" ? [q] : q;
  for (const share of shares) {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`quantile: q must be from 0 to 1, got ${share}`);
  }
  const lines = dim === undefined || x.shape.length === 0 ? flat(x) : x;
  const axis = normalizeAxis(dim ?? 0, lines.shape.length, "quantile");
  const extent = lines.shape[axis]!;
  if (extent === 0) throw new RangeError(`quantile: ${formatShape(x.shape)} has no element to choose from`);
  const { values } = sort(lines, axis, false);
  const last = part(values, axis, extent - 1, 1);
  const results = shares.map((share) => {
    const rank = share * (extent - 1);
    const [low, high] = [Math.floor(rank), Math.ceil(rank)];
    const below = part(values, axis, low, 1);
    const gap = ops.sub(part(values, axis, high, 1), below);
    const between = ops.add(below, ops.mul(gap, scalarNode(SHARE[interpolation](rank), "float32")));
    return ops.where(ops.isNan(last), last, between);
  });
  const left = dim === undefined ? x.shape.map(() => 1) : lines.shape.map((n, i) => (i === axis ? 1 : n));
  const shape = keepdim ? left : lines.shape.filter((_, i) => i !== axis);
  const shaped = results.map((result) => ops.reshape(result, typeof q === "number" ? shape : [1, ...shape]));
  return typeof q === "number" ? shaped[0]! : ops.concat(shaped, 0);
}

/** The different values in ascending order, which of them each element is, and how often each occurs. */
export function distinct(data: Float32Array | Int32Array | Uint8Array): {
  values: number[];
  inverse: Int32Array;
  counts: number[];
} {
  const places = Int32Array.from(data, (_, i) => i).sort((a, b) => data[a]! - data[b]! || a - b);
  const values: number[] = [];
  const counts: number[] = [];
  const inverse = new Int32Array(data.length);
  for (const place of places) {
    const value = data[place]!;
    if (values.length === 0 || values.at(-1) !== value) {
      values.push(value);
      counts.push(0);
    }
    counts[counts.length - 1]!++;
    inverse[place] = values.length - 1;
  }
  return { values, inverse, counts };
}

/** How many elements lie in each of `bins` equal parts of a range, float32. */
export function histogram(x: Node, [min, max]: readonly [number, number], bins: number): Node {
  if (!Number.isInteger(bins) || bins < 1) throw new RangeError(`histc: needs at least 1 bin, got ${bins}`);
  const number = (value: number): Node => scalarNode(value, "float32");
  const values = ops.cast(flat(x), "float32");
  const scaled = ops.mul(ops.sub(values, number(min)), number(bins / (max - min)));
  // the upper end belongs to the last part
  const bin = ops.minimum(ops.cast(ops.floor(scaled), "int32"), scalarNode(bins - 1, "int32"));
  const inside = ops.logicalAnd(ops.ge(values, number(min)), ops.le(values, number(max)));
  const place = ops.where(inside, ops.maximum(bin, scalarNode(0, "int32")), scalarNode(0, "int32"));
  return ops.scatterAdd([bins], 0, place, ops.cast(inside, "float32"));
}

/** For each value, how many of the sorted elements along the last axis are below it, or (right) not above it. int32. */
export function searchSorted(sorted: Node, values: Node, right: boolean): Node {
  const lead = sorted.shape.slice(0, -1);
  if (sorted.shape.length === 0 || (lead.length > 0 && !sameShape(lead, values.shape.slice(0, -1)))) {
    throw new RangeError(
      `searchsorted: sorted ${formatShape(sorted.shape)} for values ${formatShape(values.shape)}; all dims but the last must be equal`,
    );
  }
  const spread = lead.length === 0 ? sorted : ops.reshape(sorted, [...lead, 1, sorted.shape.at(-1)!]);
  const each = ops.reshape(values, [...values.shape, 1]);
  const below = right ? ops.le(spread, each) : ops.lt(spread, each);
  return ops.reduce("sum", ops.cast(below, "int32"), [values.shape.length]);
}
