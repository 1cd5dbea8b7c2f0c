// Class numbers as vectors.

import { isFloat } from "../graph/dtype.js";
import { scalarNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { checkWhole } from "../tensor/arguments.js";
import { Tensor } from "../tensor/tensor.js";

/** 1 at the place of each class, 0 elsewhere: [...] class numbers give [..., numClasses], int32. Without `numClasses` there are as
 *  many as the largest class number says, for which it waits.
 *  @example F.oneHot(tensor([0, 2], { dtype: "int32" }), 3) // -> [[1, 0, 0], [0, 0, 1]] */
export function oneHot(classes: Tensor, numClasses: number = -1): Tensor {
  if (isFloat(classes.dtype) || classes.dtype === "bool") {
    throw new TypeError(`oneHot: class numbers must be int32, got ${classes.dtype}; convert with .int()`);
  }
  checkWhole(numClasses, "oneHot", "the number of classes, oneHot(classes, 10)");
  const empty = classes.numel() === 0;
  if (numClasses === -1 && empty) {
    throw new RangeError("oneHot: an empty tensor has no largest class; say how many there are");
  }
  const count = numClasses === -1 ? classes.amax().item() + 1 : numClasses;
  const x = ops.cast(classes.node, "int32");
  const message = `oneHot: class {value} is out of range for ${count} classes`;
  const checked = ops.reshape(ops.checkIndex(x, count, message), [...classes.shape, 1]);
  const hit = ops.eq(checked, count === 0 ? scalarNode(0, "int32") : ops.iota(count));
  return Tensor.from(ops.cast(hit, "int32"));
}
