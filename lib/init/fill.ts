// How a tensor gets values that were made on the host. A null tensor (a layer without bias) is left alone.

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

/** Fills `tensor` with what `write` puts into the array it is given, which is row-major and starts with zeros. */
export function fill<T extends Tensor | null>(
  tensor: T,
  options: GeneratorOption,
  write: (values: Float32Array, generator: Generator) => void,
): T {
  if (tensor === null) return tensor;
  if (tensor.dtype !== "float32") throw new TypeError(`init: needs a float32 tensor, got ${tensor.dtype}`);
  const values = new Float32Array(elements(tensor.shape));
  write(values, options.generator ?? defaultGenerator);
  noGrad(() => tensor.copy_(fromData(values).reshape(tensor.shape)));
  return tensor;
}
