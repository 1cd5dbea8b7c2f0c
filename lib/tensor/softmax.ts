// softmax and log-softmax along one axis, with their closed-form derivatives.

import { differentiable, type Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { normalizeAxis } from "../graph/shape.js";
import { amax, sum } from "./reductions.js";

const probabilities = new WeakSet<Node>();

/** Whether `x` came out of `softmax`. */
export function isSoftmax(x: Node): boolean {
  return probabilities.has(x);
}

/** exp(x_i) / sum_j exp(x_j) along `dim`. Shape of x. */
export function softmax(x: Node, dim: number): Node {
  const axis = normalizeAxis(dim, x.shape.length, "softmax");
  const along = { dim: axis, keepdim: true };
  const result = differentiable(
    "softmax",
    [x],
    () => {
      const powers = ops.exp(ops.sub(x, amax(x, along)));
      // a division for each row, not for each element
      return ops.mul(powers, ops.reciprocal(sum(powers, along)));
    },
    ({ output, gradient }) => [ops.mul(output, ops.sub(gradient, sum(ops.mul(gradient, output), along)))],
  );
  probabilities.add(result);
  return result;
}

/** x_i - log sum_j exp(x_j) along `dim`. Shape of x. */
export function logSoftmax(x: Node, dim: number): Node {
  const axis = normalizeAxis(dim, x.shape.length, "logSoftmax");
  const along = { dim: axis, keepdim: true };
  return differentiable(
    "logSoftmax",
    [x],
    () => {
      const shifted = ops.sub(x, amax(x, along));
      // the logarithm before the axis is put back: it then belongs to the reduction's kernel
      const total = ops.log(sum(ops.exp(shifted), axis));
      return ops.sub(shifted, ops.reshape(total, ops.keptShape(x.shape, [axis])));
    },
    ({ output, gradient }) => [ops.sub(gradient, ops.mul(ops.exp(output), sum(gradient, along)))],
  );
}
