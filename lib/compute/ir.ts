// The kernel IR: what a device is given to run. A plan is a list of kernels over numbered buffers; a kernel is a loop nest
// that may pass over each of its rows several times, a matrix product, a group of independent loop nests, or a named routine.
// Plain data: it is sent and printed as is.

import type { DType } from "../graph/dtype.js";
import { type Expr, inOrder, type View } from "../graph/expr.js";
import type { Attributes } from "../graph/spec.js";

export type ReduceOp = "sum" | "prod" | "max" | "min" | "argmax" | "argmin";

/** One running reduction. `value` is evaluated over all loop dimensions (outer first, then reduced ones). */
export interface Accumulator {
  readonly op: ReduceOp;
  /** Of the result: int32 for argmax/argmin (flat index over the reduced dimensions, first of equals), else of `value`. */
  readonly dtype: DType;
  readonly value: Expr;
}

/** Where and what a kernel stores for each point of a loop. Outputs of one kernel never alias its inputs, except that an
 *  output may be the very buffer that is loaded with the same view (an in-place update) by the same pass or an earlier one. */
export interface Output {
  readonly buffer: number;
  readonly view: View;
  readonly value: Expr;
}

/** One way along a row: everything is evaluated and addressed over all loop dimensions (outer first, then reduced ones). May
 *  use the accumulators of earlier passes, and load at the same point what earlier passes have stored. */
export interface Pass {
  readonly accumulators: readonly Accumulator[];
  readonly outputs: readonly Output[];
}

/** `for outer { for each pass { for reduce { accumulate, store } }; outputs = f(accumulators, loads) }`
 *
 *  Softmax along a row: a pass for the maximum, one for the sum of exp(x - accumulator 0), one that stores the quotients. */
export interface LoopKernel {
  readonly kind: "loop";
  /** What it computes, for people. */
  readonly name?: string;
  /** Extents of the parallel dimensions; empty means a single point. An extent may be 0. */
  readonly outer: readonly number[];
  /** Extents of the reduced dimensions, together a row; empty means rows of one point. */
  readonly reduce: readonly number[];
  /** `accumulator` expressions count the accumulators of all passes, in order. */
  readonly passes: readonly Pass[];
  /** Stored once for each outer point, after the passes. */
  readonly outputs: readonly Output[];
}

/** A matrix operand, element (batch..., row, column) at `view`; any strides, so transposition costs nothing. */
export interface MatrixOperand {
  readonly buffer: number;
  /** float32 if missing. float16 only on a device that takes that (`Device.halfFactors`): its values are multiplied as float32. */
  readonly dtype?: "float32" | "float16";
  readonly view: View;
}

/** product[batch..., i, j] = sum over k of a[batch..., i, k] * b[batch..., k, j]; outputs see it as accumulator 0 over the
 *  loop dimensions [...batch, m, n]: bias, activation and residual ride along there. */
export interface MatmulKernel {
  readonly kind: "matmul";
  /** What it computes, for people. */
  readonly name?: string;
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: MatrixOperand;
  readonly b: MatrixOperand;
  readonly outputs: readonly Output[];
}

/** Loops of any shapes that do not depend on each other: one launch. No member writes what another one reads or writes. */
export interface GroupKernel {
  readonly kind: "group";
  readonly members: readonly LoopKernel[];
}

/** A whole tensor in a buffer: row-major, from the buffer's first byte on. */
export interface RoutineOperand {
  readonly buffer: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** What is no loop over independent points: sorting, running sums, scattering. A routine of this name (see
 *  lib/compute/reference/routines) is run on the host between the kernels around it. Outputs alias nothing. */
export interface RoutineKernel {
  readonly kind: "routine";
  readonly name: string;
  readonly attributes: Attributes;
  readonly inputs: readonly RoutineOperand[];
  readonly outputs: readonly RoutineOperand[];
}

/** Kernels that devices generate code for. */
export type GeneratedKernel = LoopKernel | MatmulKernel | GroupKernel;
export type Kernel = GeneratedKernel | RoutineKernel;
/** Kernels with nothing inside. */
export type SingleKernel = LoopKernel | MatmulKernel | RoutineKernel;

/** A kernel without a group around it. */
export function ungrouped(kernel: Kernel): readonly SingleKernel[] {
  return kernel.kind === "group" ? kernel.members : [kernel];
}

/** Everything a kernel computes and stores, element by element. */
export function outputsOf(kernel: SingleKernel): readonly Output[] {
  if (kernel.kind === "routine") return [];
  if (kernel.kind === "matmul" || kernel.passes.length === 0) return kernel.outputs;
  return [...kernel.passes.flatMap((pass) => pass.outputs), ...kernel.outputs];
}

/** All accumulators of a loop, as `accumulator` expressions count them. */
export function accumulatorsOf(kernel: LoopKernel): readonly Accumulator[] {
  return kernel.passes.flatMap((pass) => pass.accumulators);
}

/** Every expression node of a kernel once, operands before what uses them. */
export function expressionsOf(kernel: SingleKernel): Expr[] {
  const accumulated = kernel.kind === "loop" ? accumulatorsOf(kernel) : [];
  return inOrder([...accumulated, ...outputsOf(kernel)].map(({ value }) => value));
}

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

/** Where a numbered buffer of a plan lives. */
export type PlanBuffer =
  /** Bound at each run: `binding` counts the run's bindings (inputs, results, in-place parameters). It begins `offset` bytes (0 if
   *  not given) from the begin of the binding: a multiple of 64. */
  | { readonly kind: "binding"; readonly binding: number; readonly offset?: number; readonly bytes: number }
  /** Scratch in the plan's arena; ranges of buffers alive at the same time never overlap. 64-byte aligned. */
  | { readonly kind: "arena"; readonly offset: number; readonly bytes: number };

export interface Plan {
  readonly buffers: readonly PlanBuffer[];
  readonly kernels: readonly Kernel[];
  readonly arenaBytes: number;
  /** The first kernel that writes over an input's value; the number of kernels if none does. From here on a run cannot be
   *  taken back, so it only gets here when no `check` has failed. */
  readonly commit: number;
  /** How many bindings and how many scalar arguments a run brings. */
  readonly bindings: number;
  readonly args: number;
  /** What to say when `check` number i fails; `{value}` stands for the bad value. */
  readonly faults: readonly string[];
}
