// Methods that give the elements another shape or order, cut a tensor into pieces, or repeat it.

import * as ops from "../../graph/ops/index.js";
import { elements, formatShape } from "../../graph/shape.js";
import * as matrices from "../matrices.js";
import * as pieces from "../pieces.js";
import * as shaping from "../shaping.js";
import type { Tensor } from "../tensor.js";
import { type DimArguments, dimOptions, shapeOf } from "../types.js";
import { ReductionMethods } from "./reduction.js";

/** A shape or dims: as numbers, or as one array. */
type Numbers = number[] | [readonly number[]];

/** A tuple of `N` tensors, so that `const [a, b] = x.chunk(2)` is typed; an array where `N` is not known. */
export type Tensors<N extends number, T extends Tensor[] = []> = number extends N
  ? Tensor[]
  : T["length"] extends N
    ? T
    : T["length"] extends 32
      ? Tensor[]
      : Tensors<N, [...T, Tensor]>;

export abstract class MovementMethods extends ReductionMethods {
  // --- shape -----------------------------------------------------------------------------------------------------------

  /** The same elements, row by row, in another shape; one extent may be -1 and is worked out.
   *  @example tensor.arange(6).reshape(2, -1) // -> [[0, 1, 2], [3, 4, 5]] */
  reshape(...shape: Numbers): Tensor {
    return this.wrap(ops.reshape(this.node, shaping.inferShape(this.shape, shapeOf(shape), "reshape")));
  }
  /** The same as `reshape`.
   *  @example tensor.arange(6).view(3, 2).shape // -> [3, 2] */
  view(...shape: Numbers): Tensor {
    return this.reshape(shapeOf(shape));
  }
  /** In the shape of another tensor.
   *  @example tensor.arange(4).viewAs(tensor.zeros(2, 2)) // -> [[0, 1], [2, 3]] */
  viewAs(other: Tensor): Tensor {
    return this.reshape(other.shape);
  }
  /** In the shape of another tensor.
   *  @example tensor.arange(4).reshapeAs(tensor.zeros(2, 2)) // -> [[0, 1], [2, 3]] */
  reshapeAs(other: Tensor): Tensor {
    return this.reshape(other.shape);
  }
  /** Joins the dims from `startDim` to `endDim` (inclusive) into one; all of them if nothing is said.
   *  @example tensor.zeros(8, 3, 4).flatten(1).shape // -> [8, 12] */
  flatten(
    ...args: [startDim?: number, endDim?: number] | [options: { startDim?: number; endDim?: number }]
  ): Tensor {
    const [first, second] = args;
    const { startDim = 0, endDim = -1 } =
      typeof first === "object" ? first : { startDim: first, endDim: second };
    return this.wrap(shaping.flatten(this.node, startDim, endDim));
  }
  /** All elements in one dim.
   *  @example tensor([[1, 2], [3, 4]]).ravel() // -> [1, 2, 3, 4] */
  ravel(): Tensor {
    return this.flatten();
  }
  /** Splits a dim into several; one of the sizes may be -1.
   *  @example tensor.zeros(2, 12).unflatten(1, [3, -1]).shape // -> [2, 3, 4] */
  unflatten(dim: number, sizes: readonly number[]): Tensor {
    return this.wrap(shaping.unflatten(this.node, dim, sizes));
  }
  /** Without the dims of extent 1: all of them, or those given, where they have that extent.
   *  @example tensor.zeros(1, 3, 1).squeeze().shape // -> [3] */
  squeeze(dim?: number | readonly number[]): Tensor {
    return this.wrap(shaping.squeeze(this.node, dim));
  }
  /** With a new dim of extent 1 at `dim`.
   *  @example tensor.zeros(3).unsqueeze(1).shape // -> [3, 1] */
  unsqueeze(dim: number): Tensor {
    return this.wrap(shaping.unsqueeze(this.node, dim));
  }
  /** Repeats along dims of extent 1 and along new leading ones, without a copy; -1 keeps an extent.
   *  @example tensor([[1], [2]]).expand(-1, 3) // -> [[1, 1, 1], [2, 2, 2]] */
  expand(...shape: Numbers): Tensor {
    return this.wrap(shaping.expand(this.node, shapeOf(shape)));
  }
  /** Expanded to the shape of another tensor.
   *  @example tensor([1, 2]).expandAs(tensor.zeros(2, 2)) // -> [[1, 2], [1, 2]] */
  expandAs(other: Tensor): Tensor {
    return this.expand(other.shape);
  }
  /** The same as `expand`.
   *  @example tensor([1, 2]).broadcastTo(2, 2) // -> [[1, 2], [1, 2]] */
  broadcastTo(...shape: Numbers): Tensor {
    return this.expand(shapeOf(shape));
  }

  // --- order of dims and elements --------------------------------------------------------------------------------------

  /** Dim i of the result is dim `dims[i]` of this tensor.
   *  @example tensor.zeros(2, 3, 4).permute(2, 0, 1).shape // -> [4, 2, 3] */
  permute(...dims: Numbers): Tensor {
    return this.wrap(shaping.permute(this.node, shapeOf(dims)));
  }
  /** Two dims swapped.
   *  @example tensor([[1, 2], [3, 4]]).transpose(0, 1) // -> [[1, 3], [2, 4]] */
  transpose(dim0: number, dim1: number): Tensor {
    return this.wrap(shaping.transpose(this.node, dim0, dim1));
  }
  /** The same as `transpose`.
   *  @example tensor.zeros(2, 3).swapaxes(0, 1).shape // -> [3, 2] */
  swapaxes(dim0: number, dim1: number): Tensor {
    return this.transpose(dim0, dim1);
  }
  /** The transpose of a matrix; tensors of fewer dims stay as they are.
   *  @example tensor([[1, 2], [3, 4]]).t() // -> [[1, 3], [2, 4]] */
  t(): Tensor {
    if (this.ndim > 2) {
      throw new RangeError(`t(): needs at most 2 dims, got ${formatShape(this.shape)}; use .transpose()`);
    }
    return this.ndim < 2 ? this.clone() : this.transpose(0, 1);
  }
  /** All dims in reverse order.
   *  @example tensor.zeros(2, 3).T.shape // -> [3, 2] */
  get T(): Tensor {
    return this.permute(this.shape.map((_, i) => this.ndim - 1 - i));
  }
  /** The last two dims swapped: the transposes of a stack of matrices.
   *  @example tensor.zeros(5, 2, 3).mT.shape // -> [5, 3, 2] */
  get mT(): Tensor {
    return this.transpose(-2, -1);
  }
  /** Dims moved to other places; the rest keeps its order.
   *  @example tensor.zeros(2, 3, 4).movedim(0, -1).shape // -> [3, 4, 2] */
  movedim(source: number | readonly number[], destination: number | readonly number[]): Tensor {
    return this.wrap(shaping.movedim(this.node, [source].flat(), [destination].flat()));
  }
  /** Reversed along dims.
   *  @example tensor([1, 2, 3]).flip(0) // -> [3, 2, 1] */
  flip(...dims: Numbers): Tensor {
    return this.wrap(shaping.flip(this.node, shapeOf(dims)));
  }
  /** Reversed along the second dim: left and right swapped.
   *  @example tensor([[1, 2], [3, 4]]).fliplr() // -> [[2, 1], [4, 3]] */
  fliplr(): Tensor {
    return this.flip(1);
  }
  /** Reversed along the first dim: top and bottom swapped.
   *  @example tensor([[1, 2], [3, 4]]).flipud() // -> [[3, 4], [1, 2]] */
  flipud(): Tensor {
    return this.flip(0);
  }
  /** Shifted along dims, in a circle; without dims, the flattened tensor is shifted.
   *  @example tensor([1, 2, 3, 4]).roll(1) // -> [4, 1, 2, 3] */
  roll(shifts: number | readonly number[], dims?: number | readonly number[]): Tensor {
    return this.wrap(pieces.roll(this.node, [shifts].flat(), dims === undefined ? undefined : [dims].flat()));
  }
  /** Turned by k quarters from the first dim given towards the second.
   *  @example tensor([[1, 2], [3, 4]]).rot90() // -> [[2, 4], [1, 3]] */
  rot90(k: number = 1, dims: readonly [number, number] = [0, 1]): Tensor {
    const [from, to] = dims;
    const quarters = ((k % 4) + 4) % 4;
    if (quarters === 2) return this.flip(from, to);
    if (quarters === 0) return this.clone();
    return quarters === 1 ? this.transpose(from, to).flip(from) : this.flip(from).transpose(from, to);
  }

  // --- pieces ----------------------------------------------------------------------------------------------------------

  /** `chunks` pieces along a dim (0), the last one smaller where it does not go evenly.
   *  @example tensor([1, 2, 3, 4]).chunk(2)[1] // -> [3, 4] */
  chunk<const N extends number>(chunks: N, ...args: DimArguments): Tensors<N> {
    const { dim } = dimOptions(args, 0, "chunk");
    return this.parts(pieces.chunkSizes(this.size(dim), chunks), dim) as Tensors<N>;
  }
  /** Pieces of `size` (the last one smaller) or of the given sizes along a dim (0).
   *  @example tensor([1, 2, 3]).split([1, 2])[1] // -> [2, 3] */
  split(size: number | readonly number[], ...args: DimArguments): Tensor[] {
    const { dim } = dimOptions(args, 0, "split");
    return this.parts(typeof size === "number" ? pieces.evenSizes(this.size(dim), size) : size, dim);
  }
  /** Pieces along a dim (0): as many as said, as equal as can be, or cut at the positions given.
   *  @example tensor([1, 2, 3]).tensorSplit([1])[0] // -> [1] */
  tensorSplit(sections: number | readonly number[], ...args: DimArguments): Tensor[] {
    const { dim } = dimOptions(args, 0, "tensorSplit");
    return this.parts(pieces.sectionSizes(this.size(dim), sections), dim);
  }
  /** The slices along a dim (0), without that dim.
   *  @example tensor([[1, 2], [3, 4]]).unbind()[1] // -> [3, 4] */
  unbind(...args: DimArguments): Tensor[] {
    const { dim } = dimOptions(args, 0, "unbind");
    return pieces.unbind(this.node, dim).map((node) => this.wrap(node));
  }
  private parts(sizes: readonly number[], dim: number): Tensor[] {
    return pieces.split(this.node, sizes, dim).map((node) => this.wrap(node));
  }

  // --- repetition ------------------------------------------------------------------------------------------------------

  /** The whole tensor, so many times along each dim; more numbers than dims add leading ones.
   *  @example tensor([1, 2]).repeat(2, 2) // -> [[1, 2, 1, 2], [1, 2, 1, 2]] */
  repeat(...times: Numbers): Tensor {
    return this.wrap(pieces.repeat(this.node, shapeOf(times)));
  }
  /** Like `repeat`, where fewer numbers than dims count for the last dims.
   *  @example tensor([[1, 2]]).tile(2) // -> [[1, 2, 1, 2]] */
  tile(...times: Numbers): Tensor {
    const given = shapeOf(times);
    const lead = Math.max(0, this.ndim - given.length);
    return this.repeat([...new Array<number>(lead).fill(1), ...given]);
  }
  /** Each element so many times in a row: along a dim, or of the flattened tensor.
   *  @example tensor([1, 2]).repeatInterleave(2) // -> [1, 1, 2, 2] */
  repeatInterleave(repeats: number | readonly number[] | Tensor, options: { dim?: number } = {}): Tensor {
    const counts =
      typeof repeats === "number" || Array.isArray(repeats)
        ? (repeats as number | readonly number[])
        : Array.from((repeats as Tensor).toTypedArray());
    const { dim } = options;
    const x = dim === undefined ? ops.reshape(this.node, [elements(this.shape)]) : this.node;
    return this.wrap(pieces.repeatInterleave(x, counts, dim ?? 0));
  }

  // --- matrices --------------------------------------------------------------------------------------------------------

  /** The lower triangle of matrices, zeros above; `diagonal` counts from the main one upwards.
   *  @example tensor([[1, 2], [3, 4]]).tril() // -> [[1, 0], [3, 4]] */
  tril(diagonal: number = 0): Tensor {
    return this.wrap(matrices.triangle(this.node, "lower", diagonal));
  }
  /** The upper triangle of matrices, zeros below; `diagonal` counts from the main one upwards.
   *  @example tensor([[1, 2], [3, 4]]).triu(1) // -> [[0, 2], [0, 0]] */
  triu(diagonal: number = 0): Tensor {
    return this.wrap(matrices.triangle(this.node, "upper", diagonal));
  }
  /** The diagonal of matrices, as a last dim; `offset` counts from the main one upwards.
   *  @example tensor([[1, 2], [3, 4]]).diagonal() // -> [1, 4] */
  diagonal(options: { offset?: number; dim1?: number; dim2?: number } = {}): Tensor {
    const { offset = 0, dim1 = 0, dim2 = 1 } = options;
    return this.wrap(matrices.diagonal(this.node, offset, dim1, dim2));
  }
  /** Matrices with the last dim on their diagonal and zeros elsewhere.
   *  @example tensor([1, 2]).diagEmbed() // -> [[1, 0], [0, 2]] */
  diagEmbed(options: { offset?: number } = {}): Tensor {
    return this.wrap(matrices.diagEmbed(this.node, options.offset ?? 0));
  }
  /** The diagonal of a matrix, or the matrix with this vector on its diagonal.
   *  @example tensor([[1, 2], [3, 4]]).diag(1) // -> [2] */
  diag(diagonal: number = 0): Tensor {
    if (this.ndim === 1) return this.diagEmbed({ offset: diagonal });
    if (this.ndim === 2) return this.diagonal({ offset: diagonal });
    throw new RangeError(`diag: needs a vector or a matrix, got ${formatShape(this.shape)}; use .diagonal()`);
  }
  /** The sum of a matrix's diagonal.
   *  @example tensor([[1, 2], [3, 4]]).trace() // -> 5 */
  trace(): Tensor {
    if (this.ndim !== 2) throw new RangeError(`trace: needs a matrix, got ${formatShape(this.shape)}`);
    return this.wrap(ops.reduce("sum", this.diagonal().node, [0]));
  }
}
