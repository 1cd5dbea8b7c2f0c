// Layers without state, as functions: PyTorch's `torch.nn.functional`.

import { differentiable } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { formatShape } from "../graph/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { nodeOf } from "../tensor/types.js";

export { type CrossEntropyOptions, crossEntropy, type Reduction } from "./cross-entropy.js";

/** x Wᵀ + b: [..., in] with a weight [out, in] gives [..., out]. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  if (weight.ndim !== 2)
    throw new RangeError(`linear: the weight must be [out, in], got ${formatShape(weight.shape)}`);
  const product = x.matmul(weight.t());
  return bias === null ? product : product.add(bias);
}

export const relu = (x: Tensor): Tensor => x.relu();
export const sigmoid = (x: Tensor): Tensor => x.sigmoid();
export const tanh = (x: Tensor): Tensor => x.tanh();

/** x * sigmoid(x). */
export function silu(x: Tensor): Tensor {
  const input = x.node;
  return Tensor.from(
    differentiable(
      "silu",
      [input],
      () => ops.mul(input, ops.sigmoid(input)),
      ({ gradient }) => {
        // s + x s (1 - s)
        const s = ops.sigmoid(input);
        const one = nodeOf(1, "float32");
        return [ops.mul(gradient, ops.mul(s, ops.add(one, ops.mul(input, ops.sub(one, s)))))];
      },
    ),
  );
}

export const softmax = (x: Tensor, options: { dim: number }): Tensor => x.softmax(options.dim);
export const logSoftmax = (x: Tensor, options: { dim: number }): Tensor => x.logSoftmax(options.dim);
