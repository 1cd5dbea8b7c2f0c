// Cross-entropy of logits with class indices or class probabilities.

import { composite, recordComposite } from "../graph/composite.js";
import type { Op } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { formatShape } from "../graph/shape.js";
import { type Callable, callable } from "../module/callable.js";
import { Module } from "../module/module.js";
import { checkNames, tensorNode } from "../tensor/arguments.js";
import { asOne, insideModule } from "../tensor/scope.js";
import { isSoftmax, logSoftmax } from "../tensor/softmax.js";
import { Tensor } from "../tensor/tensor.js";
import { nodeOf } from "../tensor/types.js";
import { warnOnce } from "../tensor/warn.js";
import { type ClassAxis, checkClassWeight, chooseClasses, classAxis } from "./losses/class-index.js";
import { checkReduction, type Reduction } from "./losses/common.js";

export interface CrossEntropyOptions {
  /** A weight for each class, [C]. */
  weight?: Tensor;
  /** Targets with this value do not count. */
  ignoreIndex?: number;
  reduction?: Reduction;
  /** Share of the target spread over all classes, 0 to 1. */
  labelSmoothing?: number;
}

function check(logits: Tensor, target: Tensor): { probabilities: boolean } {
  tensorNode(logits, "crossEntropy", "logits as a tensor");
  tensorNode(target, "crossEntropy", "a target as a tensor");
  if (logits.ndim < 1 || logits.dtype !== "float32") {
    throw new TypeError(
      `crossEntropy: logits must be float32 [N, C], got ${logits.dtype} ${formatShape(logits.shape)}`,
    );
  }
  const expected = logits.ndim === 1 ? [] : [logits.shape[0]!, ...logits.shape.slice(2)];
  const shapes = `logits ${formatShape(logits.shape)} and target ${formatShape(target.shape)}`;
  if (target.dtype === "float32") {
    if (formatShape(target.shape) === formatShape(logits.shape)) return { probabilities: true };
    throw new TypeError(
      `crossEntropy: ${shapes}: a float32 target is taken as class probabilities and must have the shape of the logits; ` +
        "for class indices convert it with .int()",
    );
  }
  if (formatShape(target.shape) !== formatShape(expected)) {
    const oneHot = formatShape(target.shape) === formatShape(logits.shape);
    const remedy = oneHot
      ? "; probabilities, such as one-hot rows, are float32: convert them with .float()"
      : "";
    throw new RangeError(
      `crossEntropy: ${shapes}: class indices must have shape ${formatShape(expected)}${remedy}`,
    );
  }
  return { probabilities: false };
}

const OPTION_NAMES = ["weight", "ignoreIndex", "reduction", "labelSmoothing"] as const;

type LossListener = (logits: Tensor, target: Tensor) => void;
const listeners = new Set<LossListener>();

/** Calls `listener` with logits [N, C] and class indices [N] of every cross-entropy. Gives the way to stop. */
export function onCrossEntropy(listener: LossListener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** -log softmax(logits)[target], averaged over the batch.
 *
 *  logits [N, C], [N, C, d...] or [C]; target class indices [N], [N, d...] or [] (int32), or probabilities shaped as the
 *  logits. "mean" divides by the sum of the targets' weights.
 *
 *  @example F.crossEntropy(tensor([[0, 0], [0, 0]]), tensor([0, 1], { dtype: "int32" })) // 0.6931 */
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkNames("crossEntropy", options, OPTION_NAMES);
  const { weight, reduction = "mean" } = options;
  const { probabilities } = check(logits, target);
  if (isSoftmax(logits.node))
    warnOnce(
      "crossEntropy takes logits and got the result of a softmax: it would be applied twice, and training be slow. " +
        "Leave the softmax out.",
    );
  const place = classAxis(logits);
  checkReduction("crossEntropy", reduction);
  checkClassWeight("crossEntropy", weight, place.classes);
  if (probabilities) return asOne(() => lossOf(logits, target, place, true, options));
  return asOne(() => {
    const labels = target.to("int32");
    if (logits.ndim === 2) for (const listener of listeners) listener(logits, labels);
    const { ignoreIndex = -100, labelSmoothing = 0 } = options;
    const usual = weight === undefined && labelSmoothing === 0 && reduction !== "none";
    if (!usual) return lossOf(logits, labels, place, false, options);
    const loss = recordComposite(USUAL_LOSS, [logits.node, labels.node], { ignoreIndex, reduction });
    return Tensor.from(loss);
  });
}

/** One number for logits and class indices, without weights and smoothing. */
const USUAL_LOSS: Op = composite({
  name: "crossEntropy",
  shape: () => [],
  checks: true,
  expand: ([scores, indices], attributes) =>
    insideModule(() => {
      const logits = Tensor.from(scores!);
      const { ignoreIndex, reduction } = attributes as Required<
        Pick<CrossEntropyOptions, "ignoreIndex" | "reduction">
      >;
      const place = classAxis(logits);
      return lossOf(logits, Tensor.from(indices!), place, false, { ignoreIndex, reduction }).node;
    }),
});

/** `target`: probabilities, or int32 indices. */
function lossOf(
  logits: Tensor,
  target: Tensor,
  place: ClassAxis,
  probabilities: boolean,
  { weight, ignoreIndex = -100, reduction = "mean", labelSmoothing = 0 }: CrossEntropyOptions,
): Tensor {
  const { axis, classes, along } = place;
  const logs = Tensor.from(logSoftmax(logits.node, axis));
  const scaled = weight === undefined ? logs : logs.mul(weight.reshape(along));
  if (probabilities) {
    const smooth =
      labelSmoothing === 0 ? target : target.mul(1 - labelSmoothing).add(labelSmoothing / classes);
    const losses = scaled.mul(smooth).sum(axis).neg();
    if (reduction === "none") return losses;
    return reduction === "sum" ? losses.sum() : losses.sum().div(losses.numel());
  }
  const { hit, mask } = chooseClasses("crossEntropy", target, place, ignoreIndex);
  let losses = Tensor.from(ops.where(hit.node, scaled.node, nodeOf(0, "float32")))
    .sum(axis)
    .neg()
    .mul(mask);
  if (labelSmoothing > 0) {
    const uniform = scaled
      .sum(axis)
      .neg()
      .mul(mask)
      .mul(labelSmoothing / classes);
    losses = losses.mul(1 - labelSmoothing).add(uniform);
  }
  if (reduction === "none") return losses;
  if (reduction === "sum") return losses.sum();
  if (weight === undefined) return losses.sum().div(mask.sum());
  const chosen = hit.float().mul(weight.reshape(along)).sum(axis).mul(mask);
  return losses.sum().div(chosen.sum());
}

class CrossEntropyLossModule extends Module {
  private readonly options: Omit<CrossEntropyOptions, "weight">;
  /** A weight for each class, [C]; a buffer, as in PyTorch. */
  declare weight: Tensor | null;

  constructor(options: CrossEntropyOptions = {}) {
    super();
    checkNames("CrossEntropyLoss", options, OPTION_NAMES);
    const { weight, ...rest } = options;
    this.options = rest;
    this.registerBuffer("weight", weight ?? null);
  }

  forward(logits: Tensor, target: Tensor): Tensor {
    const { options, weight } = this;
    return crossEntropy(logits, target, weight === null ? options : { ...options, weight });
  }
}

/** The usual loss of classifiers; takes logits, so put no softmax before it. See `F.crossEntropy`.
 *
 *  @example const lossFn = nn.CrossEntropyLoss(); lossFn(tensor.randn(3, 10), tensor([1, 0, 4], { dtype: "int32" })) */
export const CrossEntropyLoss: Callable<typeof CrossEntropyLossModule> = callable(
  CrossEntropyLossModule,
  "CrossEntropyLoss",
);
export type CrossEntropyLoss = CrossEntropyLossModule;
