// Reductions over axes: sum, prod, max, min, argmax, argmin. Reduced axes are removed; keeping them is a reshape.

import { type DerivativeStep, defineOp, type Node, type Op, record } from "../node.js";
import { formatShape, type Shape, sameShape } from "../shape.js";
import { broadcastTo, cast, div, eq, mul } from "./elementwise.js";
import { reshape } from "./movement.js";

type ReduceName = "sum" | "prod" | "max" | "min" | "argmax" | "argmin";

/** Shape with the reduced axes kept at extent 1. */
export function keptShape(shape: Shape, axes: Shape): number[] {
  return shape.map((n, i) => (axes.includes(i) ? 1 : n));
}

/** A reduced value (or its gradient) stretched back over the axes it was reduced over. */
function spread(reduced: Node, step: DerivativeStep): Node {
  const input = step.inputs[0]!;
  return broadcastTo(reshape(reduced, keptShape(input.shape, step.attributes.axes as Shape)), input.shape);
}

function reduceOp(name: ReduceName, derivative?: (step: DerivativeStep) => Node): Op {
  const index = name === "argmax" || name === "argmin";
  return defineOp({
    name: `reduce_${name}`,
    infer: ([x], attributes) => {
      const axes = attributes.axes as Shape;
      return {
        shape: x!.shape.filter((_, i) => !axes.includes(i)),
        dtype: index ? "int32" : x!.dtype,
      };
    },
    lowering: { kind: "reduce", op: name },
    ...(derivative && { derivative: (step: DerivativeStep) => [derivative(step)] }),
  });
}

/** The gradient goes to all elements that equal the extreme value, in equal parts, as PyTorch's amax and amin. */
function extremeGradient(step: DerivativeStep): Node {
  const hit = cast(eq(step.inputs[0]!, spread(step.output, step)), "float32");
  const count = reduce("sum", hit, step.attributes.axes as Shape);
  return mul(hit, spread(div(step.gradient, count), step));
}

const REDUCE: { readonly [name in ReduceName]: Op } = {
  sum: reduceOp("sum", (step) => spread(step.gradient, step)),
  // y / x is 0 / 0 where an element is 0: the product of the others would be needed there
  prod: reduceOp("prod", (step) => div(spread(mul(step.gradient, step.output), step), step.inputs[0]!)),
  max: reduceOp("max", extremeGradient),
  min: reduceOp("min", extremeGradient),
  argmax: reduceOp("argmax"),
  argmin: reduceOp("argmin"),
};

/** Reduces `x` over `axes` (sorted, distinct) and removes them. Bools are counted as int32. */
export function reduce(name: ReduceName, x: Node, axes: Shape): Node {
  if (axes.length === 0 && name !== "argmax" && name !== "argmin") return x;
  if (
    (name === "max" || name === "min" || name.startsWith("arg")) &&
    axes.some((axis) => x.shape[axis] === 0)
  ) {
    throw new RangeError(
      `${name}: ${formatShape(x.shape)} has no element to choose from along dim ${axes.join(", ")}`,
    );
  }
  return record(REDUCE[name], [x.dtype === "bool" ? cast(x, "int32") : x], { axes });
}

/** Undoes a broadcast: sums `x` over what was stretched to get from `shape` to its shape. */
export function sumTo(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.shape.length - shape.length;
  const axes = x.shape
    .map((_, i) => i)
    .filter((i) => i < lead || (shape[i - lead] === 1 && x.shape[i] !== 1));
  return reshape(reduce("sum", x, axes), shape);
}
