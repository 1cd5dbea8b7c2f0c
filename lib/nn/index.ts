// Layers, containers and losses: PyTorch's `torch.nn`.

import * as functional from "./functional.js";

export { Module, Parameter } from "../module/index.js";
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  LayerNorm,
  RMSNorm,
} from "../norm/index.js";
export * from "./activations/index.js";
export * as utils from "./clip.js";
export { Sequential } from "./containers.js";
export { CrossEntropyLoss } from "./cross-entropy.js";
export { Flatten } from "./flatten.js";
export * as init from "./init.js";
export { Linear } from "./linear.js";
export { functional };
