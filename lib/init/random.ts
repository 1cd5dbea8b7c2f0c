// Initialisation with uniform and normal numbers, drawn as PyTorch's CPU generator draws them.

import { elements } from "../graph/shape.js";
import { fromData } from "../tensor/create.js";
import { defaultGenerator } from "../tensor/random/default.js";
import type { Generator } from "../tensor/random/generator.js";
import { noGrad } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";

export interface GeneratorOption {
  /** Where to draw from; the default generator (see `manualSeed`) if not given. */
  generator?: Generator;
}

function fill<T extends Tensor | null>(tensor: T, draw: (values: Float32Array) => void): T {
  if (tensor === null) return tensor;
  if (tensor.dtype !== "float32") throw new TypeError(`init: needs a float32 tensor, got ${tensor.dtype}`);
  const values = new Float32Array(elements(tensor.shape));
  draw(values);
  noGrad(() => tensor.copy_(fromData(values).reshape(tensor.shape)));
  return tensor;
}

/** Uniform numbers in [a, b). */
export function uniform_<T extends Tensor | null>(
  tensor: T,
  options: { a?: number; b?: number } & GeneratorOption = {},
): T {
  const { a = 0, b = 1, generator = defaultGenerator } = options;
  return fill(tensor, (values) => generator.uniform(values, a, b));
}

/** Normal numbers. */
export function normal_<T extends Tensor | null>(
  tensor: T,
  options: { mean?: number; std?: number } & GeneratorOption = {},
): T {
  const { mean = 0, std = 1, generator = defaultGenerator } = options;
  return fill(tensor, (values) => generator.normal(values, mean, std));
}
