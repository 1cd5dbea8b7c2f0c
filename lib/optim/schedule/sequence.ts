// Schedules of schedules as PyTorch has them: one after the other (SequentialLR), each on what the one before has set
// (ChainedScheduler).

import { type Callable, callable } from "../../module/callable.js";
import {
  type AnyOptimizer,
  LRScheduler,
  requireThat,
  type ScheduledGroup,
  type SchedulerState,
} from "./scheduler.js";

/** What schedules of schedules share: their parts, in the state dict as `_schedulers`. */
export abstract class Composite<O extends object = object> extends LRScheduler<O> {
  override readonly parts: readonly LRScheduler[];

  constructor(
    name: string,
    parts: readonly LRScheduler[],
    options: O,
    optimizer: AnyOptimizer | undefined = parts[0]?.optimizer,
  ) {
    if (optimizer === undefined) throw new RangeError(`${name}: got no schedulers`);
    if (parts.some((part) => part.optimizer !== optimizer)) {
      throw new RangeError(`${name}: all schedulers must belong to the same optimizer`);
    }
    super(optimizer, options, {});
    this.parts = parts;
  }
  override get needsMetric(): boolean {
    return this.parts.some((part) => part.needsMetric);
  }
  protected override rate(i: number): number {
    return this.groups[i]!.lr;
  }
  override stateDict(): SchedulerState {
    return { ...super.stateDict(), _schedulers: this.parts.map((part) => part.stateDict()) };
  }
  override loadStateDict(dict: SchedulerState): void {
    super.loadStateDict(dict);
    const states = dict._schedulers as readonly SchedulerState[];
    this.parts.forEach((part, i) => {
      part.loadStateDict(states[i]!);
    });
  }
}

class SequentialScheduler extends Composite<{ milestones: readonly number[] }> {
  constructor(optimizer: AnyOptimizer, schedulers: readonly LRScheduler[], milestones: readonly number[]) {
    const fits = milestones.length === schedulers.length - 1;
    const wanted = `one fewer than the ${schedulers.length} schedulers`;
    requireThat(fits, "SequentialLR", "milestones", wanted, milestones.length);
    super("SequentialLR", schedulers, { milestones: [...milestones] }, optimizer);
    this.begin();
  }
  /** The number of the schedule that sets the rate of a step. */
  private partAt(step: number): number {
    return this.options.milestones.filter((milestone) => milestone <= step).length;
  }
  override get needsMetric(): boolean {
    const next = this.lastEpoch + 1;
    return !this.options.milestones.includes(next) && this.parts[this.partAt(next)]!.needsMetric;
  }
  /** @internal */
  override begin(groups: readonly ScheduledGroup[] = this.groups): void {
    this.parts[0]!.restart(groups);
    super.begin(groups);
  }
  /** @internal */
  override advance(metric?: number): void {
    const next = this.lastEpoch + 1;
    const part = this.parts[this.partAt(next)]!;
    if (this.options.milestones.includes(next)) part.takeOver(this.groups);
    else part.advance(metric);
    super.advance();
  }
}

/** One schedule after the other: the one at position i from step milestones[i - 1] on. Each starts again from the initial rate.
 *
 *  @example
 *  const { LinearLR, CosineAnnealingLR, SequentialLR } = optim.lrScheduler;
 *  const [warm, cosine] = [new LinearLR(optimizer), new CosineAnnealingLR(optimizer, 20)];
 *  new SequentialLR(optimizer, [warm, cosine], [5]) */
export const SequentialLR: Callable<typeof SequentialScheduler> = callable(
  SequentialScheduler,
  "SequentialLR",
);
export type SequentialLR = SequentialScheduler;

class Chained extends Composite {
  constructor(schedulers: readonly LRScheduler[]) {
    super("ChainedScheduler", schedulers, {});
    super.begin();
  }
  /** @internal */
  override begin(groups: readonly ScheduledGroup[] = this.groups): void {
    this.parts[0]!.restart(groups);
    for (const part of this.parts.slice(1)) part.begin(groups);
    super.begin(groups);
  }
  /** @internal */
  override advance(metric?: number): void {
    for (const part of this.parts) part.advance(metric);
    super.advance();
  }
}

/** Steps all schedules, each of which changes what the one before has set, as in PyTorch. Schedules that set a rate whatever it was
 *  (LambdaLR, the cyclic ones) undo what comes before them; `compose` does not.
 *
 *  @example
 *  const { ConstantLR, ExponentialLR, ChainedScheduler } = optim.lrScheduler;
 *  new ChainedScheduler([new ConstantLR(optimizer), new ExponentialLR(optimizer, 0.9)]) */
export const ChainedScheduler: Callable<typeof Chained> = callable(Chained, "ChainedScheduler");
export type ChainedScheduler = Chained;
