// Losses of a prediction that is a number: squared and absolute errors, and what lies between them.

import * as ops from "../../graph/ops/index.js";
import { checkFunctionOptions } from "../../module/options.js";
import type { Tensor } from "../../tensor/tensor.js";
import { elementwiseWith, number } from "../activations/common.js";
import { checkFloats, checkShapes, type InputAndTarget, type ReductionOptions, reduced } from "./common.js";
import { type LossClass, lossLayer } from "./layer.js";

function errors(what: string, input: Tensor, target: Tensor): Tensor {
  checkFloats(what, { input, target });
  checkShapes(what, { input, target });
  return input.sub(target);
}

/** (input - target)². Any shape, the same for both: [N, 1] against [N] is an error.
 *
 *  @example F.mseLoss(tensor([1, 4]), tensor([2, 2])) // 2.5 */
export function mseLoss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  checkFunctionOptions("mseLoss", options, ["reduction"]);
  return reduced("mseLoss", errors("mseLoss", input, target).square(), options.reduction);
}

/** The mean squared error: (input - target)². Any shape, the same for both: [N, 1] against [N] is an error.
 *
 *  @example nn.MSELoss()(tensor([1, 4]), tensor([2, 2])) // 2.5 */
export const MSELoss: LossClass<InputAndTarget, ReductionOptions> = lossLayer("MSELoss", mseLoss, {
  reduction: "mean",
});
export type MSELoss = InstanceType<typeof MSELoss>;

/** |input - target|. Any shape, the same for both. The derivative where they are equal is 0.
 *
 *  @example F.l1Loss(tensor([1, 4]), tensor([2, 2])) // 1.5 */
export function l1Loss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  checkFunctionOptions("l1Loss", options, ["reduction"]);
  return reduced("l1Loss", errors("l1Loss", input, target).abs(), options.reduction);
}

/** The mean absolute error: |input - target|. Any shape, the same for both.
 *
 *  @example nn.L1Loss()(tensor([1, 4]), tensor([2, 2])) // 1.5 */
export const L1Loss: LossClass<InputAndTarget, ReductionOptions> = lossLayer("L1Loss", l1Loss, {
  reduction: "mean",
});
export type L1Loss = InstanceType<typeof L1Loss>;

export interface SmoothL1Options extends ReductionOptions {
  /** The error at which the parabola ends (1), at least 0; 0 gives the absolute error. */
  beta?: number;
}

const smoothL1 = elementwiseWith(
  "smoothL1Loss",
  (e, beta, shift, curve) => {
    const size = ops.abs(e);
    return ops.where(ops.lt(size, beta!), ops.mul(ops.mul(e, e), curve!), ops.sub(size, shift!));
  },
  (e, _y, _beta, _shift, _curve, slope) =>
    ops.maximum(ops.minimum(ops.mul(e, slope!), number(1)), number(-1)),
);

/** error² / (2 beta) where |error| < beta, else |error| - beta / 2, with error = input - target. Any shape, the same for both.
 *
 *  @example F.smoothL1Loss(tensor([1, 4]), tensor([2, 2])) // 1 */
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1Options = {}): Tensor {
  checkFunctionOptions("smoothL1Loss", options, ["beta", "reduction"]);
  const { beta = 1, reduction } = options;
  if (!(beta >= 0)) throw new RangeError(`smoothL1Loss: beta must be at least 0, got ${beta}`);
  const error = errors("smoothL1Loss", input, target);
  const losses = beta === 0 ? error.abs() : smoothL1(error, beta, beta / 2, 0.5 / beta, 1 / beta);
  return reduced("smoothL1Loss", losses, reduction);
}

/** The absolute error with a parabola of width `beta` (1) around 0: error² / (2 beta) where |error| < beta, else
 *  |error| - beta / 2. Girshick 2015, equation 3. Any shape, the same for both.
 *
 *  @example nn.SmoothL1Loss({ beta: 0.5 })(tensor([1, 4]), tensor([2, 2])) // 1.25 */
export const SmoothL1Loss: LossClass<InputAndTarget, SmoothL1Options> = lossLayer(
  "SmoothL1Loss",
  smoothL1Loss,
  { reduction: "mean", beta: 1 },
);
export type SmoothL1Loss = InstanceType<typeof SmoothL1Loss>;

export interface HuberOptions extends ReductionOptions {
  /** The error at which the parabola ends (1), greater than 0. */
  delta?: number;
}

const huber = elementwiseWith(
  "huberLoss",
  (e, delta, half) => {
    const size = ops.abs(e);
    const parabola = ops.mul(ops.mul(e, e), number(0.5));
    return ops.where(ops.lt(size, delta!), parabola, ops.mul(ops.sub(size, half!), delta!));
  },
  (e, _y, delta, _half, lowest) => ops.maximum(ops.minimum(e, delta!), lowest!),
);

/** error² / 2 where |error| < delta, else delta (|error| - delta / 2), with error = input - target. Any shape, the same
 *  for both.
 *
 *  @example F.huberLoss(tensor([1, 4]), tensor([2, 2])) // 1 */
export function huberLoss(input: Tensor, target: Tensor, options: HuberOptions = {}): Tensor {
  checkFunctionOptions("huberLoss", options, ["delta", "reduction"]);
  const { delta = 1, reduction } = options;
  if (!(delta > 0)) throw new RangeError(`huberLoss: delta must be greater than 0, got ${delta}`);
  const losses = huber(errors("huberLoss", input, target), delta, delta / 2, -delta);
  return reduced("huberLoss", losses, reduction);
}

/** The squared error, continued by straight lines from |error| = `delta` (1) on: error² / 2 where |error| < delta, else
 *  delta (|error| - delta / 2). Huber 1964. Any shape, the same for both.
 *
 *  @example nn.HuberLoss()(tensor([1, 4]), tensor([2, 2])) // 1 */
export const HuberLoss: LossClass<InputAndTarget, HuberOptions> = lossLayer("HuberLoss", huberLoss, {
  reduction: "mean",
  delta: 1,
});
export type HuberLoss = InstanceType<typeof HuberLoss>;
