// Functions on tensors that are not methods only: numbers may stand on either side, several tensors are joined. All other methods
// are functions, too (see roots.ts).

import { promote } from "../graph/dtype.js";
import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { broadcastShapes, formatShape, normalizeAxis } from "../graph/shape.js";
import { checkNames, refuse, tensorNode } from "./arguments.js";
import * as arithmetic from "./arithmetic.js";
import { einsum as summation } from "./einsum.js";
import { roundedOnce } from "./half.js";
import type { AlphaOptions, DivOptions } from "./methods/arithmetic.js";
import { searchSorted } from "./order.js";
import { tensordot as contraction } from "./products.js";
import { Tensor } from "./tensor.js";
import { type DimArguments, dimOptions, nodeOf, type Operand } from "./types.js";

function either(op: (a: Node, b: Node) => Node, a: Operand, b: Operand): Tensor {
  const one = typeof a === "number" ? b : a;
  const other = typeof one === "number" ? "float32" : tensorNode(one, op, "a tensor or a number").dtype;
  return Tensor.from(roundedOnce(op, nodeOf(a, other), nodeOf(b, other, op)));
}

const scaled = (b: Operand, { alpha = 1 }: AlphaOptions): Operand =>
  alpha === 1 ? b : typeof b === "number" ? b * alpha : b.mul(alpha);

/** a + alpha * b; either may be a number.
 *  @example tensor.add(1, tensor([1, 2])) // -> [2, 3] */
export const add = (a: Operand, b: Operand, options: AlphaOptions = {}): Tensor =>
  either(ops.add, a, scaled(b, options));
/** a - alpha * b; either may be a number.
 *  @example tensor.sub(1, tensor([1, 2])) // -> [0, -1] */
export const sub = (a: Operand, b: Operand, options: AlphaOptions = {}): Tensor =>
  either(ops.sub, a, scaled(b, options));
/** a * b, element by element; either may be a number.
 *  @example tensor.mul(2, tensor([1, 2])) // -> [2, 4] */
export const mul = (a: Operand, b: Operand): Tensor => either(ops.mul, a, b);
/** a / b; either may be a number.
 *  @example tensor.div(1, tensor([1, 2])) // -> [1, 0.5] */
export const div = (a: Operand, b: Operand, options: DivOptions = {}): Tensor =>
  either((x, y) => arithmetic.div(x, y, options.roundingMode ?? null), a, b);
/** a / b, rounded down; either may be a number.
 *  @example tensor.floorDivide(7, tensor([2, 3])) // -> [3, 2] */
export const floorDivide = (a: Operand, b: Operand): Tensor => either(ops.floorDiv, a, b);
/** The remainder of a / b with the sign of b; either may be a number.
 *  @example tensor.remainder(-7, tensor([2, 3])) // -> [1, 2] */
export const remainder = (a: Operand, b: Operand): Tensor => either(ops.remainder, a, b);
/** The remainder of a / b with the sign of a; either may be a number.
 *  @example tensor.fmod(-7, tensor([2, 3])) // -> [-1, -1] */
export const fmod = (a: Operand, b: Operand): Tensor => either(arithmetic.fmod, a, b);
/** a to the power of b; either may be a number.
 *  @example tensor.pow(2, tensor([1, 3])) // -> [2, 8] */
export const pow = (a: Operand, b: Operand): Tensor =>
  typeof a !== "number" && typeof b === "number" ? a.pow(b) : either(ops.pow, a, b);
/** The larger of two; NaN where one is. Either may be a number.
 *  @example tensor.maximum(1, tensor([0, 2])) // -> [1, 2] */
export const maximum = (a: Operand, b: Operand): Tensor => either(ops.maximum, a, b);
/** The smaller of two; NaN where one is. Either may be a number.
 *  @example tensor.minimum(1, tensor([0, 2])) // -> [0, 1] */
export const minimum = (a: Operand, b: Operand): Tensor => either(ops.minimum, a, b);
/** True where equal; either may be a number.
 *  @example tensor.eq(1, tensor([1, 2])) // -> tensor([ True, False]) */
export const eq = (a: Operand, b: Operand): Tensor => either(ops.eq, a, b);
/** True where not equal; either may be a number.
 *  @example tensor.ne(1, tensor([1, 2])) // -> tensor([False,  True]) */
export const ne = (a: Operand, b: Operand): Tensor => either(ops.ne, a, b);
/** True where a < b; either may be a number.
 *  @example tensor.lt(1, tensor([1, 2])) // -> tensor([False,  True]) */
export const lt = (a: Operand, b: Operand): Tensor => either(ops.lt, a, b);
/** True where a <= b; either may be a number.
 *  @example tensor.le(1, tensor([1, 2])) // -> tensor([True, True]) */
export const le = (a: Operand, b: Operand): Tensor => either(ops.le, a, b);
/** True where a > b; either may be a number.
 *  @example tensor.gt(2, tensor([1, 2])) // -> tensor([ True, False]) */
export const gt = (a: Operand, b: Operand): Tensor => either(ops.gt, a, b);
/** True where a >= b; either may be a number.
 *  @example tensor.ge(2, tensor([1, 2])) // -> tensor([True, True]) */
export const ge = (a: Operand, b: Operand): Tensor => either(ops.ge, a, b);

/** The angle of the point (x, y), from -pi to pi; either may be a number.
 *  @example tensor.atan2(1, tensor([1, -1])) // -> [0.7854, 2.3562] */
export const atan2 = (y: Operand, x: Operand): Tensor => either(arithmetic.atan2, y, x);

/** `a` where `condition` is true, else `b`; all broadcast.
 *  @example tensor.where(tensor([true, false]), 1, tensor([5, 6])) // -> [1, 6] */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const choice = tensorNode(condition, "where", "a tensor of bools");
  return either((x, y) => ops.where(choice, x, y), a, b);
}

/** The nodes of tensors in an array. */
function nodesOf(tensors: readonly Tensor[], called: string): Node[] {
  if (!Array.isArray(tensors)) refuse(tensors, called, "an array of tensors: [a, b]");
  return tensors.map((t) => tensorNode(t, called, "an array of tensors"));
}

/** Joins tensors along an existing dim (0); their other extents must be equal.
 *  @example tensor.cat([tensor([1]), tensor([2, 3])]) // -> [1, 2, 3] */
export function cat(tensors: readonly Tensor[], ...args: DimArguments): Tensor {
  const nodes = nodesOf(tensors, "cat");
  const first = tensors[0];
  if (first === undefined) throw new RangeError("cat: needs at least one tensor");
  if (first.ndim === 0) throw new RangeError("cat: 0-d tensors have no dim to join along; use tensor.stack");
  const axis = normalizeAxis(dimOptions(args, 0, "cat").dim, first.ndim, "cat");
  const dtype = tensors.reduce((common, t) => promote(common, t.dtype), first.dtype);
  return Tensor.from(
    ops.concat(
      nodes.map((node) => ops.cast(node, dtype)),
      axis,
    ),
  );
}

/** Joins tensors of one shape along a new dim (0).
 *  @example tensor.stack([tensor([1, 2]), tensor([3, 4])]) // -> [[1, 2], [3, 4]] */
export function stack(tensors: readonly Tensor[], ...args: DimArguments): Tensor {
  nodesOf(tensors, "stack");
  const first = tensors[0];
  if (first === undefined) throw new RangeError("stack: needs at least one tensor");
  tensors.forEach(({ shape }, i) => {
    if (formatShape(shape) !== formatShape(first.shape)) {
      throw new RangeError(
        `stack: tensor ${i} has ${formatShape(shape)}, the first has ${formatShape(first.shape)}`,
      );
    }
  });
  const { dim } = dimOptions(args, 0, "stack");
  return cat(
    tensors.map((t) => t.unsqueeze(dim)),
    dim,
  );
}

const atLeast = (t: Tensor, dims: number): Tensor => {
  let x = t;
  while (x.ndim < dims) x = x.unsqueeze(0);
  return x;
};

/** Joins tensors side by side: along the second dim, vectors along their only one.
 *  @example tensor.hstack([tensor([[1], [2]]), tensor([[3], [4]])]) // -> [[1, 3], [2, 4]] */
export function hstack(tensors: readonly Tensor[]): Tensor {
  nodesOf(tensors, "hstack");
  const lines = tensors.map((t) => atLeast(t, 1));
  return cat(lines, lines[0]?.ndim === 1 ? 0 : 1);
}

/** Joins tensors on top of each other: along the first dim; vectors are rows.
 *  @example tensor.vstack([tensor([1, 2]), tensor([3, 4])]) // -> [[1, 2], [3, 4]] */
export function vstack(tensors: readonly Tensor[]): Tensor {
  nodesOf(tensors, "vstack");
  return cat(tensors.map((t) => atLeast(t, 2)));
}

/** All tensors expanded to their common shape.
 *  @example tensor.broadcastTensors(tensor([1, 2]), tensor([[3], [4]]))[1] // -> [[3, 3], [4, 4]] */
export function broadcastTensors(...tensors: readonly Tensor[]): Tensor[] {
  const shape = tensors.reduce<readonly number[]>(
    (common, t) => broadcastShapes(common, t.shape, "broadcastTensors"),
    [],
  );
  return tensors.map((t) => t.expand(shape));
}

/** For each 1-d tensor a grid of the shape of all their lengths, in which it varies along its own dim; with `indexing` "xy" the
 *  first two dims are swapped.
 *  @example tensor.meshgrid([tensor([1, 2]), tensor([3, 4])])[0] // -> [[1, 1], [2, 2]] */
export function meshgrid(tensors: readonly Tensor[], options: { indexing?: "ij" | "xy" } = {}): Tensor[] {
  nodesOf(tensors, "meshgrid");
  checkNames("meshgrid", options, ["indexing"]);
  const lengths = tensors.map((t) => t.numel());
  const grids = tensors.map((t, i) => t.reshape(lengths.map((n, d) => (d === i ? n : 1))).expand(lengths));
  const swapped = options.indexing === "xy" && tensors.length > 1;
  return swapped ? grids.map((grid) => grid.transpose(0, 1)) : grids;
}

/** For each value, before which of the sorted elements (along their last dim) it belongs, int32: the first place that keeps them
 *  sorted, or with `right` the last.
 *  @example tensor.searchsorted(tensor([1, 3, 5]), tensor([0, 3, 9])) // -> [0, 1, 3] */
export function searchsorted(sorted: Tensor, values: Operand, options: { right?: boolean } = {}): Tensor {
  return Tensor.from(searchSorted(sorted.node, nodeOf(values, sorted.dtype), options.right ?? false));
}

/** For each value, between which boundaries (1-d, sorted) it lies: i where boundaries[i - 1] < x <= boundaries[i], or with `right`
 *  boundaries[i - 1] <= x < boundaries[i]. int32.
 *  @example tensor.bucketize(tensor([0, 3, 9]), tensor([1, 3, 5])) // -> [0, 1, 3] */
export function bucketize(values: Operand, boundaries: Tensor, options: { right?: boolean } = {}): Tensor {
  if (boundaries.ndim !== 1) {
    throw new RangeError(`bucketize: boundaries must be 1-d, got ${formatShape(boundaries.shape)}`);
  }
  return searchsorted(boundaries, values, options);
}

/** Products summed over the letters that are not in the result: "ij,jk->ik" is the matrix product, "ii->" the trace, "bij->bji" a
 *  transpose. "..." stands for further leading dims, which are broadcast. Operands are float32.
 *  @example tensor.einsum("ij,kj->ik", tensor([[1, 2]]), tensor([[3, 4], [5, 6]])) // -> [[11, 17]] */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  const nodes = operands.map((operand) => tensorNode(operand, "einsum"));
  return Tensor.from(summation(equation, nodes));
}

/** Products summed over the last `dims` dims of a and the first of b, or over those listed for each.
 *  @example tensor.tensordot(tensor([[1, 2]]), tensor([[3, 4]]), [[1], [1]]) // -> [[11]] */
export function tensordot(
  a: Tensor,
  b: Tensor,
  dims: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor {
  const last = (count: number): number[] => Array.from({ length: count }, (_, i) => a.ndim - count + i);
  const first = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const [inA, inB] = typeof dims === "number" ? [last(dims), first(dims)] : dims;
  return Tensor.from(contraction(a.node, b.node, inA, inB));
}
