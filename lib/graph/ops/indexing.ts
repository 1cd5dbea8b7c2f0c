// Indices as data: 0, 1, 2, ..., and parts of a tensor chosen by an index tensor.

import { defineOp, differentiable, type Node, type Op, record, scalarNode } from "../node.js";
import { elements, formatShape } from "../shape.js";
import { add, checkIndex, eq, full, maximum, minimum, sub, where } from "./elementwise.js";
import { permute, reshape } from "./movement.js";
import { reduce } from "./reduce.js";
import { scatterAdd } from "./routines.js";

const IOTA: Op = defineOp({
  name: "iota",
  infer: (_inputs, { length }) => ({ shape: [length as number], dtype: "int32" }),
  lowering: { kind: "iota" },
});

/** [0, 1, ..., length - 1], int32. */
export function iota(length: number): Node {
  return record(IOTA, [], { length });
}

const TAKE: Op = defineOp({
  name: "take",
  infer: ([x, index]) => ({ shape: [...index!.shape, ...x!.shape.slice(1)], dtype: x!.dtype }),
  derivative: ({ inputs, gradient, needs }) => {
    if (!needs[0]) return [undefined, undefined];
    const [x, index] = inputs as [Node, Node];
    const count = elements(index.shape);
    const rows = reshape(gradient, [count, ...x.shape.slice(1)]);
    return [scatterAdd(x.shape, 0, reshape(index, [count]), rows), undefined];
  },
  lowering: { kind: "take" },
});

/** result[i..., :] = x[index[i...], :]. The indices must be known to fit: see `checkIndex`. */
export function take(x: Node, index: Node): Node {
  return record(TAKE, [x, index]);
}

const TAKE_ALONG: Op = defineOp({
  name: "take_along",
  infer: ([x, index]) => ({ shape: index!.shape, dtype: x!.dtype }),
  derivative: ({ inputs, attributes, gradient, needs }) => {
    const [x, index] = inputs as [Node, Node];
    return [
      needs[0] ? scatterAdd(x.shape, attributes.axis as number, index, gradient) : undefined,
      undefined,
    ];
  },
  lowering: { kind: "take_along" },
});

/** result[p] = x[p with coordinate `axis` replaced by index[p]]; the other extents of `index` are at most those of x. The
 *  indices must be known to fit. */
export function takeAlong(x: Node, axis: number, index: Node): Node {
  return record(TAKE_ALONG, [x, index], { axis });
}

/** Whole slices: result[..., j, ...] = x[..., index[j], ...]. */
export function takeSlices(x: Node, axis: number, index: Node): Node {
  if (axis === 0) return take(x, index);
  const front = [axis, ...x.shape.map((_, i) => i).filter((i) => i !== axis)];
  const back = x.shape.map((_, i) => (i === axis ? 0 : i < axis ? i + 1 : i));
  return permute(take(permute(x, front), index), back);
}

/** result[..., i, ...] = x[..., index[i], ...] with a 1-d index of any length. */
export function indexSelect(x: Node, axis: number, index: Node): Node {
  if (index.shape.length !== 1) {
    throw new RangeError(`indexSelect: the index must be 1-d, got ${formatShape(index.shape)}`);
  }
  const rows = x.shape[axis]!;
  const message = `indexSelect: index {value} is out of range for dim ${axis} of ${formatShape(x.shape)}`;
  return takeSlices(x, axis, checkIndex(index, rows, message));
}

/** The elements of the flattened `x` at the places in `index`, whose shape the result has. */
export function indexElements(x: Node, index: Node): Node {
  const count = elements(x.shape);
  const message = `take: index {value} is out of range for ${formatShape(x.shape)}, which has ${count} elements`;
  return take(reshape(x, [count]), checkIndex(index, count, message));
}

/** `length` elements of `axis` from `start` on; the start is an argument of the run, so that a loop over it has one plan. */
export function narrow(x: Node, axis: number, start: number, length: number): Node {
  const first = scalarNode(start, "int32");
  return differentiable(
    "narrow",
    [x],
    () => takeSlices(x, axis, add(iota(length), first)),
    ({ gradient }) => [widened(gradient, axis, first, x.shape[axis]!)],
  );
}

/** `x` from position `start` on in zeros, with `extent` positions along `axis`. */
function widened(x: Node, axis: number, start: Node, extent: number): Node {
  const length = x.shape[axis]!;
  const shape = x.shape.map((n, i) => (i === axis ? extent : n));
  if (length === 0) return full(shape, 0, x.dtype);
  const from = sub(iota(extent), start);
  const last = scalarNode(length - 1, "int32");
  const nearest = maximum(minimum(from, last), scalarNode(0, "int32"));
  const inside = reshape(
    eq(from, nearest),
    shape.map((n, i) => (i === axis ? n : 1)),
  );
  return where(inside, takeSlices(x, axis, nearest), scalarNode(0, x.dtype));
}

/** result[..., j, ...] = x[..., index[..., j, ...], ...]; extents of `index` are those of the result. Meant for short axes
 *  (classes): it looks at each element of the axis. `message` is said of an index out of range. */
export function gather(x: Node, axis: number, index: Node, message: string): Node {
  const extent = x.shape[axis]!;
  const checked = checkIndex(index, extent, message);
  const rank = x.shape.length;
  // [.., index extent, .., axis extent at the end] so that one axis is reduced
  const wide = reshape(checked, [...index.shape, 1]);
  const places = reshape(iota(extent), [...index.shape.map(() => 1), extent]);
  const moved = permute(x, [...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis), axis]);
  const aligned = reshape(moved, [...x.shape.map((n, i) => (i === axis ? 1 : n)), extent]);
  return reduce("sum", where(eq(wide, places), aligned, scalarNode(0, x.dtype)), [rank]);
}
