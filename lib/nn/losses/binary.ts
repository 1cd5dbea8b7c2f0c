// Losses of yes-or-no predictions: binary cross-entropy of probabilities and of logits.

import { differentiable } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { checkFunctionOptions } from "../../module/options.js";
import { Tensor } from "../../tensor/tensor.js";
import { number } from "../activations/common.js";
import {
  checkFloats,
  checkShapes,
  checkWeight,
  type InputAndTarget,
  type ReductionOptions,
  reduced,
  softplusNode,
} from "./common.js";
import { type LossClass, lossLayer } from "./layer.js";

export interface BceOptions extends ReductionOptions {
  /** Factors of the losses; a shape that stretches to theirs. */
  weight?: Tensor | null;
}

function weighted(what: string, losses: Tensor, { weight, reduction }: BceOptions): Tensor {
  if (weight == null) return reduced(what, losses, reduction);
  checkWeight(what, "weight", weight, losses.shape);
  return reduced(what, losses.mul(weight), reduction);
}

/** Logarithms are no smaller than this, so that a loss is at most 100. */
const SMALLEST_LOG = -100;
/** The smallest p (1 - p) that a gradient is divided by. */
const SMALLEST_VARIANCE = 1e-12;

/** -(target log(input) + (1 - target) log(1 - input)) of probabilities 0 to 1; logarithms are at least -100. Any shape, the
 *  same for both. Probabilities outside 0 to 1 give NaN. For logits see `F.binaryCrossEntropyWithLogits`.
 *
 *  @example F.binaryCrossEntropy(tensor([0.5, 0.9]), tensor([0, 1])) // 0.3993 */
export function binaryCrossEntropy(input: Tensor, target: Tensor, options: BceOptions = {}): Tensor {
  checkFunctionOptions("binaryCrossEntropy", options, ["weight", "reduction"]);
  const what = "binaryCrossEntropy";
  checkFloats(what, { input, target });
  checkShapes(what, { input, target });
  const p = input.node;
  const t = target.node;
  const least = number(SMALLEST_LOG);
  const logs = () => ({
    yes: ops.maximum(ops.log(p), least),
    no: ops.maximum(ops.log1p(ops.neg(p)), least),
  });
  const losses = differentiable(
    what,
    [p, t],
    () => {
      const { yes, no } = logs();
      return ops.neg(ops.add(ops.mul(t, yes), ops.mul(ops.sub(number(1), t), no)));
    },
    ({ gradient, needs }) => {
      const variance = ops.maximum(ops.mul(p, ops.sub(number(1), p)), number(SMALLEST_VARIANCE));
      const { yes, no } = logs();
      return [
        needs[0] ? ops.mul(gradient, ops.div(ops.sub(p, t), variance)) : undefined,
        needs[1] ? ops.mul(gradient, ops.sub(no, yes)) : undefined,
      ];
    },
  );
  return weighted(what, Tensor.from(losses), options);
}

/** Binary cross-entropy of probabilities 0 to 1: -(target log(input) + (1 - target) log(1 - input)); logarithms are at least
 *  -100. Any shape, the same for both. `BCEWithLogitsLoss` without a sigmoid before it is more accurate.
 *
 *  @example nn.BCELoss()(tensor([0.5, 0.9]), tensor([0, 1])) // 0.3993 */
export const BCELoss: LossClass<InputAndTarget, BceOptions> = lossLayer("BCELoss", binaryCrossEntropy, {
  weight: null,
  reduction: "mean",
});
export type BCELoss = InstanceType<typeof BCELoss>;

export interface BceWithLogitsOptions extends BceOptions {
  /** How much more a yes counts than a no; a shape that stretches to the losses', mostly [classes]. */
  posWeight?: Tensor | null;
}

/** Binary cross-entropy of sigmoid(input), for logits of any size:
 *  -(posWeight target log sigmoid(input) + (1 - target) log(1 - sigmoid(input))). Any shape, the same for both.
 *
 *  @example F.binaryCrossEntropyWithLogits(tensor([0, 2]), tensor([0, 1])) // 0.41 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: BceWithLogitsOptions = {},
): Tensor {
  checkFunctionOptions("binaryCrossEntropyWithLogits", options, ["weight", "posWeight", "reduction"]);
  const what = "binaryCrossEntropyWithLogits";
  const { posWeight } = options;
  checkFloats(what, { input, target });
  checkShapes(what, { input, target });
  if (posWeight != null) checkWeight(what, "posWeight", posWeight, input.shape);
  const x = input.node;
  const t = target.node;
  const positive = posWeight == null ? number(1) : ops.detached(posWeight.node);
  // the factor of log(1 + exp(-x)): posWeight for a yes, 1 for a no
  const factor = (): typeof x =>
    posWeight == null ? number(1) : ops.add(ops.mul(t, ops.sub(positive, number(1))), number(1));
  const losses = differentiable(
    what,
    [x, t],
    () => ops.add(ops.mul(ops.sub(number(1), t), x), ops.mul(factor(), softplusNode(ops.neg(x)))),
    ({ gradient, needs }) => [
      // in this form small derivatives, those of confident correct predictions, keep their digits
      needs[0]
        ? ops.mul(gradient, ops.sub(ops.mul(factor(), ops.sigmoid(x)), ops.mul(positive, t)))
        : undefined,
      needs[1]
        ? ops.mul(gradient, ops.sub(ops.mul(ops.sub(positive, number(1)), softplusNode(ops.neg(x))), x))
        : undefined,
    ],
  );
  return weighted(what, Tensor.from(losses), options);
}

/** Binary cross-entropy of logits of any size; put no sigmoid before it. With `posWeight` a yes counts that much more.
 *
 *  -(posWeight target log sigmoid(input) + (1 - target) log(1 - sigmoid(input))). Any shape, the same for both.
 *
 *  @example nn.BCEWithLogitsLoss()(tensor([0, 2]), tensor([0, 1])) // 0.41 */
export const BCEWithLogitsLoss: LossClass<InputAndTarget, BceWithLogitsOptions> = lossLayer(
  "BCEWithLogitsLoss",
  binaryCrossEntropyWithLogits,
  { weight: null, reduction: "mean", posWeight: null },
);
export type BCEWithLogitsLoss = InstanceType<typeof BCEWithLogitsLoss>;
