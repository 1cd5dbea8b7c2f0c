// The arithmetic of one unit as LaTeX, with numbers of four digits that add up by eye: what is printed last is computed from
// what is printed before. Pure functions.

import type { LayerInfo } from "gradbook/train/run";
import { type Activation, activationCurve } from "../../charts/activations.js";

/** Terms of a sum that are written out. */
const WRITTEN = 3;
const DIGITS = 4;

/** Numbers that are printed together, rounded to one place, and taken apart from a power of ten where that is far from 1. */
export class Scale {
  readonly #exponent: number;
  readonly #decimals: number;

  /** For numbers up to the size of `largest`. */
  constructor(largest: number, digits: number = DIGITS) {
    const exponent = largest > 0 && Number.isFinite(largest) ? Math.floor(Math.log10(largest)) : 0;
    this.#exponent = exponent < -3 || exponent > 4 ? exponent : 0;
    this.#decimals = Math.max(0, digits - 1 - exponent + this.#exponent);
  }

  /** `value` in units of the last printed place. */
  units(value: number): number {
    return Math.round((value / 10 ** this.#exponent) * 10 ** this.#decimals);
  }

  /** A number of such units, e.g. "-0.008". */
  print(units: number): string {
    return (units / 10 ** this.#decimals).toFixed(this.#decimals).replace(/^-(0(\.0*)?)$/, "$1");
  }

  /** With its sign, as a further term of a sum. */
  printTerm(units: number): string {
    return units < 0 ? ` - ${this.print(-units)}` : ` + ${this.print(units)}`;
  }

  /** The common power of ten around a sum. */
  wrap(sum: string): string {
    return this.#exponent === 0 ? sum : `(${sum})\\cdot10^{${this.#exponent}}`;
  }
}

/** One number with four digits, or as many as asked for. */
export function number(value: number, digits: number = DIGITS): string {
  if (Number.isInteger(value) && Math.abs(value) < 1_000) return String(value);
  const scale = new Scale(Math.abs(value), digits);
  const text = scale.print(scale.units(value));
  const whole = scale.wrap(text);
  return whole.startsWith("(") ? whole.slice(1).replace(")", "") : whole;
}

/** The value that is printed: with four digits. */
function printed(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

/** A number as a factor: in parentheses if it is negative. */
function factor(value: number): string {
  return value < 0 ? `(${number(value)})` : number(value);
}

/** What comes in to a unit: the products of weights and inputs by their size, the largest first. */
export interface Terms {
  /** "x" for the network's input, "a" for the activations of the layer before. */
  readonly symbol: "x" | "a";
  readonly weights: ArrayLike<number>;
  readonly inputs: ArrayLike<number>;
  readonly bias: number;
  readonly order: readonly number[];
}

export function termsOf(
  symbol: "x" | "a",
  weights: ArrayLike<number>,
  inputs: ArrayLike<number>,
  bias: number,
): Terms {
  const sizes = Array.from(weights, (weight, j) => Math.abs(weight * inputs[j]!));
  const order = sizes.map((_, j) => j).sort((i, j) => sizes[j]! - sizes[i]!);
  return { symbol, weights, inputs, bias, order };
}

/** A term's value. */
export function term({ weights, inputs }: Terms, j: number): number {
  return weights[j]! * inputs[j]!;
}

/** "z = sum", "= largest terms + the others + bias", "= z": one line each. `more` names the others: "(97 more)". */
export function sumLines(terms: Terms, z: number, more: (count: number) => string): string[] {
  const { symbol, order, bias } = terms;
  const written = order.slice(0, order.length <= WRITTEN + 1 ? WRITTEN + 1 : WRITTEN);
  const others = order.length - written.length;
  const values = written.map((j) => term(terms, j));
  const scale = new Scale(Math.max(Math.abs(z), Math.abs(bias), ...values.map(Math.abs)));
  const units = values.map((value) => scale.units(value));
  const last = scale.units(z);
  const biasUnits = scale.units(bias);
  const rest = last - biasUnits - units.reduce((sum, unit) => sum + unit, 0);
  const products = written.map((j) => `w_{${j}}${symbol}_{${j}}`).join(" + ");
  const [first = 0, ...further] = units;
  // With no others what rounding leaves over is in the last term.
  if (others === 0 && further.length > 0) further[further.length - 1]! += rest;
  const numbers = [
    scale.print(others === 0 && further.length === 0 ? first + rest : first),
    ...further.map((unit) => scale.printTerm(unit)),
    others > 0 ? `${scale.printTerm(rest)}\\,{\\scriptstyle\\text{${more(others)}}}` : "",
    bias !== 0 ? scale.printTerm(biasUnits) : "",
  ].join("");
  return [
    `z = \\textstyle\\sum_j w_j ${symbol}_j${bias === 0 ? "" : " + b"} = ${products}${others > 0 ? " + \\dots" : ""}`,
    `\\phantom{z} = ${scale.wrap(numbers)}`,
    `\\phantom{z} = ${number(z)}`,
  ];
}

/** How an activation of `z` and its slope are written. */
interface Writing {
  readonly value: (z: string) => string;
  readonly slope: string;
}

const WRITINGS: Readonly<Record<string, Writing>> = {
  Sigmoid: { value: (z) => `\\sigma(${z})`, slope: "a(1-a)" },
  Tanh: { value: (z) => `\\tanh ${z}`, slope: "(1-a^2)" },
  ReLU: { value: (z) => `\\max(0, ${z})`, slope: "1_{z>0}" },
};

/** "a = max(0, z) = 3.865"; behind a normalisation it is a function of what that makes of z. */
export function activationLine(
  { activation, normalisation }: Pick<LayerInfo, "activation" | "normalisation">,
  a: number,
): string | undefined {
  if (!activation) return undefined;
  const z = normalisation ? "\\hat z" : "z";
  const value = WRITINGS[activation.name]?.value(z) ?? `\\text{${activation.name}}(${z})`;
  return `a = ${value} = ${number(a)}`;
}

/** The slope of an activation at an input. */
export function slopeAt({ value, flat }: Activation, z: number): number {
  // a rectifier's corner belongs to its flat side, as in the library
  if (flat.some(([low, high]) => z >= low && z <= high && value(low) === value(high))) return 0;
  const h = 1e-4 * Math.max(1, Math.abs(z));
  return Number(((value(z + h) - value(z - h)) / (2 * h)).toPrecision(7));
}

/** "dL/dz = dL/da · slope = ...": back through the activation of a unit whose gradient at the input sum is `gradient`. */
export function backwardLine(described: LayerInfo["activation"], z: number, gradient: number): string {
  const curve = described && activationCurve(described);
  const left = "\\frac{\\partial L}{\\partial z}";
  if (!described || !curve) return `${left} = ${number(gradient)}`;
  const writing = WRITINGS[described.name]?.slope ?? `\\text{${described.name}}'(z)`;
  const slope = slopeAt(curve, z);
  const numbers =
    Math.abs(slope) < 1e-9
      ? "\\frac{\\partial L}{\\partial a}\\cdot 0"
      : `${number(gradient / slope)}\\cdot ${factor(slope)}`;
  return `${left} = \\frac{\\partial L}{\\partial a}\\cdot ${writing} = ${numbers} = ${number(gradient)}`;
}

/** "dL/dz = p - y": the gradient at a logit of a softmax with cross-entropy. */
export function logitLine(probability: number, isRight: boolean): string {
  const y = isRight ? 1 : 0;
  return `\\frac{\\partial L}{\\partial z} = p - y = ${number(probability)} - ${y} = ${number(probability - y)}`;
}

/** "dL/dw_90 = dL/dz · a_90 = ..." for the input `j`. */
export function weightGradientLine({ symbol, inputs }: Terms, j: number, gradient: number): string {
  const a = inputs[j]!;
  return (
    `\\frac{\\partial L}{\\partial w_{${j}}} = \\frac{\\partial L}{\\partial z}\\cdot ${symbol}_{${j}} = ` +
    `${number(gradient)}\\cdot ${factor(a)} = ${number(printed(gradient) * printed(a))}`
  );
}

/** "w_90 <- 0.4707 - 0.05 · (0.01364) = 0.4700": plain gradient descent on one weight. */
export function updateLine(j: number, weight: number, learningRate: number, gradient: number): string {
  // one digit more than elsewhere: the change is small
  const decimals = Math.max(0, DIGITS - Math.floor(Math.log10(Math.max(Math.abs(weight), 1e-6))));
  const fixed = (value: number): string => value.toFixed(Math.min(decimals, 10));
  const next = Number(fixed(weight)) - learningRate * printed(gradient);
  return `w_{${j}} \\leftarrow ${fixed(weight)} - ${learningRate}\\cdot(${number(gradient)}) = ${fixed(next)}`;
}
