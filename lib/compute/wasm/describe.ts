// Kernels in words and numbers: extents, operations, bytes.

import { BYTES } from "../../graph/dtype.js";
import { type Expr, inOrder } from "../../graph/expr.js";
import {
  expressionsOf,
  type Kernel,
  type LoopKernel,
  outputsOf,
  type PlanBuffer,
  type SingleKernel,
  ungrouped,
} from "../ir.js";

const product = (extents: readonly number[]): number => extents.reduce((all, extent) => all * extent, 1);

const isArithmetic = (expr: Expr): boolean =>
  expr.kind === "unary" || expr.kind === "binary" || expr.kind === "where";

/** Floating-point operations, counting every function as one. */
export function operationsOf(kernel: Kernel): number {
  if (kernel.kind === "routine") return 0;
  if (kernel.kind === "group") return kernel.members.reduce((sum, member) => sum + operationsOf(member), 0);
  const count = (values: readonly { readonly value: Expr }[]): number =>
    inOrder(values.map(({ value }) => value)).filter(isArithmetic).length;
  const outputs = count(kernel.outputs);
  if (kernel.kind === "matmul") {
    return product(kernel.batch) * kernel.m * kernel.n * (2 * kernel.k + outputs);
  }
  const along = kernel.passes.reduce(
    (sum, pass) => sum + count([...pass.accumulators, ...pass.outputs]) + pass.accumulators.length,
    0,
  );
  return product(kernel.outer) * (product(kernel.reduce) * along + outputs);
}

/** Points of a kernel's loops, and so the most elements that it loads by one expression. */
function pointsOf(kernel: SingleKernel): number {
  if (kernel.kind === "routine") return 0;
  if (kernel.kind === "matmul") return product(kernel.batch) * kernel.m * kernel.n;
  return product(kernel.outer) * product(kernel.reduce);
}

/** Bytes of all buffers the kernel touches, each once; of a large one, no more than it has points to load at: a batch that is
 *  gathered counts, not the whole data set. */
export function bytesOf(kernel: Kernel, buffers: readonly PlanBuffer[]): number {
  const touched = new Map<number, number>();
  const touch = (buffer: number, bytes = Number.POSITIVE_INFINITY): void => {
    const sum = (touched.get(buffer) ?? 0) + bytes;
    touched.set(buffer, Math.min(sum, buffers[buffer]!.bytes));
  };
  for (const part of ungrouped(kernel)) {
    if (part.kind === "routine") for (const { buffer } of [...part.inputs, ...part.outputs]) touch(buffer);
    if (part.kind === "matmul") for (const { buffer } of [part.a, part.b]) touch(buffer);
    for (const { buffer } of outputsOf(part)) touch(buffer);
    for (const expr of expressionsOf(part))
      if (expr.kind === "load" || expr.kind === "gather")
        touch(expr.buffer, pointsOf(part) * BYTES[expr.dtype]);
  }
  return [...touched.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** How long a kernel takes, in operations and bytes. */
export function workOf(kernel: Kernel, buffers: readonly PlanBuffer[]): number {
  return operationsOf(kernel) + bytesOf(kernel, buffers);
}

const extents = (list: readonly number[]): string => `[${list.join(", ")}]`;

function describeLoop(kernel: LoopKernel): string {
  if (kernel.reduce.length === 0) return `map ${extents(kernel.outer)}`;
  const passes = kernel.passes.map(({ accumulators }) => accumulators.map(({ op }) => op).join("+") || "map");
  return `${passes.join(", ")} ${extents(kernel.outer)} over ${extents(kernel.reduce)}`;
}

/** The loops of a kernel. */
export function shapeOf(kernel: Kernel): string {
  if (kernel.kind === "routine") return `${kernel.name} ${extents(kernel.outputs[0]!.shape)}`;
  if (kernel.kind === "group") return `group of ${kernel.members.map(describeLoop).join("; ")}`;
  if (kernel.kind === "loop") return describeLoop(kernel);
  const { batch, m, k, n } = kernel;
  return `matmul ${batch.length > 0 ? `${extents(batch)} ` : ""}${m} x ${k} x ${n}`;
}
