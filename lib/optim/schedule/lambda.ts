// Schedules by functions of the step: LambdaLR, MultiplicativeLR.

import { type Callable, callable } from "../../module/callable.js";
import { refuse } from "../../tensor/arguments.js";
import { type AnyOptimizer, LRScheduler, type PerGroup, perGroup, type ScheduledGroup } from "./scheduler.js";

/** A factor for a step, counted from 0. */
export type RateFunction = (epoch: number) => number;

interface Options {
  readonly lrLambdas: readonly RateFunction[];
}

/** One function for each group of the optimizer. */
function functions(optimizer: AnyOptimizer, given: PerGroup<RateFunction>, called: string): RateFunction[] {
  const each = [...perGroup(optimizer, given, called)];
  for (const one of each) {
    if (typeof one !== "function")
      refuse(one, called, "functions of the step, such as (epoch) => 0.95 ** epoch");
  }
  return each;
}

class LambdaScheduler extends LRScheduler<Options> {
  protected override readonly absolute: boolean = true;

  constructor(optimizer: AnyOptimizer, lrLambda: PerGroup<RateFunction>) {
    super(optimizer, { lrLambdas: [] }, {});
    this.options = { lrLambdas: functions(optimizer, lrLambda, "LambdaLR") };
    this.begin();
  }
  protected override rate(i: number): number {
    return this.baseLrs[i]! * this.options.lrLambdas[i]!(this.lastEpoch);
  }
}

/** lr = initial lr * lrLambda(step). It sets the rate whatever it was before: stepped beside a plateau it would undo its cuts (and
 *  warns); `compose` keeps both.
 *
 *  @example new optim.lrScheduler.LambdaLR(optimizer, (epoch) => 0.95 ** epoch) */
export const LambdaLR: Callable<typeof LambdaScheduler> = callable(LambdaScheduler, "LambdaLR");
export type LambdaLR = LambdaScheduler;

class MultiplicativeScheduler extends LRScheduler<Options> {
  constructor(optimizer: AnyOptimizer, lrLambda: PerGroup<RateFunction>) {
    super(optimizer, { lrLambdas: [] }, {});
    this.options = { lrLambdas: functions(optimizer, lrLambda, "MultiplicativeLR") };
    this.begin();
  }
  /** Goes on from the rates there are, and multiplies them at once: as PyTorch since 2.9.
   *  @internal */
  override takeOver(groups: readonly ScheduledGroup[]): void {
    this.begin(groups);
    this.lastLrs = groups.map((group, i) => {
      group.lr *= this.options.lrLambdas[i]!(0);
      return group.lr;
    });
  }
  protected override rate(i: number): number {
    const { lr } = this.groups[i]!;
    return this.lastEpoch === 0 ? lr : lr * this.options.lrLambdas[i]!(this.lastEpoch);
  }
}

/** lr <- lr * lrLambda(step), from step 1 on.
 *
 *  @example new optim.lrScheduler.MultiplicativeLR(optimizer, () => 0.95) */
export const MultiplicativeLR: Callable<typeof MultiplicativeScheduler> = callable(
  MultiplicativeScheduler,
  "MultiplicativeLR",
);
export type MultiplicativeLR = MultiplicativeScheduler;
