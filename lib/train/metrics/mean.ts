// The average of numbers that are computed elsewhere, such as losses; other metrics are made of it.

import { full } from "../../tensor/create.js";
import { insideModule, noGrad } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";

/** Runs `body` without gradients, and without counting what it makes as held by user code: only the totals are computed. */
export function quietly<T>(body: () => T): T {
  return insideModule(() => noGrad(body));
}

/** The average of numbers, each with a weight.
 *
 * ```ts
 * const mean = new gb.train.Mean();
 * mean.update(tensor(1), 3);
 * mean.update(tensor(5));
 * mean.compute() // -> 2
 * ``` */
export class Mean {
  private readonly total = full([], 0);
  private readonly weight = full([], 0);

  /** Adds `value` (0-d), counted `weight` times. */
  update(value: Tensor, weight = 1): void {
    quietly(() => {
      this.total.add_(value.detach().mul(weight));
      this.weight.add_(weight);
    });
  }
  /** The average so far, 0-d; NaN before the first update. Not read. */
  value(): Tensor {
    return this.total.div(this.weight);
  }
  /** The average so far. Waits. */
  compute(): number {
    return this.value().item();
  }
  /** `compute()` without blocking.
   *  @example
   *  const mean = new gb.train.Mean();
   *  mean.update(tensor(2));
   *  [await mean.computeAsync(), mean.value().item()] // -> [ 2, 2 ]
   *  mean.reset();
   *  mean.compute() // NaN */
  async computeAsync(): Promise<number> {
    return this.value().itemAsync();
  }
  /** Forgets what has been added.
   *  @example new gb.train.Mean().reset() */
  reset(): void {
    this.total.zero_();
    this.weight.zero_();
  }
  /** What adds up: the sum of value times weight, and that of the weights, 0-d each. */
  get totals(): { readonly total: Tensor; readonly weight: Tensor } {
    return { total: this.total.detach(), weight: this.weight.detach() };
  }
}
