// Learning-rate schedules: PyTorch's `torch.optim.lr_scheduler`, and composition.

export { compose, type WarmupOptions, warmup } from "./compose.js";
export {
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  type CosineOptions,
  type RestartOptions,
} from "./cosine.js";
export { CyclicLR, type CyclicOptions } from "./cyclic.js";
export {
  ConstantLR,
  type ConstantOptions,
  LinearLR,
  type LinearOptions,
  PolynomialLR,
  type PolynomialOptions,
  PowerLR,
  type PowerOptions,
} from "./factor.js";
export { LambdaLR, MultiplicativeLR, type RateFunction } from "./lambda.js";
export { OneCycleLR, type OneCycleOptions } from "./one-cycle.js";
export { type PlateauOptions, ReduceLROnPlateau } from "./plateau.js";
export { LRScheduler, type Metric, type PerGroup, type SchedulerState } from "./scheduler.js";
export { ChainedScheduler, SequentialLR } from "./sequence.js";
export { ExponentialLR, type GammaOptions, MultiStepLR, StepLR } from "./step.js";
