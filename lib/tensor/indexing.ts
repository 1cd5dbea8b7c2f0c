// Elements by index tensors, as PyTorch spells it: bounds are checked when the index is read, on the device.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { formatShape, normalizeAxis, sameShape } from "../graph/shape.js";

/** The axis, and the index with its bounds checked. 0-d tensors count as 1-d with one element. */
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
  const message = `${what}: index {value} is out of range for dim ${dim} of ${formatShape(x.shape)}`;
  return { axis, checked: ops.checkIndex(index, x.shape[axis] ?? 1, message) };
}

/** result[p] = x[p with coordinate `dim` replaced by index[p]]. Shape of the index. */
export function gather(x: Node, dim: number, index: Node): Node {
  const { axis, checked } = along("gather", x, dim, index);
  return ops.takeAlong(x, axis, checked);
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

/** A running sum, product or the like along `dim`. */
export function scanned(name: Parameters<typeof ops.scan>[0], x: Node, dim: number): Node {
  const axis = normalizeAxis(dim, x.shape.length, name);
  return ops.scan(name, x.dtype === "bool" ? ops.cast(x, "int32") : x, axis);
}

/** Positions in sorted order along `dim`. */
export function argsort(x: Node, dim: number, descending: boolean): Node {
  return ops.argsort(x, normalizeAxis(dim, x.shape.length, "argsort"), descending);
}
