// Initialisation with fixed values. A null tensor (a layer without bias) is left alone.

import { noGrad } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";

/** Fills with `value`. */
export function constant_<T extends Tensor | null>(tensor: T, value: number): T {
  if (tensor !== null) noGrad(() => tensor.fill_(value));
  return tensor;
}

export const zeros_ = <T extends Tensor | null>(tensor: T): T => constant_(tensor, 0);
export const ones_ = <T extends Tensor | null>(tensor: T): T => constant_(tensor, 1);
