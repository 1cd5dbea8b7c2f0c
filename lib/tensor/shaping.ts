// Shapes, orders of axes and single positions as PyTorch spells them: sizes of -1, negative axes.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape, normalizeAxes, normalizeAxis, type Shape } from "../graph/shape.js";
import { checkWhole } from "./arguments.js";
import { hostNode } from "./types.js";

/** A shape with at most one -1, filled in from the number of elements. */
export function inferShape(from: Shape, shape: Shape, what: string): number[] {
  checkExtents(shape, what);
  const total = elements(from);
  const unknown = shape.indexOf(-1);
  if (unknown < 0) return [...shape];
  const known = elements(shape.filter((_, i) => i !== unknown));
  if (shape.indexOf(-1, unknown + 1) >= 0 || known === 0 || total % known !== 0) {
    throw new RangeError(
      `${what}: ${formatShape(from)} (${total} elements) cannot become ${formatShape(shape)}`,
    );
  }
  return shape.map((n) => (n === -1 ? total / known : n));
}

function checkExtents(shape: readonly unknown[], what: string): void {
  for (const extent of shape) checkWhole(extent, what, "whole numbers, or one array of them");
}

/** Joins axes `start` to `end` (inclusive) into one. */
export function flatten(x: Node, start: number, end: number): Node {
  const rank = x.shape.length;
  if (rank === 0) return ops.reshape(x, [1]);
  const first = normalizeAxis(start, rank, "flatten");
  const last = normalizeAxis(end, rank, "flatten");
  if (first > last) throw new RangeError(`flatten: startDim ${start} comes after endDim ${end}`);
  const joined = elements(x.shape.slice(first, last + 1));
  return ops.reshape(x, [...x.shape.slice(0, first), joined, ...x.shape.slice(last + 1)]);
}

export function transpose(x: Node, dim0: number, dim1: number): Node {
  const a = normalizeAxis(dim0, x.shape.length, "transpose");
  const b = normalizeAxis(dim1, x.shape.length, "transpose");
  const axes = x.shape.map((_, i) => (i === a ? b : i === b ? a : i));
  return ops.permute(x, axes);
}

export function permute(x: Node, dims: readonly number[]): Node {
  const axes = dims.map((dim) => normalizeAxis(dim, x.shape.length, "permute"));
  if (axes.length !== x.shape.length || new Set(axes).size !== axes.length) {
    throw new RangeError(`permute: ${formatShape(dims)} must name each of the ${x.shape.length} dims once`);
  }
  return ops.permute(x, axes);
}

/** Stretches axes of extent 1 and adds leading ones; -1 keeps an extent. */
export function expand(x: Node, shape: readonly number[]): Node {
  checkExtents(shape, "expand");
  const lead = shape.length - x.shape.length;
  return ops.broadcastTo(
    x,
    shape.map((n, i) => (n === -1 ? (x.shape[i - lead] ?? 1) : n)),
  );
}

/** Without the axes in `dim` (or all axes) that have extent 1. */
export function squeeze(x: Node, dim: number | readonly number[] | undefined): Node {
  const named = dim === undefined ? undefined : normalizeAxes(dim, x.shape.length, "squeeze");
  return ops.reshape(
    x,
    x.shape.filter((n, i) => n !== 1 || (named !== undefined && !named.includes(i))),
  );
}

/** The axis `dim` split into axes of the given sizes, one of which may be -1. */
export function unflatten(x: Node, dim: number, sizes: readonly number[]): Node {
  const axis = normalizeAxis(dim, x.shape.length, "unflatten");
  const split = inferShape([x.shape[axis] ?? 1], sizes, "unflatten");
  if (elements(split) !== x.shape[axis]) {
    throw new RangeError(
      `unflatten: dim ${dim} of ${formatShape(x.shape)} cannot become ${formatShape(sizes)}`,
    );
  }
  return ops.reshape(x, [...x.shape.slice(0, axis), ...split, ...x.shape.slice(axis + 1)]);
}

/** Axes moved to other places; the others keep their order. */
export function movedim(x: Node, source: readonly number[], destination: readonly number[]): Node {
  const rank = x.shape.length;
  const from = source.map((dim) => normalizeAxis(dim, rank, "movedim"));
  const to = destination.map((dim) => normalizeAxis(dim, rank, "movedim"));
  if (from.length !== to.length || new Set(from).size < from.length || new Set(to).size < to.length) {
    throw new RangeError(
      `movedim: needs as many different sources as destinations, got ${formatShape(source)} and ${formatShape(destination)}`,
    );
  }
  const axes = new Array<number>(rank).fill(-1);
  to.forEach((place, i) => {
    axes[place] = from[i]!;
  });
  const rest = x.shape.map((_, i) => i).filter((i) => !from.includes(i));
  return ops.permute(
    x,
    axes.map((axis) => (axis < 0 ? rest.shift()! : axis)),
  );
}

/** With a new axis of extent 1 at `dim`. */
export function unsqueeze(x: Node, dim: number): Node {
  const axis = normalizeAxis(dim, x.shape.length + 1, "unsqueeze");
  return ops.reshape(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
}

/** A slice's end as a position from 0 to `extent`; negative ones count from the end. */
const position = (at: number, extent: number): number =>
  Math.min(extent, Math.max(0, at < 0 ? at + extent : at));

/** Every `step`th element from `start` to `end` (exclusive) of `dim`; both may be negative. */
export function slice(x: Node, dim: number, start: number, end: number, step: number): Node {
  const axis = normalizeAxis(dim, x.shape.length, "slice");
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(`slice: step must be a positive whole number, got ${step}; use .flip() to reverse`);
  }
  for (const at of [start, end])
    if (Math.abs(at) !== Number.POSITIVE_INFINITY)
      checkWhole(at, "slice", "two positions: slice(start, end)");
  const extent = x.shape[axis]!;
  const from = position(start, extent);
  const length = Math.max(0, Math.ceil((position(end, extent) - from) / step));
  if (step === 1) return ops.narrow(x, axis, from, length);
  const index = Int32Array.from({ length }, (_, i) => from + i * step);
  return ops.takeSlices(x, axis, hostNode(index, [length], "int32"));
}

/** `length` elements of `dim` from `start` on. */
export function narrow(x: Node, dim: number, start: number, length: number): Node {
  const axis = normalizeAxis(dim, x.shape.length, "narrow");
  for (const n of [start, length])
    checkWhole(n, "narrow", "a position and a length: narrow(dim, start, length)");
  const extent = x.shape[axis]!;
  const from = start < 0 ? start + extent : start;
  if (from < 0 || length < 0 || from + length > extent) {
    throw new RangeError(`narrow: ${start} + ${length} does not fit dim ${dim} of ${formatShape(x.shape)}`);
  }
  return ops.narrow(x, axis, from, length);
}

/** The slice at one position of `dim`, without that axis. */
export function select(x: Node, dim: number, index: number): Node {
  if (x.shape.length === 0) {
    throw new RangeError("select: a tensor without dimensions has no parts; .item() gives its number");
  }
  const axis = normalizeAxis(dim, x.shape.length, "select");
  const extent = x.shape[axis]!;
  if (!Number.isInteger(index) || index < -extent || index >= extent) {
    throw new RangeError(`select: index ${index} is out of range for dim ${dim} of ${formatShape(x.shape)}`);
  }
  const taken = ops.narrow(x, axis, index < 0 ? index + extent : index, 1);
  return ops.reshape(
    taken,
    x.shape.filter((_, i) => i !== axis),
  );
}

/** Reversed along the given axes. */
export function flip(x: Node, dims: readonly number[]): Node {
  return ops.flip(
    x,
    dims.map((dim) => normalizeAxis(dim, x.shape.length, "flip")),
  );
}
