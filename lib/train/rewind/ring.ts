// Which moments of a training are kept to go back to: by default few, ever further apart, so that they cost next to nothing.

import type { Moment } from "./moment.js";

export interface SnapshotOptions {
  /** Steps between two copies. Default: at step 0, then ever further apart (10, 18, 32, 57, 100, 178, ...). */
  every?: number;
  /** How many are kept (12). With `every` the newest ones, else those that leave the most even steps. */
  keep?: number;
}

const KEEP = 12;
/** Bytes of one run's copies by default: a model whose single copy has more than a quarter of this has none. */
const RUN_BYTES = 32 * 2 ** 20;
/** Bytes of the copies of all runs: the oldest runs lose theirs first. */
const TOTAL_BYTES = 512 * 2 ** 20;
/** The first copy after that of step 0, and copies in ten times the steps: each takes as long as three steps of a small network. */
const FIRST = 10;
const PER_DECADE = 4;
/** Bringing a copy home takes four to six milliseconds for the chapter's network: not more often than this. */
const HOME_MILLISECONDS = 10_000;

/** The step after `step` before which the default takes a copy. */
function nextByDefault(step: number): number {
  if (step < FIRST) return FIRST;
  const marks = Math.floor(PER_DECADE * Math.log10(step) + 1e-9) + 1;
  return Math.ceil(10 ** (marks / PER_DECADE) - 1e-9);
}

/** All rings that may have copies, oldest first. */
let rings: WeakRef<Ring>[] = [];

/** Takes from the oldest runs what is too much. */
function keepToTotal(newest: Ring): void {
  const alive = rings.flatMap((reference) => reference.deref() ?? []).filter((ring) => ring !== newest);
  let total = [...alive, newest].reduce((sum, ring) => sum + ring.bytes, 0);
  for (const ring of alive) {
    if (total <= TOTAL_BYTES) break;
    total -= ring.bytes;
    ring.clear();
  }
  rings = [...alive.filter((ring) => ring.bytes > 0), newest].map((ring) => new WeakRef(ring));
}

/** The copies of one run. */
export class Ring {
  private moments: Moment[] = [];
  /** Of one copy. */
  private size = 0;
  private readonly every: number | undefined;
  private readonly keep: number;
  private off: boolean;
  private broughtHome = performance.now();
  /** The first step before which another copy may be due. */
  private next = 0;

  /** `false`: no copies. */
  constructor(options: SnapshotOptions | false = {}) {
    const { every, keep = KEEP } = options || {};
    for (const [name, value] of Object.entries({ every: every ?? 1, keep })) {
      if (Number.isInteger(value) && value >= 1) continue;
      throw new RangeError(`watch: snapshots.${name} must be a whole number of at least 1, got ${value}`);
    }
    this.every = every;
    this.keep = keep;
    this.off = options === false;
  }

  /** The steps before which the training can be taken up again. */
  get steps(): number[] {
    return this.moments.map(({ step }) => step);
  }

  get latest(): Moment | undefined {
    return this.moments.at(-1);
  }

  /** The step before which no copy is due. */
  get quietUntil(): number {
    return this.off ? Number.POSITIVE_INFINITY : this.next;
  }

  /** Whether to take a copy before this step. */
  due(step: number): boolean {
    if (step < this.quietUntil) return false;
    return this.every === undefined || step % this.every === 0;
  }

  /** Whether a copy of so many bytes may be taken. */
  affords(bytes: number): boolean {
    this.off ||= this.every === undefined && bytes > RUN_BYTES / 4;
    this.size = bytes;
    return !this.off;
  }

  /** Bytes of all copies, about. */
  get bytes(): number {
    return this.size * this.moments.length;
  }

  /** Brings the last copy home from the device, so that it outlives that: if it is time, or `now`. */
  bringHome(now: boolean): void {
    const { latest } = this;
    if (latest === undefined || !(now || performance.now() - this.broughtHome >= HOME_MILLISECONDS)) return;
    this.broughtHome = performance.now();
    // what a failed step has left is no copy
    if (!latest.bringHome()) this.moments.pop();
  }

  /** Keeps another moment. */
  add(moment: Moment): void {
    this.moments.push(moment);
    this.passed(moment);
    const room =
      this.every === undefined ? Math.min(this.keep, Math.floor(RUN_BYTES / this.size)) : this.keep;
    while (this.moments.length > room) this.moments.splice(this.leastMissed(), 1);
    keepToTotal(this);
  }

  /** Takes over another ring's moments up to a step. */
  adopt({ moments, size }: Ring, step: number): void {
    this.moments = moments.filter((moment) => moment.step <= step);
    this.size = size;
    this.passed(this.latest);
  }

  private passed(moment: Moment | undefined): void {
    const step = moment?.step ?? -1;
    if (this.every !== undefined) this.next = (Math.floor(step / this.every) + 1) * this.every;
    else this.next = step < 0 ? 0 : nextByDefault(step);
  }

  clear(): void {
    this.moments = [];
  }

  /** The last moment at or before a step. */
  at(step: number): Moment | undefined {
    return this.moments.findLast((moment) => moment.step <= step && !moment.lost);
  }

  /** The one to give up: the oldest, or that whose neighbours are closest in proportion; never the first or the last. */
  private leastMissed(): number {
    if (this.every !== undefined || this.moments.length < 3) return 0;
    const gap = (i: number): number => (this.moments[i + 1]!.step + 1) / (this.moments[i - 1]!.step + 1);
    let least = 1;
    for (let i = 2; i < this.moments.length - 1; i++) if (gap(i) < gap(least)) least = i;
    return least;
  }
}
