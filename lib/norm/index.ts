// Normalisation layers.

export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from "./batch.js";
export { GroupNorm, type GroupNormArguments, type GroupNormOptions, groupNorm } from "./group.js";
export {
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type InstanceNormOptions,
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
