// What a workload is: something that is timed, beside its peers or against itself. Workloads stand in workloads/, a family a
// file, with the twin for Python beside it.

import type { Slice } from "./paired.ts";
import type { PeerName } from "./peers.ts";

/** With the live plots' statistics (watch) or without. */
export type Variant = "plain" | "watched";

/** A workload that was built. */
export interface Task {
  /** Runs iterations and waits until all of their results lie in memory. This is what is timed. */
  run(iterations: number): void;
  /** A number on which all contenders must agree: a loss, or a mean of the results. */
  value(): number;
}

/** The function `prepare(argument)` in workloads/MODULE.py. */
export interface Twin {
  readonly module: string;
  readonly argument: string;
}

/** Operations, or bytes that are read and written. */
export interface Work {
  readonly unit: "FLOP" | "B";
  readonly amount: number;
  readonly sets?: boolean;
}

export interface Workload {
  /** What one iteration does. */
  readonly title: string;
  readonly peers: readonly PeerName[];
  readonly twin: Twin;
  /** Iterations after which the values are compared, and how far they may differ, as a part of the largest. */
  readonly check: { readonly iterations: number; readonly tolerance: number };
  /** What an iteration does at least, and whether its rate is what the machine can do at best. */
  readonly work?: Work;
  /** Iterations in a round; where it is missing as many as fill a round's time. */
  readonly queued?: number;
  /** Measured in a new process each round: what happens only once in a process. */
  readonly once?: boolean;
  /** It trains a model: measured also while the model is watched. */
  readonly watchable?: boolean;
  /** Why it cannot run here; undefined when it can. */
  unavailable?(): Promise<string | undefined>;
  prepare(variant: Variant): Promise<Task>;
}

/** A training run, watched and unwatched, in turns in one process: see paired.ts. */
export interface Pair {
  readonly title: string;
  /** The function `pair(argument, watched_first)` in workloads/MODULE.py. */
  readonly twin: Twin;
  /** The largest overhead that is fine, as a share. */
  readonly limit: number;
  measure(watchedFirst: boolean): Promise<Slice[]>;
}

/** A quantity that a probe has found. */
export interface Reading {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The largest value that is fine. */
  readonly limit: number;
}

/** Something of ours alone that is looked at once: no peer has it, or it is no time. */
export interface Probe {
  readonly title: string;
  measure(): Promise<Reading[]>;
}
