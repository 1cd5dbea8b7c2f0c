// The losses as layers; cross-entropy of logits has a file of its own beside this folder.

export { BCELoss, BCEWithLogitsLoss } from "./binary.js";
export { GaussianNLLLoss, KLDivLoss, NLLLoss, PoissonNLLLoss } from "./likelihood.js";
export {
  CosineEmbeddingLoss,
  HingeEmbeddingLoss,
  MarginRankingLoss,
  SoftMarginLoss,
  TripletMarginLoss,
  TripletMarginWithDistanceLoss,
} from "./margin.js";
export { MultiLabelMarginLoss, MultiLabelSoftMarginLoss, MultiMarginLoss } from "./multi-class.js";
export { HuberLoss, L1Loss, MSELoss, SmoothL1Loss } from "./regression.js";
