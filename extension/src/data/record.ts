// The rows of one run as the browser keeps them: a growing float32 table, thinned by age when it gets long.
// Knows the layout of a row, and nothing of messages or charts.

import {
  LAYER_FIELDS,
  type LayerField,
  layerColumn,
  type RunInfo,
  type RunSnapshot,
  rowLength,
  STEP_FIELDS,
  type StepField,
  stepColumn,
} from "gradbook/train/run";

/** At this many rows the record halves: of two neighbours the one that tells more stays. Old steps thin out first. */
export const MAX_ROWS = 20_000;

export class RunRecord {
  info: RunInfo;
  /** The kernel that wrote this run is gone: it will not grow. */
  lost = false;
  readonly #width: number;
  #rows: Float32Array;
  #count = 0;
  #samples: number[] = [];

  constructor(info: RunInfo) {
    this.info = info;
    this.#width = rowLength(info.layers.length);
    this.#rows = new Float32Array(64 * this.#width);
  }

  /** The record in a cell's output. Fields are found by name, so that it may have more or fewer than we know. */
  static fromSnapshot(snapshot: RunSnapshot): RunRecord {
    const record = new RunRecord(snapshot.info);
    const { stepFields, layerFields } = snapshot;
    const source: number[] = STEP_FIELDS.map((field) => stepFields.indexOf(field));
    for (let layer = 0; layer < snapshot.info.layers.length; layer++) {
      const start = stepFields.length + layer * layerFields.length;
      for (const field of LAYER_FIELDS) {
        const index = layerFields.indexOf(field);
        source.push(index < 0 ? -1 : start + index);
      }
    }
    for (const row of snapshot.rows) {
      record.append(Float32Array.from(source, (column) => row[column] ?? Number.NaN));
    }
    return record;
  }

  /** Number of rows. */
  get count(): number {
    return this.#count;
  }

  /** Numbers in one row. */
  get width(): number {
    return this.#width;
  }

  /** Rows in which the layers were measured, in order. */
  get samples(): readonly number[] {
    return this.#samples;
  }

  /** It has ended after a single step: it looked at a signal, and nothing was trained. */
  get isProbe(): boolean {
    return this.#count === 1 && this.info.status !== "running";
  }

  /** Step number of the last row, or -1. */
  get lastStep(): number {
    return this.#count === 0 ? -1 : this.step(this.#count - 1, "step");
  }

  step(row: number, field: StepField): number {
    return this.#rows[row * this.#width + stepColumn(field)] ?? Number.NaN;
  }

  layer(row: number, layer: number, field: LayerField): number {
    return this.#rows[row * this.#width + layerColumn(layer, field)] ?? Number.NaN;
  }

  /** One field of the step over all rows. */
  series(field: StepField): Float64Array {
    const column = stepColumn(field);
    return Float64Array.from({ length: this.#count }, (_, row) => this.#rows[row * this.#width + column]!);
  }

  /** One field of all layers in one row. */
  profile(row: number, field: LayerField): number[] {
    return this.info.layers.map((_, layer) => this.layer(row, layer, field));
  }

  /** Adds whole rows. */
  append(rows: Float32Array): void {
    const added = rows.length / this.#width;
    if (!Number.isInteger(added)) {
      throw new RangeError(`A row of "${this.info.name}" has ${this.#width} numbers; got ${rows.length}.`);
    }
    const needed = (this.#count + added) * this.#width;
    if (needed > this.#rows.length) {
      const larger = new Float32Array(Math.max(needed, 2 * this.#rows.length));
      larger.set(this.#rows.subarray(0, this.#count * this.#width));
      this.#rows = larger;
    }
    this.#rows.set(rows, this.#count * this.#width);
    for (let row = this.#count; row < this.#count + added; row++) {
      if (this.#isSample(row)) this.#samples.push(row);
    }
    this.#count += added;
    if (this.#count > MAX_ROWS) this.#thin();
  }

  #isSample(row: number): boolean {
    for (let layer = 0; layer < this.info.layers.length; layer++) {
      if (!Number.isNaN(this.layer(row, layer, "std"))) return true;
      if (!Number.isNaN(this.layer(row, layer, "gradientNorm"))) return true;
    }
    return false;
  }

  #thin(): void {
    const last = this.#count - 1;
    const worth = (row: number): number =>
      (Number.isNaN(this.step(row, "validationLoss")) ? 0 : 2) + (this.#isSample(row) ? 1 : 0);
    let kept = 0;
    const keep = (row: number): void => {
      const width = this.#width;
      this.#rows.copyWithin(kept * width, row * width, (row + 1) * width);
      kept++;
    };
    for (let row = 0; row < last; row += 2) keep(worth(row) > worth(row + 1) ? row : row + 1);
    if (last % 2 === 0) keep(last);
    this.#count = kept;
    this.#samples = [];
    for (let row = 0; row < kept; row++) if (this.#isSample(row)) this.#samples.push(row);
  }
}
