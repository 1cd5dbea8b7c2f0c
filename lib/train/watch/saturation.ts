// Where activation functions are flat, told by what comes out of them: there the slope, and with it the gradient that gets
// through, is less than 8 % of the largest. The lens of the monitor tints the same regions (extension/src/charts/activations.ts).

import type { LayerInfo } from "../run.js";

export interface Flat {
  /** Outputs up to here, and from there on. */
  readonly low: number;
  readonly high: number;
}

type Options = Readonly<Record<string, number | string>>;

/** So that a sigmoid is flat under 0.02 and over 0.98, and a tanh beyond 0.96. */
const SLOPE = 4 * 0.02 * 0.98;
const NONE = Number.POSITIVE_INFINITY;

/** y (1 - y) is this part of its largest value 1/4. */
const SIGMOID = (1 - Math.sqrt(1 - SLOPE)) / 2;
/** 1 - y² = SLOPE. */
const TANH = Math.sqrt(1 - SLOPE);
/** (1 - |y|)² = SLOPE. */
const SOFTSIGN = 1 - Math.sqrt(SLOPE);
/** Of SELU: Klambauer et al. 2017. */
const SELU = 1.0507009873554805 * 1.6732632423543772;

/** By the class of the module; where a rectifier is flat its output is zero, which is counted for itself. The slope of an
 *  exponential unit is y + alpha on its left side. */
const FLAT: { readonly [name: string]: (options: Options) => Flat } = {
  Sigmoid: () => ({ low: SIGMOID, high: 1 - SIGMOID }),
  LogSigmoid: () => ({ low: -NONE, high: Math.log(1 - SLOPE) }),
  Tanh: () => ({ low: -TANH, high: TANH }),
  Softsign: () => ({ low: -SOFTSIGN, high: SOFTSIGN }),
  Hardtanh: ({ minVal = -1, maxVal = 1 }) => ({ low: Number(minVal), high: Number(maxVal) }),
  Hardsigmoid: () => ({ low: 0, high: 1 }),
  ReLU6: () => ({ low: -NONE, high: 6 }),
  ELU: ({ alpha = 1 }) => ({ low: (SLOPE - 1) * Number(alpha), high: NONE }),
  CELU: ({ alpha = 1 }) => ({ low: (SLOPE - 1) * Number(alpha), high: NONE }),
  SELU: () => ({ low: (SLOPE - 1) * SELU, high: NONE }),
};

/** The flat parts of a layer's activation, if it is one of those that have them. */
export function flatParts({ activation }: LayerInfo): Flat | undefined {
  return activation && FLAT[activation.name]?.(activation);
}
