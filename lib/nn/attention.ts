// Attention: weighted means of values, with weights by how well keys match queries.

import * as ops from "../graph/ops/index.js";
import { formatShape, sameShape } from "../graph/shape.js";
import { xavierUniform_, zeros_ } from "../init/index.js";
import { type Callable, callable } from "../module/callable.js";
import { Module } from "../module/module.js";
import { checkFunctionOptions } from "../module/options.js";
import { Parameter } from "../module/parameter.js";
import { checkNames } from "../tensor/arguments.js";
import { zeros } from "../tensor/create.js";
import { Tensor } from "../tensor/tensor.js";
import { floatNode } from "./activations/common.js";
import { dropout } from "./dropout.js";
import { linear } from "./functional.js";
import { Linear } from "./linear.js";

export interface AttentionOptions {
  /** bool: true where a query may look at a key; or float32 numbers that are added to the scores. Broadcast to [..., L, S]. */
  attnMask?: Tensor | null;
  /** Probability of leaving out a weight; give 0 in evaluation (0). */
  dropoutP?: number;
  /** Query i looks at keys 0 to i only (false). */
  isCausal?: boolean;
  /** Factor of the scores (1 / sqrt(E)). */
  scale?: number;
}

/** true at [i, j] where j <= i. */
function causalMask(rows: number, columns: number): Tensor {
  const places = (count: number): Tensor => Tensor.from(ops.iota(count));
  return places(rows).unsqueeze(1).ge(places(columns));
}

/** Scores with a mask applied: minus infinity where it is false, or the mask added. */
function masked(scores: Tensor, mask: Tensor | null): Tensor {
  if (mask === null) return scores;
  return mask.dtype === "bool"
    ? scores.maskedFill(mask.logicalNot(), Number.NEGATIVE_INFINITY)
    : scores.add(mask);
}

/** softmax(query keyᵀ * scale + mask) value: query [..., L, E], key [..., S, E] and value [..., S, V] give [..., L, V].
 *  Vaswani et al. 2017, equation 1.
 *
 *  ```ts
 *  const [q, k, v] = [tensor([[1, 0]]), tensor([[0, 0], [0, 0]]), tensor([[2], [4]])];
 *  F.scaledDotProductAttention(q, k, v) // -> [[3]]
 *  ``` */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  checkFunctionOptions("scaledDotProductAttention", options, ["attnMask", "dropoutP", "isCausal", "scale"]);
  const { attnMask = null, dropoutP = 0, isCausal = false, scale } = options;
  const what = "scaledDotProductAttention";
  for (const x of [query, key, value]) floatNode(x, what);
  const fits =
    query.ndim >= 2 && query.shape.at(-1) === key.shape.at(-1) && key.shape.at(-2) === value.shape.at(-2);
  if (!fits) {
    const shapes = [query, key, value].map(({ shape }) => formatShape(shape)).join(", ");
    throw new RangeError(
      `${what}: needs query [..., L, E], key [..., S, E] and value [..., S, V], got ${shapes}`,
    );
  }
  if (isCausal && attnMask !== null) throw new TypeError(`${what}: give either attnMask or isCausal`);
  const factor = scale ?? 1 / Math.sqrt(query.shape.at(-1)!);
  const scores = query.matmul(key.transpose(-2, -1)).mul(factor);
  const mask = isCausal ? causalMask(query.shape.at(-2)!, key.shape.at(-2)!) : attnMask;
  const weights = masked(scores, mask).softmax(-1);
  return dropout(weights, { p: dropoutP, training: dropoutP > 0 }).matmul(value);
}

export interface MultiheadAttentionOptions {
  /** Probability of leaving out a weight while training (0). */
  dropout?: number;
  /** Learn additive biases (true). */
  bias?: boolean;
  /** Inputs are [N, L, E] instead of [L, N, E] (false). */
  batchFirst?: boolean;
}

export interface MultiheadAttentionCall {
  /** bool [N, S]: true for keys that are padding and not looked at. */
  keyPaddingMask?: Tensor | null;
  /** bool [L, S] or [N * heads, L, S]: true where a query must not look at a key; or float32 numbers that are added. */
  attnMask?: Tensor | null;
  /** Give the weights as well (true). */
  needWeights?: boolean;
  /** Weights averaged over the heads, [N, L, S]; otherwise [N, heads, L, S] (true). */
  averageAttnWeights?: boolean;
}

class MultiheadAttentionModule extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly dropout: number;
  readonly batchFirst: boolean;
  /** [3 embedDim, embedDim]: what makes queries, keys and values, one below the other. */
  inProjWeight: Parameter;
  /** [3 embedDim], or null */
  inProjBias: Parameter | null;
  /** Named as in PyTorch, so that checkpoints go both ways. */
  readonly out_proj: Linear;

  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    checkNames("MultiheadAttention", options, ["dropout", "bias", "batchFirst"]);
    const { dropout: p = 0, bias = true, batchFirst = false } = options;
    if (!(numHeads >= 1) || embedDim % numHeads !== 0) {
      throw new RangeError(
        `MultiheadAttention: embedDim must be a multiple of numHeads, got ${embedDim} and ${numHeads}`,
      );
    }
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.dropout = p;
    this.batchFirst = batchFirst;
    this.inProjWeight = new Parameter(zeros(3 * embedDim, embedDim));
    this.inProjBias = bias ? new Parameter(zeros(3 * embedDim)) : null;
    this.out_proj = new Linear(embedDim, embedDim, { bias });
    xavierUniform_(this.inProjWeight);
    zeros_(this.out_proj.bias);
  }

  /** Queries [L, N, E], keys and values [S, N, E] (with batchFirst [N, L, E]; without a batch [L, E]) give the output, shaped
   *  as the queries, and the weights. */
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: MultiheadAttentionCall = {},
  ): [output: Tensor, weights: Tensor | null] {
    const { keyPaddingMask = null, attnMask = null, needWeights = true, averageAttnWeights = true } = options;
    const batched = query.ndim === 3;
    this.check(query, key, value);
    const batch = (x: Tensor): Tensor =>
      batched ? (this.batchFirst ? x : x.transpose(0, 1)) : x.unsqueeze(0);
    const [q, k, v] = [query, key, value].map((x, i) => this.heads(batch(x), i)) as [Tensor, Tensor, Tensor];
    const [n, heads, length, size] = q.shape as [number, number, number, number];
    let scores = q.matmul(k.transpose(-2, -1)).mul(1 / Math.sqrt(size));
    const scoresShape = [n, heads, length, k.shape[2]!];
    if (attnMask !== null) {
      const mask = attnMask.ndim === 3 ? attnMask.reshape(scoresShape) : attnMask;
      scores = masked(scores, mask.dtype === "bool" ? mask.logicalNot() : mask);
    }
    if (keyPaddingMask !== null) {
      const mask = keyPaddingMask.reshape(n, 1, 1, k.shape[2]!);
      scores = masked(scores, mask.dtype === "bool" ? mask.logicalNot() : mask);
    }
    const weights = dropout(scores.softmax(-1), { p: this.dropout, training: this.training });
    const joined = weights.matmul(v).transpose(1, 2).reshape(n, length, this.embedDim);
    const output = this.out_proj(joined);
    const shaped = batched ? (this.batchFirst ? output : output.transpose(0, 1)) : output.squeeze(0);
    if (!needWeights) return [shaped, null];
    const shown = averageAttnWeights ? weights.mean(1) : weights;
    return [shaped, batched ? shown : shown.squeeze(0)];
  }

  /** [N, L, E] -> [N, heads, L, E / heads], by the part of the projection at `place`. */
  private heads(x: Tensor, place: number): Tensor {
    const { embedDim, numHeads, inProjWeight, inProjBias } = this;
    const part = (all: Tensor): Tensor => all.narrow(0, place * embedDim, embedDim);
    const projected = linear(x, part(inProjWeight), inProjBias === null ? null : part(inProjBias));
    const [n, length] = x.shape as [number, number];
    return projected.reshape(n, length, numHeads, embedDim / numHeads).transpose(1, 2);
  }

  private check(query: Tensor, key: Tensor, value: Tensor): void {
    const { embedDim } = this;
    const all = [query, key, value];
    const fits =
      (query.ndim === 2 || query.ndim === 3) &&
      all.every((x) => x.ndim === query.ndim && x.shape.at(-1) === embedDim) &&
      sameShape(key.shape, value.shape);
    if (fits) return;
    throw new RangeError(
      `${this} got ${all.map(({ shape }) => formatShape(shape)).join(", ")}; it needs a query ` +
        `${this.batchFirst ? "[N, L, E]" : "[L, N, E]"} or [L, E] with E = ${embedDim}, and key and value alike`,
    );
  }

  override extraRepr(): string {
    return `embedDim=${this.embedDim}, numHeads=${this.numHeads}, dropout=${this.dropout}, batchFirst=${this.batchFirst}`;
  }
}

/** Attention in several heads side by side: projections of query, key and value, `F.scaledDotProductAttention` in each head,
 *  and a projection of the heads together. Called with query, key and value; gives the output and the weights. Vaswani et al. 2017,
 *  section 3.2.2.
 *
 *  ```ts
 *  const attention = nn.MultiheadAttention(8, 2, { batchFirst: true });
 *  const x = tensor.ones(3, 5, 8);
 *  const [output, weights] = attention(x, x, x);
 *  [output.shape, weights!.shape] // -> [ [ 3, 5, 8 ], [ 3, 5, 5 ] ]
 *  ``` */
export const MultiheadAttention: Callable<typeof MultiheadAttentionModule> = callable(
  MultiheadAttentionModule,
  "MultiheadAttention",
);
export type MultiheadAttention = MultiheadAttentionModule;
