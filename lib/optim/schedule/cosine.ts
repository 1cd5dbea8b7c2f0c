// Schedules along a cosine: CosineAnnealingLR, CosineAnnealingWarmRestarts.

import { type Callable, callable } from "../../module/callable.js";
import { checkNames } from "../../tensor/arguments.js";
import { type AnyOptimizer, isCount, LRScheduler, requireThat, type ScheduledGroup } from "./scheduler.js";

const COUNT = "a whole number > 0";

export interface CosineOptions {
  /** The lowest rate (0). */
  etaMin?: number;
}

class CosineScheduler extends LRScheduler<{ tMax: number; etaMin: number }> {
  constructor(optimizer: AnyOptimizer, tMax: number, options: CosineOptions = {}) {
    checkNames("CosineAnnealingLR", options, ["etaMin"]);
    requireThat(isCount(tMax), "CosineAnnealingLR", "tMax", COUNT, tMax);
    super(optimizer, { tMax, etaMin: options.etaMin ?? 0 }, {});
    this.begin();
  }
  protected override rate(i: number): number {
    const { tMax, etaMin } = this.options;
    const { lr } = this.groups[i]!;
    const step = this.lastEpoch;
    if (step === 0) return lr;
    const height = (at: number): number => 1 + Math.cos((Math.PI * at) / tMax);
    // out of the valley the ratio below would be 0 / 0
    if ((step - 1 - tMax) % (2 * tMax) === 0) {
      return lr + ((this.baseLrs[i]! - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2;
    }
    return (height(step) / height(step - 1)) * (lr - etaMin) + etaMin;
  }
}

/** From lr down to etaMin along half a cosine of `tMax` steps, and up again:
 *  etaMin + (lr - etaMin) (1 + cos(π step / tMax)) / 2. Loshchilov and Hutter 2017, equation 5, without restarts.
 *
 *  @example new optim.lrScheduler.CosineAnnealingLR(optimizer, 20, { etaMin: 0.001 }) */
export const CosineAnnealingLR: Callable<typeof CosineScheduler> = callable(
  CosineScheduler,
  "CosineAnnealingLR",
);
export type CosineAnnealingLR = CosineScheduler;

export interface RestartOptions extends CosineOptions {
  /** Each cycle is this many times as long as the one before (1). */
  tMult?: number;
}

class RestartScheduler extends LRScheduler<
  { t0: number; tMult: number; etaMin: number },
  { tCur: number; tI: number }
> {
  protected override readonly absolute: boolean = true;

  constructor(optimizer: AnyOptimizer, t0: number, options: RestartOptions = {}) {
    checkNames("CosineAnnealingWarmRestarts", options, ["tMult", "etaMin"]);
    const { tMult = 1, etaMin = 0 } = options;
    requireThat(isCount(t0), "CosineAnnealingWarmRestarts", "t0", COUNT, t0);
    requireThat(isCount(tMult), "CosineAnnealingWarmRestarts", "tMult", COUNT, tMult);
    super(optimizer, { t0, tMult, etaMin }, { tCur: 0, tI: t0 });
    this.begin();
  }
  /** @internal */
  override begin(groups: readonly ScheduledGroup[] = this.groups): void {
    this.state = { tCur: 0, tI: this.options.t0 };
    super.begin(groups);
  }
  /** @internal */
  override advance(): void {
    const { tCur, tI } = this.state;
    this.state = tCur + 1 < tI ? { tCur: tCur + 1, tI } : { tCur: 0, tI: tI * this.options.tMult };
    super.advance();
  }
  protected override rate(i: number): number {
    const { etaMin } = this.options;
    const { tCur, tI } = this.state;
    return etaMin + ((this.baseLrs[i]! - etaMin) * (1 + Math.cos((Math.PI * tCur) / tI))) / 2;
  }
}

/** Down along half a cosine in `t0` steps, then at once up to lr and down again, each cycle `tMult` times as long.
 *  Loshchilov and Hutter 2017, equation 5.
 *
 *  @example new optim.lrScheduler.CosineAnnealingWarmRestarts(optimizer, 10, { tMult: 2 }) */
export const CosineAnnealingWarmRestarts: Callable<typeof RestartScheduler> = callable(
  RestartScheduler,
  "CosineAnnealingWarmRestarts",
);
export type CosineAnnealingWarmRestarts = RestartScheduler;
