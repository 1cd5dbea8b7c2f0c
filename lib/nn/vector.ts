// All parameters as one vector, and back.

import { formatShape } from "../graph/shape.js";
import { cat } from "../tensor/functions.js";
import { noGrad } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";

/** All numbers of the parameters in one vector, in their order; differentiable.
 *
 *  ```ts
 *  nn.utils.parametersToVector(nn.Linear(3, 2).parameters()).shape // -> [8]
 *  ``` */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  const parts = [...parameters].map((parameter) => parameter.reshape(-1));
  if (parts.length === 0) throw new RangeError("parametersToVector: got no parameters");
  return cat(parts);
}

/** Copies the numbers of a vector into the parameters, in their order.
 *
 *  ```ts
 *  const layer = nn.Linear(2, 1);
 *  nn.utils.vectorToParameters(tensor([1, 2, 3]), layer.parameters());
 *  layer.bias // -> [3]
 *  ``` */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  const list = [...parameters];
  const total = list.reduce((sum, parameter) => sum + parameter.numel(), 0);
  if (vector.ndim !== 1 || vector.numel() !== total) {
    throw new RangeError(
      `vectorToParameters: the parameters have ${total} numbers, the vector is ${formatShape(vector.shape)}`,
    );
  }
  let start = 0;
  noGrad(() => {
    for (const parameter of list) {
      parameter.copy_(vector.narrow(0, start, parameter.numel()).reshape(parameter.shape));
      start += parameter.numel();
    }
  });
}
