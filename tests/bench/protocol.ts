// What the benchmark asks a runner (this library in a process of its own, or a peer) and what it answers: a line of JSON each.

/** Run `iterations` of a workload. */
export interface Request {
  readonly workload: string;
  readonly iterations: number;
  /** Build the workload anew first (not timed); otherwise go on where the last request ended. */
  readonly fresh: boolean;
  /** Threads a peer may use; this library chooses itself. */
  readonly threads: number;
}

export type Reply =
  /** `value` is a number that all runners must agree on: a loss. */
  { readonly seconds: number; readonly value: number } | { readonly error: string };

/** The first line of a runner: it is ready, and this is what it is. */
export interface Hello {
  readonly name: string;
  readonly version: string;
}
