// Normalisation layers.

export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  type BatchNormArguments,
  type BatchNormOptions,
  batchNorm,
} from "./batch.js";
export { GroupNorm, type GroupNormArguments, type GroupNormOptions, groupNorm } from "./group.js";
export {
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type InstanceNormArguments,
  type InstanceNormOptions,
  instanceNorm,
} from "./instance.js";
export {
  LayerNorm,
  type LayerNormArguments,
  type LayerNormOptions,
  layerNorm,
  RMSNorm,
  type RMSNormOptions,
  type RmsNormArguments,
  rmsNorm,
} from "./layer.js";
export { LocalResponseNorm, type LocalResponseNormOptions, localResponseNorm } from "./local-response.js";
export { type CalibrationBatch, recalibrate } from "./recalibrate.js";
