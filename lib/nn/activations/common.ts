// What the activation functions share: the check of their input and derivatives in closed form. No function lives here.

import { composite, recordComposite } from "../../graph/composite.js";
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

/** Defines a function of each element by its value and its derivative `slope` in closed form (in terms of x and of the value y).
 *  Both may use options, numbers that the function is called with; other numbers are part of its formula. `what` is its name in
 *  messages. */
export function elementwiseWith(
  what: string,
  value: (x: Node, ...options: Node[]) => Node,
  slope: (x: Node, y: Node, ...options: Node[]) => Node,
  name: string = what,
): (x: Tensor, ...options: number[]) => Tensor {
  const op = composite({
    name,
    shape: ([x]) => x!.shape,
    expensive: false,
    expand: ([x, ...options]) =>
      differentiable(
        name,
        [x!],
        () => value(x!, ...options),
        ({ output, gradient }) => [ops.mul(gradient, slope(x!, output, ...options))],
      ),
  });
  return (x, ...options) =>
    Tensor.from(recordComposite(op, [floatNode(x, what), ...options.map(constantNode)]));
}

/** The same without options. It ignores what else it is called with. */
export function elementwise(
  what: string,
  value: (x: Node) => Node,
  slope: (x: Node, y: Node) => Node,
  name: string = what,
): (x: Tensor) => Tensor {
  const apply = elementwiseWith(what, value, slope, name);
  return (x) => apply(x);
}
