// Elements by index tensors, as PyTorch spells it: bounds are checked when the index is read, on the device.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import {
  broadcastShapes,
  elements,
  formatShape,
  normalizeAxis,
  type Shape,
  sameShape,
} from "../graph/shape.js";

/** The axis, and the index with its bounds checked. */
function along(what: string, x: Node, dim: number, index: Node): { axis: number; checked: Node } {
  const axis = normalizeAxis(dim, x.shape.length, what);
  const fits =
    index.shape.length === x.shape.length && index.shape.every((n, d) => d === axis || n <= x.shape[d]!);
  if (!fits) {
    throw new RangeError(
      `${what}: index ${formatShape(index.shape)} for ${formatShape(x.shape)}; it needs as many dims, and extents that are ` +
        `no larger except along dim ${dim}`,
    );
  }
  return { axis, checked: bounded(what, x, dim, index) };
}

function bounded(what: string, x: Node, dim: number, index: Node): Node {
  const axis = normalizeAxis(dim, x.shape.length, what);
  const message = `${what}: index {value} is out of range for dim ${dim} of ${formatShape(x.shape)}`;
  return ops.checkIndex(index, x.shape[axis] ?? 1, message);
}

/** result[p] = x[p with coordinate `dim` replaced by index[p]]. Shape of the index. */
export function gather(what: string, x: Node, dim: number, index: Node): Node {
  const { axis, checked } = along(what, x, dim, index);
  return ops.takeAlong(x, axis, checked);
}

/** `gather`, where all extents but that of `dim` are broadcast. */
export function takeAlongDim(x: Node, index: Node, dim: number): Node {
  const axis = normalizeAxis(dim, x.shape.length, "takeAlongDim");
  if (x.shape.length !== index.shape.length) {
    throw new RangeError(
      `takeAlongDim: index ${formatShape(index.shape)} for ${formatShape(x.shape)}; it needs as many dims`,
    );
  }
  const without = (shape: Shape): number[] => shape.map((n, d) => (d === axis ? 1 : n));
  const common = broadcastShapes(without(x.shape), without(index.shape), "takeAlongDim");
  const like = (node: Node): Node =>
    ops.broadcastTo(
      node,
      common.map((n, d) => (d === axis ? node.shape[d]! : n)),
    );
  return gather("takeAlongDim", like(x), dim, like(index));
}

/** The part of `source` that `index` has places for. */
function partFor(what: string, index: Node, source: Node): Node {
  if (sameShape(source.shape, index.shape)) return source;
  const fits =
    source.shape.length === index.shape.length && index.shape.every((n, d) => n <= source.shape[d]!);
  if (!fits) {
    throw new RangeError(
      `${what}: source ${formatShape(source.shape)} has too few elements for index ${formatShape(index.shape)}`,
    );
  }
  return ops.slice(
    source,
    source.shape.map(() => 0),
    index.shape,
  );
}

/** `x` with the elements of `source` (or one number) where `index` says. */
export function scatter(x: Node, dim: number, index: Node, source: Node): Node {
  const { axis, checked } = along("scatter", x, dim, index);
  const one = source.shape.length === 0 && index.shape.length > 0;
  const values = one ? ops.broadcastTo(source, index.shape) : partFor("scatter", index, source);
  return ops.scatter(x, axis, checked, ops.cast(values, x.dtype));
}

/** `x` plus the elements of `source` where `index` says. */
export function scatterAdd(x: Node, dim: number, index: Node, source: Node): Node {
  const { axis, checked } = along("scatterAdd", x, dim, index);
  const values = ops.cast(partFor("scatterAdd", index, source), x.dtype);
  return ops.add(x, ops.scatterAdd(x.shape, axis, checked, values));
}

/** The axis, and a 1-d index into it that fits to the slices of `source`. */
function slices(
  what: string,
  x: Node,
  dim: number,
  index: Node,
  source: Node,
): { axis: number; checked: Node } {
  const axis = normalizeAxis(dim, x.shape.length, what);
  const wanted = x.shape.map((n, d) => (d === axis ? elements(index.shape) : n));
  if (index.shape.length > 1 || (source.shape.length > 0 && !sameShape(source.shape, wanted))) {
    throw new RangeError(
      `${what}: index ${formatShape(index.shape)} and source ${formatShape(source.shape)} for dim ${dim} of ` +
        `${formatShape(x.shape)}; it needs a 1-d index and a source ${formatShape(wanted)}`,
    );
  }
  return { axis, checked: bounded(what, x, dim, ops.reshape(index, [elements(index.shape)])) };
}

/** `x` with the slices of `source` added at the positions of `dim` that the 1-d `index` names. */
export function indexAdd(x: Node, dim: number, index: Node, source: Node): Node {
  const { axis, checked } = slices("indexAdd", x, dim, index, source);
  return ops.add(x, ops.scatterAdd(x.shape, axis, checked, ops.cast(source, x.dtype)));
}

/** `x` with the slices of `source`, or one number, at the positions of `dim` that the 1-d `index` names. */
export function indexCopy(what: string, x: Node, dim: number, index: Node, source: Node): Node {
  const { axis, checked } = slices(what, x, dim, index, source);
  const shape = x.shape.map((n, d) => (d === axis ? elements(index.shape) : n));
  const line = ops.reshape(
    checked,
    shape.map((n, d) => (d === axis ? n : 1)),
  );
  const values = ops.broadcastTo(ops.cast(source, x.dtype), shape);
  return ops.scatter(x, axis, ops.broadcastTo(line, shape), values);
}

/** The coordinates of the elements that are not 0, row-major. */
export function coordinates(values: ArrayLike<number>, shape: Shape): number[][] {
  const found: number[][] = [];
  for (let flat = 0; flat < values.length; flat++) {
    if (values[flat] === 0) continue;
    const place = new Array<number>(shape.length);
    let rest = flat;
    for (let d = shape.length - 1; d >= 0; d--) {
      place[d] = rest % shape[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    found.push(place);
  }
  return found;
}
