// The tensor: a handle on a lazy value, with PyTorch's operations as methods (lib/tensor/methods, a family a file).

import { Storage } from "../compute/buffer.js";
import type { Node } from "../graph/node.js";
import { madeInScope } from "./memory.js";
import { AllMethods } from "./methods/in-place.js";

/** An array of numbers of one type, with PyTorch's methods. Nothing is computed until a value is needed. `x.add_(y)` is `x.add(y)` in
 *  place, and so for most methods that keep the shape; `tensor.add(x, y)` is `x.add(y)`; `x[0]` is `x.at(0)`, and
 *  `for (const row of x)` goes along the first dim. What PyTorch calls a view is a value of its own here: `x.indexPut_` changes a part.
 *
 *  @example
 *  const x = tensor([[1, 2], [3, 4]]);
 *  x.mul(10).add(x.t()).sum(0) // [43, 65] */
export class Tensor extends AllMethods {
  /** A tensor for a recorded node. */
  static from(node: Node): Tensor {
    const tensor = new Tensor(new Storage(node));
    madeInScope(tensor);
    return tensor;
  }
  protected override like(storage: Storage, cut: boolean): Tensor {
    return new Tensor(storage, cut);
  }
}
