// What passes between the engine's thread and the thread that owns the GPU: requests as messages, answers in shared memory, so
// that the engine's thread can wait for them.

import { WEBGPU_RUNS_IN_FLIGHT } from "../settings.js";
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
  /** `slot`: where to say whether a check has failed, before the run is counted as done. */
  | { readonly type: "run"; readonly id: number; readonly parameters: Uint32Array; readonly slot: number }
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
  /** Runs that are done, in the order in which they were given. */
  done: 3,
  /** Not 0 once the GPU is lost; then this many bytes of text say why. */
  lost: 4,
  /** Requests that were sent. */
  sent: 5,
  /** From here on two words for each slot: the check that has failed, counted from 1, or 0; and the bad value. */
  faults: 8,
} as const;

/** Where runs on their way say whether a check has failed; that of a run is free again once it is done and was asked. */
export const SLOTS: number = WEBGPU_RUNS_IN_FLIGHT + 1;

export interface Shared {
  readonly control: SharedArrayBuffer;
  readonly answer: SharedArrayBuffer;
  readonly loss: SharedArrayBuffer;
}

export const CONTROL_BYTES: number = 4 * (CONTROL.faults + 2 * SLOTS);
export const LOSS_BYTES = 4096;

export const KIND = { answer: 0, error: 1, memory: 2 } as const;
