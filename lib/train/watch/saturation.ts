// Where activation functions are flat, told by what comes out of them: there the slope, and with it the gradient that gets
// through, is less than 5 % of the largest.

import type { LayerInfo } from "../run.js";

export interface Flat {
  /** Outputs up to here, and from there on. */
  readonly low: number;
  readonly high: number;
}

type Options = Readonly<Record<string, number | string>>;

const SLOPE = 0.05;
const NONE = Number.POSITIVE_INFINITY;

/** y (1 - y) is 5 % of its largest value 1/4. */
const SIGMOID = (1 - Math.sqrt(1 - SLOPE)) / 2;
/** 1 - y² = 5 %. */
const TANH = Math.sqrt(1 - SLOPE);
/** (1 - |y|)² = 5 %. */
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
