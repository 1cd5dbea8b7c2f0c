// A table of vectors, looked up by index.

import * as ops from "../graph/ops/index.js";
import { formatShape } from "../graph/shape.js";
import { normal_ } from "../init/index.js";
import { type Callable, callable } from "../module/callable.js";
import { Module } from "../module/module.js";
import { checkFunctionOptions } from "../module/options.js";
import { Parameter } from "../module/parameter.js";
import { checkNames, checkSizes } from "../tensor/arguments.js";
import { zeros } from "../tensor/create.js";
import { noGrad } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import { nodeOf } from "../tensor/types.js";

export interface EmbeddingOptions {
  /** A row that stands for padding: it gets no gradient. Negative ones count from the end. */
  paddingIdx?: number;
}

/** The row that stands for padding, counted from the start. */
function paddingRow(what: string, index: number, rows: number): number {
  if (Number.isInteger(index) && index >= -rows && index < rows) return index < 0 ? index + rows : index;
  throw new RangeError(`${what}: paddingIdx must be one of the ${rows} rows, got ${index}`);
}

/** weight[input]: int32 indices [...] into the rows of a weight [V, D] give [..., D]. An index that is no row is an error when
 *  the result is computed.
 *
 *  @example F.embedding(tensor([1, 0], { dtype: "int32" }), tensor([[1, 2], [3, 4]])) // [[3, 4], [1, 2]] */
export function embedding(input: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  checkFunctionOptions("embedding", options, ["paddingIdx"]);
  if (weight.ndim !== 2) {
    throw new RangeError(`embedding: the weight must be [V, D], got ${formatShape(weight.shape)}`);
  }
  if (!(input instanceof Tensor) || input.dtype !== "int32") {
    const got = input instanceof Tensor ? `${input.dtype}; convert with .int()` : typeof input;
    throw new TypeError(`embedding: needs int32 indices, got ${got}`);
  }
  const rows = weight.shape[0]!;
  const message = `embedding: index {value} is out of range for ${rows} rows (0 to ${rows - 1})`;
  const vectors = ops.take(weight.node, ops.checkIndex(input.node, rows, message));
  if (options.paddingIdx === undefined) return Tensor.from(vectors);
  const row = paddingRow("embedding", options.paddingIdx, rows);
  const padding = ops.reshape(ops.eq(input.node, nodeOf(row, "int32")), [...input.shape, 1]);
  return Tensor.from(ops.where(padding, ops.detached(vectors), vectors));
}

class EmbeddingModule extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  /** The row that stands for padding, or null. */
  readonly paddingIdx: number | null;
  /** [numEmbeddings, embeddingDim] */
  weight: Parameter;

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super();
    checkSizes("Embedding", { numEmbeddings, embeddingDim });
    checkNames("Embedding", options, ["paddingIdx"]);
    const { paddingIdx } = options;
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = paddingIdx === undefined ? null : paddingRow("Embedding", paddingIdx, numEmbeddings);
    this.weight = new Parameter(zeros(numEmbeddings, embeddingDim));
    this.resetParameters();
  }

  /** Normal numbers with mean 0 and standard deviation 1; the padding row is zeros.
   *  @example
   *  const layer = nn.Embedding(10, 3);
   *  layer.resetParameters(); */
  resetParameters(): void {
    normal_(this.weight);
    if (this.paddingIdx === null) return;
    const places = Tensor.from(ops.reshape(ops.iota(this.numEmbeddings), [this.numEmbeddings, 1]));
    const padding = places.eq(this.paddingIdx);
    noGrad(() => this.weight.copy_(this.weight.maskedFill(padding, 0)));
  }

  /** int32 [...] -> [..., embeddingDim] */
  forward(input: Tensor): Tensor {
    const { weight, paddingIdx } = this;
    return embedding(input, weight, paddingIdx === null ? {} : { paddingIdx });
  }

  override extraRepr(): string {
    const padding = this.paddingIdx === null ? "" : `, paddingIdx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}

/** A learned vector of length `embeddingDim` for each of `numEmbeddings` indices: int32 [...] -> [..., embeddingDim].
 *  Weights start as normal numbers; with `paddingIdx` that row starts as zeros and stays as it is.
 *
 *  @example nn.Embedding(10, 3)(tensor([[1, 2], [4, 5]], { dtype: "int32" })).shape // [2, 2, 3] */
export const Embedding: Callable<typeof EmbeddingModule> = callable(EmbeddingModule, "Embedding");
export type Embedding = EmbeddingModule;
