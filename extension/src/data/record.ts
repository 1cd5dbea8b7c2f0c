// The record of one run as the browser keeps it: a table of steps, a table of samples, and the histograms somebody has looked
// at. Thinned by age when it gets long. Knows the layout of rows, and nothing of messages or charts.

import type { Verdict } from "gradbook/train/diagnose/diagnosis";
import type { Quantity } from "gradbook/train/histograms";
import {
  LAYER_FIELDS,
  type LayerField,
  layerColumn,
  ROW_LENGTH,
  type RunInfo,
  type RunSnapshot,
  type RunSnapshotV1,
  STEP_FIELDS,
  type StepField,
  sampleLength,
  stepColumn,
} from "gradbook/train/run";
import { Histograms } from "./histograms.js";
import { Table } from "./table.js";

/** At this many steps the record halves: of two neighbours the one that tells more stays. Old steps thin out first. */
export const MAX_ROWS = 20_000;
/** At this many samples every second one goes. A run of millions of steps has fewer than a thousand. */
const MAX_SAMPLES = 4_000;

/** Asks the kernel for the histograms of one quantity of a layer after step `since`. */
export type AskHistograms = (layer: number, quantity: Quantity, since: number) => void;

export class RunRecord {
  info: RunInfo;
  /** The kernel that wrote this run is gone: it will not grow. */
  lost = false;
  /** What the rules say of it, once they have. */
  verdict: Verdict | undefined;
  readonly #steps = new Table(ROW_LENGTH);
  readonly #layers: Table;
  readonly #histograms: Histograms;
  #samples: number[] = [];

  constructor(info: RunInfo, ask: AskHistograms = () => undefined) {
    this.info = info;
    this.#layers = new Table(sampleLength(info.layers.length));
    this.#histograms = new Histograms(ask);
  }

  /** The record in a cell's output. Fields are found by name, so that it may have more or fewer than we know. */
  static fromSnapshot(snapshot: RunSnapshot | RunSnapshotV1): RunRecord {
    const record = new RunRecord(snapshot.info);
    if (snapshot.version === 2) record.verdict = snapshot.verdict;
    const { stepFields, layerFields } = snapshot;
    const steps = STEP_FIELDS.map((field) => stepFields.indexOf(field));
    // version 1 had the layers' values behind the step's own, in one row
    const [samples, first] =
      snapshot.version === 1 ? [snapshot.rows, stepFields.length] : [snapshot.samples, 1];
    const layers = snapshot.info.layers.flatMap((_, layer) =>
      LAYER_FIELDS.map((field) => {
        const index = layerFields.indexOf(field);
        return index < 0 ? -1 : first + layer * layerFields.length + index;
      }),
    );
    const stepAt = snapshot.version === 1 ? stepFields.indexOf("step") : 0;
    for (const row of snapshot.rows) record.append(picked(row, steps), new Float32Array(0));
    for (const row of samples) {
      const values = picked(row, layers);
      if (values.every(Number.isNaN)) continue;
      record.append(new Float32Array(0), Float32Array.of(row[stepAt] ?? Number.NaN, ...values));
    }
    return record;
  }

  /** Number of rows in the table of steps. */
  get count(): number {
    return this.#steps.count;
  }

  /** The steps at which the layers were measured, in order: the table of samples. */
  get samples(): readonly number[] {
    return this.#samples;
  }

  /** It has ended after a single step: it looked at a signal, and nothing was trained. */
  get isProbe(): boolean {
    return this.count === 1 && this.info.status !== "running";
  }

  /** It has a loss, and nothing of a validation set, although it has ended or is past its second epoch. */
  get lacksValidation(): boolean {
    const { status, stepsPerEpoch = Number.POSITIVE_INFINITY } = this.info;
    if (status === "running" && this.lastStep < 2 * stepsPerEpoch) return false;
    const measured = (field: StepField): boolean => this.series(field).some(Number.isFinite);
    return measured("loss") && !measured("validationLoss") && !measured("validationAccuracy");
  }

  /** Step number of the last row, or -1. */
  get lastStep(): number {
    return this.count === 0 ? -1 : this.step(this.count - 1, "step");
  }

  /** A field of row number `row` of the table of steps. */
  step(row: number, field: StepField): number {
    return this.#steps.get(row, stepColumn(field));
  }

  /** A layer's field in sample number `sample`, the one at step `samples[sample]`. */
  layer(sample: number, layer: number, field: LayerField): number {
    return this.#layers.get(sample, layerColumn(layer, field));
  }

  /** One field of the step over all rows of the table of steps. */
  series(field: StepField): Float64Array {
    const column = stepColumn(field);
    return Float64Array.from({ length: this.count }, (_, row) => this.#steps.get(row, column));
  }

  /** One field of all layers in one sample. */
  profile(sample: number, field: LayerField): number[] {
    return this.info.layers.map((_, layer) => this.layer(sample, layer, field));
  }

  /** What is known of the histograms of a layer's quantity, by ascending steps. What is missing is asked for: the store says
   *  "changed" when it has come. */
  histogram(layer: number, quantity: Quantity): HistogramSeries {
    return this.#histograms.get(layer, quantity, this.lost ? -1 : (this.#samples.at(-1) ?? -1));
  }

  /** Takes histograms that were asked for: BINS bytes a step. */
  addHistograms(layer: number, quantity: Quantity, steps: readonly number[], bytes: Uint8Array): void {
    this.#histograms.add(layer, quantity, steps, bytes);
  }

  /** Adds whole rows to both tables. */
  append(steps: Float32Array, samples: Float32Array): void {
    for (const [rows, table] of [
      [steps, this.#steps],
      [samples, this.#layers],
    ] as const) {
      if (rows.length % table.width !== 0) {
        throw new RangeError(`A row of "${this.info.name}" has ${table.width} numbers; got ${rows.length}.`);
      }
    }
    this.#steps.append(steps);
    this.#layers.append(samples);
    for (let at = 0; at < samples.length; at += this.#layers.width) this.#samples.push(samples[at]!);
    if (this.count > MAX_ROWS) this.#steps.halve((row) => Number(this.step(row, "validationLoss") >= 0));
    if (this.#samples.length > MAX_SAMPLES) {
      this.#layers.halve();
      this.#samples = Array.from({ length: this.#layers.count }, (_, row) => this.#layers.get(row, 0));
    }
  }
}

/** The histograms of one quantity: `bytes` holds BINS for each step, see `byteToShare`. */
export interface HistogramSeries {
  readonly steps: readonly number[];
  readonly bytes: Uint8Array;
}

function picked(row: readonly (number | null)[], columns: readonly number[]): Float32Array {
  return Float32Array.from(columns, (column) => row[column] ?? Number.NaN);
}
