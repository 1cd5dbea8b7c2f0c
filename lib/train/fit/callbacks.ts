// Callbacks that `fit` is often given.

import * as utils from "../../nn/clip.js";
import type { Callback } from "./options.js";

/** Max-norm regularisation: after each step, what comes in to each unit of a layer has at most the norm `max`. Weights of linear and
 *  convolution layers; biases stay as they are. Srivastava et al. 2014, section 5.1.
 *
 * ```ts
 * const model = nn.Linear(4, 3);
 * const x = tensor.randn(8, 4).mul(100);
 * await gb.train.fit(model, [[x, tensor.randn(8, 3)]], {
 *   optimizer: new optim.SGD(model.parameters(), { lr: 0.01 }),
 *   lossFn: nn.MSELoss(),
 *   epochs: 1,
 *   callbacks: [gb.train.maxNorm(1)],
 * });
 * model.weight.norm({ dim: 1 }).amax().item() <= 1 // -> true
 * ``` */
export function maxNorm(max: number): Callback {
  return {
    onStep({ model }) {
      for (const weight of model.parameters()) {
        if (weight.ndim < 2) continue;
        const incoming = Array.from({ length: weight.ndim - 1 }, (_, i) => i + 1);
        utils.maxNorm_(weight, max, incoming);
      }
    },
  };
}
