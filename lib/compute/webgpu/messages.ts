// What passes between the engine's thread and the thread that owns the GPU: requests as messages, answers in shared memory, so
// that the engine's thread can wait for them.

import type { AdapterDescription } from "./adapter.js";
import type { Program } from "./program.js";

export type GpuRequest =
  /** Answered by an `Opened` as JSON. */
  | { readonly type: "open" }
  /** Makes the heap this large, keeping what is in it. Answered. */
  | { readonly type: "grow"; readonly bytes: number }
  | { readonly type: "write"; readonly offset: number; readonly data: Uint8Array }
  /** Answered by the bytes. */
  | { readonly type: "read"; readonly offset: number; readonly bytes: number }
  /** Answered. */
  | { readonly type: "compile"; readonly id: number; readonly program: Program }
  /** Answered by the words of faults where the program has checks. */
  | { readonly type: "run"; readonly id: number; readonly parameters: Uint32Array }
  | { readonly type: "release"; readonly id: number }
  /** Answered once everything before is done. */
  | { readonly type: "finish" };

export interface Opened {
  readonly adapter: AdapterDescription;
}

/** Words of the control memory. */
export const CONTROL = {
  /** 0 while no answer is there. */
  answered: 0,
  /** 0 for an answer, 1 for what went wrong, 2 where that is a lack of memory: as text. */
  kind: 1,
  /** Bytes of the answer. */
  length: 2,
  /** Runs that are done. */
  done: 3,
  /** Not 0 once the GPU is lost; then this many bytes of text say why. */
  lost: 4,
} as const;

export interface Shared {
  readonly control: SharedArrayBuffer;
  readonly answer: SharedArrayBuffer;
  readonly loss: SharedArrayBuffer;
}

export const CONTROL_BYTES = 64;
export const LOSS_BYTES = 4096;

export const KIND = { answer: 0, error: 1, memory: 2 } as const;
