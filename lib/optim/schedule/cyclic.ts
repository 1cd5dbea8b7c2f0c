// CyclicLR.

import { type Callable, callable } from "../../module/callable.js";
import { checkNames } from "../../tensor/arguments.js";
import { requireMomentum, setMomentum } from "./momentum.js";
import {
  type AnyOptimizer,
  isRates,
  LRScheduler,
  type PerGroup,
  perGroup,
  requireThat,
} from "./scheduler.js";

export interface CyclicOptions {
  /** Steps up (2000). */
  stepSizeUp?: number;
  /** Steps down (as many as up). */
  stepSizeDown?: number;
  /** "triangular": all cycles alike; "triangular2": each half as high as the one before; "exp_range": gamma ** step as high. */
  mode?: "triangular" | "triangular2" | "exp_range";
  /** For "exp_range" (1). */
  gamma?: number;
  /** Height of the cycles as a factor, instead of `mode`. */
  scaleFn?: (x: number) => number;
  /** What scaleFn is given: the cycle's number from 1, or the step ("cycle"). */
  scaleMode?: "cycle" | "iterations";
  /** Move the momentum the other way (true). */
  cycleMomentum?: boolean;
  /** The lowest momentum, where the rate is highest (0.8). */
  baseMomentum?: PerGroup<number>;
  /** The highest momentum (0.9). */
  maxMomentum?: PerGroup<number>;
}

interface Options {
  readonly stepSizeUp: number;
  readonly stepSizeDown: number;
  readonly mode: "triangular" | "triangular2" | "exp_range";
  readonly gamma: number;
  readonly scaleFn: ((x: number) => number) | undefined;
  readonly scaleMode: "cycle" | "iterations";
  readonly cycleMomentum: boolean;
  readonly maxLrs: readonly number[];
  readonly baseMomentums: readonly number[];
  readonly maxMomentums: readonly number[];
}

const HEIGHTS: {
  readonly [mode in Options["mode"]]: (cycle: number, step: number, gamma: number) => number;
} = {
  triangular: () => 1,
  triangular2: (cycle) => 1 / 2 ** (cycle - 1),
  exp_range: (_cycle, step, gamma) => gamma ** step,
};

const OPTION_NAMES = [
  "stepSizeUp",
  "stepSizeDown",
  "mode",
  "gamma",
  "scaleFn",
  "scaleMode",
  "cycleMomentum",
  "baseMomentum",
  "maxMomentum",
] as const;

class CyclicScheduler extends LRScheduler<Options> {
  protected override readonly absolute: boolean = true;

  constructor(
    optimizer: AnyOptimizer,
    baseLr: PerGroup<number>,
    maxLr: PerGroup<number>,
    options: CyclicOptions = {},
  ) {
    checkNames("CyclicLR", options, OPTION_NAMES);
    const { stepSizeUp = 2000, mode = "triangular", gamma = 1, scaleFn } = options;
    const { stepSizeDown = stepSizeUp, scaleMode = "cycle", cycleMomentum = true } = options;
    requireThat(isRates(baseLr), "CyclicLR", "baseLr", "a number, or one for each group", baseLr);
    requireThat(isRates(maxLr), "CyclicLR", "maxLr", "a number, or one for each group", maxLr);
    requireThat(mode in HEIGHTS, "CyclicLR", "mode", Object.keys(HEIGHTS).join(", "), mode);
    requireThat(stepSizeUp > 0, "CyclicLR", "stepSizeUp", "a number > 0", stepSizeUp);
    requireThat(stepSizeDown > 0, "CyclicLR", "stepSizeDown", "a number > 0", stepSizeDown);
    const fixed = { stepSizeUp, stepSizeDown, mode, gamma, scaleFn, scaleMode, cycleMomentum };
    super(optimizer, { ...fixed, maxLrs: [], baseMomentums: [], maxMomentums: [] }, {});
    if (cycleMomentum) requireMomentum(optimizer, "CyclicLR");
    this.options = {
      ...fixed,
      maxLrs: perGroup(optimizer, maxLr, "CyclicLR: maxLr"),
      baseMomentums: perGroup(optimizer, options.baseMomentum ?? 0.8, "CyclicLR: baseMomentum"),
      maxMomentums: perGroup(optimizer, options.maxMomentum ?? 0.9, "CyclicLR: maxMomentum"),
    };
    this.baseLrs = [...perGroup(optimizer, baseLr, "CyclicLR: baseLr")];
    this.begin();
  }
  protected override rate(i: number): number {
    const { stepSizeUp, stepSizeDown, mode, gamma, scaleFn, scaleMode } = this.options;
    const step = this.lastEpoch;
    const total = stepSizeUp + stepSizeDown;
    const turn = stepSizeUp / total;
    const cycle = Math.floor(1 + step / total);
    const x = 1 + step / total - cycle;
    const share = x <= turn ? x / turn : (x - 1) / (turn - 1);
    const scale =
      scaleFn === undefined
        ? HEIGHTS[mode](cycle, step, gamma)
        : scaleFn(scaleMode === "cycle" ? cycle : step);
    if (this.options.cycleMomentum) {
      const [low, high] = [this.options.baseMomentums[i]!, this.options.maxMomentums[i]!];
      setMomentum(this.groups[i]!, high - (high - low) * share * scale);
    }
    const base = this.baseLrs[i]!;
    return base + (this.options.maxLrs[i]! - base) * share * scale;
  }
}

/** Straight up from baseLr to maxLr and down again, cycle after cycle; the momentum the other way. Step it after every batch.
 *  Smith 2017, section 3.
 *
 *  @example new optim.lrScheduler.CyclicLR(optimizer, 0.01, 0.1, { stepSizeUp: 500 }) */
export const CyclicLR: Callable<typeof CyclicScheduler> = callable(CyclicScheduler, "CyclicLR");
export type CyclicLR = CyclicScheduler;
