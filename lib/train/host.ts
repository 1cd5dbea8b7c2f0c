// What the program around the library (the notebook kernel) offers to a watched run: a place to publish its events and to
// show things in the current cell, and what the front end asks of it. Outside a kernel nothing is installed and the library
// runs all the same.

import type { RunRequest } from "./control.js";
import type { RunEvent } from "./run.js";

export interface Host {
  /** Passes one event on. Never blocks, and works in the middle of a synchronous loop. */
  publish(event: RunEvent): void;
  /** Shows MIME data in the current cell; with `update`, replaces the display that has this id. */
  display(data: Record<string, unknown>, options?: { id?: string; update?: boolean }): void;
  /** What the front end asks of runs; absent where nobody can ask. */
  readonly requests?: RequestSource;
  /** The cell that runs now. */
  cell?(): { readonly execution: number; readonly code: string } | undefined;
}

/** Requests from outside a training loop, which come in even while the loop keeps its thread busy. */
export interface RequestSource {
  /** One word of shared memory, counted up (and notified) after each request. */
  readonly count: Int32Array<SharedArrayBuffer>;
  /** The next request, if there is one. Never waits. */
  take(): RunRequest | undefined;
  /** Has `listener` called when requests have come in and the thread is idle. */
  listen(listener: () => void): void;
}

const KEY = Symbol.for("gradbook.host");
type Holder = { [KEY]?: Host };

/** The installed host, if any. */
export function host(): Host | undefined {
  return (globalThis as Holder)[KEY];
}

/** Installs the host; the kernel does this once, before the first cell. */
export function installHost(value: Host): void {
  (globalThis as Holder)[KEY] = value;
}
