// Operations that move elements without computing: reshape, permute, expand, slice, pad, concat (windows
// are in window.ts). In kernels they are only another way to address their input.

import { defineOp, type Node, type Op, record } from "../node.js";
import { elements, formatShape, type Shape, sameShape } from "../shape.js";
import { sumTo } from "./reduce.js";

const RESHAPE: Op = defineOp({
  name: "reshape",
  infer: ([x], { shape }) => ({ shape: shape as Shape, dtype: x!.dtype }),
  derivative: ({ inputs, gradient }) => [reshape(gradient, inputs[0]!.shape)],
  lowering: { kind: "movement", movement: (node) => ({ kind: "reshape", shape: node.shape }) },
});

/** The same elements, row-major, in another shape of equal size. */
export function reshape(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  if (elements(shape) !== elements(x.shape)) {
    throw new RangeError(
      `reshape: ${formatShape(x.shape)} has ${elements(x.shape)} elements, ${formatShape(shape)} has ${elements(shape)}`,
    );
  }
  return record(RESHAPE, [x], { shape });
}

const PERMUTE: Op = defineOp({
  name: "permute",
  infer: ([x], { axes }) => ({ shape: (axes as Shape).map((axis) => x!.shape[axis]!), dtype: x!.dtype }),
  derivative: ({ attributes, gradient }) => {
    const axes = attributes.axes as Shape;
    const inverse = new Array<number>(axes.length);
    axes.forEach((axis, i) => {
      inverse[axis] = i;
    });
    return [permute(gradient, inverse)];
  },
  lowering: {
    kind: "movement",
    movement: (node) => ({ kind: "permute", axes: node.attributes.axes as Shape }),
  },
});

/** Axis i of the result is axis `axes[i]` of `x`. */
export function permute(x: Node, axes: Shape): Node {
  return axes.every((axis, i) => axis === i) ? x : record(PERMUTE, [x], { axes });
}

const EXPAND: Op = defineOp({
  name: "expand",
  infer: ([x], { shape }) => ({ shape: shape as Shape, dtype: x!.dtype }),
  derivative: ({ inputs, gradient }) => [sumTo(gradient, inputs[0]!.shape)],
  lowering: { kind: "movement", movement: (node) => ({ kind: "expand", shape: node.shape }) },
});

/** Repeats along axes of extent 1 and along new leading axes. The shapes must fit (see `broadcastTo`). */
export function expand(x: Node, shape: Shape): Node {
  return sameShape(x.shape, shape) ? x : record(EXPAND, [x], { shape });
}

const SLICE: Op = defineOp({
  name: "slice",
  infer: ([x], { shape }) => ({ shape: shape as Shape, dtype: x!.dtype }),
  derivative: ({ inputs, attributes, gradient }) => {
    const steps = attributes.steps as Shape;
    const starts = attributes.starts as Shape;
    const target = inputs[0]!.shape;
    if (steps.every((step) => step === 1)) return [pad(gradient, starts, target)];
    // steps of -1 only (flip): whole axes, so that flipping back is all there is
    return [slice(gradient, starts, target, steps)];
  },
  lowering: {
    kind: "movement",
    movement: (node) => ({
      kind: "slice",
      starts: node.attributes.starts as Shape,
      shape: node.shape,
      steps: node.attributes.steps as Shape,
    }),
  },
});

/** Element i of axis d is element `starts[d] + i * steps[d]` of `x`. Steps are 1, or -1 over a whole axis (flip). */
export function slice(x: Node, starts: Shape, shape: Shape, steps: Shape = shape.map(() => 1)): Node {
  if (sameShape(x.shape, shape) && steps.every((step) => step === 1)) return x;
  return record(SLICE, [x], { starts, shape, steps });
}

/** Reversed along `axes`. */
export function flip(x: Node, axes: Shape): Node {
  const turned = x.shape.map((_, i) => axes.includes(i));
  return slice(
    x,
    x.shape.map((n, i) => (turned[i] ? n - 1 : 0)),
    x.shape,
    turned.map((turn) => (turn ? -1 : 1)),
  );
}

const PAD: Op = defineOp({
  name: "pad",
  infer: ([x], { shape }) => ({ shape: shape as Shape, dtype: x!.dtype }),
  derivative: ({ inputs, attributes, gradient }) => [
    slice(gradient, attributes.before as Shape, inputs[0]!.shape),
  ],
  lowering: {
    kind: "movement",
    movement: ({ attributes, shape }) => ({
      kind: "pad",
      before: attributes.before as Shape,
      shape,
      value: attributes.value as number,
    }),
  },
});

/** `x` placed at `before` in a larger tensor of `value`s, which are part of the graph's structure. */
export function pad(x: Node, before: Shape, shape: Shape, value = 0): Node {
  return sameShape(x.shape, shape) ? x : record(PAD, [x], { before, shape, value });
}

const CONCAT: Op = defineOp({
  name: "concat",
  infer: (inputs, { axis }) => {
    const at = axis as number;
    const first = inputs[0]!;
    const extent = inputs.reduce((sum, input) => sum + input.shape[at]!, 0);
    return { shape: first.shape.map((n, i) => (i === at ? extent : n)), dtype: first.dtype };
  },
  derivative: ({ inputs, attributes, gradient }) => {
    const axis = attributes.axis as number;
    let start = 0;
    return inputs.map((input) => {
      const starts = input.shape.map((_, i) => (i === axis ? start : 0));
      start += input.shape[axis]!;
      return slice(gradient, starts, input.shape);
    });
  },
  lowering: { kind: "concat" },
});

/** More parts are joined in groups: each element of the result asks for each part whether it lies in it. */
const MAX_PARTS = 8;

/** Joins tensors of one type along `axis`; their other extents must be equal. */
export function concat(inputs: readonly Node[], axis: number): Node {
  const first = inputs[0];
  if (first === undefined) throw new RangeError("cat: needs at least one tensor");
  inputs.forEach((input, i) => {
    const fits =
      input.shape.length === first.shape.length &&
      input.shape.every((n, d) => d === axis || n === first.shape[d]);
    if (!fits) {
      throw new RangeError(
        `cat: tensor ${i} has shape ${formatShape(input.shape)}, the first has ${formatShape(first.shape)}; ` +
          `all extents except dim ${axis} must be equal`,
      );
    }
  });
  if (inputs.length > MAX_PARTS) {
    const groups = Array.from({ length: Math.ceil(inputs.length / MAX_PARTS) }, (_, i) =>
      concat(inputs.slice(i * MAX_PARTS, (i + 1) * MAX_PARTS), axis),
    );
    return concat(groups, axis);
  }
  return inputs.length === 1 ? first : record(CONCAT, inputs, { axis });
}
