// The record of all runs of this kernel session, kept off the main thread so that it grows while a cell computes. Who wants to
// know of changes (the live monitor, the pictures in cell outputs) listens here.

import type { Verdict } from "gradbook/train/diagnose/diagnosis";
import { ROW_LENGTH, type RunEvent, type RunInfo, type RunRows, type RunStatus } from "gradbook/train/run";
import { LIMITS } from "../limits.js";
import { RowStore } from "./rows.js";
import { SampleStore } from "./samples.js";

export interface RunRecord {
  info: RunInfo;
  readonly rows: RowStore;
  readonly samples: SampleStore;
  /** What the rules say of it. */
  verdict?: Verdict;
  /** The execution that last added rows. */
  execution: number;
}

export interface RunListener {
  infoChanged(run: RunRecord): void;
  rowsAdded(run: RunRecord, rows: RunRows): void;
  verdictChanged?(run: RunRecord): void;
  /** The cell that worked on this run has ended. */
  cellEnded(run: RunRecord): void;
}

export class Recorder {
  readonly #runs = new Map<string, RunRecord>();
  readonly #listeners: RunListener[] = [];

  listen(listener: RunListener): void {
    this.#listeners.push(listener);
  }

  /** All runs, oldest first. */
  get runs(): readonly RunRecord[] {
    return [...this.#runs.values()];
  }

  /** Takes what the library has published in this execution; `active`: which has not ended yet. */
  record(event: Exclude<RunEvent, { type: "answer" }>, execution: number, active: boolean): void {
    if (event.type === "run") this.#setInfo(event.info, execution, active);
    else this.#addRows(event, execution, active);
  }

  /** A cell has ended: runs that it worked on and did not end itself get this status. */
  cellEnded(execution: number, status: RunStatus): void {
    for (const run of this.#runs.values()) {
      if (run.execution !== execution || run.rows.count === 0) continue;
      if (run.info.status === "running") this.#changeInfo(run, { ...run.info, status });
      for (const listener of this.#listeners) listener.cellEnded(run);
    }
  }

  setVerdict(run: RunRecord, verdict: Verdict): void {
    run.verdict = verdict;
    for (const listener of this.#listeners) listener.verdictChanged?.(run);
  }

  #setInfo(info: RunInfo, execution: number, active: boolean): void {
    const known = this.#runs.get(info.id);
    const layers = info.layers.length;
    if (known !== undefined && known.info.layers.length === layers) {
      // What comes after the end of the cell does not start the run again, nor does a newer run of its name.
      const status =
        (active && !info.superseded) || info.status !== "running" ? info.status : known.info.status;
      this.#changeInfo(known, { ...info, status });
      return;
    }
    const rows = new RowStore(ROW_LENGTH, LIMITS.recorderRows);
    const run: RunRecord = {
      info,
      rows,
      samples: new SampleStore(layers, LIMITS.recorderSampleBytes),
      execution,
    };
    this.#runs.set(info.id, run);
    this.#changeInfo(run, info);
  }

  #addRows(rows: RunRows, execution: number, active: boolean): void {
    const run = this.#runs.get(rows.run);
    if (run === undefined) return;
    run.execution = execution;
    // A later cell goes on with a run that an earlier one began.
    if (active && run.info.status !== "running") this.#changeInfo(run, { ...run.info, status: "running" });
    run.rows.add(rows.steps);
    run.samples.add(rows.samples, rows.histograms);
    for (const listener of this.#listeners) listener.rowsAdded(run, rows);
  }

  #changeInfo(run: RunRecord, info: RunInfo): void {
    run.info = info;
    for (const listener of this.#listeners) listener.infoChanged(run);
  }
}
