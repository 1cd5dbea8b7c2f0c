// Metrics that add up on the device: nothing is read until `compute()`.

import { full } from "../tensor/create.js";
import { noGrad } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";

/** The average of numbers, each with a weight. */
export class Mean {
  private readonly total = full([], 0);
  private readonly weight = full([], 0);

  /** Adds `value` (0-d), counted `weight` times. */
  update(value: Tensor, weight = 1): void {
    noGrad(() => {
      this.total.add_(value.detach().mul(weight));
      this.weight.add_(weight);
    });
  }
  /** The average so far; NaN before the first update. Waits. */
  compute(): number {
    return this.total.div(this.weight).item();
  }
  async computeAsync(): Promise<number> {
    return this.total.div(this.weight).itemAsync();
  }
  reset(): void {
    this.total.zero_();
    this.weight.zero_();
  }
}

/** Share of examples whose largest logit is at the label. */
export class Accuracy {
  private readonly mean = new Mean();

  /** logits [N, C], labels [N] int32. */
  update(logits: Tensor, labels: Tensor): void {
    const hits = noGrad(() => logits.detach().argmax(1).eq(labels).float().mean());
    this.mean.update(hits, labels.numel());
  }
  /** From 0 to 1. Waits. */
  compute(): number {
    return this.mean.compute();
  }
  async computeAsync(): Promise<number> {
    return this.mean.computeAsync();
  }
  reset(): void {
    this.mean.reset();
  }
}
