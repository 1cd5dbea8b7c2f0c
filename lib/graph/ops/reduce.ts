// Reductions over axes: sum, prod, max, min, argmax, argmin. Reduced axes are removed; keeping them is a reshape.

import { computeType } from "../dtype.js";
import {
  type DerivativeStep,
  defineOp,
  isGradEnabled,
  type Node,
  type Op,
  record,
  scalarNode,
} from "../node.js";
import { formatShape, type Shape, sameShape } from "../shape.js";
import { broadcastTo, cast, div, eq, mul, sub, where } from "./elementwise.js";
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

/** For each element the product of the others: the whole product over the element, and what is left without it where it is
 *  the only 0. */
function productOfOthers(step: DerivativeStep): Node {
  const x = step.inputs[0]!;
  const axes = step.attributes.axes as Shape;
  const zero = scalarNode(0, "float32");
  const one = scalarNode(1, "float32");
  const isZero = eq(x, zero);
  const zeros = spread(reduce("sum", cast(isZero, "float32"), axes), step);
  const safe = where(isZero, one, x);
  const rest = div(spread(reduce("prod", safe, axes), step), safe);
  // an element's others hold no 0 when there is none at all, or when it is the only one itself
  const others = sub(zeros, cast(isZero, "float32"));
  if (!isGradEnabled()) return where(eq(others, zero), rest, zero);
  // where they hold one, they are 0, and their derivative by that one is what is left
  const nothing = where(isZero, x, zero);
  const only = sub(spread(reduce("sum", nothing, axes), step), nothing);
  return where(eq(others, zero), rest, where(eq(others, one), mul(rest, only), zero));
}

const REDUCE: { readonly [name in ReduceName]: Op } = {
  sum: reduceOp("sum", (step) => spread(step.gradient, step)),
  prod: reduceOp("prod", (step) => mul(spread(step.gradient, step), productOfOthers(step))),
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
  const type = computeType(x.dtype);
  const result = record(REDUCE[name], [cast(x, type === "bool" ? "int32" : type)], { axes });
  // whole numbers are counted as int32; an extreme is one of the elements
  const same = x.dtype === "float16" || (x.dtype === "uint8" && (name === "max" || name === "min"));
  return same && !name.startsWith("arg") ? cast(result, x.dtype) : result;
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
