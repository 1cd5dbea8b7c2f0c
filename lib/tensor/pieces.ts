// Tensors cut into pieces along an axis, and put together from pieces: rolled, repeated.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape, normalizeAxis } from "../graph/shape.js";
import { refuse } from "./arguments.js";
import { hostNode } from "./types.js";

/** Part `start` to `start + length` of an axis, whose place is a constant of the graph. */
export function part(x: Node, axis: number, start: number, length: number): Node {
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
  if (!Array.isArray(sizes)) refuse(sizes, "split", "a size, or an array of sizes");
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

/** Sizes of the pieces of `tensorSplit`: a number of nearly equal ones, or what lies between the positions given. */
export function sectionSizes(extent: number, sections: number | readonly number[]): number[] {
  if (typeof sections !== "number") {
    const cuts = [0, ...sections.map((at) => clampPosition(at, extent)), extent];
    return cuts.slice(1).map((end, i) => Math.max(0, end - cuts[i]!));
  }
  if (!Number.isInteger(sections) || sections < 1) {
    throw new RangeError(`tensorSplit: needs a positive count, got ${sections}`);
  }
  const size = Math.floor(extent / sections);
  return Array.from({ length: sections }, (_, i) => (i < extent % sections ? size + 1 : size));
}

const clampPosition = (at: number, extent: number): number =>
  Math.min(extent, Math.max(0, at < 0 ? at + extent : at));

/** The slices of `dim`, each without that axis. */
export function unbind(x: Node, dim: number): Node[] {
  const axis = normalizeAxis(dim, x.shape.length, "unbind");
  if (x.shape.length === 0) throw new RangeError("unbind: a 0-d tensor has no dim to take apart");
  const shape = x.shape.filter((_, i) => i !== axis);
  return Array.from({ length: x.shape[axis]! }, (_, i) => ops.reshape(part(x, axis, i, 1), shape));
}

/** Shifted in a circle along `dims`, or as a flat tensor. */
export function roll(x: Node, shifts: readonly number[], dims: readonly number[] | undefined): Node {
  if (dims === undefined) {
    const total = shifts.reduce((sum, shift) => sum + shift, 0);
    return ops.reshape(roll(ops.reshape(x, [elements(x.shape)]), [total], [0]), x.shape);
  }
  if (shifts.length !== dims.length) {
    throw new RangeError(`roll: needs one shift for each dim, got ${shifts.length} and ${dims.length}`);
  }
  return dims.reduce((y, dim, i) => {
    const axis = normalizeAxis(dim, y.shape.length, "roll");
    const extent = y.shape[axis] ?? 1;
    const shift = extent === 0 ? 0 : ((shifts[i]! % extent) + extent) % extent;
    if (shift === 0) return y;
    const cut = extent - shift;
    return ops.concat([part(y, axis, cut, shift), part(y, axis, 0, cut)], axis);
  }, x);
}

function checkCounts(what: string, counts: readonly number[]): void {
  if (counts.every((count) => Number.isInteger(count) && count >= 0)) return;
  throw new RangeError(`${what}: needs whole numbers >= 0, got ${counts.join(", ")}`);
}

/** The whole tensor so many times along each axis. */
export function repeat(x: Node, times: readonly number[]): Node {
  checkCounts("repeat", times);
  const lead = times.length - x.shape.length;
  if (lead < 0) {
    throw new RangeError(
      `repeat: ${formatShape(x.shape)} has ${x.shape.length} dims, but only ${times.length} numbers are given`,
    );
  }
  const shape = [...new Array<number>(lead).fill(1), ...x.shape];
  // an axis of repetitions before each axis
  const apart = ops.reshape(
    x,
    shape.flatMap((n) => [1, n]),
  );
  const stretched = ops.expand(
    apart,
    shape.flatMap((n, i) => [times[i]!, n]),
  );
  return ops.reshape(
    stretched,
    shape.map((n, i) => n * times[i]!),
  );
}

/** Each slice of `dim` so many times in a row; one count for all, or one for each. */
export function repeatInterleave(x: Node, counts: number | readonly number[], dim: number): Node {
  const axis = normalizeAxis(dim, x.shape.length, "repeatInterleave");
  const extent = x.shape[axis] ?? 1;
  const each = typeof counts === "number" ? [counts] : counts;
  checkCounts("repeatInterleave", each);
  if (each.length === 1) {
    const apart = ops.reshape(x, [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]);
    const wide = apart.shape.map((n, i) => (i === axis + 1 ? each[0]! : n));
    return ops.reshape(
      ops.expand(apart, wide),
      x.shape.map((n, i) => (i === axis ? n * each[0]! : n)),
    );
  }
  if (each.length !== extent) {
    throw new RangeError(
      `repeatInterleave: dim ${dim} of ${formatShape(x.shape)} needs ${extent} counts, got ${each.length}`,
    );
  }
  const index = each.flatMap((count, i) => new Array<number>(count).fill(i));
  return ops.takeSlices(x, axis, hostNode(index, [index.length], "int32"));
}
