// gb.train: training loops, metrics, and watching what happens inside.

export { type Batches, type EpochRecord, type Evaluation, evaluate, type FitOptions, fit } from "./fit.js";
export { Accuracy, Mean } from "./metrics.js";
export type { RunInfo, RunSnapshot } from "./run.js";
export { type Report, type Watcher, type WatchOptions, watch } from "./watch.js";
