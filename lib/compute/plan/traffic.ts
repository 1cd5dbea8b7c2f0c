// What kernels read and write.

import { expressionsOf, type Kernel, outputsOf, type SingleKernel, ungrouped } from "../ir.js";

/** Buffers a kernel loads from. */
export function readBy(kernel: Kernel): Set<number> {
  return new Set(ungrouped(kernel).flatMap(readsOf));
}

/** Buffers a kernel stores to. */
export function writtenBy(kernel: Kernel): Set<number> {
  return new Set(
    ungrouped(kernel).flatMap((part) =>
      (part.kind === "routine" ? part.outputs : outputsOf(part)).map(({ buffer }) => buffer),
    ),
  );
}

function readsOf(kernel: SingleKernel): number[] {
  if (kernel.kind === "routine") return kernel.inputs.map(({ buffer }) => buffer);
  const loaded = expressionsOf(kernel).flatMap((expr) =>
    expr.kind === "load" || expr.kind === "gather" ? [expr.buffer] : [],
  );
  return kernel.kind === "matmul" ? [...loaded, kernel.a.buffer, kernel.b.buffer] : loaded;
}
