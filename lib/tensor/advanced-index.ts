// PyTorch's `x[...]` with several parts: positions, slices, new axes, index tensors and masks, in any mixture.

import { type Node, scalarNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { broadcastShapes, contiguousStrides, elements, formatShape, type Shape } from "../graph/shape.js";
import * as shaping from "./shaping.js";
import { hostNode } from "./types.js";

/** Coordinates of what is true in a mask of these extents. */
export interface Mask {
  readonly places: readonly (readonly number[])[];
  readonly extents: Shape;
}

/** A position, a slice as text, null for a new axis, an int32 index tensor, or a mask. */
export type Part = number | string | null | Node | Mask;

const isMask = (part: Part): part is Mask => part !== null && typeof part === "object" && "places" in part;

/** How many axes a part stands for. */
const axesOf = (part: Part): number => (part === null ? 0 : isMask(part) ? part.extents.length : 1);

/** The parts for all axes: "..." becomes as many ":" as are missing, which otherwise follow at the end. */
function completed(parts: readonly Part[], shape: Shape): Part[] {
  const named = parts.reduce<number>((sum, part) => sum + (part === "..." ? 0 : axesOf(part)), 0);
  const missing = shape.length - named;
  const gaps = parts.filter((part) => part === "...").length;
  if (missing < 0 || gaps > 1) {
    throw new RangeError(
      `index: ${formatShape(shape)} has ${shape.length} dims, but the parts stand for ${named}` +
        (gaps > 1 ? ' and "..." is there more than once' : ""),
    );
  }
  const rest = new Array<Part>(missing).fill(":");
  return gaps === 0 ? [...parts, ...rest] : parts.flatMap((part) => (part === "..." ? rest : [part]));
}

/** Start, end and step of "start:end:step", each of which may be left out. */
function sliceOf(text: string, extent: number): [start: number, end: number, step: number] {
  const fields = text.split(":").map((field) => field.trim());
  const numbers = fields.map((field) => (field === "" ? undefined : Number(field)));
  const wrong = numbers.some((value) => value !== undefined && !Number.isInteger(value));
  if (fields.length < 2 || fields.length > 3 || wrong) {
    throw new RangeError(
      `index: ${JSON.stringify(text)} is no slice; write "start:end", "start:end:step", ":" or "..."`,
    );
  }
  return [numbers[0] ?? 0, numbers[1] ?? extent, numbers[2] ?? 1];
}

/** An axis that an index tensor chooses from. */
interface Chosen {
  readonly axis: number;
  readonly index: Node;
}

/** x[parts]. */
export function index(x: Node, parts: readonly Part[]): Node {
  let y = x;
  let axis = 0;
  const chosen: Chosen[] = [];
  for (const part of completed(parts, x.shape)) {
    if (part === null) {
      y = shaping.unsqueeze(y, axis++);
    } else if (typeof part === "number") {
      y = shaping.select(y, axis, part);
    } else if (typeof part === "string") {
      if (part !== ":") y = shaping.slice(y, axis, ...sliceOf(part, y.shape[axis]!));
      axis++;
    } else if (isMask(part)) {
      checkMask(part, y.shape.slice(axis, axis + part.extents.length));
      part.extents.forEach((_, d) => {
        const along = part.places.map((place) => place[d]!);
        chosen.push({ axis: axis++, index: hostNode(along, [along.length], "int32") });
      });
    } else {
      chosen.push({ axis: axis++, index: part });
    }
  }
  return chosen.length === 0 ? y : choose(y, chosen);
}

function checkMask({ extents }: Mask, shape: Shape): void {
  if (extents.join() === shape.join()) return;
  throw new RangeError(`index: a mask ${formatShape(extents)} for dims ${formatShape(shape)}`);
}

/** The elements that index tensors name, whose common shape takes the place of their axes, or comes first where these do not
 *  lie side by side. */
function choose(x: Node, chosen: readonly Chosen[]): Node {
  const axes = chosen.map(({ axis }) => axis);
  const extents = axes.map((axis) => x.shape[axis]!);
  const strides = contiguousStrides(extents);
  const common = chosen.reduce<Shape>((shape, one) => broadcastShapes(shape, one.index.shape, "index"), []);
  const places = chosen
    .map(({ index: given, axis }, i) =>
      ops.mul(checked(given, axis, x.shape), scalarNode(strides[i]!, "int32")),
    )
    .reduce((sum, term) => ops.add(sum, term));
  const rest = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const rows = ops.reshape(ops.permute(x, [...axes, ...rest]), [
    elements(extents),
    ...rest.map((i) => x.shape[i]!),
  ]);
  const taken = ops.take(rows, ops.broadcastTo(places, common));
  const together = axes.every((axis, i) => axis === axes[0]! + i);
  const before = together ? axes[0]! : 0;
  const from = common.length;
  return ops.permute(taken, [
    ...rest.slice(0, before).map((_, i) => from + i),
    ...common.map((_, i) => i),
    ...rest.slice(before).map((_, i) => from + before + i),
  ]);
}

/** Negative positions count from the end; what is still out of range fails the run. */
function checked(given: Node, axis: number, shape: Shape): Node {
  const extent = shape[axis]!;
  if (given.dtype !== "int32") {
    throw new TypeError(
      `index: index tensors must be int32 or bool, got ${given.dtype}; convert with .int()`,
    );
  }
  const counted = ops.where(
    ops.lt(given, scalarNode(0, "int32")),
    ops.add(given, scalarNode(extent, "int32")),
    given,
  );
  const message = `index: a position is out of range for dim ${axis} of ${formatShape(shape)} ({value} counted from its start)`;
  return ops.checkIndex(counted, extent, message);
}

/** `x` with `values` where `index(x, parts)` reads, or with them added there. */
export function indexPut(x: Node, parts: readonly Part[], values: Node, accumulate: boolean): Node {
  const count = elements(x.shape);
  const places = index(ops.reshape(ops.iota(count), x.shape), parts);
  const spread = ops.broadcastTo(ops.cast(values, x.dtype), places.shape);
  const flat = (node: Node): Node => ops.reshape(node, [elements(node.shape)]);
  const result = accumulate
    ? ops.add(flat(x), ops.scatterAdd([count], 0, flat(places), flat(spread)))
    : ops.scatter(flat(x), 0, flat(places), flat(spread));
  return ops.reshape(result, x.shape);
}
