// Hinge losses over classes, and losses of several right classes at once.

import * as ops from "../../graph/ops/index.js";
import { formatShape, sameShape } from "../../graph/shape.js";
import { checkFunctionOptions } from "../../module/options.js";
import { Tensor } from "../../tensor/tensor.js";
import { nodeOf } from "../../tensor/types.js";
import { binaryCrossEntropyWithLogits } from "./binary.js";
import { type ClassAxis, checkClassWeight, classAxis, classHits } from "./class-index.js";
import { checkFloats, checkShapes, type InputAndTarget, type ReductionOptions, reduced } from "./common.js";
import { type LossClass, lossLayer } from "./layer.js";

/** Where the classes are in scores [N, C] or [C], after a check of scores and targets. */
function checkScores(
  what: string,
  input: Tensor,
  target: Tensor,
  shape: (place: ClassAxis) => readonly number[],
): ClassAxis {
  checkFloats(what, { input });
  const shapes = `input ${formatShape(input.shape)} and target ${formatShape(target.shape)}`;
  if (input.ndim !== 1 && input.ndim !== 2) {
    throw new RangeError(`${what}: ${shapes}: the input must be [N, C] or [C]`);
  }
  const place = classAxis(input);
  if (target.dtype !== "int32") {
    throw new TypeError(
      `${what}: target must be int32 class indices, got ${target.dtype}; convert with .int()`,
    );
  }
  if (sameShape(target.shape, shape(place))) return place;
  throw new RangeError(`${what}: ${shapes}: class indices must have shape ${formatShape(shape(place))}`);
}

const masked = (mask: Tensor, x: Tensor): Tensor =>
  Tensor.from(ops.where(mask.node, x.node, nodeOf(0, "float32")));

export interface MultiMarginOptions extends ReductionOptions {
  /** The power of each hinge: 1 (default) or 2. */
  p?: 1 | 2;
  /** How far ahead the right class must be (1). */
  margin?: number;
  /** A weight for each class, [C]. */
  weight?: Tensor | null;
}

/** Σ_i max(0, margin - input[target] + input[i])^p / C over all classes i but the target. input [N, C] or [C]; target int32
 *  class indices [N] or [].
 *
 *  ```ts
 *  F.multiMarginLoss(tensor([[0, 0.5]]), tensor([0], { dtype: "int32" })) // -> 0.75
 *  ``` */
export function multiMarginLoss(input: Tensor, target: Tensor, options: MultiMarginOptions = {}): Tensor {
  checkFunctionOptions("multiMarginLoss", options, ["p", "margin", "weight", "reduction"]);
  const { p = 1, margin = 1, weight, reduction } = options;
  const what = "multiMarginLoss";
  const place = checkScores(what, input, target, ({ targetShape }) => targetShape);
  if (p !== 1 && p !== 2) throw new RangeError(`${what}: p must be 1 or 2, got ${p}`);
  checkClassWeight(what, weight, place.classes);
  const hit = classHits(what, target, place);
  const right = masked(hit, input).sum(place.axis, { keepdim: true });
  const behind = input.sub(right).add(margin).clamp({ min: 0 }).maskedFill(hit, 0);
  const losses = (p === 1 ? behind : behind.square()).sum(place.axis).div(place.classes);
  if (weight == null) return reduced(what, losses, reduction);
  const weights = masked(hit, weight.reshape(place.along)).sum(place.axis);
  return reduced(what, losses.mul(weights), reduction);
}

/** A hinge loss over classes: Σ_i max(0, margin - input[target] + input[i])^p / C over all classes but the target.
 *  input [N, C] or [C]; target int32 class indices [N] or []. Crammer and Singer 2001.
 *
 *  ```ts
 *  nn.MultiMarginLoss()(tensor([[0, 0.5]]), tensor([0], { dtype: "int32" })) // -> 0.75
 *  ``` */
export const MultiMarginLoss: LossClass<InputAndTarget, MultiMarginOptions> = lossLayer(
  "MultiMarginLoss",
  multiMarginLoss,
  { p: 1, margin: 1, weight: null, reduction: "mean" },
);
export type MultiMarginLoss = InstanceType<typeof MultiMarginLoss>;

/** For several right classes: Σ_j Σ_i max(0, 1 - (input[target_j] - input[i])) / C over the right classes target_j and all
 *  classes i that are not right. input [N, C] or [C]; target int32 of the same shape: right classes first, then -1, after which
 *  nothing counts.
 *
 *  ```ts
 *  F.multilabelMarginLoss(tensor([[0.1, 0.2, 0.4, 0.8]]), tensor([[3, 0, -1, 1]], { dtype: "int32" })) // -> 0.85
 *  ``` */
export function multilabelMarginLoss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  checkFunctionOptions("multilabelMarginLoss", options, ["reduction"]);
  const what = "multilabelMarginLoss";
  const { axis, classes } = checkScores(what, input, target, () => input.shape);
  const listed = target.eq(-1).int().cumsum(axis).eq(0);
  const labels = Tensor.from(ops.where(listed.node, target.node, nodeOf(0, "int32")));
  // [..., which of the right classes, class]
  const wide = {
    axis: axis + 1,
    classes,
    targetShape: target.shape,
    along: [...target.shape.map(() => 1), classes],
  };
  const right = classHits(what, labels, wide).logicalAnd(listed.unsqueeze(-1));
  const scores = input.unsqueeze(axis);
  const own = masked(right, scores).sum(axis + 1, { keepdim: true });
  const wrong = right.any(axis, { keepdim: true }).logicalNot();
  const behind = scores.sub(own).add(1).clamp({ min: 0 });
  const losses = masked(listed.unsqueeze(-1).logicalAnd(wrong), behind)
    .sum([axis, axis + 1])
    .div(classes);
  return reduced(what, losses, options.reduction);
}

/** A hinge loss for several right classes: Σ_j Σ_i max(0, 1 - (input[target_j] - input[i])) / C over the right classes target_j
 *  and all classes i that are not right. input [N, C] or [C]; target int32 of the same shape: right classes first, then -1.
 *
 *  ```ts
 *  nn.MultiLabelMarginLoss()(tensor([[0.1, 0.2, 0.4, 0.8]]), tensor([[3, 0, -1, 1]], { dtype: "int32" })) // -> 0.85
 *  ``` */
export const MultiLabelMarginLoss: LossClass<InputAndTarget, ReductionOptions> = lossLayer(
  "MultiLabelMarginLoss",
  multilabelMarginLoss,
  { reduction: "mean" },
);
export type MultiLabelMarginLoss = InstanceType<typeof MultiLabelMarginLoss>;

export interface MultilabelSoftMarginOptions extends ReductionOptions {
  /** A weight for each class, [C]. */
  weight?: Tensor | null;
}

/** Binary cross-entropy of logits, averaged over the classes, which are the last dim: input and target (0 to 1) [..., C].
 *
 *  ```ts
 *  F.multilabelSoftMarginLoss(tensor([[0, 2]]), tensor([[0, 1]])) // -> 0.41
 *  ``` */
export function multilabelSoftMarginLoss(
  input: Tensor,
  target: Tensor,
  options: MultilabelSoftMarginOptions = {},
): Tensor {
  checkFunctionOptions("multilabelSoftMarginLoss", options, ["weight", "reduction"]);
  const { weight, reduction } = options;
  const what = "multilabelSoftMarginLoss";
  checkFloats(what, { input, target });
  checkShapes(what, { input, target });
  if (input.ndim === 0) throw new RangeError(`${what}: needs classes [..., C], got a single number`);
  checkClassWeight(what, weight, input.shape.at(-1)!);
  const losses = binaryCrossEntropyWithLogits(input, target, { reduction: "none" });
  return reduced(what, (weight == null ? losses : losses.mul(weight)).mean(-1), reduction);
}

/** Binary cross-entropy of logits for several right classes, averaged over the classes: input and target (0 to 1) [N, C].
 *
 *  ```ts
 *  nn.MultiLabelSoftMarginLoss()(tensor([[0, 2]]), tensor([[0, 1]])) // -> 0.41
 *  ``` */
export const MultiLabelSoftMarginLoss: LossClass<InputAndTarget, MultilabelSoftMarginOptions> = lossLayer(
  "MultiLabelSoftMarginLoss",
  multilabelSoftMarginLoss,
  { weight: null, reduction: "mean" },
);
export type MultiLabelSoftMarginLoss = InstanceType<typeof MultiLabelSoftMarginLoss>;
