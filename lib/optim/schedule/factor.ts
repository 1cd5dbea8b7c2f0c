// Schedules along a simple curve: ConstantLR, LinearLR, PolynomialLR, PowerLR. Each multiplies the rate there is by what the curve
// changes by, so that they can be stepped beside others.

import { type Callable, callable } from "../../module/callable.js";
import { checkNames } from "../../tensor/arguments.js";
import { type AnyOptimizer, isCount, LRScheduler, requireThat } from "./scheduler.js";

const COUNT = "a whole number > 0";

export interface ConstantOptions {
  /** The factor at the start (1/3). */
  factor?: number;
  /** For how many steps (5). */
  totalIters?: number;
}

class ConstantScheduler extends LRScheduler<Required<ConstantOptions>> {
  constructor(optimizer: AnyOptimizer, options: ConstantOptions = {}) {
    checkNames("ConstantLR", options, ["factor", "totalIters"]);
    const { factor = 1 / 3, totalIters = 5 } = options;
    requireThat(factor > 0 && factor <= 1, "ConstantLR", "factor", "in (0, 1]", factor);
    super(optimizer, { factor, totalIters }, {});
    this.begin();
  }
  protected override rate(i: number): number {
    const { factor, totalIters } = this.options;
    const { lr } = this.groups[i]!;
    if (this.lastEpoch === 0) return lr * factor;
    return this.lastEpoch === totalIters ? lr * (1 / factor) : lr;
  }
}

/** lr * factor for `totalIters` steps, then lr.
 *
 *  @example new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.1, totalIters: 3 }) */
export const ConstantLR: Callable<typeof ConstantScheduler> = callable(ConstantScheduler, "ConstantLR");
export type ConstantLR = ConstantScheduler;

export interface LinearOptions {
  /** The factor at the start (1/3). */
  startFactor?: number;
  /** The factor from step `totalIters` on (1). */
  endFactor?: number;
  /** How many steps the way takes (5). */
  totalIters?: number;
}

class LinearScheduler extends LRScheduler<Required<LinearOptions>> {
  constructor(optimizer: AnyOptimizer, options: LinearOptions = {}) {
    checkNames("LinearLR", options, ["startFactor", "endFactor", "totalIters"]);
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = options;
    requireThat(startFactor > 0 && startFactor <= 1, "LinearLR", "startFactor", "in (0, 1]", startFactor);
    requireThat(endFactor >= 0 && endFactor <= 1, "LinearLR", "endFactor", "in [0, 1]", endFactor);
    requireThat(isCount(totalIters), "LinearLR", "totalIters", COUNT, totalIters);
    super(optimizer, { startFactor, endFactor, totalIters }, {});
    this.begin();
  }
  protected override rate(i: number): number {
    const { startFactor, endFactor, totalIters } = this.options;
    const { lr } = this.groups[i]!;
    if (this.lastEpoch === 0) return lr * startFactor;
    if (this.lastEpoch > totalIters) return lr;
    const slope = endFactor - startFactor;
    return lr * (1 + slope / (totalIters * startFactor + (this.lastEpoch - 1) * slope));
  }
}

/** From lr * startFactor to lr * endFactor in `totalIters` equal steps: a warm-up.
 *
 *  @example new optim.lrScheduler.LinearLR(optimizer, { startFactor: 0.1, totalIters: 3 }) */
export const LinearLR: Callable<typeof LinearScheduler> = callable(LinearScheduler, "LinearLR");
export type LinearLR = LinearScheduler;

export interface PolynomialOptions {
  /** After how many steps the rate is 0 (5). */
  totalIters?: number;
  /** The exponent (1). */
  power?: number;
}

class PolynomialScheduler extends LRScheduler<Required<PolynomialOptions>> {
  constructor(optimizer: AnyOptimizer, options: PolynomialOptions = {}) {
    checkNames("PolynomialLR", options, ["totalIters", "power"]);
    const { totalIters = 5, power = 1 } = options;
    requireThat(isCount(totalIters), "PolynomialLR", "totalIters", COUNT, totalIters);
    super(optimizer, { totalIters, power }, {});
    this.begin();
  }
  protected override rate(i: number): number {
    const { totalIters, power } = this.options;
    const { lr } = this.groups[i]!;
    if (this.lastEpoch === 0 || this.lastEpoch > totalIters) return lr;
    return lr * ((1 - this.lastEpoch / totalIters) / (1 - (this.lastEpoch - 1) / totalIters)) ** power;
  }
}

/** lr * (1 - step / totalIters) ** power, down to 0.
 *
 *  @example new optim.lrScheduler.PolynomialLR(optimizer, { totalIters: 50, power: 2 }) */
export const PolynomialLR: Callable<typeof PolynomialScheduler> = callable(
  PolynomialScheduler,
  "PolynomialLR",
);
export type PolynomialLR = PolynomialScheduler;

export interface PowerOptions {
  /** The exponent c (1). */
  power?: number;
}

class PowerScheduler extends LRScheduler<{ decaySteps: number; power: number }> {
  constructor(optimizer: AnyOptimizer, decaySteps: number, options: PowerOptions = {}) {
    checkNames("PowerLR", options, ["power"]);
    requireThat(decaySteps > 0, "PowerLR", "decaySteps", "a number > 0", decaySteps);
    super(optimizer, { decaySteps, power: options.power ?? 1 }, {});
    this.begin();
  }
  protected override rate(i: number): number {
    const { decaySteps, power } = this.options;
    const { lr } = this.groups[i]!;
    if (this.lastEpoch === 0) return lr;
    return lr * ((decaySteps + this.lastEpoch - 1) / (decaySteps + this.lastEpoch)) ** power;
  }
}

/** Power scheduling: lr / (1 + step / decaySteps) ** power. With power 1, after s steps the rate is lr / 2, after 2 s lr / 3, and so
 *  on (inverse time decay).
 *
 *  @example new optim.lrScheduler.PowerLR(optimizer, 20) */
export const PowerLR: Callable<typeof PowerScheduler> = callable(PowerScheduler, "PowerLR");
export type PowerLR = PowerScheduler;
