// The single units of a layer over a batch: how their inputs are spread, how much of them is flat, and what batch
// normalisation makes of one. Pure functions.

import { type Activation, isFlat } from "./activations.js";
import type { Histogram } from "./histogram.js";

/** The input sums of a batch, unit by unit, and what follows them. */
export interface BatchSums {
  readonly units: number;
  /** All units of the first example, then of the next. */
  readonly sums: ArrayLike<number>;
  readonly normalisation?: Normalisation | undefined;
}

/** A batch normalisation's numbers, one a unit; without weight and bias it neither scales nor shifts. */
export interface Normalisation {
  readonly epsilon: number;
  readonly weight?: ArrayLike<number> | undefined;
  readonly bias?: ArrayLike<number> | undefined;
  readonly runningMean?: ArrayLike<number> | undefined;
  readonly runningVariance?: ArrayLike<number> | undefined;
}

/** A unit over the batch; `mean` and `std` are of what enters its activation. */
export interface Unit {
  readonly unit: number;
  readonly mean: number;
  readonly std: number;
  /** Share of the examples for which its output hardly moves. */
  readonly flat: number;
}

/** One unit's way through equation 11-4 of the chapter (Ioffe & Szegedy 2015, algorithm 1), for one example. */
export interface NormalisedUnit {
  readonly x: number;
  readonly mean: number;
  /** Biased, as it is used. */
  readonly variance: number;
  readonly epsilon: number;
  readonly normalised: number;
  readonly weight: number;
  readonly bias: number;
  readonly result: number;
}

/** The input sums of one unit over the batch. */
function sumsOf({ units, sums }: BatchSums, unit: number): number[] {
  return Array.from(
    { length: Math.floor(sums.length / units) },
    (_, example) => sums[example * units + unit]!,
  );
}

/** What enters the unit's activation: its input sums, normalised where the layer does that. */
export function inputsOf(batch: BatchSums, unit: number): number[] {
  const sums = sumsOf(batch, unit);
  if (!batch.normalisation) return sums;
  return sums.map((_, example) => normalisedUnit(batch, unit, example)!.result);
}

/** Equation 11-4 for one unit and example; undefined without a batch normalisation. */
export function normalisedUnit(batch: BatchSums, unit: number, example: number): NormalisedUnit | undefined {
  const { normalisation } = batch;
  if (!normalisation) return undefined;
  const sums = sumsOf(batch, unit);
  const [mean, variance] = moments(sums);
  const { epsilon } = normalisation;
  const [weight, bias] = [normalisation.weight?.[unit] ?? 1, normalisation.bias?.[unit] ?? 0];
  const x = sums[example]!;
  const normalised = (x - mean) / Math.sqrt(variance + epsilon);
  return { x, mean, variance, epsilon, normalised, weight, bias, result: weight * normalised + bias };
}

/** The units, the worst first: flat for most examples, then farthest from zero. */
export function unitsOf(batch: BatchSums, activation: Activation | undefined): Unit[] {
  const units = Array.from({ length: batch.units }, (_, unit): Unit => {
    const inputs = inputsOf(batch, unit);
    const [mean, variance] = moments(inputs);
    const flat = activation ? inputs.filter((z) => isFlat(activation, z)).length / inputs.length : 0;
    return { unit, mean, std: Math.sqrt(variance), flat };
  });
  return units.sort((a, b) => b.flat - a.flat || Math.abs(b.mean) - Math.abs(a.mean));
}

/** The shares of values between edges; what lies outside is in the outermost bins. */
export function histogramOf(values: readonly number[], edges: ArrayLike<number>): Histogram {
  const shares = new Float64Array(edges.length - 1);
  for (const value of values) {
    let bin = 0;
    while (bin < shares.length - 1 && value >= edges[bin + 1]!) bin++;
    shares[bin]! += 1 / values.length;
  }
  return { edges, shares };
}

function moments(values: readonly number[]): readonly [mean: number, variance: number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
}
