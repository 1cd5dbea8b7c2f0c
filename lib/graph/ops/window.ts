// Sliding windows as a view, and their adjoint: a convolution is a product with windows, pooling a reduction over them.

import { defineOp, differentiable, type Node, type Op, record } from "../node.js";
import { elements, type Shape, type Window, windowCount } from "../shape.js";
import { add } from "./elementwise.js";
import { pad, reshape, slice } from "./movement.js";
import { reduce } from "./reduce.js";

const column = (windows: readonly Window[], key: keyof Window): number[] => windows.map((one) => one[key]);

const WINDOW: Op = defineOp({
  name: "window",
  infer: ([x], attributes) => {
    const windows = windowsOf(attributes);
    const shape = [...x!.shape];
    for (const one of windows) shape[one.axis] = windowCount(shape[one.axis]!, one);
    return { shape: [...shape, ...column(windows, "size")], dtype: x!.dtype };
  },
  derivative: ({ inputs, attributes, gradient }) => [
    overlapAdd(gradient, windowsOf(attributes), inputs[0]!.shape),
  ],
  lowering: {
    kind: "movement",
    movement: ({ attributes }) => ({ kind: "window", windows: windowsOf(attributes) }),
  },
});

type WindowAttributes = { readonly [name: string]: unknown };

function windowsOf({ axes, sizes, strides, dilations }: WindowAttributes): Window[] {
  return (axes as Shape).map((axis, i) => ({
    axis,
    size: (sizes as Shape)[i]!,
    stride: (strides as Shape)[i]!,
    dilation: (dilations as Shape)[i]!,
  }));
}

const attributesOf = (windows: readonly Window[]): Record<string, readonly number[]> => ({
  axes: column(windows, "axis"),
  sizes: column(windows, "size"),
  strides: column(windows, "stride"),
  dilations: column(windows, "dilation"),
});

/** All windows of `x` as a view: each axis named becomes the number of windows along it, and the sizes are appended as axes of
 *  their own, in the order of `windows`. [N, C, H, W] -> [N, C, OH, OW, KH, KW]. At least one window must fit. */
export function window(x: Node, windows: readonly Window[]): Node {
  return record(WINDOW, [x], attributesOf(windows));
}

/** What each element is in its windows: axis `extent` of the result's windows becomes (quotient, remainder) of an element's
 *  position by the stride, and the axis of the window's size counts the windows the element is in. Beyond them there is 0. */
const OVERLAP: Op = defineOp({
  name: "overlap",
  infer: ([x], attributes) => {
    const windows = windowsOf(attributes);
    const extents = attributes.extents as Shape;
    const lead = x!.shape.slice(0, x!.shape.length - windows.length).flatMap((n, axis) => {
      const i = windows.findIndex((one) => one.axis === axis);
      return i < 0 ? [n] : [Math.ceil(extents[i]! / windows[i]!.stride), windows[i]!.stride];
    });
    return {
      shape: [...lead, ...windows.map(({ size, stride }) => Math.ceil(size / stride))],
      dtype: x!.dtype,
    };
  },
  lowering: {
    kind: "movement",
    movement: (node) => ({ kind: "overlap", windows: windowsOf(node.attributes), shape: node.shape }),
  },
});

/** The adjoint of `window`: a tensor of `shape` in which each element is the sum of what `x` has for it in all its windows. */
export function overlapAdd(x: Node, windows: readonly Window[], shape: Shape): Node {
  return differentiable(
    "overlapAdd",
    [x],
    () => summed(x, windows, shape),
    ({ gradient }) => [window(gradient, windows)],
  );
}

/** Up to this many elements in a window, their sum is written out instead of looped over. */
const WRITTEN_OUT = 27;

function summed(x: Node, windows: readonly Window[], shape: Shape): Node {
  const size = elements(column(windows, "size"));
  if (size <= WRITTEN_OUT && windows.every(({ stride }) => stride === 1)) return shifted(x, windows, shape);
  const simple = windows.map(({ stride, dilation, ...rest }) =>
    stride > 1 && dilation > 1 ? { ...rest, stride: 1, dilation } : { ...rest, stride, dilation },
  );
  const spread = windows.reduce(
    (y, { axis, stride }, i) => (simple[i]!.stride === stride ? y : withGaps(y, axis, stride)),
    x,
  );
  const extents = windows.map(({ axis }) => shape[axis]!);
  const parts = record(OVERLAP, [spread], { ...attributesOf(simple), extents });
  const lead = parts.shape.length - windows.length;
  const last = windows.map((_, i) => lead + i);
  const once = last.every((axis) => parts.shape[axis] === 1);
  const whole = shape.map((n, axis) => {
    const one = simple.find((candidate) => candidate.axis === axis);
    return one === undefined ? n : Math.ceil(n / one.stride) * one.stride;
  });
  const joined = reshape(once ? parts : reduce("sum", parts, last), whole);
  return slice(
    joined,
    shape.map(() => 0),
    shape,
  );
}

/** For windows at every position: the sum of what each place in a window has, moved to where that place is. The conditions for
 *  being inside differ from piece to piece in constants only, which costs less than to compute them in a loop. */
function shifted(x: Node, windows: readonly Window[], shape: Shape): Node {
  const lead = x.shape.slice(0, x.shape.length - windows.length);
  const places = windows.reduce<number[][]>(
    (all, { size }) => all.flatMap((place) => Array.from({ length: size }, (_, i) => [...place, i])),
    [[]],
  );
  const pieces = places.map((place) => {
    const before = lead.map(() => 0);
    windows.forEach(({ axis, dilation }, i) => {
      before[axis] = place[i]! * dilation;
    });
    const part = slice(x, [...lead.map(() => 0), ...place], [...lead, ...place.map(() => 1)]);
    return pad(reshape(part, lead), before, shape);
  });
  return pieces.reduce((sum, piece) => add(sum, piece));
}

/** `stride` - 1 zeros between any two elements along `axis`. */
export function withGaps(x: Node, axis: number, stride: number): Node {
  if (stride === 1) return x;
  const { shape } = x;
  const count = shape[axis]!;
  const wide = (n: number): number[] => [...shape.slice(0, axis + 1), n, ...shape.slice(axis + 1)];
  const zeros = wide(0).map(() => 0);
  const long = shape.with(axis, count * stride);
  const padded = reshape(pad(reshape(x, wide(1)), zeros, wide(stride)), long);
  return slice(
    padded,
    shape.map(() => 0),
    shape.with(axis, Math.max(0, (count - 1) * stride + 1)),
  );
}
