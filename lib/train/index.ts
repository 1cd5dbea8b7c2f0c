// gb.train: training loops, metrics, and watching what happens inside.

export { type Batches, type EpochRecord, type Evaluation, evaluate, type FitOptions, fit } from "./fit.js";
export { Accuracy, Mean } from "./metrics.js";
export type { Report, WatchOptions } from "./recorder.js";
export type { RunInfo, RunSnapshot } from "./run.js";
export { type Watcher, watch } from "./watch.js";
