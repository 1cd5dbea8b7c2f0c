// Which steps are measured: all of the first ones, in which initialisation shows, then ever fewer, evenly over the logarithm of
// the steps, and so many that watching costs a run a few percent at most.

/** Steps from 0 on at which the layers are measured. */
const DENSE = 100;
/** Steps after that, without layers, whose time tells what measuring the layers costs. */
const COMPARED = 16;
/** The first steps are no measure: plans are made. */
const WARM_UP = 20;
/** Up to here times are compared again each time the steps have doubled. */
const LAST_LOOK = 1000;

/** Measured steps while the step number grows by the factor e: layers at most and at least, and rows of the table of steps. */
const MOST = 50;
const LEAST = 8;
const ROWS = 20;

/** A run of so many steps pays this share of its time for its layers' statistics. */
const HORIZON = 10_000;
const SHARE = 0.015;

/** A row is due, in any case, when the last one is so long ago. */
const ROW_MILLISECONDS = 75;

/** Once a run has gone on for so long, the accuracy is measured beside samples, too: with rows that are due by time. It makes a
 *  plan of its own, and making that takes as long as thirty steps of a small network. */
const ACCURACY_MILLISECONDS = 5000;

/** What to measure at a step: a row of the table of steps; with it the accuracy; of the layers a sample, which comes with both. */
export interface Due {
  readonly row: boolean;
  readonly accuracy: boolean;
  readonly layers: boolean;
}

/** A sample among others that are not costs so much more than one of many in a row: nothing of it is in the caches. */
const ALONE = 1.5;

/** Samples while the step number grows by the factor e, where one makes its step take `cost` times as long in addition: the
 *  first steps pay DENSE * cost, the others density * ln(HORIZON / DENSE) * cost * ALONE. */
function densityFor(cost: number): number {
  const left = SHARE * HORIZON - DENSE * cost;
  const density = left / (cost * ALONE * Math.log(HORIZON / DENSE));
  return Math.min(MOST, Math.max(LEAST, density));
}

export class Schedule {
  private density = MOST;
  private readonly measured: number[] = [];
  private readonly plain: number[] = [];
  private last: { readonly step: number; readonly time: number; readonly layers: boolean } | undefined;
  private lastRow = Number.NEGATIVE_INFINITY;
  private started: number | undefined;
  /** The step at which times are compared next. */
  private look = DENSE + COMPARED;

  /** Told of the begin of each step, at a time in milliseconds. */
  at(step: number, time: number): Due {
    if (step <= LAST_LOOK) this.compare(step, time);
    const layers = step < DENSE || (step >= DENSE + COMPARED && passes(step, this.density));
    const late = time - this.lastRow >= ROW_MILLISECONDS;
    const row = layers || late || passes(step, ROWS);
    if (row) this.lastRow = time;
    if (step < LAST_LOOK) this.last = { step, time, layers };
    this.started ??= time;
    const accuracy = layers || (late && time - this.started >= ACCURACY_MILLISECONDS);
    return { row, accuracy, layers };
  }

  /** Collects the times of steps with and without layers, and compares them now and then: the first ones without are few, and
   *  among them are those for which plans are made. */
  private compare(step: number, time: number): void {
    const { last } = this;
    if (last !== undefined && last.step >= WARM_UP) {
      if (!last.layers) this.plain.push(time - last.time);
      else if (last.step < DENSE) this.measured.push(time - last.time);
    }
    if (step < this.look) return;
    this.look *= 2;
    // the quicker ones: those for which plans and code were made say nothing about those to come
    const plain = quantile(this.plain, 0.25);
    this.density = densityFor(Math.max(0, quantile(this.measured, 0.5) - plain) / plain || 0);
  }
}

/** Whether the logarithm of the steps passes one of the marks, of which there are `density` in a factor e. */
function passes(step: number, density: number): boolean {
  const mark = (at: number): number => Math.floor(density * Math.log(at));
  return mark(step) !== mark(step - 1);
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}
