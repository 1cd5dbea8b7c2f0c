// gb.train: training loops, metrics, and watching what happens inside.

export { compareRuns } from "./compare-runs.js";
export { type DeadLayer, DeadUnits, deadUnits } from "./dead-units.js";
export * from "./fit/index.js";
export { type StopRule, TrainingHalted } from "./halt/guard.js";
export { type McOptions, mcPredict } from "./mc-dropout.js";
export * from "./metrics/index.js";
export { type PretrainedLayer, type PretrainOptions, pretrain, tiedDecoder } from "./pretrain.js";
export { type ToPyTorchOptions, toPyTorch } from "./pytorch/index.js";
export { type Lane, type RaceOptions, RaceResult, race } from "./race.js";
export type { Report, WatchOptions } from "./recorder.js";
export { type Fork, type ForkOptions, fork } from "./rewind/fork.js";
export type { SnapshotOptions } from "./rewind/ring.js";
export type { RunInfo, RunSnapshot } from "./run.js";
export { Sweep, type SweepOptions, sweep, type Trial } from "./sweep.js";
export {
  freezeLayers,
  type LayerwiseOptions,
  layerwiseRates,
  replaceHead,
  unfreezeLayers,
} from "./transfer.js";
export { type Rewound, type Watcher, watch } from "./watch.js";
