// Puts measured numbers into rows and passes them to the host, a few times a second.

import { batchesGiven, latestPass } from "../data/pass.js";
import { chosenDevice } from "../tensor/device.js";
import type { StopRule } from "./halt/guard.js";
import { host } from "./host.js";
import type { SnapshotOptions } from "./rewind/ring.js";
import {
  type DiagnosisLevel,
  type LayerInfo,
  layerColumn,
  type Modes,
  type OptimizerInfo,
  ROW_LENGTH,
  type RunInfo,
  type RunStatus,
  type StepField,
  stepColumn,
} from "./run.js";

export interface WatchOptions {
  /** What to call the run in plots; "Run" by default. A name used before gets a number. */
  name?: string;
  /** What the data is, to be shown with the run: "Fashion-MNIST (sample)". */
  dataset?: string;
  /** How much the diagnosis of the run gives away: nothing, a hint where to look, or ("answer", the default) everything. */
  level?: DiagnosisLevel;
  /** Copies of the training to go back to (`watcher.rewind`, `gb.train.fork`). By default about a dozen, ever further apart, of models
   *  of up to 8 MiB with their optimizer's state; false: none. */
  snapshots?: SnapshotOptions | false;
  /** Halts before a step that shows one of these is applied: `optimizer.step()` throws an error that names step, layer and operation,
   *  and the model is as the step before left it. "nan": a loss or a gradient that is not finite; "exploding-gradient": gradients
   *  that grow a thousandfold on their way back through the layers; "gradient-spike": a norm of more than 1,000 and a hundred times
   *  what was usual. Each step then waits for its loss and gradients. */
  stopOn?: readonly StopRule[];
}

/** Numbers only the training loop knows, to be shown with the watched ones. */
export type Report = Partial<
  Record<Exclude<StepField, "step" | "seconds" | "loss" | "learningRate">, number>
>;

/** Rows are passed on at most this often. */
const INTERVAL_MS = 60;

/** How many runs there were of each name, and the newest. */
const byName = new Map<string, { count: number; newest: RunRecorder }>();

/** One row of the table of steps to be: all fields start as not measured. */
export class Row {
  readonly values: Float32Array = new Float32Array(ROW_LENGTH).fill(Number.NaN);

  set(field: StepField, value: number | undefined): void {
    if (value !== undefined) this.values[stepColumn(field)] = value;
  }
}

export class RunRecorder {
  info: RunInfo;
  private readonly started = performance.now();
  /** Batches that loaders had handed out before. */
  private readonly given = batchesGiven();
  private rows: Float32Array[] = [];
  private samples: Float32Array[] = [];
  private histograms: Uint8Array[] = [];
  private sent = 0;
  private lastStep = -1;

  /** `facts`: what else is known of the run. */
  constructor(layers: readonly LayerInfo[], options: WatchOptions, facts: Partial<RunInfo> = {}) {
    const { name = "Run" } = options;
    const before = byName.get(name);
    const count = (before?.count ?? 0) + 1;
    byName.set(name, { count, newest: this });
    this.info = {
      id: crypto.randomUUID(),
      name: count === 1 ? name : `${name} #${count}`,
      startedAt: new Date().toISOString(),
      status: "running",
      device: chosenDevice() === "webgpu" ? "gpu" : "cpu",
      layers,
      ...facts,
      ...(options.dataset !== undefined && { dataset: options.dataset }),
      ...(options.level !== undefined && { level: options.level }),
    };
    host()?.publish({ type: "run", info: this.info });
    // runs that were given no name are not taken for one another
    if (options.name !== undefined) before?.newest.change({ superseded: true });
  }

  setClasses(classes: number): void {
    if (this.info.classes !== classes) this.change({ classes });
  }

  setModes(modes: Modes): void {
    this.change({ modes });
  }

  /** What is known once the first step has been made. */
  setTraining(optimizer: OptimizerInfo, batchSize: number): void {
    const loader = batchesGiven() > this.given ? latestPass()?.loader : undefined;
    this.change({ optimizer, batchSize, ...(loader && { stepsPerEpoch: loader.length }) });
  }

  /** `time`: when the step ended, as `performance.now()` tells it. */
  newRow(step: number, time: number = performance.now()): Row {
    const row = new Row();
    row.set("step", step);
    row.set("seconds", (time - this.started) / 1000);
    return row;
  }

  push(row: Row): void {
    this.rows.push(row.values);
    this.lastStep = row.values[stepColumn("step")]!;
    if (performance.now() - this.sent >= INTERVAL_MS) this.send();
  }

  /** What was measured of the layers goes out with the step's row, which comes next. */
  pushSample(sample: Float32Array, histograms: Uint8Array): void {
    this.samples.push(sample);
    this.histograms.push(histograms);
    if (sample[0] === 0) this.tellWeights(sample);
  }

  private tellWeights(sample: Float32Array): void {
    const hidden = this.info.layers
      .flatMap(({ fanIn = 0 }, i) => (fanIn > 0 ? [{ fanIn, i }] : []))
      .slice(0, -1);
    const scales = hidden.map(({ fanIn, i }) => fanIn * sample[layerColumn(i, "weightStd")]! ** 2);
    const weightScale = scales.sort((a, b) => a - b)[scales.length >> 1];
    if (weightScale !== undefined && Number.isFinite(weightScale)) this.change({ weightScale });
  }

  /** A row with numbers from outside the step. */
  report(step: number, values: Report): void {
    const row = this.newRow(step);
    for (const [field, value] of Object.entries(values)) row.set(field as StepField, value);
    this.push(row);
  }

  /** Says how far the run has come, where the last steps were not measured. */
  reach(step: number): void {
    if (step > this.lastStep) this.push(this.newRow(step));
  }

  /** Passes on what has gathered. */
  send(): void {
    if (this.rows.length === 0) return;
    const steps = joined(Float32Array, this.rows);
    const samples = joined(Float32Array, this.samples);
    const histograms = joined(Uint8Array, this.histograms);
    [this.rows, this.samples, this.histograms] = [[], [], []];
    this.sent = performance.now();
    host()?.publish({ type: "rows", run: this.info.id, steps, samples, histograms });
  }

  finish(status: RunStatus): void {
    this.send();
    this.change({ status });
  }

  /** Publishes what has changed about the run. */
  change(change: Partial<RunInfo>): void {
    this.info = { ...this.info, ...change };
    host()?.publish({ type: "run", info: this.info });
  }
}

/** Rows of one length, one after the other. */
function joined<T extends Float32Array | Uint8Array>(Kind: new (length: number) => T, rows: readonly T[]): T {
  const length = rows[0]?.length ?? 0;
  const all = new Kind(rows.length * length);
  rows.forEach((row, i) => {
    all.set(row, i * length);
  });
  return all;
}
