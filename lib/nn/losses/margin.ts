// Losses that ask for a distance: pairs that are alike or not, rankings, and triplets. Targets are 1 and -1.

import * as ops from "../../graph/ops/index.js";
import { formatShape, sameShape } from "../../graph/shape.js";
import { checkFunctionOptions } from "../../module/options.js";
import type { Tensor } from "../../tensor/tensor.js";
import { elementwise } from "../activations/common.js";
import { pairwiseDistance } from "../distance.js";
import {
  checkFloats,
  checkShapes,
  type InputAndTarget,
  type ReductionOptions,
  reduced,
  softplusNode,
} from "./common.js";
import { type LossClass, lossLayer } from "./layer.js";

/** max(x, 0) with derivative 1 at 0, as the hinges of PyTorch have it. */
const hinge = (x: Tensor): Tensor => x.clamp({ min: 0 });

export interface HingeEmbeddingOptions extends ReductionOptions {
  /** Distance from which unlike pairs cost nothing (1). */
  margin?: number;
}

/** input where the target is 1, max(0, margin - input) where it is -1. Any shape, the same for both.
 *
 *  @example F.hingeEmbeddingLoss(tensor([0.5, 0.25]), tensor([1, -1])) // 0.625 */
export function hingeEmbeddingLoss(
  input: Tensor,
  target: Tensor,
  options: HingeEmbeddingOptions = {},
): Tensor {
  checkFunctionOptions("hingeEmbeddingLoss", options, ["margin", "reduction"]);
  const { margin = 1, reduction } = options;
  checkFloats("hingeEmbeddingLoss", { input });
  checkShapes("hingeEmbeddingLoss", { input, target });
  const unlike = hinge(input.neg().add(margin)).maskedFill(target.eq(1), 0);
  const alike = input.maskedFill(target.eq(-1), 0);
  return reduced("hingeEmbeddingLoss", unlike.add(alike), reduction);
}

/** For distances of pairs that are alike (1) or not (-1): the input where the target is 1, max(0, margin - input) where it
 *  is -1. Any shape, the same for both.
 *
 *  @example nn.HingeEmbeddingLoss()(tensor([0.5, 0.25]), tensor([1, -1])) // 0.625 */
export const HingeEmbeddingLoss: LossClass<InputAndTarget, HingeEmbeddingOptions> = lossLayer(
  "HingeEmbeddingLoss",
  hingeEmbeddingLoss,
  { margin: 1, reduction: "mean" },
);
export type HingeEmbeddingLoss = InstanceType<typeof HingeEmbeddingLoss>;

export interface MarginRankingOptions extends ReductionOptions {
  /** How far the right order must be ahead (0). */
  margin?: number;
}

/** max(0, margin - target (input1 - input2)). Any shape, the same for all three.
 *
 *  @example F.marginRankingLoss(tensor([2, 1]), tensor([1, 4]), tensor([1, 1])) // 1.5 */
export function marginRankingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: MarginRankingOptions = {},
): Tensor {
  checkFunctionOptions("marginRankingLoss", options, ["margin", "reduction"]);
  const { margin = 0, reduction } = options;
  checkFloats("marginRankingLoss", { input1, input2 });
  checkShapes("marginRankingLoss", { input1, input2, target });
  const behind = target.neg().mul(input1.sub(input2)).add(margin);
  return reduced("marginRankingLoss", hinge(behind), reduction);
}

/** For rankings: max(0, margin - target (input1 - input2)); with target 1 the first is to be larger, with -1 the second.
 *  Any shape, the same for all three.
 *
 *  @example nn.MarginRankingLoss()(tensor([2, 1]), tensor([1, 4]), tensor([1, 1])) // 1.5 */
export const MarginRankingLoss: LossClass<
  [input1: Tensor, input2: Tensor, target: Tensor],
  MarginRankingOptions
> = lossLayer("MarginRankingLoss", marginRankingLoss, { margin: 0, reduction: "mean" });
export type MarginRankingLoss = InstanceType<typeof MarginRankingLoss>;

const softMargin = elementwise("softMarginLoss", softplusNode, ops.sigmoid);

/** log(1 + exp(-target input)), for inputs of any size. Any shape, the same for both.
 *
 *  @example F.softMarginLoss(tensor([0, 2]), tensor([1, 1])) // 0.41 */
export function softMarginLoss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  checkFunctionOptions("softMarginLoss", options, ["reduction"]);
  checkFloats("softMarginLoss", { input });
  checkShapes("softMarginLoss", { input, target });
  const losses = softMargin(target.neg().mul(input));
  return reduced("softMarginLoss", losses, options.reduction);
}

/** The logistic loss for targets 1 and -1: log(1 + exp(-target input)). Any shape, the same for both.
 *
 *  @example nn.SoftMarginLoss()(tensor([0, 2]), tensor([1, 1])) // 0.41 */
export const SoftMarginLoss: LossClass<InputAndTarget, ReductionOptions> = lossLayer(
  "SoftMarginLoss",
  softMarginLoss,
  { reduction: "mean" },
);
export type SoftMarginLoss = InstanceType<typeof SoftMarginLoss>;

export interface CosineEmbeddingOptions extends ReductionOptions {
  /** Cosine up to which unlike pairs cost nothing (0), -1 to 1. */
  margin?: number;
}

/** Added to squared lengths, so that a vector of zeros has a cosine. */
const SMALLEST_SQUARE = 1e-12;

/** 1 - cos where the target is 1, max(0, cos - margin) where it is -1; cos is the cosine of the angle of the vectors.
 *  input1 and input2 [N, D] with a target [N], or [D] with [].
 *
 *  @example F.cosineEmbeddingLoss(tensor([[1, 0]]), tensor([[0, 2]]), tensor([1])) // 1 */
export function cosineEmbeddingLoss(
  input1: Tensor,
  input2: Tensor,
  target: Tensor,
  options: CosineEmbeddingOptions = {},
): Tensor {
  checkFunctionOptions("cosineEmbeddingLoss", options, ["margin", "reduction"]);
  const { margin = 0, reduction } = options;
  const what = "cosineEmbeddingLoss";
  checkFloats(what, { input1, input2 });
  checkShapes(what, { input1, input2 });
  if (input1.ndim < 1 || input1.ndim > 2 || !sameShape(target.shape, input1.shape.slice(0, -1))) {
    throw new RangeError(
      `${what}: inputs ${formatShape(input1.shape)} and target ${formatShape(target.shape)}: needs vectors [N, D] with ` +
        "targets [N], or [D] with []",
    );
  }
  const square = (x: Tensor): Tensor => x.square().sum(-1).add(SMALLEST_SQUARE);
  const lengths = square(input1).mul(square(input2)).sqrt();
  const cosine = input1.mul(input2).sum(-1).div(lengths);
  const alike = cosine.neg().add(1).maskedFill(target.ne(1), 0);
  const unlike = hinge(cosine.sub(margin)).maskedFill(target.ne(-1), 0);
  return reduced(what, alike.add(unlike), reduction);
}

/** For pairs of vectors that are alike (1) or not (-1): 1 - cos where the target is 1, max(0, cos - margin) where it is -1.
 *  Called with input1 and input2 [N, D] and a target [N], or [D] and [].
 *
 *  @example nn.CosineEmbeddingLoss()(tensor([[1, 0]]), tensor([[0, 2]]), tensor([1])) // 1 */
export const CosineEmbeddingLoss: LossClass<
  [input1: Tensor, input2: Tensor, target: Tensor],
  CosineEmbeddingOptions
> = lossLayer("CosineEmbeddingLoss", cosineEmbeddingLoss, { margin: 0, reduction: "mean" });
export type CosineEmbeddingLoss = InstanceType<typeof CosineEmbeddingLoss>;

export interface TripletMarginOptions extends ReductionOptions {
  /** How much farther the negative is to be than the positive (1). */
  margin?: number;
  /** The norm of distances (2). */
  p?: number;
  /** Added to each difference, so that no distance is 0 (1e-6). */
  eps?: number;
  /** Take the distance of positive and negative where that is less than the anchor's (false). */
  swap?: boolean;
}

/** max(0, d(anchor, positive) - d(anchor, negative) + margin), with the distance d(a, b) = |a - b + eps|_p over the last dim.
 *  [..., D], the same for all three; the losses are [...].
 *
 *  @example F.tripletMarginLoss(tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 2]])) // 4 */
export function tripletMarginLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginOptions = {},
): Tensor {
  checkFunctionOptions("tripletMarginLoss", options, ["margin", "p", "eps", "swap", "reduction"]);
  const { margin = 1, p = 2, eps = 1e-6, swap = false, reduction } = options;
  checkFloats("tripletMarginLoss", { anchor, positive, negative });
  checkShapes("tripletMarginLoss", { anchor, positive, negative });
  if (anchor.ndim === 0)
    throw new RangeError("tripletMarginLoss: needs vectors [..., D], got single numbers");
  const distance = (a: Tensor, b: Tensor): Tensor => pairwiseDistance(a, b, { p, eps });
  const losses = tripletLosses(anchor, positive, negative, { distance, margin, swap });
  return reduced("tripletMarginLoss", losses, reduction);
}

function tripletLosses(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: { distance: (a: Tensor, b: Tensor) => Tensor; margin: number; swap: boolean },
): Tensor {
  const { distance, margin, swap } = options;
  const far = distance(anchor, negative);
  const apart = swap ? far.minimum(distance(positive, negative)) : far;
  return hinge(distance(anchor, positive).sub(apart).add(margin));
}

/** Asks that an anchor be nearer to the positive than to the negative by a margin:
 *  max(0, d(anchor, positive) - d(anchor, negative) + margin), with d(a, b) = |a - b + eps|_p. Balntas et al. 2016.
 *  Called with three tensors [..., D].
 *
 *  @example nn.TripletMarginLoss()(tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 2]])) // 4 */
export const TripletMarginLoss: LossClass<
  [anchor: Tensor, positive: Tensor, negative: Tensor],
  TripletMarginOptions
> = lossLayer("TripletMarginLoss", tripletMarginLoss, {
  margin: 1,
  p: 2,
  eps: 1e-6,
  swap: false,
  reduction: "mean",
});
export type TripletMarginLoss = InstanceType<typeof TripletMarginLoss>;

export interface TripletMarginWithDistanceOptions extends ReductionOptions {
  /** The distance of two tensors: not negative, one number for each pair (`F.pairwiseDistance`). */
  distanceFunction?: (a: Tensor, b: Tensor) => Tensor;
  /** How much farther the negative is to be than the positive (1). */
  margin?: number;
  /** Take the distance of positive and negative where that is less than the anchor's (false). */
  swap?: boolean;
}

/** max(0, d(anchor, positive) - d(anchor, negative) + margin) with a distance of one's own.
 *
 *  ```ts
 *  const distanceFunction = (a: gb.Tensor, b: gb.Tensor) => F.cosineSimilarity(a, b).neg().add(1);
 *  F.tripletMarginWithDistanceLoss(tensor([[1, 0]]), tensor([[0, 1]]), tensor([[1, 0]]), { distanceFunction }) // -> 2
 *  ``` */
export function tripletMarginWithDistanceLoss(
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options: TripletMarginWithDistanceOptions = {},
): Tensor {
  checkFunctionOptions("tripletMarginWithDistanceLoss", options, [
    "distanceFunction",
    "margin",
    "swap",
    "reduction",
  ]);
  const { distanceFunction: distance = pairwiseDistance, margin = 1, swap = false, reduction } = options;
  const losses = tripletLosses(anchor, positive, negative, { distance, margin, swap });
  return reduced("tripletMarginWithDistanceLoss", losses, reduction);
}

/** `TripletMarginLoss` with a distance of one's own.
 *
 *  ```ts
 *  const distanceFunction = (a: gb.Tensor, b: gb.Tensor) => a.sub(b).abs().amax(-1);
 *  nn.TripletMarginWithDistanceLoss({ distanceFunction })(tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 2]])) // -> 3
 *  ``` */
export const TripletMarginWithDistanceLoss: LossClass<
  [anchor: Tensor, positive: Tensor, negative: Tensor],
  TripletMarginWithDistanceOptions
> = lossLayer("TripletMarginWithDistanceLoss", tripletMarginWithDistanceLoss, {
  distanceFunction: pairwiseDistance,
  margin: 1,
  swap: false,
  reduction: "mean",
});
export type TripletMarginWithDistanceLoss = InstanceType<typeof TripletMarginWithDistanceLoss>;
