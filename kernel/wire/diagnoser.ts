// Judges every run by its record, off the main thread: at most once a second while it goes on, and once more at its end.

import { diagnose } from "gradbook/train/diagnose/diagnose";
import { LIMITS } from "../limits.js";
import type { Recorder, RunListener, RunRecord } from "./recorder.js";

export class Diagnoser implements RunListener {
  readonly #recorder: Recorder;
  /** Runs that have grown since they were judged. */
  readonly #waiting = new Map<RunRecord, NodeJS.Timeout>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  infoChanged(run: RunRecord): void {
    this.#judgeSoon(run);
    if (run.info.status !== "running") this.#judge(run);
  }

  rowsAdded(run: RunRecord): void {
    this.#judgeSoon(run);
  }

  cellEnded(run: RunRecord): void {
    this.#judge(run);
  }

  #judgeSoon(run: RunRecord): void {
    if (run.info.level === "off" || this.#waiting.has(run)) return;
    this.#waiting.set(
      run,
      setTimeout(() => this.#judge(run), LIMITS.verdictMilliseconds),
    );
  }

  #judge(run: RunRecord): void {
    if (!this.#waiting.has(run)) return;
    clearTimeout(this.#waiting.get(run));
    this.#waiting.delete(run);
    try {
      this.#recorder.setVerdict(run, diagnose(run.info, run.rows.values, run.samples.values));
    } catch (error) {
      // a record that makes no sense has no verdict, and must not cost the end of a cell
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    }
  }
}
