// PyTorch's golden values (tests/golden/*.json) as data, the criterion of agreement with them, and the fixed weights of sums.
// The scripts beside the data say how it was made; golden.py holds the same criterion and the same weights.

import { readFileSync } from "node:fs";

export type JsonNumber = number | "nan" | "inf" | "-inf";

export interface GoldenTensor {
  readonly dtype: "float32" | "int32" | "bool";
  readonly shape: readonly number[];
  readonly data: readonly JsonNumber[];
  /** Views to take of the stored tensor before the operation: ["transpose", 0, 1], ... */
  readonly view?: readonly (readonly [string, ...number[]])[];
}

export type Options = { readonly [name: string]: unknown };

export interface OperationCase {
  readonly id: string;
  readonly op: string;
  readonly inputs: readonly GoldenTensor[];
  readonly options: Options;
  readonly outputs: readonly GoldenTensor[];
  /** Gradients of the stored inputs (before their views); null where there is none. */
  readonly gradients: readonly (readonly JsonNumber[] | null)[] | null;
  /** Whether finite differences make sense here: no kink within reach. */
  readonly smooth: boolean;
}

export interface ModuleStep {
  readonly mode: "train" | "eval";
  readonly inputs: readonly GoldenTensor[];
  readonly output: GoldenTensor;
  readonly gradients: readonly (readonly JsonNumber[] | null)[];
  readonly parameterGradients: { readonly [name: string]: GoldenTensor };
  readonly buffers: { readonly [name: string]: GoldenTensor };
}

export interface ModuleCase {
  readonly id: string;
  readonly module: string;
  readonly arguments: readonly number[];
  readonly options: Options;
  readonly state: { readonly [name: string]: GoldenTensor };
  readonly steps: readonly ModuleStep[];
}

export interface OptimizerCase {
  readonly id: string;
  readonly optimizer: string;
  readonly options: Options;
  /** After each step: weight [3, 4], bias [3], and the loss before the step. */
  readonly steps: readonly (readonly JsonNumber[])[];
}

export interface OperationsFile {
  readonly torch: string;
  readonly problem: { readonly [name in "features" | "wanted" | "weight" | "bias"]: GoldenTensor };
  readonly ops: readonly OperationCase[];
  readonly modules: readonly ModuleCase[];
  readonly optimizers: readonly OptimizerCase[];
}

export interface Curve {
  readonly firstLosses: readonly number[];
  readonly firstBatches: readonly (readonly number[])[];
  readonly epochs: readonly {
    readonly trainLoss: number;
    readonly trainAccuracy: number;
    readonly testLoss: number;
    readonly testAccuracy: number;
  }[];
  readonly running50?: readonly { readonly mean: readonly number[]; readonly var: readonly number[] }[];
}

export type DepthInit = "default" | "defaultZeroBias" | "glorot" | "he";

export interface TrainingFile {
  readonly generator: { readonly [name: string]: readonly number[] };
  readonly leakyWeights: { readonly weight: readonly number[]; readonly bias: readonly number[] };
  readonly depth: {
    readonly [name in DepthInit]: {
      readonly std: readonly number[];
      readonly loss: number;
      readonly gradientNorm: readonly number[];
      readonly firstWeights: readonly number[];
      readonly lastWeights: readonly number[];
    };
  };
  readonly movingAverage: {
    readonly [step: string]: { readonly mean: readonly number[]; readonly var: readonly number[] };
  };
  readonly classifier: readonly (Curve & { readonly threads: number })[];
  readonly classifierBatchNorm: readonly (Curve & { readonly threads: number })[];
  /** The curves again with weights moved by a unit in the last place, and in float64: what rounding alone does. */
  readonly classifierRounded: readonly Curve["epochs"][];
  readonly classifierBatchNormRounded: readonly Curve["epochs"][];
  readonly chapter: Curve;
}

/** A file of golden values. */
export function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../golden/${name}.json`, import.meta.url), "utf8")) as T;
}
export const loadOperations = (): OperationsFile => load<OperationsFile>("ops");
export const loadTraining = (): TrainingFile => load<TrainingFile>("training");

const SPECIAL = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY } as const;

export function decode(data: readonly JsonNumber[]): number[] {
  return data.map((value) => (typeof value === "number" ? value : SPECIAL[value]));
}

/** Weight number i of the sums that gradients are taken of; a period of 11, no zeros. */
export const weightAt = (i: number): number => (((7 * i + 3) % 11) - 4.5) / 4;

/** Agreement of operations, and of trajectories over many steps. */
export const TOLERANCE = 1e-5;
export const TRAJECTORY_TOLERANCE = 1e-4;

/** No tensor's scale counts as smaller than this: differences below 1e-7 are never disagreements. */
const SMALLEST_SCALE = 1e-2;

/** max |a - b| / max(|b|, s), where s is the root mean square of all of b, at least 0.01. Infinities and NaN must coincide. */
export function disagreement(a: ArrayLike<number>, b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const finite = b.filter(Number.isFinite);
  const rms = Math.sqrt(finite.reduce((sum, x) => sum + x * x, 0) / Math.max(1, finite.length));
  const scale = Math.max(SMALLEST_SCALE, rms);
  let worst = 0;
  b.forEach((expected, i) => {
    const actual = a[i]!;
    if (Object.is(actual, expected) || actual === expected) return;
    const error = Math.abs(actual - expected) / Math.max(Math.abs(expected), scale);
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  });
  return worst;
}

/** What is wrong with `actual`, in a line, or undefined when it agrees with `expected`. */
export function mismatch(
  what: string,
  actual: ArrayLike<number>,
  expected: readonly number[],
  tolerance: number = TOLERANCE,
): string | undefined {
  const error = disagreement(actual, expected);
  if (error <= tolerance) return undefined;
  const show = (values: ArrayLike<number>): string =>
    `[${Array.from(values).slice(0, 8).join(", ")}${values.length > 8 ? ", ..." : ""}]`;
  return `${what}: ${show(actual)} instead of ${show(expected)}, disagreement ${error.toPrecision(2)} > ${tolerance}`;
}
