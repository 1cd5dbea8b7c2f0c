// Histograms, and the arithmetic on them before they are drawn.

export interface Histogram {
  /** One more than bins, ascending; the outermost ones may be infinite. */
  readonly edges: ArrayLike<number>;
  /** Of all values, the part that lies in each bin. */
  readonly shares: ArrayLike<number>;
}

/** The histograms of one quantity of one layer over the sampled steps. */
export interface History {
  readonly edges: ArrayLike<number>;
  /** Ascending. */
  readonly steps: ArrayLike<number>;
  /** Of all steps, one after the other. */
  readonly shares: Float32Array;
}

/** The histogram of one sample. */
export function histogramAt({ edges, shares }: History, sample: number): Histogram {
  const bins = edges.length - 1;
  return { edges, shares: shares.subarray(sample * bins, (sample + 1) * bins) };
}

/** The histogram of what a function that never falls makes of the values. */
export function mapped(history: History, value: (x: number) => number): History {
  return { ...history, edges: Float64Array.from(history.edges, value) };
}

/**
 * The shares over `count` equal bins from `low` to `high`. A share is spread evenly over its bin; what lies outside goes
 * to the first and the last bin, and a bin without width to the one that holds it.
 */
export function rebin({ edges, shares }: Histogram, low: number, high: number, count: number): Float64Array {
  const result = new Float64Array(count);
  const width = (high - low) / count;
  const clamp = (bin: number): number => Math.min(Math.max(bin, 0), count - 1);
  const binOf = (value: number): number => clamp(Math.floor((value - low) / width));
  for (let i = 0; i < shares.length; i++) {
    const share = shares[i]!;
    if (!(share > 0)) continue;
    const [from, to] = [edges[i]!, edges[i + 1]!];
    if (from >= high || to <= low || from === to || !Number.isFinite(to - from)) {
      result[binOf(from >= high || to === Number.POSITIVE_INFINITY ? from : to)]! += share;
      continue;
    }
    const [first, last] = [binOf(from), binOf(to)];
    for (let bin = first; bin <= last; bin++) {
      const start = bin === first ? from : low + bin * width;
      const end = bin === last ? to : low + (bin + 1) * width;
      result[bin]! += (share * (end - start)) / (to - from);
    }
  }
  return result;
}

/** Distance from zero within which a share `q` of all values lies, rounded up to an edge; 0 without any values. */
export function reachOf({ edges, shares }: Histogram, q: number): number {
  const far = Array.from(shares, (share, i): readonly [number, number] => {
    const ends = [Math.abs(edges[i]!), Math.abs(edges[i + 1]!)].filter(Number.isFinite);
    return [Math.max(...ends), share];
  });
  far.sort(([a], [b]) => a - b);
  const total = far.reduce((sum, [, share]) => sum + share, 0);
  let within = 0;
  for (const [distance, share] of far) {
    if (!(share > 0)) continue;
    within += share;
    if (within >= q * total * (1 - 1e-9)) return distance;
  }
  return 0;
}

/** The first of 1, 2, 3, 4, 6, 8, 10, 20 ... (times any power of ten) that is not below `value`: its half reads well, too. */
export function niceReach(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 3, 4, 6, 8].find((step) => step * power >= value * (1 - 1e-6)) ?? 10;
  return factor * power;
}

/** The top of an axis of percentages that holds `share`, in whole percents that halve well. */
export function percentTop(share: number): number {
  const percent = 100 * share;
  return [4, 8, 12, 20, 40, 60, 80].find((top) => top >= percent) ?? 100;
}
