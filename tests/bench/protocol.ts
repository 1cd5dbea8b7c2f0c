// What the benchmark asks a runner (this library in a process of its own, or a peer) and what it answers: a line of JSON each.

import type { Explanation } from "gradbook/compute/engine/explanation";
import type { Slice } from "./paired.ts";
import type { Reading, Twin, Variant } from "./workload.ts";

/** Threads of a peer, and of the BLAS it calls. This library chooses itself. */
export interface Threads {
  readonly own: number;
  readonly blas: number;
}

/** Run `iterations` of a workload. */
export interface RunRequest {
  readonly workload: string;
  readonly variant: Variant;
  readonly twin: Twin;
  readonly iterations: number;
  /** Build the workload anew first (not timed); otherwise go on where the last request ended. */
  readonly fresh: boolean;
  readonly threads: Threads;
}

/** Look at something once. */
export interface ProbeRequest {
  readonly probe: string;
}

/** Measure a pair once; `watchedFirst`: in the first slice, and every second one from there. */
export interface PairRequest {
  readonly pair: string;
  readonly twin: Twin;
  readonly watchedFirst: boolean;
}

/** Explain the plan that a workload, which was built before, runs most often. */
export interface KernelsRequest {
  readonly kernels: string;
}

export type Request = RunRequest | ProbeRequest | PairRequest | KernelsRequest;

/** `value` is a number that all runners must agree on: a loss. */
export interface Timing {
  readonly seconds: number;
  readonly value: number;
}

export type Reply =
  | Timing
  | { readonly readings: readonly Reading[] }
  | { readonly slices: readonly Slice[] }
  | { readonly explanation: Explanation }
  | { readonly error: string };

/** The first line of a runner: it is ready, and this is what it is. */
export interface Hello {
  readonly name: string;
  readonly version: string;
  /** The BLAS library of a peer that uses one. */
  readonly blas?: string;
}
