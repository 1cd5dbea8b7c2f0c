// Initialisation with uniform and normal numbers, drawn as PyTorch's CPU generator draws them.

import { formatShape } from "../graph/shape.js";
import { checkNames } from "../tensor/arguments.js";
import type { Tensor } from "../tensor/tensor.js";
import { fill, type GeneratorOption } from "./fill.js";
import { inverseErf, normalCdf } from "./normal.js";

export type { GeneratorOption };

/** Uniform numbers in [a, b), by default [0, 1).
 *
 *  @example init.uniform_(tensor.zeros(3, 5), { a: -1 }) */
export function uniform_<T extends Tensor | null>(
  tensor: T,
  options: { a?: number; b?: number } & GeneratorOption = {},
): T {
  checkNames("uniform_", options, ["a", "b", "generator"]);
  const { a = 0, b = 1 } = options;
  return fill(tensor, options, (values, generator) => generator.uniform(values, a, b));
}

/** Normal numbers, by default with mean 0 and standard deviation 1.
 *
 *  @example init.normal_(tensor.zeros(3, 5), { std: 0.02 }) */
export function normal_<T extends Tensor | null>(
  tensor: T,
  options: { mean?: number; std?: number } & GeneratorOption = {},
): T {
  checkNames("normal_", options, ["mean", "std", "generator"]);
  const { mean = 0, std = 1 } = options;
  return fill(tensor, options, (values, generator) => generator.normal(values, mean, std));
}

/** Normal numbers with mean 0 and standard deviation 1, of which only those in [a, b] = [-2, 2] occur. The limits are
 *  values, not multiples of `std`. Drawn by inverting the distribution function, one uniform number each.
 *
 *  The same numbers as PyTorch for a seed; but more than 4 standard deviations out, where PyTorch's float32 inverse loses
 *  digits, these are the accurate ones.
 *
 *  @example init.truncNormal_(tensor.zeros(3, 5), { std: 0.02, a: -0.04, b: 0.04 }) */
export function truncNormal_<T extends Tensor | null>(
  tensor: T,
  options: { mean?: number; std?: number; a?: number; b?: number } & GeneratorOption = {},
): T {
  checkNames("truncNormal_", options, ["mean", "std", "a", "b", "generator"]);
  const { mean = 0, std = 1, a = -2, b = 2 } = options;
  if (!(a <= b)) throw new RangeError(`truncNormal_: a must not exceed b, got a = ${a}, b = ${b}`);
  if (!(std > 0)) throw new RangeError(`truncNormal_: std must be greater than 0, got ${std}`);
  const low = normalCdf((a - mean) / std);
  const high = normalCdf((b - mean) / std);
  return fill(tensor, options, (values, generator) => {
    generator.uniform(values, 2 * low - 1, 2 * high - 1);
    values.forEach((u, i) => {
      values[i] = Math.min(b, Math.max(a, mean + std * Math.SQRT2 * inverseErf(u)));
    });
  });
}

/** Normal numbers with standard deviation `std` (0.01), of which the share `sparsity` in each column, rounded up, is 0.
 *  tensor [rows, columns]. Martens 2010.
 *
 *  @example init.sparse_(tensor.zeros(10, 5), 0.3) */
export function sparse_<T extends Tensor | null>(
  tensor: T,
  sparsity: number,
  options: { std?: number } & GeneratorOption = {},
): T {
  if (tensor === null) return tensor;
  if (tensor.ndim !== 2) {
    throw new RangeError(`sparse_: needs a matrix, got ${formatShape(tensor.shape)}`);
  }
  if (!(sparsity >= 0 && sparsity <= 1)) {
    throw new RangeError(`sparse_: sparsity must be a share from 0 to 1, got ${sparsity}`);
  }
  const [rows, columns] = tensor.shape as [number, number];
  const zeros = Math.ceil(sparsity * rows);
  return fill(tensor, options, (values, generator) => {
    generator.normal(values, 0, options.std ?? 0.01);
    for (let column = 0; column < columns; column++) {
      for (const row of generator.randperm(rows).subarray(0, zeros)) values[row * columns + column] = 0;
    }
  });
}
