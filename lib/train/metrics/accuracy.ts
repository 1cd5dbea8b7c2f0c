// How often a classifier is right.

import { formatShape } from "../../graph/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { Mean, quietly } from "./mean.js";
import { Metric } from "./metric.js";

/** A metric that is the average of one number for each example. */
abstract class ExampleMean extends Metric {
  private readonly mean = new Mean();
  protected get totals(): Readonly<Record<string, Tensor>> {
    return this.mean.totals;
  }
  protected value(): Tensor {
    return this.mean.value();
  }

  /** Adds the average over a batch of `count` numbers. */
  protected add(average: () => Tensor, count: number): void {
    this.mean.update(quietly(average), count);
  }
}

function checkLogits(metric: string, logits: Tensor, labels: Tensor): void {
  const fits = logits.ndim >= 2 && labels.ndim === logits.ndim - 1 && labels.shape[0] === logits.shape[0];
  if (fits && labels.dtype !== "float32") return;
  throw new RangeError(
    `${metric}: needs logits [N, C, ...] and class numbers [N, ...] of type int32; got ${formatShape(logits.shape)} and ` +
      `${labels.dtype} ${formatShape(labels.shape)}. For outputs of one logit with targets 0 and 1, use BinaryAccuracy`,
  );
}

/** The share of examples whose largest logit is at the label; from 0 to 1. logits [N, C] or [N, C, ...], labels int32.
 *
 * ```ts
 * const accuracy = new gb.train.Accuracy();
 * accuracy.update(tensor([[2, 1], [0, 3]]), tensor([0, 0], { dtype: "int32" }));
 * accuracy.compute() // -> 0.5
 * ``` */
export class Accuracy extends ExampleMean {
  update(logits: Tensor, labels: Tensor): void {
    checkLogits("Accuracy", logits, labels);
    this.add(() => logits.detach().argmax(1).eq(labels).float().mean(), labels.numel());
  }
}

/** The share of examples with the label among the `k` largest logits. logits [N, C] or [N, C, ...], labels int32. Of equal logits
 *  all count as larger than the label's: a model that says nothing gets no credit.
 *
 * ```ts
 * const top2 = new gb.train.TopKAccuracy(2);
 * top2.update(tensor([[3, 2, 1], [3, 2, 1]]), tensor([1, 2], { dtype: "int32" }));
 * top2.compute() // -> 0.5
 * ``` */
export class TopKAccuracy extends ExampleMean {
  readonly k: number;

  constructor(k: number) {
    super();
    if (!Number.isInteger(k) || k < 1)
      throw new RangeError(`TopKAccuracy: k must be a whole number from 1, got ${k}`);
    this.k = k;
  }

  update(logits: Tensor, labels: Tensor): void {
    checkLogits("TopKAccuracy", logits, labels);
    this.add(() => {
      const own = logits.detach().gather(1, labels.unsqueeze(1));
      // the label's own logit is among those that are not smaller
      const rank = logits.detach().ge(own).float().sum(1);
      return rank.le(this.k).float().mean();
    }, labels.numel());
  }
}

/** The share of examples on the right side of a threshold. Outputs of any shape, logits by default; targets 0 or 1 of as many
 *  elements.
 *
 * ```ts
 * const accuracy = new gb.train.BinaryAccuracy();
 * accuracy.update(tensor([[2], [-1]]), tensor([[1], [1]]));
 * accuracy.compute() // -> 0.5
 * ``` */
export class BinaryAccuracy extends ExampleMean {
  /** Outputs above it count as 1. */
  readonly threshold: number;

  /** `threshold`: 0 for logits (default); 0.5 for probabilities. */
  constructor(options: { threshold?: number } = {}) {
    super();
    this.threshold = options.threshold ?? 0;
  }

  update(output: Tensor, target: Tensor): void {
    if (output.numel() !== target.numel()) {
      throw new RangeError(
        `BinaryAccuracy: needs as many outputs as targets; got ${formatShape(output.shape)} and ${formatShape(target.shape)}`,
      );
    }
    this.add(() => {
      const said = output.detach().flatten().gt(this.threshold);
      return said.float().eq(target.detach().flatten().float()).float().mean();
    }, target.numel());
  }
}
