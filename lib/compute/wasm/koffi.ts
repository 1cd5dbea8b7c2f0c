// The optional package koffi, which calls functions of the system's libraries.

import { createRequire } from "node:module";
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";

/** A function of a library. */
export interface Foreign {
  (...args: readonly unknown[]): unknown;
  /** Calls it on another thread; the last argument is told the outcome. */
  async(...args: readonly unknown[]): void;
}

export interface Library {
  /** A function by its declaration in C. */
  func(declaration: string): Foreign;
  unload(): void;
}

/** What is used of the package. */
export interface Koffi {
  /** Those of this process, where there is no path. */
  load(path: string | null): Library;
  address(memory: ArrayBuffer | Uint8Array): bigint;
  /** The memory at an address. */
  view(address: bigint, bytes: number): ArrayBuffer;
}

/** A word that threads share: how many of them are loading the package, less ENDING once they are about to be ended. */
const LOADING = "gradbook.koffi";
const ENDING = 2 ** 30;
const PATIENCE_MS = 1000;

/** Has this thread, when it ends, wait for those it has started that are loading the package: to end a thread in the midst of that
 *  aborts the whole process. To be called before a thread is started that may load it. */
export function guardLoading(): void {
  if (getEnvironmentData(LOADING) !== undefined) return;
  const word = new Int32Array(new SharedArrayBuffer(4));
  setEnvironmentData(LOADING, word);
  process.once("exit", () => {
    Atomics.sub(word, 0, ENDING);
    waitForLoading(word, -ENDING);
  });
}

/** Waits until nobody is loading the package, for a second at most. */
export function waitForLoading(
  word = getEnvironmentData(LOADING) as Int32Array<SharedArrayBuffer> | undefined,
  nobody = 0,
): void {
  if (word === undefined) return;
  const end = performance.now() + PATIENCE_MS;
  for (let now = Atomics.load(word, 0); now !== nobody; now = Atomics.load(word, 0))
    if (Atomics.wait(word, 0, now, Math.max(0, end - performance.now())) === "timed-out") return;
}

/** Calls `load`, for which whoever ends this thread waits; undefined where this thread is about to be ended. */
export function whileLoading<T>(load: () => T): T | undefined {
  const word = getEnvironmentData(LOADING) as Int32Array<SharedArrayBuffer> | undefined;
  if (word === undefined) return load();
  const before = Atomics.add(word, 0, 1);
  try {
    if (before >= 0) return load();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PATIENCE_MS);
    return undefined;
  } finally {
    Atomics.sub(word, 0, 1);
    Atomics.notify(word, 0);
  }
}

/** The package; undefined where it is not installed. */
export function requireKoffi(): Koffi | undefined {
  try {
    return whileLoading(() => createRequire(import.meta.url)("koffi") as Koffi);
  } catch {
    return undefined;
  }
}
