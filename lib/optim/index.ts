// Optimizers and learning-rate schedules: PyTorch's `torch.optim`.

export { Adadelta, type AdadeltaOptions } from "./adadelta.js";
export { Adagrad, type AdagradOptions } from "./adagrad.js";
export { Adam, type AdamOptions } from "./adam.js";
export { Adamax, type AdamaxOptions } from "./adamax.js";
export { AdamW, type AdamWOptions } from "./adamw.js";
export { ASGD, type ASGDOptions } from "./asgd.js";
export { Lion, type LionOptions } from "./lion.js";
export { Muon, type MuonOptions } from "./muon.js";
export { NAdam, type NAdamOptions } from "./nadam.js";
export {
  type GroupOptions,
  type GroupSpec,
  Optimizer,
  type OptimizerState,
  type ParameterList,
  type ParamGroup,
} from "./optimizer.js";
export { RAdam, type RAdamOptions } from "./radam.js";
export { lrRangeTest, type RangeTest, type RangeTestOptions } from "./range-test.js";
export { RMSprop, type RMSpropOptions } from "./rmsprop.js";
export { Rprop, type RpropOptions } from "./rprop.js";
export * as lrScheduler from "./schedule/index.js";
export { SGD, type SGDOptions } from "./sgd.js";
export * as swaUtils from "./swa.js";
