// Schedules that cut by a factor: StepLR, MultiStepLR, ExponentialLR.

import { type Callable, callable } from "../../module/callable.js";
import { checkNames } from "../../tensor/arguments.js";
import { type AnyOptimizer, isCount, LRScheduler, requireThat } from "./scheduler.js";

export interface GammaOptions {
  /** The factor (0.1). */
  gamma?: number;
}

class StepScheduler extends LRScheduler<{ stepSize: number; gamma: number }> {
  constructor(optimizer: AnyOptimizer, stepSize: number, options: GammaOptions = {}) {
    checkNames("StepLR", options, ["gamma"]);
    requireThat(isCount(stepSize), "StepLR", "stepSize", "a whole number > 0", stepSize);
    super(optimizer, { stepSize, gamma: options.gamma ?? 0.1 }, {});
    this.begin();
  }
  protected override rate(i: number): number {
    const { lr } = this.groups[i]!;
    return this.lastEpoch === 0 || this.lastEpoch % this.options.stepSize !== 0
      ? lr
      : lr * this.options.gamma;
  }
}

/** Every `stepSize` steps, lr <- gamma lr.
 *
 *  @example new optim.lrScheduler.StepLR(optimizer, 10, { gamma: 0.5 }) */
export const StepLR: Callable<typeof StepScheduler> = callable(StepScheduler, "StepLR");
export type StepLR = StepScheduler;

class MultiStepScheduler extends LRScheduler<{ milestones: readonly number[]; gamma: number }> {
  constructor(optimizer: AnyOptimizer, milestones: readonly number[], options: GammaOptions = {}) {
    checkNames("MultiStepLR", options, ["gamma"]);
    super(optimizer, { milestones: [...milestones], gamma: options.gamma ?? 0.1 }, {});
    this.begin();
  }
  protected override rate(i: number): number {
    const times = this.options.milestones.filter((step) => step === this.lastEpoch).length;
    const { lr } = this.groups[i]!;
    return times === 0 || this.lastEpoch === 0 ? lr : lr * this.options.gamma ** times;
  }
}

/** At each of the milestones, lr <- gamma lr.
 *
 *  @example new optim.lrScheduler.MultiStepLR(optimizer, [30, 80], { gamma: 0.1 }) */
export const MultiStepLR: Callable<typeof MultiStepScheduler> = callable(MultiStepScheduler, "MultiStepLR");
export type MultiStepLR = MultiStepScheduler;

class ExponentialScheduler extends LRScheduler<{ gamma: number }> {
  constructor(optimizer: AnyOptimizer, gamma: number) {
    requireThat(gamma >= 0, "ExponentialLR", "gamma", "a number >= 0", gamma);
    super(optimizer, { gamma }, {});
    this.begin();
  }
  protected override rate(i: number): number {
    const { lr } = this.groups[i]!;
    return this.lastEpoch === 0 ? lr : lr * this.options.gamma;
  }
}

/** Every step, lr <- gamma lr.
 *
 *  @example new optim.lrScheduler.ExponentialLR(optimizer, 0.9) */
export const ExponentialLR: Callable<typeof ExponentialScheduler> = callable(
  ExponentialScheduler,
  "ExponentialLR",
);
export type ExponentialLR = ExponentialScheduler;
