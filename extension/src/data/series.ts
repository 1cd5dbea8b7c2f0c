// Arithmetic on series of numbers before they are drawn: smoothing, decimation, windows, quantiles. NaN: not measured.

/** A line's points; `x` is non-decreasing. */
export interface Line {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** What is kept of the average so far, at least, when another value comes in, however far away: few values are measured of a quick run,
 *  and one alone says more about its batch than about the training. Three in a row then halve the noise of one. */
const LEAST_KEPT = 2 / 3;

/**
 * Exponential moving average of `y` over a time constant of `window` units of `x`, or over three values where they are further
 * apart; corrected for its start as in Adam (Kingma & Ba 2015, section 3). Gaps stay gaps.
 */
export function smooth(x: ArrayLike<number>, y: ArrayLike<number>, window: number): Float64Array {
  const result = new Float64Array(y.length).fill(Number.NaN);
  let mean = 0;
  let weight = 0;
  let previous = Number.NaN;
  for (let i = 0; i < y.length; i++) {
    const value = y[i]!;
    if (!Number.isFinite(value)) continue;
    const faded = Math.exp(-Math.max(x[i]! - previous, 0) / window);
    const keep = Number.isNaN(previous) ? 0 : Math.max(faded, LEAST_KEPT);
    // The first value alone carries the weight of one step, so that the second can already correct it.
    const gain = Number.isNaN(previous) ? 1 / window : 1 - keep;
    mean = keep * mean + gain * value;
    weight = keep * weight + gain;
    previous = x[i]!;
    result[i] = mean / weight;
  }
  return result;
}

/** How many steps to smooth over: about a fortieth of the run, on a ladder, so that it changes rarely. */
export function smoothingWindow(steps: number): number {
  const ladder = [5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
  return ladder.find((window) => window >= steps / 40) ?? 10_000;
}

/**
 * At most `limit` points that look the same: of each bucket the first lowest and first highest value, in their order. Not every
 * row has every number: a line goes on to the next one that was measured.
 */
export function decimate(x: ArrayLike<number>, y: ArrayLike<number>, limit: number): Line {
  const length = y.length;
  if (length <= limit) return measured(x, y);
  const outX: number[] = [];
  const outY: number[] = [];
  const push = (i: number): void => {
    outX.push(x[i]!);
    outY.push(y[i]!);
  };
  const buckets = Math.max(1, Math.floor(limit / 2));
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = Math.floor((bucket * length) / buckets);
    const end = Math.floor(((bucket + 1) * length) / buckets);
    let low = -1;
    let high = -1;
    for (let i = start; i < end; i++) {
      if (!Number.isFinite(y[i]!)) continue;
      if (low < 0 || y[i]! < y[low]!) low = i;
      if (high < 0 || y[i]! > y[high]!) high = i;
    }
    if (low < 0) continue;
    push(Math.min(low, high));
    if (low !== high) push(Math.max(low, high));
  }
  return { x: outX, y: outY };
}

/** Only the points that were measured. */
export function measured(x: ArrayLike<number>, y: ArrayLike<number>): Line {
  const outX: number[] = [];
  const outY: number[] = [];
  for (let i = 0; i < y.length; i++) {
    if (!Number.isFinite(y[i]!)) continue;
    outX.push(x[i]!);
    outY.push(y[i]!);
  }
  return { x: outX, y: outY };
}

/** The median of several lines at each place of the first one that all of them reach; between its points a line is straight. */
export function medianLine(lines: readonly Line[]): Line {
  const [first] = lines;
  if (first === undefined || lines.length === 1) return first ?? { x: [], y: [] };
  if (lines.some(({ x }) => x.length === 0)) return { x: [], y: [] };
  const from = Math.max(...lines.map(({ x }) => x[0]!));
  const to = Math.min(...lines.map(({ x }) => x.at(-1)!));
  const x = first.x.filter((at) => at >= from && at <= to);
  const heights = lines.map((line) => heightsAt(line, x));
  const middle = (lines.length - 1) / 2;
  const y = x.map((_, i) => {
    const sorted = heights.map((line) => line[i]!).sort((a, b) => a - b);
    return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  });
  return { x, y };
}

/** The heights of a line at ascending places within its reach. */
function heightsAt({ x, y }: Line, places: readonly number[]): number[] {
  let next = 0;
  return places.map((at) => {
    while (x[next]! < at) next++;
    if (x[next] === at) return y[next]!;
    const share = (at - x[next - 1]!) / (x[next]! - x[next - 1]!);
    return y[next - 1]! + share * (y[next]! - y[next - 1]!);
  });
}

/** Largest finite value, or `fallback`. */
export function largest(values: ArrayLike<number>, fallback: number): number {
  let result = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]!) && values[i]! > result) result = values[i]!;
  }
  return result === Number.NEGATIVE_INFINITY ? fallback : result;
}

/** The value below which a share `q` of the finite values lies, or NaN. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values as ArrayLike<number>)
    .filter(Number.isFinite)
    .sort();
  return sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
}

/** The last finite value, or NaN. */
export function last(values: ArrayLike<number>): number {
  for (let i = values.length - 1; i >= 0; i--) if (Number.isFinite(values[i]!)) return values[i]!;
  return Number.NaN;
}
