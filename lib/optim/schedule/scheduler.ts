// What learning-rate schedules have in common: the groups they set, steps, state dicts, a preview.

import { printsAs } from "../../tensor/printing.js";
import { snakeCase } from "../../tensor/python-names.js";
import { Tensor } from "../../tensor/tensor.js";
import { type GroupOptions, Optimizer } from "../optimizer.js";
import { scheduleText } from "../printing.js";

/** What a schedule sees of a parameter group. */
export interface ScheduledGroup {
  lr: number;
  /** The learning rate from before any schedule. */
  initialLr?: number;
  momentum?: number;
  betas?: readonly [number, number];
  maxLr?: number;
  minLr?: number;
  maxMomentum?: number;
  baseMomentum?: number;
}

/** A value for all groups, or one for each. */
export type PerGroup<T> = T | readonly T[];

/** A number, or a tensor with one element, which is read. */
export type Metric = number | Tensor;

export type SchedulerState = Readonly<Record<string, unknown>>;

export type AnyOptimizer = Optimizer<GroupOptions>;

/** Thrown by a step past the end of a schedule that has one. */
export class ScheduleEnd extends RangeError {}

/** PyTorch's names that are not the plain translation of ours. */
const STATE_NAMES: Readonly<Record<string, string>> = {
  tMax: "T_max",
  t0: "T_0",
  tMult: "T_mult",
  tCur: "T_cur",
  tI: "T_i",
  minLr: "min_lrs",
};
const stateName = (name: string): string => STATE_NAMES[name] ?? snakeCase(name);

/** One value for each group. */
export function perGroup<T>(optimizer: AnyOptimizer, value: PerGroup<T>, what: string): readonly T[] {
  const count = optimizer.paramGroups.length;
  if (!Array.isArray(value)) return Array.from({ length: count }, () => value as T);
  if (value.length === count) return value as readonly T[];
  throw new RangeError(`${what}: got ${value.length} values for ${count} parameter groups`);
}

/** What stands where `what` should: most often the options, as keyword arguments are written in Python. */
const described = (got: unknown, scheduler: string, what: string): string =>
  typeof got === "object" && got !== null && !Array.isArray(got)
    ? `options, which come after it: ${scheduler}(optimizer, ${what}, { ... })`
    : String(got);

export function requireThat(
  holds: boolean,
  scheduler: string,
  what: string,
  wanted: string,
  got: unknown,
): void {
  if (!holds)
    throw new RangeError(`${scheduler}: ${what} must be ${wanted}, got ${described(got, scheduler, what)}`);
}

export const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;

/** A number, or one for each group. */
export const isRates = (value: unknown): boolean =>
  typeof value === "number" || (Array.isArray(value) && value.every((one) => typeof one === "number"));

const isFunction = (value: unknown): boolean =>
  typeof value === "function" || (Array.isArray(value) && value.some(isFunction));

const sameKind = (a: unknown, b: unknown): boolean =>
  typeof a === typeof b && Array.isArray(a) === Array.isArray(b);

const schedules = new WeakMap<AnyOptimizer, Set<WeakRef<LRScheduler>>>();

/** The schedules of an optimizer that are still in use, in the order in which they were made: those that are parts of others are
 *  left out. */
export function schedulesOf(optimizer: AnyOptimizer): LRScheduler[] {
  const alive = [...(schedules.get(optimizer) ?? [])].flatMap((reference) => reference.deref() ?? []);
  const parts = new Set(alive.flatMap((schedule) => schedule.parts));
  return alive.filter((schedule) => !parts.has(schedule));
}

/** The base of all schedules. `O`: what it was made with; `S`: what changes from step to step.
 *  @example
 *  const schedule: optim.lrScheduler.LRScheduler = new optim.lrScheduler.StepLR(optimizer, 2);
 *  schedule.preview(3) // -> [ 0.1, 0.1, 0.010000000000000002 ] */
export abstract class LRScheduler<O extends object = object, S extends object = object> {
  readonly optimizer: AnyOptimizer;
  /** Steps taken. */
  lastEpoch = 0;
  protected options: O;
  protected state: S;
  protected baseLrs: number[];
  protected lastLrs: number[] = [];
  /** What is set: the optimizer's groups, or a stand-in of a schedule that composes this one with others. */
  protected groups: readonly ScheduledGroup[];
  /** True for schedules that set a rate whatever it was before. */
  protected readonly absolute: boolean = false;
  private warned = false;
  /** The schedules that it is made of.
   *  @internal */
  readonly parts: readonly LRScheduler[] = [];

  constructor(optimizer: AnyOptimizer, options: O, state: S) {
    if (!(optimizer instanceof Optimizer)) {
      throw new TypeError(`${this.constructor.name}: needs an optimizer first, got ${typeof optimizer}`);
    }
    this.optimizer = optimizer;
    this.options = options;
    this.state = state;
    // groups that are added later are not this schedule's
    this.groups = [...(optimizer.paramGroups as ScheduledGroup[])];
    for (const group of this.groups) group.initialLr ??= group.lr;
    this.baseLrs = this.groups.map(({ initialLr }) => initialLr!);
    this.register();
  }

  private register(): void {
    const { optimizer } = this;
    const list = schedules.get(optimizer) ?? new Set();
    schedules.set(optimizer, list.add(new WeakRef(this as LRScheduler)));
  }

  /** The same schedule for a copy of its optimizer: the groups' rates are the copy's own, and stay.
   *  @internal */
  copyFor(optimizer: AnyOptimizer): this {
    const rates = optimizer.paramGroups.map(({ lr }) => lr);
    const copy = this.shallowCopy(optimizer);
    copy.warned = true;
    copy.begin(copy.groups);
    copy.loadStateDict(structuredClone(this.stateDict()));
    copy.warned = this.warned;
    for (const [i, group] of optimizer.paramGroups.entries()) group.lr = rates[i]!;
    copy.register();
    return copy;
  }

  private shallowCopy(optimizer: AnyOptimizer): this {
    const copy = Object.assign(Object.create(Object.getPrototypeOf(this)) as object, this, {
      optimizer,
      options: { ...this.options },
      state: { ...this.state },
      groups: [...(optimizer.paramGroups as ScheduledGroup[])].slice(0, this.groups.length),
      parts: this.parts.map((part) => part.shallowCopy(optimizer)),
    });
    return copy as this;
  }

  /** The learning rate of group `i` at step `lastEpoch`, from the one before. */
  protected abstract rate(i: number): number;

  /** Starts on `groups` at step 0, with the rates they have.
   *  @internal */
  begin(groups: readonly ScheduledGroup[] = this.groups): void {
    this.groups = groups;
    this.lastEpoch = 0;
    this.apply();
  }

  /** Starts again at step 0, with the rates from before any schedule.
   *  @internal */
  restart(groups: readonly ScheduledGroup[] = this.groups): void {
    groups.forEach((group, i) => {
      group.lr = this.baseLrs[i]!;
    });
    this.begin(groups);
  }

  /** Starts at step 0 where another schedule has been until now (SequentialLR): again from the initial rates, unless a schedule
   *  says otherwise.
   *  @internal */
  takeOver(groups: readonly ScheduledGroup[]): void {
    this.restart(groups);
  }

  /** True where a step needs to be told how good the model is. */
  get needsMetric(): boolean {
    return false;
  }

  /** Goes one step on: after an epoch, or after a batch, as the schedule is meant. Schedules that look at a metric (a plateau, or a
   *  composition with one) need it; the others leave it alone.
   *
   *  @example
   *  optimizer.step();
   *  scheduler.step(); */
  step(metric?: Metric): void {
    if (!this.needsMetric) {
      this.advance();
      return;
    }
    if (metric === undefined) {
      throw new TypeError(
        `${this.constructor.name}.step(): needs the metric to watch, as in step(validationLoss)`,
      );
    }
    this.advance(metric instanceof Tensor ? metric.item() : metric);
  }

  /** One step. Without a metric, as if it had been good.
   *  @internal */
  advance(_metric?: number): void {
    this.lastEpoch++;
    this.apply();
  }

  /** Sets the rates of step `lastEpoch`. */
  protected apply(): void {
    const rates = this.groups.map((_, i) => this.rate(i));
    this.groups.forEach((group, i) => {
      if (this.lastEpoch > 0) this.warnIfLost(group.lr, this.lastLrs[i]!, rates[i]!);
      group.lr = rates[i]!;
    });
    this.lastLrs = rates;
  }

  private warnIfLost(found: number, set: number, next: number): void {
    if (!this.absolute || found === set || this.warned) return;
    this.warned = true;
    const text = (rate: number): number => Number(rate.toPrecision(4));
    console.warn(
      `${this.constructor.name} replaces the learning rate ${text(found)}, which something else has set since its last step, ` +
        `by ${text(next)}. To keep the changes of several schedules, step lrScheduler.compose(first, second) instead of each.`,
    );
  }

  /** The learning rates that the groups have now.
   *  @example scheduler.getLastLr() // -> [ 0.1 ] */
  getLastLr(): number[] {
    return this.groups.map(({ lr }) => lr);
  }

  /** The learning rates of the next `n` steps of the optimizer, the present one first; fewer where the schedule ends before. Nothing
   *  is changed. A plateau counts as one that never cuts.
   *
   *  @example optim.lrScheduler.warmup(optimizer, { steps: 3 }).preview(5) */
  preview(n: number, options: { group?: number } = {}): number[] {
    const { group = 0 } = options;
    const { groups } = this;
    requireThat(group in groups, "preview", "group", `below ${groups.length}`, group);
    const before = groups.map((each) => ({ ...each }));
    const state = this.stateDict();
    const { warned } = this;
    this.warned = true;
    const rates: number[] = [];
    try {
      while (rates.length < n) {
        rates.push(groups[group]!.lr);
        if (rates.length < n) this.advance();
      }
    } catch (error) {
      if (!(error instanceof ScheduleEnd)) throw error;
    } finally {
      this.loadStateDict(state);
      this.warned = warned;
      for (const [i, each] of groups.entries()) Object.assign(each, before[i]);
    }
    return rates;
  }

  /** What it was made with, and where it is. */
  toString(): string {
    return scheduleText(this, this.options);
  }

  /** Everything but functions that is needed to go on from here, under PyTorch's names. The learning rates themselves are in the
   *  optimizer's state.
   *
   *  @example
   *  const saved = scheduler.stateDict();
   *  scheduler.step();
   *  scheduler.loadStateDict(saved);
   *  scheduler.getLastLr() // -> [ 0.1 ] */
  stateDict(): SchedulerState {
    const entries = Object.entries({ ...this.options, ...this.state })
      .filter(([, value]) => value !== undefined && !isFunction(value))
      .map(([name, value]) => [stateName(name), value]);
    return {
      ...Object.fromEntries(entries),
      base_lrs: this.baseLrs,
      last_epoch: this.lastEpoch,
      _step_count: this.lastEpoch + 1,
      _last_lr: this.lastLrs,
    };
  }

  /** Goes on from a state dict; load the optimizer's as well. */
  loadStateDict(dict: SchedulerState): void {
    if (typeof dict.last_epoch !== "number") {
      throw new TypeError(`${this.constructor.name}.loadStateDict: needs what stateDict() gave`);
    }
    const read = <T extends object>(own: T): T =>
      Object.fromEntries(
        Object.entries(own).map(([name, value]) => {
          const given = dict[stateName(name)];
          return [name, sameKind(given, value) ? given : value];
        }),
      ) as T;
    this.options = read(this.options);
    this.state = read(this.state);
    this.lastEpoch = dict.last_epoch;
    this.baseLrs = [...((dict.base_lrs as number[] | undefined) ?? this.baseLrs)];
    this.lastLrs = [...((dict._last_lr as number[] | undefined) ?? this.lastLrs)];
  }
}

printsAs(LRScheduler);
