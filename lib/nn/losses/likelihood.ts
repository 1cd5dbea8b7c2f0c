// Losses of predicted distributions: negative log-likelihoods (classes, counts, normal numbers) and relative entropy.

import * as ops from "../../graph/ops/index.js";
import { formatShape, sameShape } from "../../graph/shape.js";
import { checkFunctionOptions } from "../../module/options.js";
import { Tensor } from "../../tensor/tensor.js";
import { nodeOf } from "../../tensor/types.js";
import { checkClassWeight, chooseClasses, classAxis } from "./class-index.js";
import {
  checkFloats,
  checkReduction,
  checkShapes,
  type InputAndTarget,
  type Reduction,
  type ReductionOptions,
  reduced,
} from "./common.js";
import { type LossClass, lossLayer } from "./layer.js";

export interface NllOptions extends ReductionOptions {
  /** A weight for each class, [C]. */
  weight?: Tensor | null;
  /** Targets with this value do not count (-100). */
  ignoreIndex?: number;
}

/** -input[target] of log-probabilities, as `F.logSoftmax` gives them.
 *
 *  input [N, C], [N, C, d...] or [C]; target int32 class indices [N], [N, d...] or []. "mean" divides by the sum of the
 *  targets' weights. A target that is no class is an error when the loss is computed.
 *
 *  @example F.nllLoss(tensor([[-0.1, -2.4]]), tensor([0], { dtype: "int32" })) // 0.1 */
export function nllLoss(input: Tensor, target: Tensor, options: NllOptions = {}): Tensor {
  checkFunctionOptions("nllLoss", options, ["weight", "ignoreIndex", "reduction"]);
  const { weight, ignoreIndex = -100, reduction = "mean" } = options;
  checkFloats("nllLoss", { input });
  checkReduction("nllLoss", reduction);
  const shapes = `input ${formatShape(input.shape)} and target ${formatShape(target.shape)}`;
  if (input.ndim < 1) throw new RangeError(`nllLoss: ${shapes}: the input must be [N, C] or [C]`);
  const place = classAxis(input);
  if (target.dtype !== "int32") {
    throw new TypeError(
      `nllLoss: target must be int32 class indices, got ${target.dtype}; convert with .int()`,
    );
  }
  if (!sameShape(target.shape, place.targetShape)) {
    const expected = formatShape(place.targetShape);
    throw new RangeError(`nllLoss: ${shapes}: class indices must have shape ${expected}`);
  }
  checkClassWeight("nllLoss", weight, place.classes);
  const { hit, mask } = chooseClasses("nllLoss", target, place, ignoreIndex);
  const { axis, along } = place;
  const factors = weight?.reshape(along);
  const scaled = factors === undefined ? input : input.mul(factors);
  const losses = Tensor.from(ops.where(hit.node, scaled.node, nodeOf(0, "float32")))
    .sum(axis)
    .neg();
  const counted = Tensor.from(ops.where(mask.node, losses.node, nodeOf(0, "float32")));
  if (reduction !== "mean") return reduced("nllLoss", counted, reduction);
  const weights = factors === undefined ? mask : hit.float().mul(factors).sum(axis).mul(mask);
  return counted.sum().div(weights.sum());
}

/** The negative log-likelihood of log-probabilities: -input[target]. Put `nn.LogSoftmax` before it, or use
 *  `CrossEntropyLoss`, which takes logits.
 *
 *  input [N, C], [N, C, d...] or [C]; target int32 class indices [N], [N, d...] or [].
 *
 *  @example nn.NLLLoss()(tensor([[-0.1, -2.4]]), tensor([0], { dtype: "int32" })) // 0.1 */
export const NLLLoss: LossClass<InputAndTarget, NllOptions> = lossLayer("NLLLoss", nllLoss, {
  weight: null,
  ignoreIndex: -100,
  reduction: "mean",
});
export type NLLLoss = InstanceType<typeof NLLLoss>;

export interface KlDivOptions {
  /** "mean" (default) divides by the number of elements; "batchmean" by N alone, which is the divergence as it is defined. */
  reduction?: Reduction | "batchmean";
  /** The target is given as its logarithm, too (false). */
  logTarget?: boolean;
}

/** target (log target - input) with log-probabilities as input; 0 where the target is 0. Any shape, the same for both.
 *
 *  @example F.klDiv(tensor([[-1, -0.5]]), tensor([[0.5, 0.5]]), { reduction: "batchmean" }) // 0.0569 */
export function klDiv(input: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
  checkFunctionOptions("klDiv", options, ["reduction", "logTarget"]);
  const { reduction = "mean", logTarget = false } = options;
  checkFloats("klDiv", { input, target });
  checkShapes("klDiv", { input, target });
  checkReduction("klDiv", reduction, ["batchmean", "mean", "sum", "none"]);
  const losses = logTarget ? target.exp().mul(target.sub(input)) : entropy(target).sub(target.mul(input));
  if (reduction !== "batchmean") return reduced("klDiv", losses, reduction);
  if (losses.ndim === 0)
    throw new RangeError('klDiv: "batchmean" needs a batch [N, ...], got a single number');
  return losses.sum().div(losses.shape[0]!);
}

/** p log p, and 0 at 0. */
function entropy(p: Tensor): Tensor {
  const zero = p.eq(0);
  return p.mul(p.maskedFill(zero, 1).log()).maskedFill(zero, 0);
}

/** The Kullback-Leibler divergence of the target's distribution from the predicted one: target (log target - input).
 *
 *  input: log-probabilities; target: probabilities, or with `logTarget` their logarithms; any shape, the same for both. The
 *  default reduction "mean" divides by the number of elements, as in PyTorch; "batchmean" gives the divergence.
 *
 *  @example nn.KLDivLoss({ reduction: "batchmean" })(tensor([[-1, -0.5]]), tensor([[0.5, 0.5]])) // 0.0569 */
export const KLDivLoss: LossClass<InputAndTarget, KlDivOptions> = lossLayer("KLDivLoss", klDiv, {
  reduction: "mean",
  logTarget: false,
});
export type KLDivLoss = InstanceType<typeof KLDivLoss>;

export interface PoissonNllOptions extends ReductionOptions {
  /** The input is the logarithm of the rate (true). */
  logInput?: boolean;
  /** Add Stirling's approximation of log(target!) for targets over 1 (false). */
  full?: boolean;
  /** Added to a rate before its logarithm is taken (1e-8). */
  eps?: number;
}

/** rate - target log(rate), where the input is log(rate), or the rate with `logInput: false`. Any shape, the same for both.
 *
 *  @example F.poissonNllLoss(tensor([0, 1]), tensor([1, 2])) // 0.8591 */
export function poissonNllLoss(input: Tensor, target: Tensor, options: PoissonNllOptions = {}): Tensor {
  checkFunctionOptions("poissonNllLoss", options, ["logInput", "full", "eps", "reduction"]);
  const { logInput = true, full = false, eps = 1e-8, reduction } = options;
  checkFloats("poissonNllLoss", { input, target });
  checkShapes("poissonNllLoss", { input, target });
  const losses = logInput ? input.exp().sub(target.mul(input)) : input.sub(target.mul(input.add(eps).log()));
  return reduced("poissonNllLoss", full ? losses.add(stirling(target)) : losses, reduction);
}

/** n log n - n + log(2 pi n) / 2, about log(n!), and 0 where n is at most 1. */
function stirling(n: Tensor): Tensor {
  const small = n.le(1);
  const safe = n.maskedFill(small, 1);
  const value = safe
    .mul(safe.log())
    .sub(safe)
    .add(
      safe
        .mul(2 * Math.PI)
        .log()
        .mul(0.5),
    );
  return value.maskedFill(small, 0);
}

/** The negative log-likelihood of counts from a Poisson distribution: rate - target log(rate). The input is log(rate), or
 *  the rate with `logInput: false`. Any shape, the same for both.
 *
 *  @example nn.PoissonNLLLoss()(tensor([0, 1]), tensor([1, 2])) // 0.8591 */
export const PoissonNLLLoss: LossClass<InputAndTarget, PoissonNllOptions> = lossLayer(
  "PoissonNLLLoss",
  poissonNllLoss,
  { logInput: true, full: false, eps: 1e-8, reduction: "mean" },
);
export type PoissonNLLLoss = InstanceType<typeof PoissonNLLLoss>;

export interface GaussianNllOptions extends ReductionOptions {
  /** Add the constant log(2 pi) / 2 (false). */
  full?: boolean;
  /** The smallest variance that is used (1e-6); the gradient passes as if there were no limit. */
  eps?: number;
}

/** (log(variance) + (input - target)² / variance) / 2, with the variance at least `eps`.
 *
 *  input and target of any shape [..., d], the same for both; variance the same, or [..., 1] or [...] for one of all d.
 *
 *  @example F.gaussianNllLoss(tensor([1, 2]), tensor([0, 2]), tensor([1, 1])) // 0.25 */
export function gaussianNllLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianNllOptions = {},
): Tensor {
  checkFunctionOptions("gaussianNllLoss", options, ["full", "eps", "reduction"]);
  const { full = false, eps = 1e-6, reduction } = options;
  checkFloats("gaussianNllLoss", { input, target, variance });
  checkShapes("gaussianNllLoss", { input, target });
  if (!(eps > 0)) throw new RangeError(`gaussianNllLoss: eps must be greater than 0, got ${eps}`);
  const given = alignedVariance(input, variance);
  const detached = given.detach();
  const limited = given.add(detached.clamp({ min: eps }).sub(detached));
  const losses = limited.log().add(input.sub(target).square().div(limited)).mul(0.5);
  return reduced("gaussianNllLoss", full ? losses.add(Math.log(2 * Math.PI) / 2) : losses, reduction);
}

function alignedVariance(input: Tensor, variance: Tensor): Tensor {
  const lead = input.shape.slice(0, -1);
  if (sameShape(variance.shape, input.shape)) return variance;
  if (input.ndim > 0 && sameShape(variance.shape, lead)) return variance.unsqueeze(-1);
  if (input.ndim > 0 && sameShape(variance.shape, [...lead, 1])) return variance;
  throw new RangeError(
    `gaussianNllLoss: variance ${formatShape(variance.shape)} does not go with input ${formatShape(input.shape)}; it must ` +
      `be ${formatShape(input.shape)}, or ${formatShape([...lead, 1])} or ${formatShape(lead)} for one of all`,
  );
}

/** The negative log-likelihood of normal numbers with predicted mean and variance:
 *  (log(variance) + (input - target)² / variance) / 2, with the variance at least `eps`. Nix and Weigend 1994.
 *
 *  Called with input and target [..., d] and variance [..., d], or [..., 1] or [...] for one of all d.
 *
 *  @example nn.GaussianNLLLoss()(tensor([1, 2]), tensor([0, 2]), tensor([1, 1])) // 0.25 */
export const GaussianNLLLoss: LossClass<
  [input: Tensor, target: Tensor, variance: Tensor],
  GaussianNllOptions
> = lossLayer("GaussianNLLLoss", gaussianNllLoss, { full: false, eps: 1e-6, reduction: "mean" });
export type GaussianNLLLoss = InstanceType<typeof GaussianNLLLoss>;
