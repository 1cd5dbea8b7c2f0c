// Composition that loses nothing: each schedule has a learning rate of its own to change, and the real one is their product.
// (In PyTorch all write into the same number: a LambdaLR for warm-up undoes the cuts of a plateau.)

import { LinearLR } from "./factor.js";
import {
  type AnyOptimizer,
  LRScheduler,
  requireThat,
  type ScheduledGroup,
  type SchedulerState,
} from "./scheduler.js";
import { Composite } from "./sequence.js";

/** A group with a learning rate of its own; everything else is the real group's. */
function standIn(group: ScheduledGroup): ScheduledGroup {
  let lr = group.initialLr!;
  return new Proxy(group, {
    get: (target, key) => (key === "lr" ? lr : Reflect.get(target, key)),
    set: (target, key, value) => {
      if (key !== "lr") return Reflect.set(target, key, value);
      lr = value;
      return true;
    },
  });
}

/** Parts with stand-ins, whose rates are kept in the state dict as `_part_lrs`. */
abstract class Product<O extends object = object> extends Composite<O> {
  protected override readonly absolute: boolean = true;
  private standIns: readonly (readonly ScheduledGroup[])[] = [];

  /** @internal */
  override begin(groups: readonly ScheduledGroup[] = this.groups): void {
    this.standIns = this.parts.map(() => groups.map(standIn));
    this.parts.forEach((part, i) => {
      part.restart(this.standIns[i]);
    });
    super.begin(groups);
  }
  /** The initial rate times what each part has made of it. */
  protected override rate(i: number): number {
    const initial = this.baseLrs[i]!;
    if (initial === 0) return 0;
    return this.standIns.reduce((product, groups) => product * (groups[i]!.lr / initial), initial);
  }
  override stateDict(): SchedulerState {
    return { ...super.stateDict(), _part_lrs: this.standIns.map((groups) => groups.map(({ lr }) => lr)) };
  }
  override loadStateDict(dict: SchedulerState): void {
    super.loadStateDict(dict);
    const rates = dict._part_lrs as readonly (readonly number[])[];
    this.standIns.forEach((groups, i) => {
      groups.forEach((group, j) => {
        group.lr = rates[i]![j]!;
      });
    });
  }
}

class ComposedLR extends Product {
  constructor(parts: readonly LRScheduler[]) {
    super("compose", parts, {});
    this.begin();
  }
  /** @internal */
  override advance(metric?: number): void {
    for (const part of this.parts) part.advance(metric);
    super.advance();
  }
}

/** One schedule out of several that run at the same time: the rate is the initial one times the factor of each. Make the parts, step
 *  only the whole; `step(metric)` where one of them is a plateau. All start again at step 0.
 *
 *  @example
 *  const { LambdaLR, ReduceLROnPlateau, compose } = optim.lrScheduler;
 *  const decay = new LambdaLR(optimizer, (epoch) => 0.95 ** epoch);
 *  const scheduler = compose(decay, new ReduceLROnPlateau(optimizer, { patience: 2 }));
 *  scheduler.step(loss.item()); // the validation loss, after each epoch */
export function compose(...schedulers: readonly LRScheduler[]): LRScheduler {
  return new ComposedLR(schedulers);
}

export interface WarmupOptions {
  /** Steps below the full rate. */
  steps: number;
  /** The first step's share of the rate (0.1). */
  startFactor?: number;
}

class WarmupLR extends Product<Required<WarmupOptions>> {
  constructor(part: LRScheduler, options: Required<WarmupOptions>) {
    super("warmup", [part], options);
    this.begin();
  }
  override get needsMetric(): boolean {
    return this.lastEpoch >= this.options.steps && super.needsMetric;
  }
  /** @internal */
  override advance(metric?: number): void {
    if (this.lastEpoch >= this.options.steps) this.parts[0]!.advance(metric);
    super.advance();
  }
  protected override rate(i: number): number {
    const { steps, startFactor } = this.options;
    const share = Math.min(1, this.lastEpoch / steps);
    return super.rate(i) * (startFactor + (1 - startFactor) * share);
  }
}

/** Warms up: the first `steps` steps take startFactor of the rate, then more in equal parts (10, 40, 70 % for 3 steps), and only
 *  after them a schedule begins, if one is given. The rate is low as soon as this is made, before the first step.
 *
 *  @example
 *  const plateau = new optim.lrScheduler.ReduceLROnPlateau(optimizer, { patience: 2 });
 *  const scheduler = optim.lrScheduler.warmup(plateau, { steps: 3 });
 *  scheduler.step(loss.item()); // the validation loss, after each epoch
 *
 *  @example optim.lrScheduler.warmup(optimizer, { steps: 3, startFactor: 0.1 }).preview(5) */
export function warmup(of: AnyOptimizer | LRScheduler, options: WarmupOptions): LRScheduler {
  const { steps, startFactor = 0.1 } = options;
  requireThat(Number.isInteger(steps) && steps > 0, "warmup", "steps", "a whole number > 0", steps);
  requireThat(startFactor > 0 && startFactor <= 1, "warmup", "startFactor", "in (0, 1]", startFactor);
  return of instanceof LRScheduler
    ? new WarmupLR(of, { steps, startFactor })
    : new LinearLR(of, { startFactor, totalIters: steps });
}
