// gb.train: training loops, metrics, and watching what happens inside.

export * from "./fit/index.js";
export * from "./metrics/index.js";
export type { Report, WatchOptions } from "./recorder.js";
export type { RunInfo, RunSnapshot } from "./run.js";
export { type Watcher, watch } from "./watch.js";
