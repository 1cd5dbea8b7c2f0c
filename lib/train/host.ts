// What the program around the library (the notebook kernel) offers to a watched run: a place to publish its events and to
// show things in the current cell. Outside a kernel nothing is installed and the library runs all the same.

import type { RunEvent } from "./run.js";

export interface Host {
  /** Passes one event on. Never blocks, and works in the middle of a synchronous loop. */
  publish(event: RunEvent): void;
  /** Shows MIME data in the current cell; with `update`, replaces the display that has this id. */
  display(data: Record<string, unknown>, options?: { id?: string; update?: boolean }): void;
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
