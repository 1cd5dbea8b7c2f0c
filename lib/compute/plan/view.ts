// Strided views and what movements (reshape, permute, expand, slice, pad, windows) do to them.

import type { View } from "../../graph/expr.js";
import type { Movement } from "../../graph/node.js";
import { contiguousStrides, elements, type Shape, type Window, windowCount } from "../../graph/shape.js";

/** A view together with the extents of the index space it is addressed by. */
export interface ShapedView extends View {
  readonly shape: Shape;
}

export function contiguousView(shape: Shape): ShapedView {
  return { shape, offset: 0, strides: contiguousStrides(shape) };
}

/** The view that gives the index along one axis. */
export function axisView(shape: Shape, axis: number): ShapedView {
  return { shape, offset: 0, strides: shape.map((_, i) => (i === axis ? 1 : 0)) };
}

/** Where a movement gives an element of its input rather than what is around it: from <= index < end. */
export interface Bound {
  readonly index: ShapedView;
  readonly from: number;
  readonly end: number;
}

/** What must hold of a position of the result (of shape `to`), so that it is an element of the input (of shape `from`). */
export function boundsOf(movement: Movement, from: Shape, to: Shape): Bound[] {
  if (movement.kind === "pad") {
    return movement.before.flatMap((start, axis) =>
      start === 0 && from[axis] === to[axis]
        ? []
        : [{ index: axisView(to, axis), from: start, end: start + from[axis]! }],
    );
  }
  if (movement.kind !== "overlap") return [];
  const { windows } = movement;
  const lead = from.length - windows.length;
  return windows.flatMap(({ axis, size, stride, dilation }, i) => {
    const [at, last] = [axis + earlier(windows, axis), to.length - windows.length + i];
    const along = (strides: Readonly<Record<number, number>>): ShapedView => ({
      shape: to,
      offset: 0,
      strides: to.map((_, d) => strides[d] ?? 0),
    });
    const bounds: Bound[] = [];
    if (to[last]! > 1 || to[at]! > from[axis]!) {
      bounds.push({ index: along({ [at]: 1, [last]: -dilation }), from: 0, end: from[axis]! });
    }
    if (size < to[last]! * stride) {
      bounds.push({ index: along({ [at + 1]: 1, [last]: stride }), from: 0, end: from[lead + i]! });
    }
    return bounds;
  });
}

/** How many windows are along axes before `axis`: each has split its axis in two. */
const earlier = (windows: readonly Window[], axis: number): number =>
  windows.filter((one) => one.axis < axis).length;

type Apply<K extends Movement["kind"]> = (
  view: ShapedView,
  movement: Extract<Movement, { kind: K }>,
) => ShapedView | undefined;

const APPLY: { readonly [K in Movement["kind"]]: Apply<K> } = {
  permute: (view, { axes }) => ({
    shape: axes.map((axis) => view.shape[axis]!),
    offset: view.offset,
    strides: axes.map((axis) => view.strides[axis]!),
  }),
  expand: (view, { shape }) => {
    const lead = shape.length - view.shape.length;
    const strides = shape.map((n, i) =>
      i < lead || view.shape[i - lead] !== n ? 0 : view.strides[i - lead]!,
    );
    return { shape, offset: view.offset, strides };
  },
  slice: (view, { starts, shape, steps }) => ({
    shape,
    offset: starts.reduce((offset, start, i) => offset + start * view.strides[i]!, view.offset),
    strides: view.strides.map((stride, i) => stride * steps[i]!),
  }),
  // addresses outside the padded part are never used: see boundsOf
  pad: (view, { before, shape }) => ({
    shape,
    offset: before.reduce((offset, start, i) => offset - start * view.strides[i]!, view.offset),
    strides: view.strides,
  }),
  window: (view, { windows }) => {
    const shape = [...view.shape];
    const strides = [...view.strides];
    for (const one of windows) {
      shape[one.axis] = windowCount(shape[one.axis]!, one);
      strides[one.axis]! *= one.stride;
    }
    return {
      shape: [...shape, ...windows.map(({ size }) => size)],
      offset: view.offset,
      strides: [...strides, ...windows.map(({ axis, dilation }) => view.strides[axis]! * dilation)],
    };
  },
  // element stride * q + r is number q - a * dilation of the windows at place a * stride + r; see boundsOf for where there is none
  overlap: (view, { windows, shape }) => {
    const lead = view.shape.length - windows.length;
    const strides = view.strides.slice(0, lead).flatMap((stride, axis) => {
      const i = windows.findIndex((one) => one.axis === axis);
      return i < 0 ? [stride] : [stride, view.strides[lead + i]!];
    });
    const last = windows.map(
      ({ axis, stride, dilation }, i) => stride * view.strides[lead + i]! - dilation * view.strides[axis]!,
    );
    return { shape, offset: view.offset, strides: [...strides, ...last] };
  },
  reshape: (view, { shape }) => {
    const strides = reshapeStrides(view, shape);
    return strides && { shape, offset: view.offset, strides };
  },
};

/** The view after `movement`; undefined where no strides can express it (a reshape of transposed data). */
export function applyMovement(view: ShapedView, movement: Movement): ShapedView | undefined {
  return (APPLY[movement.kind] as Apply<Movement["kind"]>)(view, movement as never);
}

/** Strides that address the same elements in another shape without a copy, if there are any. */
function reshapeStrides(view: ShapedView, shape: Shape): number[] | undefined {
  if (elements(shape) === 0) return contiguousStrides(shape);
  // runs of old axes that are laid out like one long axis: [extent, stride of its last element]
  const runs: { extent: number; stride: number }[] = [];
  view.shape.forEach((extent, i) => {
    if (extent === 1) return;
    const stride = view.strides[i]!;
    const last = runs.at(-1);
    if (last !== undefined && last.stride === stride * extent) {
      last.extent *= extent;
      last.stride = stride;
    } else {
      runs.push({ extent, stride });
    }
  });
  // new axes, last first, must each lie within one run
  const strides = new Array<number>(shape.length).fill(0);
  let run = runs.length - 1;
  let used = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const extent = shape[i]!;
    if (extent === 1) continue;
    if (run >= 0 && used === runs[run]!.extent) {
      run--;
      used = 1;
    }
    if (run < 0) return undefined;
    const { extent: whole, stride } = runs[run]!;
    if (whole % (used * extent) !== 0) return undefined;
    strides[i] = stride * used;
    used *= extent;
  }
  return strides;
}
