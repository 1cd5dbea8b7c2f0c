// What metrics have in common: numbers that add up on the device, batch by batch, and are read when they are asked for.

import { noGrad } from "../../tensor/scope.js";
import type { Tensor } from "../../tensor/tensor.js";

/** A measure of a model's outputs over many batches. `V` is what comes out: a number, or nested arrays. Nothing is read from the
 *  device before `compute()`. A metric of your own keeps its sums in `totals` and says in `value()` what they amount to.
 *
 *  @example
 *  class Positives extends gb.train.Metric {
 *    protected readonly totals = { count: tensor(0) };
 *    update(output: gb.Tensor) {
 *      this.totals.count.add_(output.gt(0).sum().float());
 *    }
 *    protected value() {
 *      return this.totals.count;
 *    }
 *  }
 *  const positives = new Positives();
 *  positives.update(tensor([1, -1, 2]));
 *  const saved = positives.stateDict();
 *  [positives.compute(), await positives.computeAsync()] // -> [ 2, 2 ]
 *  positives.loadStateDict(saved);
 *  positives.reset();
 *  positives.compute() // -> 0 */
export abstract class Metric<V = number> {
  /** Which of two values is the better one: what early stopping goes by. */
  readonly better: "higher" | "lower" = "higher";
  /** What adds up. */
  protected abstract readonly totals: Readonly<Record<string, Tensor>>;

  /** Adds a batch: the model's outputs, and the targets. */
  abstract update(output: Tensor, target: Tensor): void;
  /** The result, from the totals. */
  protected abstract value(): Tensor;

  /** The result for all batches so far. Waits. */
  compute(): V {
    return noGrad(() => this.value()).toArray() as V;
  }
  /** `compute()` without blocking. */
  async computeAsync(): Promise<V> {
    return (await noGrad(() => this.value()).toArrayAsync()) as V;
  }
  /** Forgets all batches. */
  reset(): void {
    for (const total of Object.values(this.totals)) total.zero_();
  }
  /** The totals, to go on from later. They share storage with the metric's own. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(Object.entries(this.totals).map(([name, total]) => [name, total.detach()]));
  }
  /** Goes on from totals that stateDict() has given.
   *  @example
   *  const accuracy = new gb.train.Accuracy();
   *  accuracy.loadStateDict(accuracy.stateDict()); */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    for (const [name, total] of Object.entries(this.totals)) {
      const saved = state[name];
      if (saved === undefined) throw new Error(`loadStateDict: the metric's state has no "${name}"`);
      total.copy_(saved);
    }
  }
}
