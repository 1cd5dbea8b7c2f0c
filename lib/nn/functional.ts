// Layers without state, as functions: PyTorch's `torch.nn.functional`.

import { differentiable } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape } from "../graph/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { nodeOf } from "../tensor/types.js";

export { type CrossEntropyOptions, crossEntropy, type Reduction } from "./cross-entropy.js";

/** x Wᵀ + b: [..., in] with a weight [out, in] gives [..., out]. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  if (weight.ndim !== 2)
    throw new RangeError(`linear: the weight must be [out, in], got ${formatShape(weight.shape)}`);
  const w = weight.node;
  const rows = ops.reshape(x.node, [elements(x.shape.slice(0, -1)), x.shape.at(-1)!]);
  const product = differentiable(
    "linear",
    [rows, w],
    () => ops.matmul(rows, ops.transposeLast(w)),
    // written out, so that the gradient of the weight comes in the weight's own layout
    ({ gradient, needs }) => [
      needs[0] ? ops.matmul(gradient, w) : undefined,
      needs[1] ? ops.matmul(ops.transposeLast(gradient), rows) : undefined,
    ],
  );
  const shifted = bias === null ? product : ops.add(product, bias.node);
  return Tensor.from(ops.reshape(shifted, [...x.shape.slice(0, -1), weight.shape[0]!]));
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
