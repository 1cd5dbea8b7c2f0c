// Layers, containers and losses: PyTorch's `torch.nn`.

import * as functional from "./functional.js";

export { deepcopy, evalMode, Module, Parameter, trainMode } from "../module/index.js";
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  LayerNorm,
  LocalResponseNorm,
  RMSNorm,
} from "../norm/index.js";
export * from "./activations/index.js";
export { MultiheadAttention } from "./attention.js";
export { Bilinear } from "./bilinear.js";
export { Sequential } from "./containers.js";
export * from "./convolution/index.js";
export { CrossEntropyLoss } from "./cross-entropy.js";
export { CosineSimilarity, PairwiseDistance } from "./distance.js";
export {
  AlphaDropout,
  Dropout,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  FeatureAlphaDropout,
} from "./dropout.js";
export { Embedding } from "./embedding.js";
export { Flatten, Unflatten } from "./flatten.js";
export { Identity } from "./identity.js";
export * as init from "./init.js";
export { Linear } from "./linear.js";
export * from "./losses/index.js";
export { ModuleDict } from "./module-dict.js";
export { ModuleList } from "./module-list.js";
export * from "./padding/layers.js";
export * from "./pooling/layers.js";
export { ChannelShuffle, PixelShuffle, PixelUnshuffle } from "./shuffle.js";
export { Summary, type SummaryRow, summary } from "./summary.js";
export * as utils from "./utils.js";
export { functional };
