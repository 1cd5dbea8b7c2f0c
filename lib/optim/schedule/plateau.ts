// ReduceLROnPlateau.

import { type Callable, callable } from "../../module/callable.js";
import { checkNames } from "../../tensor/arguments.js";
import {
  type AnyOptimizer,
  LRScheduler,
  type Metric,
  type PerGroup,
  perGroup,
  requireThat,
  type ScheduledGroup,
} from "./scheduler.js";

export interface PlateauOptions {
  /** Whether the metric should fall or rise: "min" (default) or "max". */
  mode?: "min" | "max";
  /** lr <- factor lr (0.1). */
  factor?: number;
  /** How many steps without improvement are put up with (10). */
  patience?: number;
  /** What counts as an improvement (1e-4), */
  threshold?: number;
  /** as a share of the best value ("rel", default) or as a difference ("abs"). */
  thresholdMode?: "rel" | "abs";
  /** Steps after a cut in which nothing is counted (0). */
  cooldown?: number;
  /** Rates are not cut below this (0). */
  minLr?: PerGroup<number>;
  /** A cut by less than this is left out (1e-8). */
  eps?: number;
}

interface Options extends Required<Omit<PlateauOptions, "minLr">> {
  readonly minLr: readonly number[];
}

interface State {
  readonly best: number;
  readonly numBadEpochs: number;
  readonly cooldownCounter: number;
}

const fresh = (mode: "min" | "max"): State => ({
  best: mode === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
  numBadEpochs: 0,
  cooldownCounter: 0,
});

const OPTION_NAMES = [
  "mode",
  "factor",
  "patience",
  "threshold",
  "thresholdMode",
  "cooldown",
  "minLr",
  "eps",
] as const;

class PlateauScheduler extends LRScheduler<Options, State> {
  constructor(optimizer: AnyOptimizer, options: PlateauOptions = {}) {
    checkNames("ReduceLROnPlateau", options, OPTION_NAMES);
    const { mode = "min", factor = 0.1, patience = 10, threshold = 1e-4, thresholdMode = "rel" } = options;
    const { cooldown = 0, minLr = 0, eps = 1e-8 } = options;
    requireThat(factor < 1, "ReduceLROnPlateau", "factor", "a number < 1", factor);
    requireThat(mode === "min" || mode === "max", "ReduceLROnPlateau", "mode", "min or max", mode);
    const known = thresholdMode === "rel" || thresholdMode === "abs";
    requireThat(known, "ReduceLROnPlateau", "thresholdMode", "rel or abs", thresholdMode);
    const fixed = { mode, factor, patience, threshold, thresholdMode, cooldown, eps };
    super(optimizer, { ...fixed, minLr: [] }, fresh(mode));
    this.options = { ...fixed, minLr: perGroup(optimizer, minLr, "ReduceLROnPlateau: minLr") };
    this.begin();
  }
  override get needsMetric(): boolean {
    return true;
  }
  /** @internal */
  override begin(groups: readonly ScheduledGroup[] = this.groups): void {
    this.state = fresh(this.options.mode);
    super.begin(groups);
  }
  /** After each epoch, with the metric to watch.
   *
   *  @example
   *  const plateau = new optim.lrScheduler.ReduceLROnPlateau(optimizer);
   *  plateau.step(0.35); // the validation loss */
  override step(metric: Metric): void {
    super.step(metric);
  }
  /** @internal */
  override advance(metric?: number): void {
    const cuts = metric !== undefined && this.count(metric);
    if (cuts) this.cut();
    super.advance();
  }
  protected override rate(i: number): number {
    return this.groups[i]!.lr;
  }

  /** Counts a step; true when patience is over. */
  private count(metric: number): boolean {
    const { patience, cooldown } = this.options;
    const { best, numBadEpochs, cooldownCounter } = this.state;
    const better = this.isBetter(metric, best);
    const cooling = cooldownCounter > 0;
    const bad = better || cooling ? 0 : numBadEpochs + 1;
    const over = bad > patience;
    this.state = {
      best: better ? metric : best,
      numBadEpochs: over ? 0 : bad,
      cooldownCounter: over ? cooldown : cooling ? cooldownCounter - 1 : 0,
    };
    return over;
  }
  private isBetter(metric: number, best: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const down = mode === "min";
    if (thresholdMode === "abs") return down ? metric < best - threshold : metric > best + threshold;
    return down ? metric < best * (1 - threshold) : metric > best * (1 + threshold);
  }
  private cut(): void {
    const { factor, eps, minLr } = this.options;
    this.groups.forEach((group, i) => {
      const next = Math.max(group.lr * factor, minLr[i]!);
      if (group.lr - next > eps) group.lr = next;
    });
  }
}

/** Cuts the rate when a metric has stopped to improve for more than `patience` steps. Together with other schedules: `warmup` and
 *  `compose` keep its cuts.
 *
 *  @example
 *  const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer, { mode: "max", patience: 2, factor: 0.1 });
 *  scheduler.step(0.87); // the validation accuracy, after each epoch */
export const ReduceLROnPlateau: Callable<typeof PlateauScheduler> = callable(
  PlateauScheduler,
  "ReduceLROnPlateau",
);
export type ReduceLROnPlateau = PlateauScheduler;
