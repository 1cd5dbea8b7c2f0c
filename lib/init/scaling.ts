// Variance-scaling initialisation: Glorot (Xavier), He (Kaiming), LeCun. The variance of the weights is gain^2 / fan, so that
// the signal keeps its size from layer to layer. A null tensor is left alone.

import { formatShape } from "../graph/shape.js";
import { checkNames } from "../tensor/arguments.js";
import type { Tensor } from "../tensor/tensor.js";
import { fansOf } from "./fan.js";
import { calculateGain, type Nonlinearity } from "./gain.js";
import { type GeneratorOption, normal_, uniform_ } from "./random.js";

/** Draws with standard deviation `std`, uniformly or normally. */
type Draw = <T extends Tensor | null>(tensor: T, std: number, options: GeneratorOption) => T;

const uniform: Draw = (tensor, std, options) => {
  const bound = Math.sqrt(3) * std;
  return uniform_(tensor, { ...options, a: -bound, b: bound });
};
const normal: Draw = (tensor, std, options) => normal_(tensor, { ...options, std });

export type XavierOptions = { gain?: number } & GeneratorOption;

function xavier<T extends Tensor | null>(tensor: T, options: XavierOptions, draw: Draw, what: string): T {
  checkNames(what, options, ["gain", "generator"]);
  if (tensor === null) return tensor;
  const { fanIn, fanOut } = fansOf(tensor, what);
  const { gain = 1, ...from } = options;
  return draw(tensor, gain * Math.sqrt(2 / (fanIn + fanOut)), from);
}

/** Uniform with variance gain^2 * 2 / (fanIn + fanOut). Glorot and Bengio 2010, equation 16.
 *  @example init.xavierUniform_(model[0].weight).shape // -> [ 8, 4 ] */
export function xavierUniform_<T extends Tensor | null>(tensor: T, options: XavierOptions = {}): T {
  return xavier(tensor, options, uniform, "xavierUniform_");
}

/** Normal with variance gain^2 * 2 / (fanIn + fanOut). Glorot and Bengio 2010.
 *  @example init.xavierNormal_(model[0].weight).shape // -> [ 8, 4 ] */
export function xavierNormal_<T extends Tensor | null>(tensor: T, options: XavierOptions = {}): T {
  return xavier(tensor, options, normal, "xavierNormal_");
}

export type KaimingOptions = {
  /** Negative slope of the leaky ReLU that follows; only used with "leaky_relu". */
  a?: number;
  /** Keep the size of the activations ("fan_in", default) or of the gradients ("fan_out"). */
  mode?: "fan_in" | "fan_out";
  /** The activation that follows; "leaky_relu" with a = 0 is ReLU. */
  nonlinearity?: Nonlinearity;
} & GeneratorOption;

/** kaimingUniform_(w, 0.2) and kaimingUniform_(w, { a: 0.2 }) are the same; further options may follow the slope. */
type KaimingArguments = [options?: KaimingOptions] | [a: number, options?: Omit<KaimingOptions, "a">];

function kaiming<T extends Tensor | null>(tensor: T, args: KaimingArguments, draw: Draw, what: string): T {
  if (tensor === null) return tensor;
  const [first, rest] = args;
  const options: KaimingOptions = typeof first === "number" ? { ...rest, a: first } : (first ?? {});
  checkNames(what, options, ["a", "mode", "nonlinearity", "generator"]);
  const { a = 0, mode = "fan_in", nonlinearity = "leaky_relu", ...from } = options;
  if (mode !== "fan_in" && mode !== "fan_out") {
    throw new RangeError(`${what}: mode must be "fan_in" or "fan_out", got "${mode}"`);
  }
  const { fanIn, fanOut } = fansOf(tensor, what);
  const fan = mode === "fan_in" ? fanIn : fanOut;
  if (fan === 0) throw new RangeError(`${what}: the weight ${formatShape(tensor.shape)} has no elements`);
  return draw(tensor, calculateGain(nonlinearity, a) / Math.sqrt(fan), from);
}

/** Uniform with variance gain^2 / fan; for ReLU 2 / fanIn. He et al. 2015, equation 10.
 *  @example init.kaimingUniform_(model[0].weight).shape // -> [ 8, 4 ] */
export function kaimingUniform_<T extends Tensor | null>(tensor: T, ...args: KaimingArguments): T {
  return kaiming(tensor, args, uniform, "kaimingUniform_");
}

/** Normal with variance gain^2 / fan; for ReLU 2 / fanIn. He et al. 2015, equation 10.
 *  @example init.kaimingNormal_(model[0].weight).shape // -> [ 8, 4 ] */
export function kaimingNormal_<T extends Tensor | null>(tensor: T, ...args: KaimingArguments): T {
  return kaiming(tensor, args, normal, "kaimingNormal_");
}

function lecun<T extends Tensor | null>(tensor: T, options: GeneratorOption, draw: Draw, what: string): T {
  return tensor === null ? tensor : draw(tensor, 1 / Math.sqrt(fansOf(tensor, what).fanIn), options);
}

/** Uniform with variance 1 / fanIn. LeCun et al. 1998, section 4.6; what SELU needs.
 *  @example init.lecunUniform_(model[0].weight).shape // -> [ 8, 4 ] */
export function lecunUniform_<T extends Tensor | null>(tensor: T, options: GeneratorOption = {}): T {
  return lecun(tensor, options, uniform, "lecunUniform_");
}

/** Normal with variance 1 / fanIn. LeCun et al. 1998, section 4.6; what SELU needs.
 *  @example init.lecunNormal_(model[0].weight).shape // -> [ 8, 4 ] */
export function lecunNormal_<T extends Tensor | null>(tensor: T, options: GeneratorOption = {}): T {
  return lecun(tensor, options, normal, "lecunNormal_");
}
