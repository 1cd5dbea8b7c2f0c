// The points a kernel's loops go through, and how tensors lie over them.

import type { View } from "../../graph/expr.js";
import { elements, type Shape, sameShape } from "../../graph/shape.js";
import { arranged, type Path } from "./expression.js";

/** All positions of a tensor of shape `shape`; the positions along `axes` that share the others are a row. The loops are the
 *  other axes first, then `axes`. */
export interface Space {
  readonly shape: Shape;
  readonly axes: Shape;
  readonly outer: Shape;
  readonly reduce: Shape;
}

/** Whether a kernel computes a value for each point, or once for each row. */
export type Scope = "row" | "outer";

export function spaceOf(shape: Shape, axes: Shape = []): Space {
  const outer = shape.filter((_, axis) => !axes.includes(axis));
  return { shape, axes, outer, reduce: axes.map((axis) => shape[axis]!) };
}

const squeezed = (shape: Shape): Shape => shape.filter((extent) => extent !== 1);

/** How a tensor of this shape lies over a space, if it does: extents of 1 do not matter. */
export function scopeOf(shape: Shape, space: Space): Scope | undefined {
  const own = squeezed(shape);
  if (sameShape(own, squeezed(space.outer))) return "outer";
  return sameShape(own, squeezed(space.shape)) ? "row" : undefined;
}

/** Whether two spaces have the same loops. */
export function sameLoops(a: Space, b: Space): boolean {
  return sameShape(a.outer, b.outer) && sameShape(a.reduce, b.reduce);
}

/** The way from the loops to a tensor that lies over the space. */
export function pathTo(node: number, shape: Shape, space: Space, scope: Scope): Path | undefined {
  if (scope === "outer") return arranged(node, shape, space.outer, [...space.outer.keys()]);
  const outer = [...space.shape.keys()].filter((axis) => !space.axes.includes(axis));
  return arranged(node, shape, space.shape, [...outer, ...space.axes]);
}

/** A view over the loops as text: equal for equal addresses. */
export function viewKey({ offset, strides }: View, { outer, reduce }: Space): string {
  const extents = [...outer, ...reduce];
  return `${offset}:${extents.map((extent, d) => (extent === 1 ? 0 : (strides[d] ?? 0)))}`;
}

/** Elements of a row, or of a column as wide as the vectors that go down it, which stay in the second-level cache while a
 *  kernel passes over it several times. */
const ROW = 2 ** 16;
/** Fewer rows than this do not keep all threads busy, if there is much to do. */
const FEW_ROWS = 8;
const MUCH = 2 ** 15;
/** Floats of a cache line: a pass down a column reads that many columns. */
const LINE = 16;

/** Whether passing several times over each row costs less than separate kernels that read everything again. */
export function rowsAreSmall({ shape, axes, outer, reduce }: Space): boolean {
  const inner = shape.findLastIndex((extent) => extent !== 1);
  const width = inner < 0 || axes.includes(inner) ? 1 : LINE;
  const row = elements(reduce);
  return row * width <= ROW && (elements(outer) >= FEW_ROWS || elements(shape) <= MUCH);
}
