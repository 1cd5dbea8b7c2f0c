// Smaller versions of a random case, to find the least one that still fails.

import type { GeneratedKernel, LoopKernel, MatmulKernel, Pass } from "gradbook/compute/ir";
import type { Expr } from "gradbook/graph/expr";
import type { Case } from "./harness.js";

/** Smaller versions of a case: less of a group, fewer outputs, halved extents. Strides and buffers stay, so all addresses
 *  stay valid. */
export function* smallerCases(test: Case): Generator<Case> {
  const [kernel] = test.kernels;
  if (kernel === undefined) return;
  for (const smaller of kernel.kind === "group" ? smallerGroups(kernel.members) : smallerKernels(kernel)) {
    yield { ...test, kernels: [smaller] };
  }
}

function* smallerGroups(members: readonly LoopKernel[]): Generator<GeneratedKernel> {
  if (members.length === 1) yield members[0]!;
  else {
    for (const [i] of members.entries()) {
      yield { kind: "group", members: members.filter((_, other) => other !== i) };
    }
  }
}

const halves = (extent: number): number[] =>
  [...new Set([1, extent >> 1, extent - 1])].filter((x) => x > 0 && x < extent);

function* smallerKernels(kernel: LoopKernel | MatmulKernel): Generator<GeneratedKernel> {
  if (kernel.outputs.length > 1) {
    for (const output of kernel.outputs) yield { ...kernel, outputs: [output] };
  }
  if (kernel.kind === "matmul") {
    for (const name of ["m", "n", "k"] as const) {
      for (const extent of halves(kernel[name])) yield { ...kernel, [name]: extent };
    }
    return;
  }
  for (const name of ["outer", "reduce"] as const) {
    for (const [d, extent] of kernel[name].entries()) {
      for (const half of halves(extent)) yield { ...kernel, [name]: kernel[name].with(d, half) };
    }
  }
  for (const outputs of simplerOutputs(kernel.outputs)) yield { ...kernel, outputs };
  for (const [i, pass] of kernel.passes.entries()) {
    const withPass = (changed: Pass): LoopKernel => ({ ...kernel, passes: kernel.passes.with(i, changed) });
    for (const output of pass.outputs) {
      yield withPass({ ...pass, outputs: pass.outputs.filter((other) => other !== output) });
    }
    for (const outputs of simplerOutputs(pass.outputs)) yield withPass({ ...pass, outputs });
    for (const accumulators of simplerOutputs(pass.accumulators)) yield withPass({ ...pass, accumulators });
  }
}

function* simplerOutputs<T extends { readonly value: Expr }>(outputs: readonly T[]): Generator<T[]> {
  for (const [i, output] of outputs.entries()) {
    for (const value of simpler(output.value)) yield outputs.with(i, { ...output, value });
  }
}

/** Operands of the same type in place of the whole. */
function simpler(expr: Expr): Expr[] {
  const parts =
    expr.kind === "binary"
      ? [expr.a, expr.b]
      : expr.kind === "where"
        ? [expr.a, expr.b]
        : "x" in expr
          ? [expr.x]
          : [];
  const kept = parts.filter((part) => part.dtype === expr.dtype);
  if (expr.kind === "load" && expr.guard) {
    const { guard: _, ...plain } = expr;
    kept.push(plain);
  }
  return kept;
}
