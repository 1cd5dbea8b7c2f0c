// Functions on tensors that are not methods, or are handy as both: numbers may stand on either side.

import * as ops from "../graph/ops/index.js";
import { formatShape, normalizeAxis } from "../graph/shape.js";
import { gradientsOf } from "./autograd.js";
import { session } from "./session.js";
import { Tensor } from "./tensor.js";
import { nodeOf, type Operand } from "./types.js";

type NodeFunction = typeof ops.add;

function either(op: NodeFunction, a: Operand, b: Operand): Tensor {
  const other = typeof a === "number" ? (typeof b === "number" ? "float32" : b.dtype) : a.dtype;
  const right = typeof b === "number" ? nodeOf(b, other) : b.node;
  return Tensor.from(op(nodeOf(a, other), right));
}

export const add = (a: Operand, b: Operand): Tensor => either(ops.add, a, b);
export const sub = (a: Operand, b: Operand): Tensor => either(ops.sub, a, b);
export const mul = (a: Operand, b: Operand): Tensor => either(ops.mul, a, b);
export const div = (a: Operand, b: Operand): Tensor => either(ops.div, a, b);
export const pow = (a: Operand, b: Operand): Tensor =>
  typeof a !== "number" && typeof b === "number" ? a.pow(b) : either(ops.pow, a, b);
export const maximum = (a: Operand, b: Operand): Tensor => either(ops.maximum, a, b);
export const minimum = (a: Operand, b: Operand): Tensor => either(ops.minimum, a, b);
export const matmul = (a: Tensor, b: Tensor): Tensor => a.matmul(b);
export const exp = (x: Tensor): Tensor => x.exp();
export const log = (x: Tensor): Tensor => x.log();
export const sqrt = (x: Tensor): Tensor => x.sqrt();
export const tanh = (x: Tensor): Tensor => x.tanh();
export const sigmoid = (x: Tensor): Tensor => x.sigmoid();
export const relu = (x: Tensor): Tensor => x.relu();
export const softmax = (x: Tensor, dim: number): Tensor => x.softmax(dim);

/** `a` where `condition` is true, else `b`; all broadcast. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const other = typeof a === "number" ? (typeof b === "number" ? "float32" : b.dtype) : a.dtype;
  return Tensor.from(ops.where(condition.node, nodeOf(a, other), nodeOf(b, other)));
}

/** Joins tensors along an existing dim; their other extents must be equal. */
export function cat(tensors: readonly Tensor[], options: { dim?: number } = {}): Tensor {
  const first = tensors[0];
  if (first === undefined) throw new RangeError("cat: needs at least one tensor");
  const axis = normalizeAxis(options.dim ?? 0, first.ndim, "cat");
  return Tensor.from(
    ops.concat(
      tensors.map(({ node }) => ops.cast(node, first.dtype)),
      axis,
    ),
  );
}

/** Joins tensors of one shape along a new dim. */
export function stack(tensors: readonly Tensor[], options: { dim?: number } = {}): Tensor {
  const first = tensors[0];
  if (first === undefined) throw new RangeError("stack: needs at least one tensor");
  tensors.forEach(({ shape }, i) => {
    if (formatShape(shape) !== formatShape(first.shape)) {
      throw new RangeError(
        `stack: tensor ${i} has ${formatShape(shape)}, the first has ${formatShape(first.shape)}`,
      );
    }
  });
  const { dim = 0 } = options;
  return cat(
    tensors.map((t) => t.unsqueeze(dim)),
    { dim },
  );
}

/** Whether all elements agree: |a - b| <= atol + rtol * |b|. Waits. */
export function allclose(
  a: Tensor,
  b: Tensor,
  options: { rtol?: number; atol?: number; equalNan?: boolean } = {},
): boolean {
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  const apart = a.sub(b).abs();
  // the difference of equal infinities is NaN, and infinity is within any share of infinity
  const near = apart.le(b.abs().mul(rtol).add(atol)).logicalAnd(apart.lt(Number.POSITIVE_INFINITY));
  let close = a.eq(b).logicalOr(near);
  if (equalNan) close = close.logicalOr(a.isnan().logicalAnd(b.isnan()));
  return close.all().item() !== 0;
}

export interface GradOptions {
  /** Weights of the outputs' elements; needed where an output is not a single number. */
  gradOutputs?: readonly Tensor[];
  retainGraph?: boolean;
  /** Record the derivatives too, so that they can be differentiated again. */
  createGraph?: boolean;
}

/** Gradients of the outputs with respect to the inputs, without touching any `.grad`; null where there is no path. */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  const list = (tensors: Tensor | readonly Tensor[]): readonly Tensor[] =>
    tensors instanceof Tensor ? [tensors] : tensors;
  const { createGraph = false } = options;
  const found = gradientsOf(
    list(outputs).map(({ node }) => node),
    list(inputs).map(({ node }) => node),
    list(outputs).map((_, i) => options.gradOutputs?.[i]?.node),
    { retainGraph: options.retainGraph ?? createGraph, createGraph },
  );
  return found.map((node) => (node === undefined ? null : Tensor.from(node)));
}

/** What computing these tensors would do: the graph's kernels, their fusion, memory and work. */
export function explain(...tensors: readonly Tensor[]): string {
  return session().explain(tensors.map(({ storage }) => storage.node));
}
