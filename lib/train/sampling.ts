// Which steps are measured: all of the first ones, in which initialisation shows, then ever fewer, evenly over the logarithm of
// the steps, and so many that watching costs a run a few percent at most.

/** Steps from 0 on at which the layers are measured. */
const DENSE = 100;
/** Steps after that, without layers, whose time tells what measuring the layers costs. */
const COMPARED = 16;
/** The first steps are no measure of what a sample costs: plans are made. */
const WARM_UP = 20;
/** Up to here times are compared again each time the steps have doubled. */
const LAST_LOOK = 1000;

/** Samples of the layers while the step number grows by the factor e, at most and at least. */
const MOST = 50;
const LEAST = 4;
const [SOONEST, LATEST] = [Math.exp(1 / MOST), Math.exp(1 / LEAST)];

/** The part of a run's time, up to the present, that samples may have taken: others than the fewest wait until they can be
 *  afforded. What else watching costs (rows, copies to go back to, looking whether something is due) comes to 1 to 2 %. */
const SHARE = 0.02;

/** A sample among others that are not costs so much more than one of many in a row: nothing of it is in the caches. */
const ALONE = 1.5;

/** Rows of the table of steps while the step number grows by the factor e. */
const ROWS = 15;
const NEXT_ROW = Math.exp(1 / ROWS);
/** A row is due, in any case, when the last one is so long ago: more a screen does not need. */
const ROW_MILLISECONDS = 100;

/** Short steps do not look at the clock each, which takes a microsecond: as often as this, but no more seldom than every so many. */
const LOOK_MILLISECONDS = 4;
const LOOK_STEPS = 16;

/** Once a run has gone on for so long, the accuracy is measured beside samples, too, this often. It makes a plan of its own, and
 *  making that takes as long as thirty steps of a small network; running it takes nearly a step longer than a plain step. */
const ACCURACY_FROM_MILLISECONDS = 10_000;
const ACCURACY_MILLISECONDS = 500;

/** What to measure at a step: a row of the table of steps; with it the accuracy; of the layers a sample, which comes with both. */
export interface Due {
  readonly row: boolean;
  readonly accuracy: boolean;
  readonly layers: boolean;
}

export const NOTHING_DUE: Due = { row: false, accuracy: false, layers: false };

/** Decides step by step. */
export class Schedule {
  private readonly budget = new Budget();
  private started: number | undefined;
  private lastRow = Number.NEGATIVE_INFINITY;
  private nextAccuracy = ACCURACY_FROM_MILLISECONDS;
  /** The steps at which a row is due, and a sample: if it can be afforded, and in any case. */
  private nextRow = 0;
  private soonest = DENSE + COMPARED;
  private latest = DENSE + COMPARED;
  /** The last look at the clock, and the step before which nothing can be due but a row that time asks for. */
  private last: { readonly step: number; readonly time: number } | undefined;
  private nextLook = 0;

  /** Told of the begin of each step; `clock`: the time in milliseconds. */
  at(step: number, clock: () => number): Due {
    if (step < this.nextLook) return NOTHING_DUE;
    const time = clock();
    const due = this.look(step, time);
    this.nextLook = step < LAST_LOOK ? step + 1 : this.stepToLook(step, time);
    this.last = { step, time };
    return due;
  }

  private stepToLook(step: number, time: number): number {
    const { last } = this;
    if (last === undefined) return step + 1;
    const pace = (time - last.time) / (step - last.step);
    const byTime = step + Math.min(LOOK_STEPS, Math.max(1, Math.floor(LOOK_MILLISECONDS / pace)));
    return Math.min(byTime, this.nextRow, step < this.soonest ? this.soonest : this.latest);
  }

  private look(step: number, time: number): Due {
    this.started ??= time;
    const elapsed = time - this.started;
    const layers = this.wantsLayers(step, elapsed);
    if (step <= LAST_LOOK) this.budget.look(step, elapsed, layers);
    const late = time - this.lastRow >= ROW_MILLISECONDS;
    if (!layers && !late && step < this.nextRow) return NOTHING_DUE;
    this.lastRow = time;
    this.nextRow = step * NEXT_ROW;
    const accuracy = layers || (late && elapsed >= this.nextAccuracy);
    if (accuracy) this.nextAccuracy = Math.max(ACCURACY_FROM_MILLISECONDS, elapsed + ACCURACY_MILLISECONDS);
    return { row: true, accuracy, layers };
  }

  private wantsLayers(step: number, elapsed: number): boolean {
    if (step < DENSE) return true;
    if (step < this.soonest || (step < this.latest && !this.budget.affords(elapsed))) return false;
    this.budget.spend();
    this.soonest = step * SOONEST;
    this.latest = step * LATEST;
    return true;
  }
}

/** What samples have cost a run, in milliseconds: in the first steps all that those have taken longer than steps without, the making
 *  of plans included; later as much for each as one of the first ones. */
class Budget {
  private readonly measured: number[] = [];
  private readonly plain: number[] = [];
  private last: { readonly step: number; readonly time: number; readonly layers: boolean } | undefined;
  private denseTime = Number.NaN;
  /** The step at which times are compared next. */
  private next = DENSE + COMPARED;
  private spent = Number.NaN;
  private later = 0;
  private cost = Number.NaN;

  /** Collects the times of steps with and without layers, and compares them now and then: the first ones without are few, and
   *  among them are those for which plans are made. */
  look(step: number, time: number, layers: boolean): void {
    const { last } = this;
    this.last = { step, time, layers };
    if (step === DENSE) this.denseTime = time;
    if (last !== undefined && last.step >= WARM_UP) {
      if (!last.layers) this.plain.push(time - last.time);
      else if (last.step < DENSE) this.measured.push(time - last.time);
    }
    if (step < this.next) return;
    this.next *= 2;
    // the quicker ones: those for which plans and code were made say nothing about those to come
    const plain = quantile(this.plain, 0.25);
    this.cost = ALONE * Math.max(0, quantile(this.measured, 0.5) - plain);
    this.spent = Math.max(0, this.denseTime - DENSE * plain);
  }

  /** Whether the share of so many milliseconds has room for another sample; not, where nothing has been measured. */
  affords(elapsed: number): boolean {
    return this.spent + (this.later + 1) * this.cost <= SHARE * elapsed;
  }

  spend(): void {
    this.later++;
  }
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}
