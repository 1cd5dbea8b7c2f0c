// How values are spread: histograms of tensors over one another.

import { checkNames } from "../tensor/arguments.js";
import { Tensor } from "../tensor/tensor.js";
import { Figure, HUES } from "./figure.js";
import { short } from "./short.js";

export interface DistributionOptions {
  /** Number of bins (60). */
  bins?: number;
  /** The values at the ends; by default the least and the largest. What lies beyond is counted in the bins at the ends. */
  range?: readonly [low: number, high: number];
}

/** Densities of the values of one tensor, or of several by name; mean and standard deviation stand in the legend. The densities have
 *  an area of 1. NaN and infinity are left out and counted.
 *
 *  @example plot.distribution({ He: init.kaimingNormal_(tensor.empty(300, 100)), uniform: tensor.rand(300, 100) }) */
export function distribution(
  values: Tensor | Readonly<Record<string, Tensor>>,
  options: DistributionOptions = {},
): Figure {
  checkNames("plot.distribution", options, ["bins", "range"]);
  const { bins = 60 } = options;
  if (!Number.isInteger(bins) || bins < 1)
    throw new RangeError(`plot.distribution: bins must be a whole number from 1, got ${bins}`);
  const named = values instanceof Tensor ? { values } : values;
  const samples = Object.entries(named).map(([name, tensor]) => sampleOf(name, tensor));
  if (samples.length === 0) throw new RangeError("plot.distribution: needs at least one tensor");
  const [low, high] = options.range ?? rangeOf(samples);
  if (!(low < high)) throw new RangeError(`plot.distribution: range must go up, got ${low} to ${high}`);
  const width = (high - low) / bins;
  const edges = Array.from({ length: bins + 1 }, (_, i) => low + i * width);
  return new Figure(
    {
      data: samples.map(({ name, finite, mean, std }, i) => {
        const densities = densitiesOf(finite, low, width, bins);
        return {
          type: "scatter",
          mode: "lines",
          name: `${name}: mean ${short(mean)}, std ${short(std)}`,
          x: edges,
          // a step begins at its left edge; the last edge only ends the last one
          y: [...densities, densities.at(-1)!],
          line: { color: HUES[i % HUES.length], shape: "hv" },
          fill: "tozeroy",
        };
      }),
      layout: {
        title: { text: "Distribution" },
        xaxis: { title: { text: "value" } },
        yaxis: { title: { text: "density" }, rangemode: "tozero" },
      },
    },
    samples.map((sample) => `${sample.name}: ${sample.text}`).join("\n"),
  );
}

interface Sample {
  readonly name: string;
  readonly finite: Float64Array;
  readonly mean: number;
  readonly std: number;
  readonly text: string;
}

function sampleOf(name: string, tensor: Tensor): Sample {
  if (!(tensor instanceof Tensor)) throw new TypeError(`plot.distribution: ${name} must be a tensor`);
  const all = Float64Array.from(tensor.toTypedArray() as ArrayLike<number>);
  const finite = all.filter(Number.isFinite);
  if (finite.length === 0) throw new RangeError(`plot.distribution: ${name} has no finite values`);
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const std = Math.sqrt(finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / finite.length);
  const left = all.length - finite.length;
  const least = finite.reduce((a, b) => Math.min(a, b));
  const most = finite.reduce((a, b) => Math.max(a, b));
  const text =
    `${finite.length} values from ${short(least)} to ${short(most)}, mean ${short(mean)}, std ${short(std)}` +
    (left > 0 ? `; ${left} not finite` : "");
  return { name, finite, mean, std, text };
}

function rangeOf(samples: readonly Sample[]): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { finite } of samples) {
    for (const value of finite) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function densitiesOf(values: Float64Array, low: number, width: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.floor((value - low) / width);
    counts[Math.max(0, Math.min(bins - 1, bin))]!++;
  }
  return counts.map((count) => count / (values.length * width));
}
