// A run's picture in the output of the cell that trains: shown with its first rows, replaced every few seconds while it goes
// on, and once more when the cell ends, so that a saved notebook shows its curves anywhere.

import { RUN_MIME } from "gradbook/train/run";
import { snapshotOf, snapshotToSvg, snapshotToText } from "gradbook/train/snapshot";
import { LIMITS } from "../limits.js";
import type { Json } from "../protocol/messages.js";
import type { RunListener, RunRecord } from "./recorder.js";

/** Shows MIME data in the output of an execution; `update` replaces the display with this id. */
export type Show = (execution: number, data: Json, id: string, update: boolean) => void;

interface Picture {
  /** The display is bound to this kernel session and run. */
  readonly id: string;
  changed: boolean;
  timer: NodeJS.Timeout | undefined;
}

export class Pictures implements RunListener {
  readonly #show: Show;
  readonly #pictures = new Map<string, Picture>();

  constructor(show: Show) {
    this.#show = show;
  }

  infoChanged(run: RunRecord): void {
    const picture = this.#pictures.get(run.info.id);
    if (picture !== undefined) picture.changed = true;
  }

  rowsAdded(run: RunRecord): void {
    const { id, race } = run.info;
    // one seed stands for all of its variant: the screen Race shows them together
    if ((race?.repeat?.number ?? 0) > 0) return;
    const known = this.#pictures.get(id);
    if (known === undefined) {
      const picture: Picture = { id: `gradbook-run-${id}`, changed: false, timer: undefined };
      this.#pictures.set(id, picture);
      this.#show(run.execution, pictureOf(run), picture.id, false);
      this.#startTimer(run, picture);
      return;
    }
    known.changed = true;
    if (known.timer === undefined) this.#startTimer(run, known);
  }

  verdictChanged(run: RunRecord): void {
    this.infoChanged(run);
  }

  cellEnded(run: RunRecord): void {
    const picture = this.#pictures.get(run.info.id);
    if (picture === undefined) return;
    clearTimeout(picture.timer);
    picture.timer = undefined;
    this.#update(run, picture);
  }

  #startTimer(run: RunRecord, picture: Picture): void {
    picture.timer = setTimeout(() => {
      picture.timer = undefined;
      this.#update(run, picture);
    }, LIMITS.pictureMilliseconds);
  }

  #update(run: RunRecord, picture: Picture): void {
    if (!picture.changed) return;
    picture.changed = false;
    this.#show(run.execution, pictureOf(run), picture.id, true);
  }
}

function pictureOf(run: RunRecord): Json {
  const snapshot = snapshotOf(run.info, run.rows.values, run.samples.values, run.verdict);
  return {
    [RUN_MIME]: snapshot,
    "image/svg+xml": snapshotToSvg(snapshot),
    "text/plain": snapshotToText(snapshot),
  };
}
