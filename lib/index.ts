// gradbook: the public namespaces. `gb` (this module as a whole) has everything; cells have the usual names preloaded.

export { load, save } from "./data/files/index.js";
export * as data from "./data/index.js";
export * as nn from "./nn/index.js";
export { deepcopy, functional as F, Module, Parameter } from "./nn/index.js";
export * as init from "./nn/init.js";
export * as norm from "./nn/norm.js";
export * as optim from "./optim/index.js";
export * as plot from "./plot/index.js";
export { type DeviceDescription, device } from "./tensor/device.js";
export { explain } from "./tensor/explain.js";
export {
  autograd,
  type DType,
  Generator,
  type Index,
  manualSeed,
  type NestedArray,
  noGrad,
  type Operand,
  Tensor,
  tensor,
} from "./tensor/index.js";
export { memory, scope } from "./tensor/memory.js";
export * as train from "./train/index.js";
export { toPyTorch, watch } from "./train/index.js";
