// Activation functions as the Layer lens draws them: the curve, where it is flat, and the range of its values.

import type { LayerInfo } from "gradbook/train/run";

export interface Activation {
  /** Written beside the curve. */
  readonly symbol: string;
  readonly value: (z: number) => number;
  /** Inputs for which the output hardly moves. */
  readonly flat: readonly (readonly [low: number, high: number])[];
  /** Values it cannot leave; undefined where it grows without bound. */
  readonly bounds?: readonly [number, number];
  /** Inputs up to this far from zero are always shown, because there the curve has its shape. */
  readonly reach: number;
}

const { abs, atanh, exp, log, log1p, max, min, PI, sqrt, tanh } = Math;
const BELOW = Number.NEGATIVE_INFINITY;
const ABOVE = Number.POSITIVE_INFINITY;

/** Sigmoid: outputs under 0.02 or over 0.98. (`lib/train/watch/saturation.ts` counts by the same limits.) */
const SIGMOID_FLAT = log(0.98 / 0.02);
/** Tanh: outputs beyond ±0.96. The slope is then as much smaller than its largest as the sigmoid's. */
const TANH_FLAT = atanh(0.96);
/** The slope of both at these places, as a part of their largest; other functions are flat by the same measure. */
const SLOPE = 4 * 0.02 * 0.98;
const EXPONENTIAL_FLAT = log(SLOPE);
const SOFTSIGN_FLAT = SLOPE ** -0.5 - 1;

/** Klambauer et al. 2017, equation 2. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

const sigmoid = (z: number): number => 1 / (1 + exp(-z));
const softplus = (z: number): number => max(z, 0) + log1p(exp(-abs(z)));
const clip = (z: number, low: number, high: number): number => min(max(z, low), high);
const exponential = (z: number, alpha: number): number => (z > 0 ? z : alpha * (exp(z) - 1));

/** The normal distribution's cumulative function, by Abramowitz & Stegun 1964, formula 26.2.17 (error below 1e-7). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * abs(z));
  const series = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];
  const tail = (t * series.reduce((sum, c) => sum * t + c, 0) * exp((-z * z) / 2)) / sqrt(2 * PI);
  return z > 0 ? 1 - tail : tail;
}

const rectifier = (symbol: string, slope: number): Activation => ({
  symbol,
  value: (z) => (z > 0 ? z : slope * z),
  flat: slope === 0 ? [[BELOW, 0]] : [],
  reach: 0,
});

/** The numbers that come with a name, as in the layer's description. */
type Numbers = Readonly<Record<string, number | undefined>>;

const BUILDERS: Readonly<Record<string, (numbers: Numbers) => Activation>> = {
  Sigmoid: () => ({
    symbol: "σ(z)",
    value: sigmoid,
    flat: [
      [BELOW, -SIGMOID_FLAT],
      [SIGMOID_FLAT, ABOVE],
    ],
    bounds: [0, 1],
    reach: 6,
  }),
  Tanh: () => ({
    symbol: "tanh(z)",
    value: tanh,
    flat: [
      [BELOW, -TANH_FLAT],
      [TANH_FLAT, ABOVE],
    ],
    bounds: [-1, 1],
    reach: 4,
  }),
  Softsign: () => ({
    symbol: "softsign(z)",
    value: (z) => z / (1 + abs(z)),
    flat: [
      [BELOW, -SOFTSIGN_FLAT],
      [SOFTSIGN_FLAT, ABOVE],
    ],
    bounds: [-1, 1],
    reach: 8,
  }),
  Hardsigmoid: () => ({
    symbol: "hardsigmoid(z)",
    value: (z) => clip(z / 6 + 0.5, 0, 1),
    flat: [
      [BELOW, -3],
      [3, ABOVE],
    ],
    bounds: [0, 1],
    reach: 4,
  }),
  Hardtanh: () => ({
    symbol: "hardtanh(z)",
    value: (z) => clip(z, -1, 1),
    flat: [
      [BELOW, -1],
      [1, ABOVE],
    ],
    bounds: [-1, 1],
    reach: 2,
  }),
  ReLU: () => rectifier("max(0, z)", 0),
  LeakyReLU: ({ negativeSlope = 0.01 }) => rectifier(`max(${negativeSlope}z, z)`, negativeSlope),
  PReLU: () => rectifier("max(αz, z)", 0.25),
  RReLU: ({ lower = 1 / 8, upper = 1 / 3 }) => rectifier("max(αz, z)", (lower + upper) / 2),
  ReLU6: () => ({
    symbol: "min(max(0, z), 6)",
    value: (z) => clip(z, 0, 6),
    flat: [
      [BELOW, 0],
      [6, ABOVE],
    ],
    bounds: [0, 6],
    reach: 8,
  }),
  ELU: ({ alpha = 1 }) => ({
    symbol: "ELU(z)",
    value: (z) => exponential(z, alpha),
    flat: [[BELOW, EXPONENTIAL_FLAT]],
    reach: 4,
  }),
  CELU: ({ alpha = 1 }) => ({
    symbol: "CELU(z)",
    value: (z) => exponential(z / alpha, 1) * alpha,
    flat: [[BELOW, alpha * EXPONENTIAL_FLAT]],
    reach: 4,
  }),
  SELU: () => ({
    symbol: "SELU(z)",
    value: (z) => SELU_SCALE * exponential(z, SELU_ALPHA),
    flat: [[BELOW, EXPONENTIAL_FLAT]],
    reach: 4,
  }),
  GELU: () => ({ symbol: "GELU(z)", value: (z) => z * normal(z), flat: [[BELOW, -3]], reach: 4 }),
  SiLU: () => ({ symbol: "z σ(z)", value: (z) => z * sigmoid(z), flat: [[BELOW, -6]], reach: 6 }),
  Swish: ({ beta = 1 }) => ({ symbol: "z σ(βz)", value: (z) => z * sigmoid(beta * z), flat: [], reach: 6 }),
  Mish: () => ({
    symbol: "z tanh(softplus(z))",
    value: (z) => z * tanh(softplus(z)),
    flat: [[BELOW, -6]],
    reach: 6,
  }),
  Hardswish: () => ({
    symbol: "hardswish(z)",
    value: (z) => (z * clip(z + 3, 0, 6)) / 6,
    flat: [[BELOW, -3]],
    reach: 4,
  }),
  Softplus: () => ({
    symbol: "ln(1 + eᶻ)",
    value: softplus,
    flat: [[BELOW, -SIGMOID_FLAT]],
    reach: 4,
  }),
};

/** The curve of an activation; of none, the identity; undefined for one that is not a function of a single number. */
export function activationCurve(described: LayerInfo["activation"]): Activation | undefined {
  if (described === undefined) return { symbol: "a = z", value: (z) => z, flat: [], reach: 0 };
  const { name, ...rest } = described;
  const numbers = Object.entries(rest).filter(([, value]) => typeof value === "number");
  return BUILDERS[name]?.(Object.fromEntries(numbers) as Numbers);
}

/** Activations that are 0 for every negative input: there zeros are usual, and a unit may fall silent. */
export const RECTIFIERS: ReadonlySet<string> = new Set(["ReLU", "ReLU6", "ReLU2", "Threshold"]);

/** Whether an input lies where the output hardly moves. */
export function isFlat(activation: Activation, z: number): boolean {
  return activation.flat.some(([low, high]) => z >= low && z <= high);
}

/** The values that belong to the flat inputs. */
export function flatOutputs({ flat, value }: Activation): readonly (readonly [number, number])[] {
  return flat.map(([low, high]) => {
    // far out, not at infinity, where some curves are 0 times infinity
    const ends = [value(max(low, -1e3)), value(min(high, 1e3))] as const;
    return [min(...ends), max(...ends)];
  });
}
