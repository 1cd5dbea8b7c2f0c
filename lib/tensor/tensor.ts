// The tensor: a handle on a lazy value, with PyTorch's operations as one line each; what they do lives in the files beside.

import { Storage } from "../compute/buffer.js";
import type { DType } from "../graph/dtype.js";
import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { formatShape, normalizeAxis } from "../graph/shape.js";
import { TensorBase } from "./base.js";
import * as indexing from "./indexing.js";
import { madeInScope } from "./memory.js";
import * as reductions from "./reductions.js";
import * as shaping from "./shaping.js";
import { logSoftmax, softmax } from "./softmax.js";
import {
  hostNode,
  nodeOf,
  type Operand,
  optionsOf,
  type ReduceArguments,
  type ReduceOptions,
} from "./types.js";

/** A tuple of `N` tensors, so that `const [a, b] = x.chunk(2)` is typed; an array where `N` is not known. */
export type Tensors<N extends number, T extends Tensor[] = []> = number extends N
  ? Tensor[]
  : T["length"] extends N
    ? T
    : T["length"] extends 32
      ? Tensor[]
      : Tensors<N, [...T, Tensor]>;

/** One dim, and whether to keep it: `max(1)`, `max(1, { keepdim: true })`, `max({ dim: 1 })`. */
type AlongArguments =
  | [dim: number, options?: { keepdim?: boolean }]
  | [options: ReduceOptions & { dim: number }];

export class Tensor extends TensorBase<Tensor> {
  /** A tensor for a recorded node. */
  static from(node: Node): Tensor {
    const tensor = new Tensor(new Storage(node));
    madeInScope(tensor);
    return tensor;
  }
  protected override like(storage: Storage, cut: boolean): Tensor {
    return new Tensor(storage, cut);
  }

  // --- arithmetic ----------------------------------------------------------------------------------------------------

  private binary(op: (a: Node, b: Node) => Node, other: Operand): Tensor {
    return Tensor.from(op(this.node, nodeOf(other, this.dtype)));
  }
  private unary(op: (x: Node) => Node): Tensor {
    return Tensor.from(op(this.node));
  }

  add(other: Operand, options: { alpha?: number } = {}): Tensor {
    const { alpha = 1 } = options;
    return this.binary(
      ops.add,
      alpha === 1 ? other : typeof other === "number" ? other * alpha : other.mul(alpha),
    );
  }
  sub(other: Operand, options: { alpha?: number } = {}): Tensor {
    const { alpha = 1 } = options;
    return this.binary(
      ops.sub,
      alpha === 1 ? other : typeof other === "number" ? other * alpha : other.mul(alpha),
    );
  }
  mul(other: Operand): Tensor {
    return this.binary(ops.mul, other);
  }
  div(other: Operand): Tensor {
    return this.binary(ops.div, other);
  }
  floorDivide(other: Operand): Tensor {
    return this.binary(ops.floorDiv, other);
  }
  remainder(other: Operand): Tensor {
    return this.binary(ops.remainder, other);
  }
  pow(exponent: Operand): Tensor {
    const simple = typeof exponent === "number" ? POWERS.get(exponent) : undefined;
    return simple === undefined ? this.binary(ops.pow, exponent) : this.float().unary(simple);
  }
  maximum(other: Operand): Tensor {
    return this.binary(ops.maximum, other);
  }
  minimum(other: Operand): Tensor {
    return this.binary(ops.minimum, other);
  }
  /** Limits the values to [min, max]; the gradient is 1 inside and 0 outside. */
  clamp(options: { min?: number; max?: number }): Tensor {
    const x = this.node;
    const { min, max } = options;
    let inside: Node | undefined;
    let y = ops.detached(x);
    if (min !== undefined) {
      inside = ops.ge(x, nodeOf(min, this.dtype));
      y = ops.maximum(y, nodeOf(min, this.dtype));
    }
    if (max !== undefined) {
      const below = ops.le(x, nodeOf(max, this.dtype));
      inside = inside === undefined ? below : ops.logicalAnd(inside, below);
      y = ops.minimum(y, nodeOf(max, this.dtype));
    }
    return inside === undefined ? this.clone() : Tensor.from(ops.where(inside, x, y));
  }
  neg(): Tensor {
    return this.unary(ops.neg);
  }
  abs(): Tensor {
    return this.unary(ops.abs);
  }
  sign(): Tensor {
    return this.unary(ops.sign);
  }
  exp(): Tensor {
    return this.unary(ops.exp);
  }
  expm1(): Tensor {
    return this.unary(ops.expm1);
  }
  log(): Tensor {
    return this.unary(ops.log);
  }
  log1p(): Tensor {
    return this.unary(ops.log1p);
  }
  sqrt(): Tensor {
    return this.unary(ops.sqrt);
  }
  rsqrt(): Tensor {
    return this.unary(ops.rsqrt);
  }
  square(): Tensor {
    return this.mul(this);
  }
  reciprocal(): Tensor {
    return this.unary(ops.reciprocal);
  }
  sin(): Tensor {
    return this.unary(ops.sin);
  }
  cos(): Tensor {
    return this.unary(ops.cos);
  }
  tanh(): Tensor {
    return this.unary(ops.tanh);
  }
  sigmoid(): Tensor {
    return this.unary(ops.sigmoid);
  }
  erf(): Tensor {
    return this.unary(ops.erf);
  }
  relu(): Tensor {
    return this.unary(ops.relu);
  }
  floor(): Tensor {
    return this.unary(ops.floor);
  }
  ceil(): Tensor {
    return this.unary(ops.ceil);
  }
  /** To the nearest whole number, halves to the even one. */
  round(): Tensor {
    return this.unary(ops.round);
  }
  softmax(dim: number): Tensor {
    return Tensor.from(softmax(this.node, dim));
  }
  logSoftmax(dim: number): Tensor {
    return Tensor.from(logSoftmax(this.node, dim));
  }

  // --- comparison ----------------------------------------------------------------------------------------------------

  eq(other: Operand): Tensor {
    return this.binary(ops.eq, other);
  }
  ne(other: Operand): Tensor {
    return this.binary(ops.ne, other);
  }
  lt(other: Operand): Tensor {
    return this.binary(ops.lt, other);
  }
  le(other: Operand): Tensor {
    return this.binary(ops.le, other);
  }
  gt(other: Operand): Tensor {
    return this.binary(ops.gt, other);
  }
  ge(other: Operand): Tensor {
    return this.binary(ops.ge, other);
  }
  logicalAnd(other: Operand): Tensor {
    return this.binary(ops.logicalAnd, other);
  }
  logicalOr(other: Operand): Tensor {
    return this.binary(ops.logicalOr, other);
  }
  logicalNot(): Tensor {
    return this.unary(ops.logicalNot);
  }
  isnan(): Tensor {
    return this.unary(ops.isNan);
  }
  /** `value` where `mask` is true. */
  maskedFill(mask: Tensor, value: number): Tensor {
    return Tensor.from(ops.where(mask.node, nodeOf(value, this.dtype), this.node));
  }

  // --- reduction -----------------------------------------------------------------------------------------------------

  sum(...args: ReduceArguments): Tensor {
    return Tensor.from(reductions.sum(this.node, optionsOf(args)));
  }
  mean(...args: ReduceArguments): Tensor {
    return Tensor.from(reductions.mean(this.node, optionsOf(args)));
  }
  prod(...args: ReduceArguments): Tensor {
    return Tensor.from(reductions.prod(this.node, optionsOf(args)));
  }
  var(...args: ReduceArguments<reductions.VarianceOptions>): Tensor {
    return Tensor.from(reductions.variance(this.node, optionsOf(args)));
  }
  std(...args: ReduceArguments<reductions.VarianceOptions>): Tensor {
    return Tensor.from(reductions.std(this.node, optionsOf(args)));
  }
  norm(...args: ReduceArguments<reductions.NormOptions>): Tensor {
    return Tensor.from(reductions.norm(this.node, optionsOf(args)));
  }
  logsumexp(...args: ReduceArguments): Tensor {
    return Tensor.from(reductions.logsumexp(this.node, optionsOf(args)));
  }
  amax(...args: ReduceArguments): Tensor {
    return Tensor.from(reductions.amax(this.node, optionsOf(args)));
  }
  amin(...args: ReduceArguments): Tensor {
    return Tensor.from(reductions.amin(this.node, optionsOf(args)));
  }
  /** The largest element; along a dim, the largest ones with their positions. */
  max(): Tensor;
  max(...args: AlongArguments): { values: Tensor; indices: Tensor };
  max(...args: [] | AlongArguments): Tensor | { values: Tensor; indices: Tensor } {
    return this.extreme("max", args);
  }
  /** The smallest element; along a dim, the smallest ones with their positions. */
  min(): Tensor;
  min(...args: AlongArguments): { values: Tensor; indices: Tensor };
  min(...args: [] | AlongArguments): Tensor | { values: Tensor; indices: Tensor } {
    return this.extreme("min", args);
  }
  private extreme(
    name: "max" | "min",
    args: [] | AlongArguments,
  ): Tensor | { values: Tensor; indices: Tensor } {
    if (args.length === 0) return name === "max" ? this.amax() : this.amin();
    const { dim, keepdim = false } = optionsOf<ReduceOptions & { dim: number }>(args);
    const { values, indices } = reductions.extremeAlong(name, this.node, dim, keepdim);
    return { values: Tensor.from(values), indices: Tensor.from(indices) };
  }
  argmax(...args: ReduceArguments): Tensor {
    return Tensor.from(reductions.argExtreme("argmax", this.node, optionsOf(args)));
  }
  argmin(...args: ReduceArguments): Tensor {
    return Tensor.from(reductions.argExtreme("argmin", this.node, optionsOf(args)));
  }
  any(...args: ReduceArguments): Tensor {
    return Tensor.from(reductions.anyAll("any", this.node, optionsOf(args)));
  }
  all(...args: ReduceArguments): Tensor {
    return Tensor.from(reductions.anyAll("all", this.node, optionsOf(args)));
  }

  // --- shape ---------------------------------------------------------------------------------------------------------

  reshape(...shape: number[] | [readonly number[]]): Tensor {
    const wanted = shapeOf(shape);
    return Tensor.from(ops.reshape(this.node, shaping.inferShape(this.node, wanted, "reshape")));
  }
  view(...shape: number[] | [readonly number[]]): Tensor {
    return this.reshape(shapeOf(shape));
  }
  flatten(options: { startDim?: number; endDim?: number } = {}): Tensor {
    return Tensor.from(shaping.flatten(this.node, options.startDim ?? 0, options.endDim ?? -1));
  }
  permute(...dims: number[] | [readonly number[]]): Tensor {
    return Tensor.from(shaping.permute(this.node, shapeOf(dims)));
  }
  transpose(dim0: number, dim1: number): Tensor {
    return Tensor.from(shaping.transpose(this.node, dim0, dim1));
  }
  /** The transpose of a matrix. */
  t(): Tensor {
    if (this.ndim > 2)
      throw new RangeError(`t(): needs at most 2 dims, got ${formatShape(this.shape)}; use .transpose()`);
    return this.ndim < 2 ? this.clone() : this.transpose(0, 1);
  }
  expand(...shape: number[] | [readonly number[]]): Tensor {
    return Tensor.from(shaping.expand(this.node, shapeOf(shape)));
  }
  squeeze(dim?: number): Tensor {
    return Tensor.from(shaping.squeeze(this.node, dim));
  }
  unsqueeze(dim: number): Tensor {
    return Tensor.from(shaping.unsqueeze(this.node, dim));
  }
  flip(...dims: number[] | [readonly number[]]): Tensor {
    return Tensor.from(shaping.flip(this.node, shapeOf(dims)));
  }
  /** `chunks` pieces along `dim`, the last one smaller where it does not go evenly. */
  chunk<const N extends number>(chunks: N, options: { dim?: number } = {}): Tensors<N> {
    const { dim = 0 } = options;
    const sizes = shaping.chunkSizes(this.size(dim), chunks);
    return shaping.split(this.node, sizes, dim).map(Tensor.from) as Tensors<N>;
  }
  /** Pieces of `size` (the last one smaller) or of the given sizes along `dim`. */
  split(size: number | readonly number[], options: { dim?: number } = {}): Tensor[] {
    const { dim = 0 } = options;
    const sizes = typeof size === "number" ? shaping.evenSizes(this.size(dim), size) : size;
    return shaping.split(this.node, sizes, dim).map(Tensor.from);
  }

  // --- indexing ------------------------------------------------------------------------------------------------------

  select(dim: number, index: number): Tensor {
    return Tensor.from(shaping.select(this.node, dim, index));
  }
  /** The slice at a position of the first dim: PyTorch's `x[index]`. */
  at(index: number): Tensor {
    return this.select(0, index);
  }
  /** Positions `start` to `end` (exclusive) of `dim`, every `step`th of them: PyTorch's `x[start:end:step]`. */
  slice(start: number, end?: number, options: { dim?: number; step?: number } = {}): Tensor {
    const { dim = 0, step = 1 } = options;
    if (step !== 1) {
      const indices = shaping.stepIndices(this.size(dim), start, end ?? this.size(dim), step);
      return this.indexSelect(dim, indices);
    }
    return Tensor.from(shaping.sliceAlong(this.node, dim, start, end ?? this.size(dim)));
  }
  narrow(dim: number, start: number, length: number): Tensor {
    return Tensor.from(shaping.narrow(this.node, dim, start, length));
  }
  /** The slices of `dim` at the positions in `index` (int32, 1-d). */
  indexSelect(dim: number, index: Tensor | readonly number[] | Int32Array): Tensor {
    const at = index instanceof Tensor ? index.node : hostNode(index, [index.length], "int32");
    return Tensor.from(ops.indexSelect(this.node, normalizeAxis(dim, this.ndim, "indexSelect"), at));
  }
  /** result[i][j] = this[i][index[i][j]] for `dim` 1, and so on. */
  gather(dim: number, index: Tensor): Tensor {
    return Tensor.from(indexing.gather(this.node, dim, index.node));
  }
  /** A copy with `source` at the places where gather with this index reads: result[i][index[i][j]] = source[i][j] for
   *  `dim` 1. Where a place is named several times, the last value stays. */
  scatter(dim: number, index: Tensor, source: Operand): Tensor {
    return Tensor.from(indexing.scatter(this.node, dim, index.node, nodeOf(source, this.dtype)));
  }
  /** A copy with `source` added at the places where gather with this index reads, always in the same order. */
  scatterAdd(dim: number, index: Tensor, source: Tensor): Tensor {
    return Tensor.from(indexing.scatterAdd(this.node, dim, index.node, source.node));
  }
  /** The sum of all elements up to each one along `dim`. */
  cumsum(dim: number): Tensor {
    return Tensor.from(indexing.scanned("cumsum", this.node, dim));
  }
  /** The positions that sort the elements along `dim`, int32. Equal elements keep their order; NaN counts as the largest. */
  argsort(options: { dim?: number; descending?: boolean } = {}): Tensor {
    return Tensor.from(indexing.argsort(this.node, options.dim ?? -1, options.descending ?? false));
  }

  // --- linear algebra and types --------------------------------------------------------------------------------------

  matmul(other: Tensor): Tensor {
    return Tensor.from(shaping.matmul(this.node, other.node));
  }
  /** This tensor as another type. */
  to(dtype: DType): Tensor {
    return dtype === this.dtype ? this : Tensor.from(ops.cast(this.node, dtype));
  }
  float(): Tensor {
    return this.to("float32");
  }
  int(): Tensor {
    return this.to("int32");
  }
  bool(): Tensor {
    return this.to("bool");
  }

  // --- in place ------------------------------------------------------------------------------------------------------

  add_(other: Operand, options: { alpha?: number } = {}): this {
    return this.assign(this.add(other, options).node);
  }
  sub_(other: Operand, options: { alpha?: number } = {}): this {
    return this.assign(this.sub(other, options).node);
  }
  mul_(other: Operand): this {
    return this.assign(this.mul(other).node);
  }
  div_(other: Operand): this {
    return this.assign(this.div(other).node);
  }
  fill_(value: number): this {
    return this.assign(ops.full(this.shape, value, this.dtype));
  }
  zero_(): this {
    return this.fill_(0);
  }
  clamp_(options: { min?: number; max?: number }): this {
    return this.assign(this.clamp(options).node);
  }
  /** Takes the values of `source`, which is broadcast. */
  copy_(source: Tensor): this {
    return this.assign(ops.broadcastTo(source.node, this.shape));
  }
}

/** A shape given as numbers or as one array. */
export function shapeOf(shape: readonly number[] | readonly [readonly number[]]): readonly number[] {
  const [first] = shape;
  return Array.isArray(first) ? (first as readonly number[]) : (shape as readonly number[]);
}

/** Exponents with a cheaper form than the power function. */
const POWERS: ReadonlyMap<number, (x: Node) => Node> = new Map<number, (x: Node) => Node>([
  [1, ops.identity],
  [2, (x) => ops.mul(x, x)],
  [3, (x) => ops.mul(ops.mul(x, x), x)],
  [0.5, ops.sqrt],
  [-1, ops.reciprocal],
  [-0.5, ops.rsqrt],
]);
