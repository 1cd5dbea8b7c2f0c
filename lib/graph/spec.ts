// A graph as it is sent to the engine: plain data with relative ids, the same for every step that has the same structure.

import type { DType } from "./dtype.js";

/** Attributes of a node: whatever changes the generated code. Numbers that change from step to step are `arg` leaves. */
export type Attributes = { readonly [name: string]: number | string | boolean | readonly number[] };

export interface NodeSpec {
  readonly op: string;
  /** Positions of the inputs in `GraphSpec.nodes`; always smaller than the node's own. */
  readonly inputs: readonly number[];
  readonly attributes: Attributes;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Result `node`, written to its own binding, or over the buffer of input leaf `overwrites` (an in-place update). */
export interface ResultSpec {
  readonly node: number;
  readonly overwrites?: number;
}

/** Leaves: op "input" (attribute `binding`: position among the run's bindings) and op "arg" (attribute `index`).
 *  Bindings of a run: first the inputs, then the results that overwrite nothing, in order. */
export interface GraphSpec {
  readonly nodes: readonly NodeSpec[];
  readonly results: readonly ResultSpec[];
  readonly inputs: number;
  readonly args: number;
}
