// OneCycleLR.

import { type Callable, callable } from "../../module/callable.js";
import { checkNames } from "../../tensor/arguments.js";
import { requireMomentum, setMomentum } from "./momentum.js";
import {
  type AnyOptimizer,
  isCount,
  isRates,
  LRScheduler,
  type PerGroup,
  perGroup,
  requireThat,
  type ScheduledGroup,
  ScheduleEnd,
} from "./scheduler.js";

export interface OneCycleOptions {
  /** Steps in all; or else `epochs` times `stepsPerEpoch`. */
  totalSteps?: number;
  epochs?: number;
  stepsPerEpoch?: number;
  /** Share of the steps on the way up (0.3). */
  pctStart?: number;
  /** "cos" (default) or "linear". */
  annealStrategy?: "cos" | "linear";
  /** Move the momentum the other way (true). */
  cycleMomentum?: boolean;
  /** The lowest momentum, where the rate is highest (0.85). */
  baseMomentum?: PerGroup<number>;
  /** The highest momentum (0.95). */
  maxMomentum?: PerGroup<number>;
  /** The first rate is maxLr / divFactor (25). */
  divFactor?: number;
  /** The last rate is the first one / finalDivFactor (1e4). */
  finalDivFactor?: number;
  /** Down to the first rate as fast as up, and only then to the last one (false). */
  threePhase?: boolean;
}

interface Options {
  readonly totalSteps: number;
  readonly pctStart: number;
  readonly annealStrategy: "cos" | "linear";
  readonly cycleMomentum: boolean;
  readonly threePhase: boolean;
}

type Rates = "initialLr" | "maxLr" | "minLr";
type Momenta = "maxMomentum" | "baseMomentum";

interface Phase {
  /** The step it ends with. */
  readonly end: number;
  readonly lr: readonly [from: Rates, to: Rates];
  readonly momentum: readonly [from: Momenta, to: Momenta];
}

const ANNEAL: {
  readonly [strategy in Options["annealStrategy"]]: (from: number, to: number, share: number) => number;
} = {
  cos: (from, to, share) => to + ((from - to) / 2) * (Math.cos(Math.PI * share) + 1),
  linear: (from, to, share) => (to - from) * share + from,
};

function phases({ totalSteps, pctStart, threePhase }: Options): readonly Phase[] {
  const up: Phase = {
    end: pctStart * totalSteps - 1,
    lr: ["initialLr", "maxLr"],
    momentum: ["maxMomentum", "baseMomentum"],
  };
  const end = totalSteps - 1;
  if (!threePhase) return [up, { end, lr: ["maxLr", "minLr"], momentum: ["baseMomentum", "maxMomentum"] }];
  return [
    up,
    {
      end: 2 * pctStart * totalSteps - 2,
      lr: ["maxLr", "initialLr"],
      momentum: ["baseMomentum", "maxMomentum"],
    },
    { end, lr: ["initialLr", "minLr"], momentum: ["maxMomentum", "maxMomentum"] },
  ];
}

const OPTION_NAMES = [
  "totalSteps",
  "epochs",
  "stepsPerEpoch",
  "pctStart",
  "annealStrategy",
  "cycleMomentum",
  "baseMomentum",
  "maxMomentum",
  "divFactor",
  "finalDivFactor",
  "threePhase",
] as const;

class OneCycleScheduler extends LRScheduler<Options> {
  protected override readonly absolute: boolean = true;

  constructor(optimizer: AnyOptimizer, maxLr: PerGroup<number>, options: OneCycleOptions = {}) {
    const name = "OneCycleLR";
    checkNames(name, options, OPTION_NAMES);
    const { epochs = Number.NaN, stepsPerEpoch = Number.NaN } = options;
    const { totalSteps = epochs * stepsPerEpoch, pctStart = 0.3, annealStrategy = "cos" } = options;
    const { cycleMomentum = true, divFactor = 25, finalDivFactor = 1e4, threePhase = false } = options;
    const wanted = "a whole number > 0 (or give epochs and stepsPerEpoch)";
    requireThat(isRates(maxLr), name, "maxLr", "a number, or one for each group", maxLr);
    requireThat(isCount(totalSteps), name, "totalSteps", wanted, totalSteps);
    requireThat(pctStart >= 0 && pctStart <= 1, name, "pctStart", "in [0, 1]", pctStart);
    requireThat(annealStrategy in ANNEAL, name, "annealStrategy", "cos or linear", annealStrategy);
    super(optimizer, { totalSteps, pctStart, annealStrategy, cycleMomentum, threePhase }, {});
    const highest = perGroup(optimizer, maxLr, `${name}: maxLr`);
    const baseMomentum = perGroup(optimizer, options.baseMomentum ?? 0.85, `${name}: baseMomentum`);
    const maxMomentum = perGroup(optimizer, options.maxMomentum ?? 0.95, `${name}: maxMomentum`);
    if (cycleMomentum) requireMomentum(optimizer, name);
    this.baseLrs = highest.map((rate) => rate / divFactor);
    this.groups.forEach((group, i) => {
      group.initialLr = this.baseLrs[i]!;
      group.maxLr = highest[i]!;
      group.minLr = group.initialLr / finalDivFactor;
      if (cycleMomentum) Object.assign(group, { baseMomentum: baseMomentum[i], maxMomentum: maxMomentum[i] });
    });
    this.begin();
  }
  protected override rate(i: number): number {
    const { totalSteps, annealStrategy, cycleMomentum } = this.options;
    const group = this.groups[i]! as Required<ScheduledGroup>;
    const all = phases(this.options);
    const found = all.findIndex(({ end }) => this.lastEpoch <= end);
    const at = found < 0 ? all.length - 1 : found;
    const { end, lr, momentum } = all[at]!;
    const start = at === 0 ? 0 : all[at - 1]!.end;
    const share = (this.lastEpoch - start) / (end - start);
    const between = (from: number, to: number): number => ANNEAL[annealStrategy](from, to, share);
    if (this.lastEpoch > totalSteps) {
      throw new ScheduleEnd(
        `OneCycleLR: step ${this.lastEpoch + 1} of ${totalSteps}; make it with as many totalSteps as the training has`,
      );
    }
    if (cycleMomentum) setMomentum(this.groups[i]!, between(group[momentum[0]], group[momentum[1]]));
    return between(group[lr[0]], group[lr[1]]);
  }
}

/** Up from maxLr / divFactor to maxLr and down to almost nothing, once; the momentum the other way. Step it after every batch.
 *  Smith 2018, section 4; for that paper's straight lines { annealStrategy: "linear", threePhase: true }.
 *
 *  @example new optim.lrScheduler.OneCycleLR(optimizer, 0.5, { epochs: 10, stepsPerEpoch: loader.length }) */
export const OneCycleLR: Callable<typeof OneCycleScheduler> = callable(OneCycleScheduler, "OneCycleLR");
export type OneCycleLR = OneCycleScheduler;
