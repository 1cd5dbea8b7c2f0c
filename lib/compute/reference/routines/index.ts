// What is no loop over independent points, as plain functions over whole tensors. Every device without a way of its own runs
// these on the host. Indices among the inputs are known to be in bounds (see `check`).

import { elements } from "../../../graph/shape.js";
import type { Attributes } from "../../../graph/spec.js";
import type { RoutineKernel, RoutineOperand } from "../../ir.js";
import { cummax, cummin, cumprod, cumsum, logcumsumexp } from "./scan.js";
import { scatter, scatterAdd } from "./scatter.js";
import { argsort } from "./sort.js";
import { summary } from "./summary.js";

/** The elements of a tensor, row-major. Writing to an output's array is what a routine does. */
export type RoutineData = Float32Array | Int32Array | Uint8Array;

export interface RoutineTensor {
  readonly data: RoutineData;
  readonly shape: readonly number[];
}

export type Routine = (
  inputs: readonly RoutineTensor[],
  output: RoutineTensor,
  attributes: Attributes,
) => void;

const ROUTINES: { readonly [name: string]: Routine } = {
  argsort,
  cumsum,
  cumprod,
  cummax,
  cummin,
  logcumsumexp,
  scatter,
  scatterAdd,
  summary,
};

/** Runs a routine kernel on tensors that `place` finds. */
export function runRoutine(kernel: RoutineKernel, place: (operand: RoutineOperand) => RoutineData): void {
  const tensor = (operand: RoutineOperand): RoutineTensor => ({ data: place(operand), shape: operand.shape });
  const routine = ROUTINES[kernel.name];
  if (routine === undefined) throw new Error(`there is no routine named ${JSON.stringify(kernel.name)}`);
  routine(kernel.inputs.map(tensor), tensor(kernel.outputs[0]!), kernel.attributes);
}

/** A tensor seen along one axis: element i of line (o, j) is at `(o * extent + i) * inner + j`. */
export interface Lines {
  readonly outer: number;
  readonly extent: number;
  readonly inner: number;
}

export function linesAlong(shape: readonly number[], axis: number): Lines {
  return {
    outer: elements(shape.slice(0, axis)),
    extent: shape[axis] ?? 1,
    inner: elements(shape.slice(axis + 1)),
  };
}
