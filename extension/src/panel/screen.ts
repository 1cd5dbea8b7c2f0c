// What the monitor's frame and its screens ask of each other. The screens themselves are listed in screens.ts.

import type { TranslationBundle } from "@jupyterlab/translation";
import type { DiagnosisLevel, MonitorRequest } from "gradbook/train/run";
import type { Tokens } from "../charts/tokens.js";
import type { LinkState } from "../data/link.js";
import type { RunRecord } from "../data/record.js";
import type { RunStore } from "../data/store.js";
import type { Focus } from "./focus.js";
import type { Statement } from "./statement.js";

/** Names of the screens, in the order of their tabs and of the keys 1 to 5. */
export const SCREEN_NAMES = ["learning", "signal", "lens", "microscope", "race"] as const;
export type ScreenName = (typeof SCREEN_NAMES)[number];

/** One row of the table of screens. Texts are in English until `trans` has seen them. */
export interface ScreenKind {
  readonly name: ScreenName;
  /** On its tab. */
  readonly label: (trans: TranslationBundle) => string;
  /** Its heading: the question that it answers. */
  readonly question: (trans: TranslationBundle) => string;
  /** Gives what makes the screen; those that are rarely shown come in chunks of their own. */
  readonly load: () => Promise<(host: Host) => Screen>;
}

/** What the frame offers to a screen. */
export interface Host {
  readonly trans: TranslationBundle;
  /** The step and the layer that are looked at, on all screens alike. */
  readonly focus: Focus;
  /** Draws again at the next frame: somebody has pressed something. */
  redraw(): void;
  /** Shows another screen. */
  open(screen: ScreenName): void;
  /** Sends the kernel a request; false if there is no kernel to take it. */
  send(request: MonitorRequest): boolean;
  /** Turns the LaTeX between \\( and \\) in an element into formulas. */
  typeset(node: HTMLElement): void;
}

/** What there is to show. */
export interface View {
  /** The run on show. */
  readonly record: RunRecord;
  /** All runs of this kernel. */
  readonly store: RunStore;
  readonly tokens: Tokens;
  readonly state: LinkState;
  /** How much is given away: at "hint" and "off" no conclusions are drawn in the charts. */
  readonly level: DiagnosisLevel;
  /** Charts are to be written as tables. */
  readonly tables: boolean;
  /** The panel has little width or height. */
  readonly small: boolean;
}

/** What a screen says instead of its charts: one helpful sentence, and perhaps a button. */
export interface Lack {
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

export interface Screen {
  /** Charts and what belongs to them, below the heading. */
  readonly node: HTMLElement;
  /** The one option that belongs to this screen, at the right of its heading. */
  readonly option?: HTMLElement;
  /** What is missing for this screen, or nothing when it can be drawn. Asked before each drawing. */
  lacks(view: View): Lack | undefined;
  /** Called at most a few times a second, and only while the screen is visible. */
  draw(view: View): void;
  /** A verdict of its own, in place of the run's diagnosis; asked before each drawing. */
  statement?(): Statement | undefined;
  dispose(): void;
}
