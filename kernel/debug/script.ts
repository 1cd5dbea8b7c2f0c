// A script that V8 runs and whose source users know, and a place in it.

import type { PositionTable } from "../protocol/threads.js";

export interface Script {
  readonly of: "cell" | "file";
  /** What V8 calls it: another name for each run of a cell, and for each version of a file. */
  readonly url: string;
  /** What front ends call its source. */
  readonly path: string;
  /** What users call it. */
  readonly name: string;
  /** Undefined: its lines are those of the source. */
  readonly positions: PositionTable | undefined;
  /** Whether the kernel wrote what stands there, rather than the user; from 0, as V8 counts. */
  isOwn(line: number, column: number): boolean;
}

/** A place in a source, from 1. */
export interface Place {
  readonly script: Script;
  readonly line: number;
  readonly column: number;
  /** True for statements that the kernel has put there. */
  readonly own: boolean;
}

/** As V8 tells of a script. */
export interface Parsed {
  readonly scriptId: string;
  readonly url: string;
  readonly sourceMapURL?: string | undefined;
}
