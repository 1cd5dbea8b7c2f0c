// The optional package koffi, which calls functions of the system's libraries.

import { createRequire } from "node:module";

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

/** The package; undefined where it is not installed. */
export function requireKoffi(): Koffi | undefined {
  try {
    return createRequire(import.meta.url)("koffi") as Koffi;
  } catch {
    return undefined;
  }
}
