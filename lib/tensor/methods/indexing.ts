// Methods that choose elements: by position, by index tensors, by masks, by order. Index tensors are int32 and their bounds
// are checked when they are read; what is read before the next step (nonzero, unique, masks in `index`) waits.

import { isFloat } from "../../graph/dtype.js";
import * as ops from "../../graph/ops/index.js";
import { broadcastShapes, elements, formatShape, normalizeAxis, sameShape } from "../../graph/shape.js";
import * as advanced from "../advanced-index.js";
import { checkOptions, tensorNode } from "../arguments.js";
import { inOrder } from "../in-order.js";
import * as indexing from "../indexing.js";
import * as order from "../order.js";
import * as shaping from "../shaping.js";
import type { Tensor } from "../tensor.js";
import { type DimArguments, dimOptions, hostNode, nodeOf, type Operand } from "../types.js";
import { MovementMethods } from "./movement.js";
import type { ValuesAndIndices } from "./reduction.js";

/** Positions along a dim: an int32 tensor, or numbers. */
export type Positions = Tensor | readonly number[] | Int32Array;

/** One part of `index(...)`: a position, a slice `"1:3"` or `":"`, `"..."` for the dims in between, null for a new dim, positions, or a
 *  mask. */
export type Index = number | string | null | Tensor | readonly number[] | readonly boolean[];

export interface UniqueResult extends Iterable<Tensor> {
  /** The different values in ascending order. */
  readonly output: Tensor;
  /** For each element, which of them it is, in the shape of the input. */
  readonly inverse: Tensor;
  /** How often each of them occurs. */
  readonly counts: Tensor;
}

export abstract class IndexingMethods extends MovementMethods {
  // --- positions and slices --------------------------------------------------------------------------------------------

  /** The slice at one position of `dim`, without that dim.
   *  @example tensor([[1, 2], [3, 4]]).select(1, -1) // -> [2, 4] */
  select(dim: number, index: number): Tensor {
    return this.wrap(shaping.select(this.node, dim, index));
  }
  /** The slice at a position of the first dim, for which `x[index]` can be written, too.
   *  @example tensor([[1, 2], [3, 4]]).at(-1) // -> [3, 4] */
  at(index: number): Tensor {
    return this.select(0, index);
  }
  /** The slices along the first dim, one after another: `for (const row of x)`.
   *  @example [...tensor([[1, 2], [3, 4]])].map((row) => row.sum().item()) // -> [ 3, 7 ] */
  *[Symbol.iterator](): IterableIterator<Tensor> {
    if (this.ndim === 0) {
      throw new TypeError("a tensor without dimensions has no parts to go through; .item() gives its number");
    }
    for (let i = 0; i < this.size(0); i++) yield this.at(i);
  }
  /** Positions `start` to `end` (exclusive) of `dim`, every `step`th of them: PyTorch's `x[start:end:step]`.
   *  @example tensor([1, 2, 3, 4]).slice(1, 4, { step: 2 }) // -> [2, 4] */
  slice(start: number, end?: number, options: { dim?: number; step?: number } = {}): Tensor {
    checkOptions(options, "slice", "{ dim: 1, step: 2 }");
    const { dim = 0, step = 1 } = options;
    return this.wrap(shaping.slice(this.node, dim, start, end ?? this.size(dim), step));
  }
  /** `length` positions of `dim` from `start` on.
   *  @example tensor([1, 2, 3, 4]).narrow(0, 1, 2) // -> [2, 3] */
  narrow(dim: number, start: number, length: number): Tensor {
    return this.wrap(shaping.narrow(this.node, dim, start, length));
  }
  /** PyTorch's `x[i, 1:3, mask, None, ...]`: one part for each dim, in order (see `Index`). Index tensors are broadcast to one
   *  shape, which takes the place of their dims; a mask stands for as many dims as it has.
   *  @example tensor([[1, 2, 3], [4, 5, 6]]).index(":", [0, 2]) // -> [[1, 3], [4, 6]] */
  index(...parts: readonly Index[]): Tensor {
    return this.wrap(advanced.index(this.node, parts.map(partOf)));
  }
  /** A copy with `values` (broadcast) at the places that `index(...parts)` reads; or added there, in a fixed order.
   *  @example tensor([1, 2, 3]).indexPut([[0, 2]], 9) // -> [9, 2, 9] */
  indexPut(parts: readonly Index[], values: Operand, options: { accumulate?: boolean } = {}): Tensor {
    const { accumulate = false } = options;
    const put = advanced.indexPut(this.node, parts.map(partOf), nodeOf(values, this.dtype), accumulate);
    return this.wrap(put);
  }

  // --- index tensors ---------------------------------------------------------------------------------------------------

  /** The slices of `dim` at these positions.
   *  @example tensor([[1, 2], [3, 4]]).indexSelect(0, [1, 1]) // -> [[3, 4], [3, 4]] */
  indexSelect(dim: number, index: Positions): Tensor {
    const axis = normalizeAxis(dim, this.ndim, "indexSelect");
    return this.wrap(ops.indexSelect(this.node, axis, positionsOf(index)));
  }
  /** A copy with the slices of `source`, times alpha, added to the slices of `dim` at these positions.
   *  @example tensor.zeros(3).indexAdd(0, [0, 0, 2], tensor([1, 2, 3])) // -> [3, 0, 3] */
  indexAdd(dim: number, index: Positions, source: Tensor, options: { alpha?: number } = {}): Tensor {
    const { alpha = 1 } = options;
    const added = alpha === 1 ? source.node : ops.mul(source.node, nodeOf(alpha, source.dtype));
    return this.wrap(indexing.indexAdd(this.node, dim, positionsOf(index), added));
  }
  /** A copy with the slices of `source` in place of the slices of `dim` at these positions.
   *  @example tensor.zeros(3).indexCopy(0, [2, 0], tensor([1, 2])) // -> [2, 0, 1] */
  indexCopy(dim: number, index: Positions, source: Tensor): Tensor {
    return this.wrap(indexing.indexCopy("indexCopy", this.node, dim, positionsOf(index), source.node));
  }
  /** A copy with one value in the slices of `dim` at these positions.
   *  @example tensor([1, 2, 3]).indexFill(0, [0, 2], 9) // -> [9, 2, 9] */
  indexFill(dim: number, index: Positions, value: number): Tensor {
    const filled = nodeOf(value, this.dtype);
    return this.wrap(indexing.indexCopy("indexFill", this.node, dim, positionsOf(index), filled));
  }
  /** result[i][j] = this[i][index[i][j]] for `dim` 1, and so on. Shape of the index.
   *  @example tensor([[1, 2], [3, 4]]).gather(1, tensor([[1], [0]], { dtype: "int32" })) // -> [[2], [3]] */
  gather(dim: number, index: Tensor): Tensor {
    return this.wrap(indexing.gather("gather", this.node, dim, tensorNode(index, "gather")));
  }
  /** Like `gather`, with everything but `dim` broadcast.
   *  @example tensor([[1, 2], [3, 4]]).takeAlongDim(tensor([[1]], { dtype: "int32" }), 1) // -> [[2], [4]] */
  takeAlongDim(index: Tensor, dim: number): Tensor {
    return this.wrap(indexing.takeAlongDim(this.node, tensorNode(index, "takeAlongDim"), dim));
  }
  /** The elements at these positions of the flattened tensor.
   *  @example tensor([[1, 2], [3, 4]]).take([3, 0]) // -> [4, 1] */
  take(index: Positions): Tensor {
    return this.wrap(ops.indexElements(this.node, positionsOf(index)));
  }
  /** A copy with `source` at the places where gather with this index reads: result[i][index[i][j]] = source[i][j] for
   *  `dim` 1. Where a place is named several times, the last value stays.
   *  @example tensor.zeros(2, 3).scatter(1, tensor([[2], [0]], { dtype: "int32" }), 1) // -> [[0, 0, 1], [1, 0, 0]] */
  scatter(dim: number, index: Tensor, source: Operand): Tensor {
    return this.wrap(
      indexing.scatter(this.node, dim, tensorNode(index, "scatter"), nodeOf(source, this.dtype, "scatter")),
    );
  }
  /** A copy with `source` added at the places where gather with this index reads, always in the same order.
   *  @example tensor.zeros(3).scatterAdd(0, tensor([2, 2], { dtype: "int32" }), tensor([1, 5])) // -> [0, 0, 6] */
  scatterAdd(dim: number, index: Tensor, source: Tensor): Tensor {
    return this.wrap(
      indexing.scatterAdd(this.node, dim, tensorNode(index, "scatterAdd"), tensorNode(source, "scatterAdd")),
    );
  }

  // --- masks -----------------------------------------------------------------------------------------------------------

  /** This where `condition` is true, else `other`.
   *  @example tensor([1, 2]).where(tensor([true, false]), 0) // -> [1, 0] */
  where(condition: Tensor, other: Operand): Tensor {
    return this.wrap(
      ops.where(tensorNode(condition, "where"), this.node, nodeOf(other, this.dtype, "where")),
    );
  }
  /** `value` where `mask` is true.
   *  @example tensor([1, 2]).maskedFill(tensor([true, false]), 9) // -> [9, 2] */
  maskedFill(mask: Tensor, value: Operand): Tensor {
    if (mask.dtype !== "bool") {
      throw new TypeError(
        `maskedFill: the mask must be bool, got ${mask.dtype}; compare, or convert with .bool()`,
      );
    }
    const filled = ops.cast(nodeOf(value, this.dtype), this.dtype);
    return this.wrap(ops.where(mask.node, filled, this.node));
  }
  /** The elements where `mask` is true, in one dim. Waits for the mask.
   *  @example tensor([1, 2, 3]).maskedSelect(tensor([true, false, true])) // -> [1, 3] */
  maskedSelect(mask: Tensor): Tensor {
    const both = broadcastShapes(this.shape, mask.shape, "maskedSelect");
    const whole = ops.reshape(ops.broadcastTo(this.node, both), [elements(both)]);
    const chosen = mask.expand(both).flatten().nonzero().node;
    return this.wrap(ops.take(whole, ops.reshape(chosen, [elements(chosen.shape)])));
  }
  /** Where the elements are not 0: their coordinates, [how many, ndim], int32. Waits.
   *  @example tensor([[0, 1], [1, 0]]).nonzero() // -> [[0, 1], [1, 0]] */
  nonzero(): Tensor {
    const found = indexing.coordinates(this.toTypedArray(), this.shape);
    return this.wrap(hostNode(found.flat(), [found.length, this.ndim], "int32"));
  }
  /** The same as `nonzero`.
   *  @example tensor([0, 5, 7]).argwhere() // -> [[1], [2]] */
  argwhere(): Tensor {
    return this.nonzero();
  }

  // --- order -----------------------------------------------------------------------------------------------------------

  /** The elements along a dim (the last) in ascending order, or descending, with the positions they came from. Equal elements
   *  keep their order; NaN counts as the largest.
   *  @example tensor([3, 1, 2]).sort({ descending: true }).values // -> [3, 2, 1] */
  sort(...args: DimArguments<{ descending?: boolean; stable?: boolean }>): ValuesAndIndices {
    const { dim, descending = false } = dimOptions(args, -1, "sort", ["descending", "stable"]);
    return this.both(order.sort(this.node, dim, descending));
  }
  /** The positions that sort the elements along a dim (the last), int32; see `sort`.
   *  @example tensor([3, 1, 2]).argsort() // -> [1, 2, 0] */
  argsort(...args: DimArguments<{ descending?: boolean; stable?: boolean }>): Tensor {
    const { dim, descending = false } = dimOptions(args, -1, "argsort", ["descending", "stable"]);
    return this.wrap(order.sort(this.node, dim, descending).indices);
  }
  /** The elements along the first dim in ascending order.
   *  @example tensor([3, 1, 2]).msort() // -> [1, 2, 3] */
  msort(): Tensor {
    return this.sort(0).values;
  }
  /** The `k` largest (or smallest) elements along a dim (the last), in order, with their positions.
   *  @example tensor([3, 1, 2]).topk(2).indices // -> [0, 2] */
  topk(k: number, ...args: DimArguments<{ largest?: boolean; sorted?: boolean }>): ValuesAndIndices {
    const { dim, largest = true } = dimOptions(args, -1, "topk", ["largest", "sorted"]);
    return this.both(order.topk(this.node, k, dim, largest));
  }
  /** The `k`th smallest element along a dim (the last), counted from 1, with its position.
   *  @example tensor([3, 1, 2]).kthvalue(1).values // -> 1 */
  kthvalue(k: number, ...args: DimArguments<{ keepdim?: boolean }>): ValuesAndIndices {
    const { dim, keepdim = false } = dimOptions(args, -1, "kthvalue", ["keepdim"]);
    return this.both(order.kthvalue(this.node, k, dim, keepdim));
  }
  /** The different values in ascending order; or these with what belongs to them. Waits.
   *  @example tensor([3, 1, 3]).unique() // -> [1, 3] */
  unique(): Tensor;
  unique(options: { returnInverse?: boolean; returnCounts?: boolean }): UniqueResult;
  unique(options?: { returnInverse?: boolean; returnCounts?: boolean }): Tensor | UniqueResult {
    const { values, inverse, counts } = order.distinct(this.toTypedArray());
    const output = this.wrap(hostNode(values, [values.length], this.dtype));
    if (options === undefined) return output;
    return inOrder({
      output,
      inverse: this.wrap(hostNode(inverse, this.shape, "int32")),
      counts: this.wrap(hostNode(counts, [counts.length], "int32")),
    });
  }
  /** How often each whole number from 0 on occurs, or the sum of the weights there; `minlength` results at least. Waits.
   *  @example tensor([0, 2, 2], { dtype: "int32" }).bincount() // -> [1, 0, 2] */
  bincount(options: { weights?: Tensor; minlength?: number } = {}): Tensor {
    const { weights, minlength = 0 } = options;
    if (this.ndim !== 1 || isFloat(this.dtype)) {
      throw new TypeError(
        `bincount: needs whole numbers in one dim, got ${this.dtype} ${formatShape(this.shape)}`,
      );
    }
    if (weights !== undefined && !sameShape(weights.shape, this.shape)) {
      throw new RangeError(
        `bincount: weights ${formatShape(weights.shape)} for elements ${formatShape(this.shape)}`,
      );
    }
    let largest = -1;
    for (const value of this.toTypedArray()) largest = Math.max(largest, value);
    const length = Math.max(minlength, largest + 1);
    const index = ops.checkIndex(ops.cast(this.node, "int32"), length, "bincount: {value} is negative");
    const each = weights?.node ?? ops.full(this.shape, 1, "int32");
    return this.wrap(ops.scatterAdd([length], 0, index, each));
  }
}

function positionsOf(index: Positions): ReturnType<typeof hostNode> {
  return Array.isArray(index) || index instanceof Int32Array
    ? hostNode(index as readonly number[] | Int32Array, [index.length], "int32")
    : tensorNode(index as Tensor, "index", "positions as a tensor or an array");
}

/** A part of `index(...)` with what tensors it needs: masks as the coordinates of what is true. */
function partOf(part: Index): advanced.Part {
  if (part === null || typeof part === "number" || typeof part === "string") return part;
  if (Array.isArray(part)) {
    const list = part as readonly (number | boolean)[];
    if (list.some((value) => typeof value === "boolean")) {
      return { places: indexing.coordinates(list.map(Number), [list.length]), extents: [list.length] };
    }
    return hostNode(list.map(Number), [list.length], "int32");
  }
  const given = part as Tensor;
  const node = tensorNode(given, "index", "positions, slices, null, or a tensor");
  if (given.dtype !== "bool") return node;
  return { places: indexing.coordinates(given.toTypedArray(), given.shape), extents: given.shape };
}
