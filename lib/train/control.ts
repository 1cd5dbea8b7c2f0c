// What the monitor asks of a run while it trains, what a run answers, and what is kept of it: changes, copies to go back to,
// where a run comes from. Data that crosses a border: nothing is imported but other such data.

import type { LayerBatch, MicroscopeData, MicroscopeQuestion } from "./microscope-data.js";

/** How the training loop of a run behaves: what it does, not what it has been asked to do. */
export interface RunControl {
  /** True while the loop waits, after backward() and before the parameters change. */
  readonly paused: boolean;
  /** Steps a second at most; 0: full speed. */
  readonly pace: number;
}

/** What a run does until it is asked otherwise. */
export const FULL_SPEED: RunControl = { paused: false, pace: 0 };

/** What can be asked of a run; `value` goes with "pace" (steps a second, 0: full speed) and "learningRate" (the new one). */
export const CONTROL_ACTIONS = ["pause", "resume", "step", "stop", "pace", "learningRate"] as const;
export type ControlAction = (typeof CONTROL_ACTIONS)[number];

/** What a training loop is asked, by the front end; it looks between backward() and the update of each step. The answer to a
 *  control is the run's changed info. */
export type RunRequest =
  | {
      readonly type: "control";
      readonly run: string;
      readonly action: ControlAction;
      readonly value?: number;
    }
  | ({ readonly type: "microscope"; readonly run: string } & MicroscopeQuestion)
  /** How a layer treats a whole batch: of the step at which the run is paused, else of the next one. */
  | { readonly type: "batch"; readonly run: string; readonly layer: number }
  /** Asks for code that goes on from the copy at or before `step`, with another learning rate. */
  | { readonly type: "fork"; readonly run: string; readonly step: number; readonly learningRate?: number };

/** Why something cannot be done, for people. The monitor translates these; other refusals tell of a mistake in a program. */
export const REFUSALS = {
  unknown: "The kernel does not know this run.",
  ended: "This run has ended.",
  idle: "This run does not train now. Run its cell again to go on.",
  gone: "This run and its model are gone. Run its cell again.",
  running: "Pause the run first: the microscope looks at a step before the parameters change.",
  noCopy: "No copy of this run is left to go back to.",
} as const;

/** What a run says in answer. The numbers of "microscope" and "batch" come as the message's one buffer, float32. */
export type RunAnswer =
  /** It could not be done: why, for people. */
  | { readonly type: "refused"; readonly run: string; readonly text: string }
  | { readonly type: "microscope"; readonly run: string; readonly data: MicroscopeData }
  | {
      readonly type: "batch";
      readonly run: string;
      readonly layer: number;
      readonly step: number;
      /** Absent for convolutions and very large layers. */
      readonly batch?: LayerBatch;
    }
  /** A cell to insert. */
  | { readonly type: "code"; readonly run: string; readonly code: string };

/** An option of the optimizer that has changed during the run. */
export interface Change {
  /** The first step that it counts for. */
  readonly step: number;
  /** The option's name in `optimizer.paramGroups[0]`, "learningRate" for lr. */
  readonly kind: "learningRate" | "momentum" | "weightDecay";
  readonly from: number;
  readonly to: number;
  /** In the monitor; by a schedule; by the program. Of the latter two only jumps to at least the double or half are kept. */
  readonly by: "hand" | "schedule" | "code";
  /** TypeScript that does the same. */
  readonly code?: string;
}

/** Where a run comes from: what one needs to repeat it. */
export interface Provenance {
  /** The cells in which it was set up and trained, by their execution counts. */
  readonly cells: readonly { readonly execution: number; readonly code: string }[];
  readonly versions: { readonly gradbook: string; readonly node: string };
  /** 16 hexadecimal digits by which to know the data again: of its length and its first samples, where these are tensors. */
  readonly datasetHash?: string;
}
