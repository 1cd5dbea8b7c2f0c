// Training and evaluating a model.

export { maxNorm } from "./callbacks.js";
export type { Checkpoint } from "./checkpoint.js";
export { evaluate } from "./evaluate.js";
export { fit } from "./fit.js";
export { History } from "./history.js";
export type {
  Batches,
  Callback,
  CheckpointOptions,
  DefaultMetrics,
  EarlyStoppingOptions,
  EpochRecord,
  FitContext,
  FitOptions,
  LossFunction,
  Metrics,
  Values,
} from "./options.js";
