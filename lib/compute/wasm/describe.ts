// Kernels in words and numbers: extents, operations, bytes.

import { type Expr, inOrder } from "../../graph/expr.js";
import type { Kernel, PlanBuffer } from "../ir.js";

const product = (extents: readonly number[]): number => extents.reduce((all, extent) => all * extent, 1);

const isArithmetic = (expr: Expr): boolean =>
  expr.kind === "unary" || expr.kind === "binary" || expr.kind === "where";

/** Floating-point operations, counting every function as one. */
function operations(kernel: Kernel): number {
  if (kernel.kind === "routine") return 0;
  const count = (roots: readonly Expr[]): number => inOrder(roots).filter(isArithmetic).length;
  const outputs = count(kernel.outputs.map((output) => output.value));
  if (kernel.kind === "matmul") {
    const points = product(kernel.batch) * kernel.m * kernel.n;
    return points * (2 * kernel.k + outputs);
  }
  const points = product(kernel.outer);
  const inner = count(kernel.accumulators.map((accumulator) => accumulator.value));
  const steps = kernel.accumulators.length === 0 ? 0 : product(kernel.reduce);
  return points * (steps * (inner + kernel.accumulators.length) + outputs);
}

/** Bytes of all buffers the kernel touches, each once. */
function bytes(kernel: Kernel, buffers: readonly PlanBuffer[]): number {
  if (kernel.kind === "routine")
    return [...kernel.inputs, ...kernel.outputs].reduce((sum, { buffer }) => sum + buffers[buffer]!.bytes, 0);
  const used = new Set(kernel.outputs.map((output) => output.buffer));
  const roots = kernel.outputs.map((output) => output.value);
  if (kernel.kind === "loop") roots.push(...kernel.accumulators.map((accumulator) => accumulator.value));
  else used.add(kernel.a.buffer).add(kernel.b.buffer);
  for (const expr of inOrder(roots)) {
    if (expr.kind === "load" || expr.kind === "gather") used.add(expr.buffer);
  }
  return [...used].reduce((sum, buffer) => sum + buffers[buffer]!.bytes, 0);
}

/** How long a kernel takes, in operations and bytes. */
export function workOf(kernel: Kernel, buffers: readonly PlanBuffer[]): number {
  return operations(kernel) + bytes(kernel, buffers);
}

export function describeKernel(kernel: Kernel, buffers: readonly PlanBuffer[]): string {
  const extents = (list: readonly number[]): string => `[${list.join(", ")}]`;
  if (kernel.kind === "routine")
    return `${kernel.name} ${extents(kernel.outputs[0]!.shape)}, ${bytes(kernel, buffers)} bytes`;
  const head =
    kernel.kind === "matmul"
      ? `matmul ${kernel.batch.length > 0 ? `${extents(kernel.batch)} ` : ""}${kernel.m} x ${kernel.k} x ${kernel.n}`
      : kernel.accumulators.length > 0
        ? `${kernel.accumulators.map(({ op }) => op).join("+")} ${extents(kernel.outer)} over ${extents(kernel.reduce)}`
        : `map ${extents(kernel.outer)}`;
  const outputs = kernel.outputs.length > 1 ? `, ${kernel.outputs.length} outputs` : "";
  return `${head}${outputs}, ${operations(kernel)} FLOP, ${bytes(kernel, buffers)} bytes`;
}
