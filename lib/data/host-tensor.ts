// Tensors over arrays that are already on the host, without a copy.

import { dataNode } from "../graph/node.js";
import { Tensor } from "../tensor/tensor.js";

/** A tensor of the array's own type. The array must not be changed afterwards. */
export function hostTensor(values: Float32Array | Int32Array, shape: readonly number[]): Tensor {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return Tensor.from(dataNode(bytes, shape, values instanceof Float32Array ? "float32" : "int32"));
}
