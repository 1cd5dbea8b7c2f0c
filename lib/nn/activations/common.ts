// What the activation functions share: the check of their input and derivatives in closed form. No function lives here.

import { constantNode, differentiable, type Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { Tensor } from "../../tensor/tensor.js";

export const number: (value: number) => Node = constantNode;

/** The node of a float32 tensor; an error with the remedy for anything else. */
export function floatNode(x: Tensor, what: string): Node {
  if (!(x instanceof Tensor))
    throw new TypeError(`${what}: needs a tensor, got ${typeof x}; write tensor(...)`);
  if (x.dtype !== "float32") {
    throw new TypeError(`${what}: needs a float32 tensor, got ${x.dtype}; convert with .float()`);
  }
  return x.node;
}

/** A function of each element, with its derivative `slope` in closed form (in terms of x and of the function's value y). */
export function elementwise(
  what: string,
  x: Tensor,
  value: (x: Node) => Node,
  slope: (x: Node, y: Node) => Node,
): Tensor {
  const input = floatNode(x, what);
  return Tensor.from(
    differentiable(
      what,
      [input],
      () => value(input),
      ({ output, gradient }) => [ops.mul(gradient, slope(input, output))],
    ),
  );
}
