// How near two vectors are: distances, cosines, and vectors brought to length 1.

import { normalizeAxis } from "../graph/shape.js";
import { type Callable, callable } from "../module/callable.js";
import { formatNumber } from "../module/format.js";
import { Module } from "../module/module.js";
import { checkFunctionOptions } from "../module/options.js";
import type { Tensor } from "../tensor/tensor.js";
import { floatNode } from "./activations/common.js";

export interface NormalizeOptions {
  /** The norm (2). */
  p?: number;
  /** The dim of the vectors (1). */
  dim?: number;
  /** The smallest norm that is divided by (1e-12). */
  eps?: number;
}

/** x / max(|x|_p, eps), with the norm over `dim`. Shape of x.
 *
 *  ```ts
 *  F.normalize(tensor([[3, 4]])) // -> [[0.6, 0.8]]
 *  ``` */
export function normalize(x: Tensor, options: NormalizeOptions = {}): Tensor {
  checkFunctionOptions("normalize", options, ["p", "dim", "eps"]);
  const { p = 2, dim = 1, eps = 1e-12 } = options;
  floatNode(x, "normalize");
  normalizeAxis(dim, x.ndim, "normalize");
  return x.div(x.norm({ p, dim, keepdim: true }).clamp({ min: eps }));
}

export interface CosineSimilarityOptions {
  /** The dim of the vectors (1). */
  dim?: number;
  /** The smallest length that is divided by (1e-8). */
  eps?: number;
}

/** x1 · x2 / (max(|x1|, eps) max(|x2|, eps)) over `dim`, which is gone from the result; the shapes are broadcast.
 *
 *  ```ts
 *  F.cosineSimilarity(tensor([[1, 0]]), tensor([[1, 1]])) // -> [0.7071]
 *  ``` */
export function cosineSimilarity(x1: Tensor, x2: Tensor, options: CosineSimilarityOptions = {}): Tensor {
  checkFunctionOptions("cosineSimilarity", options, ["dim", "eps"]);
  const { dim = 1, eps = 1e-8 } = options;
  floatNode(x1, "cosineSimilarity");
  floatNode(x2, "cosineSimilarity");
  normalizeAxis(dim, Math.max(x1.ndim, x2.ndim), "cosineSimilarity");
  return normalize(x1, { dim, eps }).mul(normalize(x2, { dim, eps })).sum(dim);
}

export interface PairwiseDistanceOptions {
  /** The norm (2). */
  p?: number;
  /** Added to each difference, so that no distance is 0 (1e-6). */
  eps?: number;
  /** Keep the last dim, with extent 1 (false). */
  keepdim?: boolean;
}

/** |x1 - x2 + eps|_p over the last dim, which is gone from the result; the shapes are broadcast.
 *
 *  ```ts
 *  F.pairwiseDistance(tensor([[0, 0]]), tensor([[3, 4]])) // -> [5]
 *  ``` */
export function pairwiseDistance(x1: Tensor, x2: Tensor, options: PairwiseDistanceOptions = {}): Tensor {
  checkFunctionOptions("pairwiseDistance", options, ["p", "eps", "keepdim"]);
  const { p = 2, eps = 1e-6, keepdim = false } = options;
  floatNode(x1, "pairwiseDistance");
  floatNode(x2, "pairwiseDistance");
  return x1.sub(x2).add(eps).norm({ p, dim: -1, keepdim });
}

/** The distances of all pairs of rows i < j of x [N, D], in the order of the upper triangle's rows: [N (N - 1) / 2].
 *
 *  ```ts
 *  F.pdist(tensor([[0, 0], [3, 4], [0, 1]])) // -> [5, 1, 4.2426]
 *  ``` */
export function pdist(x: Tensor, options: { p?: number } = {}): Tensor {
  checkFunctionOptions("pdist", options, ["p"]);
  floatNode(x, "pdist");
  if (x.ndim !== 2) throw new RangeError(`pdist: needs vectors [N, D], got [${x.shape.join(", ")}]`);
  const rows = Array.from({ length: x.shape[0]! }, (_, i) => i);
  const first = rows.flatMap((i) => rows.slice(i + 1).map(() => i));
  const second = rows.flatMap((i) => rows.slice(i + 1));
  const difference = x.indexSelect(0, first).sub(x.indexSelect(0, second));
  return difference.norm({ p: options.p ?? 2, dim: 1 });
}

class CosineSimilarityModule extends Module {
  readonly dim: number;
  readonly eps: number;

  constructor(options: CosineSimilarityOptions = {}) {
    super();
    this.dim = options.dim ?? 1;
    this.eps = options.eps ?? 1e-8;
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, this);
  }

  override extraRepr(): string {
    return `dim=${this.dim}, eps=${formatNumber(this.eps)}`;
  }
}

/** The cosine of the angle between vectors along `dim` (1); see `F.cosineSimilarity`.
 *
 *  ```ts
 *  nn.CosineSimilarity()(tensor([[1, 0]]), tensor([[1, 1]])) // -> [0.7071]
 *  ``` */
export const CosineSimilarity: Callable<typeof CosineSimilarityModule> = callable(
  CosineSimilarityModule,
  "CosineSimilarity",
);
export type CosineSimilarity = CosineSimilarityModule;

class PairwiseDistanceModule extends Module {
  readonly p: number;
  readonly eps: number;
  readonly keepdim: boolean;

  constructor(options: PairwiseDistanceOptions = {}) {
    super();
    this.p = options.p ?? 2;
    this.eps = options.eps ?? 1e-6;
    this.keepdim = options.keepdim ?? false;
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, this);
  }

  override extraRepr(): string {
    return `p=${this.p}, eps=${formatNumber(this.eps)}, keepdim=${this.keepdim}`;
  }
}

/** The distance of vectors along the last dim; see `F.pairwiseDistance`.
 *
 *  ```ts
 *  nn.PairwiseDistance()(tensor([[0, 0]]), tensor([[3, 4]])) // -> [5]
 *  ``` */
export const PairwiseDistance: Callable<typeof PairwiseDistanceModule> = callable(
  PairwiseDistanceModule,
  "PairwiseDistance",
);
export type PairwiseDistance = PairwiseDistanceModule;
