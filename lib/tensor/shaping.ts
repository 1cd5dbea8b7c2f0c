// Reshaping and indexing as PyTorch spells them: sizes of -1, negative axes, pieces, single positions.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape, normalizeAxis } from "../graph/shape.js";

/** A shape with at most one -1, filled in from the number of elements. */
export function inferShape(x: Node, shape: readonly number[], what: string): number[] {
  const total = elements(x.shape);
  const unknown = shape.indexOf(-1);
  if (unknown < 0) return [...shape];
  const known = elements(shape.filter((_, i) => i !== unknown));
  if (shape.indexOf(-1, unknown + 1) >= 0 || known === 0 || total % known !== 0) {
    throw new RangeError(
      `${what}: ${formatShape(x.shape)} (${total} elements) cannot become ${formatShape(shape)}`,
    );
  }
  return shape.map((n) => (n === -1 ? total / known : n));
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
  const lead = shape.length - x.shape.length;
  return ops.broadcastTo(
    x,
    shape.map((n, i) => (n === -1 ? (x.shape[i - lead] ?? 1) : n)),
  );
}

/** Without the axis `dim` (or all axes) of extent 1. */
export function squeeze(x: Node, dim: number | undefined): Node {
  if (dim === undefined) {
    return ops.reshape(
      x,
      x.shape.filter((n) => n !== 1),
    );
  }
  const axis = normalizeAxis(dim, x.shape.length, "squeeze");
  return x.shape[axis] === 1
    ? ops.reshape(
        x,
        x.shape.filter((_, i) => i !== axis),
      )
    : x;
}

/** With a new axis of extent 1 at `dim`. */
export function unsqueeze(x: Node, dim: number): Node {
  const axis = normalizeAxis(dim, x.shape.length + 1, "unsqueeze");
  return ops.reshape(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
}

/** Part `start` to `start + length` of an axis, whose place is a constant of the graph. */
function part(x: Node, axis: number, start: number, length: number): Node {
  const starts = x.shape.map((_, i) => (i === axis ? start : 0));
  return ops.slice(
    x,
    starts,
    x.shape.map((n, i) => (i === axis ? length : n)),
  );
}

/** Pieces of the given sizes along `dim`. */
export function split(x: Node, sizes: readonly number[], dim: number): Node[] {
  const axis = normalizeAxis(dim, x.shape.length, "split");
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total !== x.shape[axis]) {
    throw new RangeError(
      `split: sizes ${sizes.join(" + ")} = ${total}, but dim ${dim} of ${formatShape(x.shape)} differs`,
    );
  }
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return part(x, axis, start - size, size);
  });
}

/** Sizes of the pieces that `chunk(n)` gives: all of ceil(extent / n), the last one smaller. */
export function chunkSizes(extent: number, chunks: number): number[] {
  if (!Number.isInteger(chunks) || chunks < 1)
    throw new RangeError(`chunk: needs a positive count, got ${chunks}`);
  return evenSizes(extent, Math.max(1, Math.ceil(extent / chunks)));
}

/** Sizes of pieces of `size`, the last one smaller. */
export function evenSizes(extent: number, size: number): number[] {
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`split: needs a positive size, got ${size}`);
  return Array.from({ length: Math.ceil(extent / size) }, (_, i) => Math.min(size, extent - i * size));
}

/** A slice's end as a position from 0 to `extent`; negative ones count from the end. */
const position = (at: number, extent: number): number =>
  Math.min(extent, Math.max(0, at < 0 ? at + extent : at));

/** Elements `start` to `end` (exclusive) of `dim`; both may be negative. */
export function sliceAlong(x: Node, dim: number, start: number, end: number): Node {
  const axis = normalizeAxis(dim, x.shape.length, "slice");
  const extent = x.shape[axis]!;
  const from = position(start, extent);
  return ops.narrow(x, axis, from, Math.max(0, position(end, extent) - from));
}

/** Every `step`th position from `start` to `end` (exclusive) of an axis. */
export function stepIndices(extent: number, start: number, end: number, step: number): Int32Array {
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(`slice: step must be a positive whole number, got ${step}; use .flip() to reverse`);
  }
  const from = position(start, extent);
  const length = Math.max(0, Math.ceil((position(end, extent) - from) / step));
  return Int32Array.from({ length }, (_, i) => from + i * step);
}

/** `length` elements of `dim` from `start` on. */
export function narrow(x: Node, dim: number, start: number, length: number): Node {
  const axis = normalizeAxis(dim, x.shape.length, "narrow");
  const extent = x.shape[axis]!;
  const from = start < 0 ? start + extent : start;
  if (from < 0 || length < 0 || from + length > extent) {
    throw new RangeError(`narrow: ${start} + ${length} does not fit dim ${dim} of ${formatShape(x.shape)}`);
  }
  return ops.narrow(x, axis, from, length);
}

/** The slice at one position of `dim`, without that axis. */
export function select(x: Node, dim: number, index: number): Node {
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

/** The product of vectors, matrices or stacks of matrices, by PyTorch's rules for 1-d operands. */
export function matmul(a: Node, b: Node): Node {
  if (a.shape.length === 0 || b.shape.length === 0) {
    throw new RangeError(
      `matmul: operands must have at least one dim, got ${formatShape(a.shape)} and ${formatShape(b.shape)}; ` +
        "use .mul() to multiply by a number",
    );
  }
  if (a.shape.length === 1) {
    const product = matmul(ops.reshape(a, [1, ...a.shape]), b);
    const axis = product.shape.length - (b.shape.length === 1 ? 1 : 2);
    return ops.reshape(
      product,
      product.shape.filter((_, i) => i !== axis),
    );
  }
  if (b.shape.length === 1) {
    const product = matmul(a, ops.reshape(b, [...b.shape, 1]));
    return ops.reshape(product, product.shape.slice(0, -1));
  }
  // a stack times one matrix is one tall product
  if (a.shape.length > 2 && b.shape.length === 2) {
    const rows = elements(a.shape.slice(0, -1));
    const product = ops.matmul(ops.reshape(a, [rows, a.shape.at(-1)!]), b);
    return ops.reshape(product, [...a.shape.slice(0, -1), b.shape[1]!]);
  }
  return ops.matmul(a, b);
}
