// A tensor that a module learns.

import { Storage } from "../compute/buffer.js";
import * as ops from "../graph/ops/index.js";
import { Tensor } from "../tensor/tensor.js";

/** A leaf tensor that requires a gradient; assigned to a module's field, it belongs to the module's parameters.
 *
 *  @example new nn.Parameter(tensor.zeros(3)) */
export class Parameter extends Tensor {
  constructor(data: Tensor, options: { requiresGrad?: boolean } = {}) {
    super(new Storage(ops.identity(ops.detached(data.node))));
    if (options.requiresGrad ?? true) this.requiresGrad_();
  }
}
