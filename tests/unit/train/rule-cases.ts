// For each rule of the diagnoses two constructed runs: one that has its fault, and one that has not quite.

import type { RuleId } from "gradbook/train/diagnose/index";
import {
  type Change,
  every,
  HIDDEN,
  normalised,
  ofActivation,
  stuck,
  WIDTH,
  weights,
} from "./constructed-runs.js";

/** For each rule, a record on this side of its line and one on the other. */
export const CASES: { readonly [rule in RuleId]: { readonly sick: Change; readonly well: Change } } = {
  "nan-input": {
    sick: {
      fields: {
        inputMean: (_, sample) => (sample > 4 ? Number.NaN : 0),
        nans: (_, sample) => (sample > 4 ? 3 : 0),
      },
    },
    // a function of the user's own makes them
    well: { layer: ofActivation("Log"), fields: { nans: (_, sample) => (sample > 4 ? 3 : 0) } },
  },
  nan: {
    sick: { fields: { nans: (layer, sample) => (sample > 4 && layer > 2 ? 3 : 0) } },
    well: { fields: { zeros: 1 } },
  },
  "not-stepped": {
    sick: { info: { modes: { withoutStep: 32 } } },
    well: { info: { modes: {} } },
  },
  "not-trained": {
    sick: { fields: { updateRatio: (layer) => (layer === 2 ? Number.NaN : 1e-3) } },
    well: {
      layer: (layer) => ({ frozen: layer === 2 }),
      fields: { updateRatio: (layer) => (layer === 2 ? Number.NaN : 1e-3) },
    },
  },
  "evaluation-mode-training": {
    sick: { info: { modes: { evaluationSteps: 30, firstEvaluationStep: 10 } } },
    well: { info: { modes: {} } },
  },
  "kept-gradients": {
    sick: { info: { modes: { keptGradients: 8, firstKeptGradients: 1 } } },
    well: { info: { modes: { keptGradients: 1, firstKeptGradients: 1 } } },
  },
  "logit-activation": {
    sick: { layer: (layer) => (layer === HIDDEN ? { activation: { name: "SiLU" } } : {}) },
    // a regression, and features that are as many as something else's classes
    well: {
      layer: (layer) => (layer === HIDDEN ? { activation: { name: "SiLU" }, units: 7 } : {}),
    },
  },
  "input-scale": {
    sick: { fields: { inputStd: (layer) => (layer === 0 ? 164 : 1.4) } },
    well: { fields: { inputStd: (layer) => (layer === 0 ? 0.7 : 1.4) } },
  },
  "symmetric-weights": {
    sick: { fields: { weightStd: 0, weightMean: 0 } },
    // only the output layer starts at zero, as it may
    well: { fields: { weightStd: (layer) => (layer === HIDDEN ? 0 : 0.14) } },
  },
  "selu-conditions": {
    sick: { layer: ofActivation("SELU"), fields: { weightStd: weights(2) } },
    well: {
      layer: ofActivation("SELU"),
      fields: { weightStd: weights(1.05), inputStd: 1 },
    },
  },
  "default-initialisation": {
    sick: { fields: { weightStd: weights(1 / 3) } },
    well: { layer: normalised("BatchNorm1d"), fields: { weightStd: weights(1 / 3) } },
  },
  initialisation: {
    sick: { layer: ofActivation("Tanh"), fields: { weightStd: 1 } },
    well: { layer: ofActivation("Tanh"), fields: { weightStd: weights(1) } },
  },
  "sigmoid-depth": {
    sick: {
      layer: ofActivation("Sigmoid"),
      fields: { weightStd: weights(1), gradientNorm: (layer) => 0.2 ** (HIDDEN - layer) },
    },
    well: {
      layer: (layer) => ({ ...ofActivation("Sigmoid")(layer), ...normalised("BatchNorm1d")(layer) }),
      fields: { weightStd: weights(1), gradientNorm: (layer) => 0.2 ** (HIDDEN - layer) },
    },
  },
  "tiny-batch-norm": {
    sick: { info: { batchSize: 2 }, layer: normalised("BatchNorm1d") },
    well: { info: { batchSize: 2 }, layer: normalised("LayerNorm") },
  },
  "weight-decay": {
    sick: {
      info: { optimizer: { kind: "SGD", learningRate: 0.05, weightDecay: 1 } },
      fields: { weightNorm: (_, sample) => 7 * 0.8 ** sample },
      steps: { learningRate: 0.05, loss: 2.4 },
    },
    // Adam divides the decay by the gradient's size, too
    well: {
      info: { optimizer: { kind: "Adam", learningRate: 0.05, weightDecay: 1 } },
      fields: { weightNorm: (_, sample) => 7 * 0.8 ** sample },
      steps: { learningRate: 0.05, loss: 2.4 },
    },
  },
  "adaptive-rate": {
    sick: {
      info: { optimizer: { kind: "NAdam", learningRate: 0.05 } },
      steps: { loss: (step) => 2 - 0.001 * step },
    },
    well: {
      info: { optimizer: { kind: "NAdam", learningRate: 0.002 } },
      steps: { learningRate: 0.002 },
    },
  },
  "rate-too-high": {
    sick: { steps: { loss: (step) => (step === 0 ? 2.4 : step < 5 ? 40 : 2.5) } },
    // an odd batch from which it recovers
    well: { steps: { loss: (step) => (step === 3 ? 9 : 0.3 + 2 * 0.97 ** step) } },
  },
  "rate-too-low": {
    sick: { fields: { updateRatio: 1e-6 }, steps: { loss: (step) => 2.4 - 1e-5 * step } },
    well: { fields: { updateRatio: 1e-6 } },
  },
  "exploding-signal": {
    sick: { fields: { std: (layer) => 4 ** layer } },
    well: { fields: { std: (layer) => 1.5 ** layer } },
  },
  "vanishing-signal": {
    sick: { fields: { batchStd: (layer) => 7 ** -layer } },
    well: { fields: { batchStd: (layer) => 1.4 ** -layer } },
  },
  "exploding-gradient": {
    sick: { fields: { gradientNorm: (layer) => 8 ** -layer } },
    well: { fields: { gradientNorm: (layer) => 2 ** -layer } },
  },
  "gradient-spike": {
    sick: { steps: { gradientNorm: (step) => (step === 150 ? 4e4 : 2) } },
    well: { steps: { gradientNorm: (step) => (step === 150 ? 90 : 2) } },
  },
  "vanishing-gradient": {
    sick: { fields: { gradientNorm: (layer) => 8 ** layer } },
    well: { fields: { gradientNorm: (layer) => 2 ** layer } },
  },
  saturated: {
    sick: {
      layer: ofActivation("Tanh"),
      fields: { weightStd: weights(1), saturated: (layer) => (layer === 3 ? 0.9 : 0.1) },
    },
    well: {
      layer: ofActivation("Tanh"),
      fields: { weightStd: weights(1), saturated: (_, sample) => 0.05 * sample },
    },
  },
  "silent-units": {
    sick: { fields: { silent: (layer, sample) => (layer === 1 && sample > 5 ? 0.95 : 0.1) } },
    well: { fields: { silent: (layer) => 0.08 * layer } },
  },
  "initial-loss": {
    sick: {
      steps: { loss: (step) => 0.3 + 8 * 0.97 ** step },
      fields: { weightStd: (layer) => (layer === HIDDEN ? 1 : Math.sqrt(2 / WIDTH)) },
    },
    well: { steps: { loss: (step) => 0.3 + 2.8 * 0.97 ** step } },
  },
  "train-mode-evaluation": {
    sick: {
      info: { modes: { trainingEvaluations: 4, firstTrainingEvaluation: 99 } },
      layer: (layer) => (layer === 1 ? { dropout: "Dropout" } : {}),
    },
    // nothing in the model minds
    well: { info: { modes: { trainingEvaluations: 4, firstTrainingEvaluation: 99 } } },
  },
  "norm-momentum": {
    sick: { layer: normalised("BatchNorm1d", { momentum: 0.99, moving: true }) },
    well: {
      layer: normalised("BatchNorm1d", { momentum: 0.1, moving: true }),
      steps: { validationLoss: every(20, (step) => 0.4 + 0.97 ** step) },
    },
  },
  "frozen-statistics": {
    sick: {
      layer: (layer) => ({
        frozen: layer < 3,
        ...normalised("BatchNorm1d", { momentum: 0.1, moving: true })(layer),
      }),
    },
    well: {
      layer: (layer) => ({
        frozen: layer < 3,
        ...normalised("BatchNorm1d", { momentum: 0.1, moving: layer >= 3 })(layer),
      }),
    },
  },
  "update-ratio": {
    sick: { fields: { updateRatio: (layer) => (layer === 4 ? 0.4 : 1e-3) } },
    well: { fields: { updateRatio: 2e-2 } },
  },
  overfitting: {
    sick: { steps: { validationLoss: every(20, (step) => 1 + Math.abs(step - 60) / 100) } },
    well: { steps: { validationLoss: every(20, (step) => 1 + 0.97 ** step) } },
  },
  plateau: {
    sick: { steps: { loss: (step) => stuck + 0.01 * Math.sin(step) } },
    well: { steps: { loss: (step) => (step < 60 ? stuck : 0.7) } },
  },
};
