// Normalisation layers.

export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormOptions } from "./batch.js";
export { GroupNorm, type GroupNormOptions } from "./group.js";
export {
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type InstanceNormOptions,
} from "./instance.js";
export { LayerNorm, type LayerNormOptions, RMSNorm, type RMSNormOptions } from "./layer.js";
