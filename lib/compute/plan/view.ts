// Strided views and what movements (reshape, permute, expand, slice, pad) do to them.

import type { View } from "../../graph/expr.js";
import type { Movement } from "../../graph/node.js";
import { contiguousStrides, elements, type Shape } from "../../graph/shape.js";

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
  // addresses outside the padded part are never used: the caller guards them
  pad: (view, { before, shape }) => ({
    shape,
    offset: before.reduce((offset, start, i) => offset - start * view.strides[i]!, view.offset),
    strides: view.strides,
  }),
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
