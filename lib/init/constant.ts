// Initialisation with fixed values: constants and identities. A null tensor (a layer without bias) is left alone.

import { formatShape } from "../graph/shape.js";
import { noGrad } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { fill } from "./fill.js";

/** Fills with `value`.
 *
 *  @example init.constant_(tensor.zeros(3), 0.3) */
export function constant_<T extends Tensor | null>(tensor: T, value: number): T {
  if (tensor !== null) noGrad(() => tensor.fill_(value));
  return tensor;
}

/** Fills with 0.
 *
 *  @example init.zeros_(nn.Linear(3, 2).bias) */
export const zeros_ = <T extends Tensor | null>(tensor: T): T => constant_(tensor, 0);

/** Fills with 1.
 *
 *  @example init.ones_(tensor.zeros(3)) */
export const ones_ = <T extends Tensor | null>(tensor: T): T => constant_(tensor, 1);

/** The identity matrix; where it is not square, as many inputs as possible pass through.
 *
 *  @example init.eye_(tensor.zeros(3, 5)) */
export function eye_<T extends Tensor | null>(tensor: T): T {
  if (tensor === null) return tensor;
  if (tensor.ndim !== 2) throw new RangeError(`eye_: needs a matrix, got ${formatShape(tensor.shape)}`);
  const [rows, columns] = tensor.shape as [number, number];
  return fill(tensor, {}, (values) => {
    for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  });
}

/** A convolution that passes its input through: 1 in the middle of each kernel from a channel to itself, else 0. With
 *  `groups`, in each group of output channels.
 *
 *  tensor [out, in, ...kernel] with 1 to 3 kernel dims.
 *
 *  @example init.dirac_(tensor.zeros(8, 8, 3, 3)) */
export function dirac_<T extends Tensor | null>(tensor: T, options: { groups?: number } = {}): T {
  if (tensor === null) return tensor;
  const { groups = 1 } = options;
  const [out = 0, input = 0, ...kernel] = tensor.shape;
  if (kernel.length < 1 || kernel.length > 3) {
    throw new RangeError(
      `dirac_: needs the weight of a convolution, 3 to 5 dims, got ${formatShape(tensor.shape)}`,
    );
  }
  if (!(groups >= 1) || out % groups !== 0) {
    throw new RangeError(`dirac_: ${out} output channels cannot be split into ${groups} equal groups`);
  }
  const size = kernel.reduce((product, n) => product * n, 1);
  const middle = kernel.reduce((place, n) => place * n + Math.floor(n / 2), 0);
  const perGroup = out / groups;
  return fill(tensor, {}, (values) => {
    if (size === 0) return;
    for (let channel = 0; channel < out; channel++) {
      const from = channel % perGroup;
      if (from < input) values[(channel * input + from) * size + middle] = 1;
    }
  });
}
