// What can be read of each rule without a run: its name, where the fault is described, and an example to fill its texts with. From
// these and `texts.ts` come the panel's page on a diagnosis and docs/diagnoses.md.

import type { RuleId } from "./diagnosis.js";

export interface Background {
  readonly title: string;
  /** "Chapter" is "Training Deep Neural Networks" of Géron's "Hands-On Machine Learning". */
  readonly source: string;
  /** Values for the texts' placeholders. */
  readonly example: Readonly<Record<string, number | string>>;
}

const FLOATS = "Goldberg 1991, “What every computer scientist should know about floating-point arithmetic”";
const GLOROT = "Chapter, “Glorot and He Initialization”; Glorot and Bengio 2010";
const HE = `${GLOROT}; He et al. 2015`;
const CLIPPING = "Chapter, “Gradient Clipping”; Pascanu et al. 2013";
const BATCH_NORM = "Chapter, “Batch Normalization”; Ioffe and Szegedy 2015";
const RECIPE = "Karpathy 2019, “A recipe for training neural networks”";

const HIDDEN = "layer 3 (Linear(100, 100) → ReLU)";
const FIRST = "layer 1 (Linear(784, 100) → ReLU)";

export const BACKGROUND: { readonly [rule in RuleId]: Background } = {
  "nan-input": { title: "Inputs that are not finite", source: FLOATS, example: { layer: FIRST, step: 12 } },
  nan: {
    title: "NaN or infinity",
    source: FLOATS,
    example: { quantity: "gradient", layer: HIDDEN, step: 118 },
  },
  "not-stepped": {
    title: "A network that no optimizer steps",
    source: "PyTorch’s documentation of torch.optim, “Constructing it” and “Taking an optimization step”",
    example: { count: 32, step: 0 },
  },
  "not-trained": {
    title: "A layer that no optimizer steps",
    source: "PyTorch’s documentation of torch.optim, “Constructing it”",
    example: { layer: HIDDEN, step: 0, norm: 0.21 },
  },
  "evaluation-mode-training": {
    title: "Training in evaluation mode",
    source: `${BATCH_NORM}; Srivastava et al. 2014`,
    example: { steps: 40, step: 0 },
  },
  "kept-gradients": {
    title: "Gradients that are not cleared",
    source: "PyTorch’s documentation of torch.optim.Optimizer.zero_grad",
    example: { steps: 64, step: 1 },
  },
  "logit-activation": {
    title: "An activation before the loss",
    source: "pytorch#55902",
    example: { activation: "ReLU", layer: "layer 4 (Linear(100, 10) → ReLU)", classes: 10, step: 0 },
  },
  "input-scale": {
    title: "Inputs far from standard scale",
    source: "LeCun et al. 1998, “Efficient BackProp”, section 4.3",
    example: { rms: 104, threshold: 10, layer: FIRST, step: 0 },
  },
  "symmetric-weights": {
    title: "Equal weights",
    source: "Chapter, exercise 2; Rumelhart, Hinton and Williams 1986, on breaking symmetry",
    example: { layer: HIDDEN, weight: 0.1, step: 0 },
  },
  "selu-conditions": {
    title: "SELU’s conditions",
    source: "Chapter, “ELU and SELU”; Klambauer et al. 2017",
    example: { condition: "initialisation", count: 20, value: 2, layer: HIDDEN, step: 0 },
  },
  "default-initialisation": {
    title: "PyTorch’s default weights in a deep network",
    source: `${HE}; pytorch#18182`,
    example: { count: 20, activation: "ReLU", factor: 2.45, left: 1.6e-8, layer: FIRST, step: 0 },
  },
  initialisation: {
    title: "Weights that do not fit the activation",
    source: `${HE}`,
    example: {
      times: 7.1,
      direction: "large",
      activation: "ReLU",
      layer: HIDDEN,
      std: 1,
      best: 0.141,
      total: 3.3e8,
      step: 0,
    },
  },
  "sigmoid-depth": {
    title: "Sigmoids in a row",
    source: `Chapter, figure 11-1; ${GLOROT}`,
    example: { count: 6, share: 4.2e-4, factor: 4.7, layer: "layer 1 (Linear(784, 100) → Sigmoid)", step: 0 },
  },
  "tiny-batch-norm": {
    title: "Batch normalisation of few examples",
    source: `${BATCH_NORM}; Wu and He 2018, “Group normalization”`,
    example: { batch: 2, threshold: 4, layer: HIDDEN, step: 0 },
  },
  "weight-decay": {
    title: "Too much weight decay",
    source:
      "Chapter, “ℓ1 and ℓ2 Regularization”; Loshchilov and Hutter 2019, “Decoupled weight decay regularization”",
    example: { decay: 1, share: 0.05, left: 0.0021, start: 2.6, recent: 2.3, step: 0 },
  },
  "adaptive-rate": {
    title: "An adaptive optimizer at SGD’s learning rate",
    source: "Chapter, “Faster Optimizers”; Kingma and Ba 2015, section 2.1",
    example: { rate: 0.05, optimizer: "Adam", threshold: 0.02, step: 0 },
  },
  "rate-too-high": {
    title: "A learning rate that is too high",
    source: "Chapter, “Learning Rate Scheduling”, figure 11-9",
    example: { rate: 3, start: 2.31, highest: 84.2, recent: 2.3, step: 4 },
  },
  "rate-too-low": {
    title: "A learning rate that is too low",
    source: "Chapter, “Learning Rate Scheduling”, figure 11-9; Smith 2017, on the range test",
    example: { rate: 1e-5, ratio: 2.1e-6, good: 1e-3, start: 2.31, recent: 2.3, step: 0 },
  },
  "exploding-signal": {
    title: "A signal that explodes",
    source: HE,
    example: { ratio: 4.8e6, layers: 12, factor: 4.05, step: 0 },
  },
  "vanishing-signal": {
    title: "A signal that vanishes",
    source: HE,
    example: { ratio: 2.2e-5, layers: 12, factor: 2.65, threshold: 1e-3, step: 0 },
  },
  "exploding-gradient": {
    title: "A gradient that explodes",
    source: CLIPPING,
    example: { ratio: 7.5e4, layers: 12, factor: 2.77, step: 0 },
  },
  "gradient-spike": {
    title: "A gradient out of all proportion",
    source: CLIPPING,
    example: { norm: 5200, usual: 1.4, threshold: 1000, step: 341 },
  },
  "vanishing-gradient": {
    title: "A gradient that vanishes",
    source: `Chapter, “The Vanishing/Exploding Gradients Problems”; ${GLOROT}; Bengio et al. 1994`,
    example: { ratio: 3.4e-7, layers: 12, factor: 3.87, step: 0 },
  },
  saturated: {
    title: "Saturated units",
    source: "Chapter, figure 11-1; Glorot and Bengio 2010, section 3",
    example: { layer: "layer 3 (Linear(100, 100) → Tanh)", share: 0.83, threshold: 0.75, step: 60 },
  },
  "silent-units": {
    title: "Silent units",
    source: "Chapter, “Better Activation Functions”, on dying ReLUs; Lu et al. 2019",
    example: { share: 0.91, layer: HIDDEN, examples: 1024, step: 96 },
  },
  "initial-loss": {
    title: "A loss that starts in an odd place",
    source: `${RECIPE}: verify the loss at initialisation`,
    example: { loss: 11.4, expected: Math.LN10, classes: 10, step: 0 },
  },
  "train-mode-evaluation": {
    title: "Evaluation in training mode",
    source: `${BATCH_NORM}; Srivastava et al. 2014; pytorch#18220`,
    example: { count: 10, kind: "Dropout", layer: HIDDEN, step: 1719 },
  },
  "norm-momentum": {
    title: "Running statistics at a wrong pace",
    source: `${BATCH_NORM}; pytorch#15298`,
    example: { pace: "fast", momentum: 0.9, steps: 1.11, layer: HIDDEN, step: 0 },
  },
  "frozen-statistics": {
    title: "A frozen layer whose statistics move",
    source: "Chapter, “Reusing Pretrained Layers”; pytorch#86590",
    example: { layer: HIDDEN, kind: "BatchNorm1d", step: 0 },
  },
  "update-ratio": {
    title: "Updates of an unusual size",
    source: "Karpathy, CS231n, “Ratio of weights : updates”",
    example: { layer: HIDDEN, ratio: 0.2, good: 1e-3, step: 400 },
  },
  overfitting: {
    title: "Overfitting",
    source:
      "Chapter, “Avoiding Overfitting Through Regularization”; Prechelt 1998, “Early stopping, but when?”",
    example: { best: 0.341, last: 0.472, trained: 0.12, step: 9000 },
  },
  plateau: {
    title: "A loss that stands still",
    source: `${RECIPE}: overfit one batch`,
    example: { loss: Math.LN10, start: 2.31, step: 300 },
  },
};
