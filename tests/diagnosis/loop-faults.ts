// Faults of the training: rates, modes, what a loop forgets; and what was thought up later.

import * as gb from "gradbook";
import { type Case, fault } from "./case.js";
import { clusters, mislabelled } from "./data.js";
import {
  adam,
  convolutional,
  dense,
  Functional,
  glorot,
  he,
  Log,
  type Module,
  nadam,
  type Pick,
  Root,
  sgd,
  training,
  validated,
} from "./networks.js";

const { nn, optim } = gb;

const relu = (): Module => nn.ReLU();
const tanh = (): Module => nn.Tanh();
const silu = (): Module => nn.SiLU();
const batchNorm = (width: number): Module => nn.BatchNorm1d(width);
const learnable = (model: gb.nn.Module): gb.Parameter[] =>
  model.parameters().filter(({ requiresGrad }) => requiresGrad);

const RATES: Case[] = [
  fault("SGD, rate far too high", "rate-too-high", (pick) =>
    training(pick, dense({ depth: pick(3, 2), width: pick(48, 64), activation: relu, init: he }), {
      optimizer: sgd(pick(5, 10)),
    }),
  ),
  fault("SGD with momentum, rate too high", "rate-too-high", (pick) =>
    training(pick, dense({ depth: pick(4, 3), width: pick(48, 64), activation: relu, init: he }), {
      optimizer: sgd(pick(1, 2), 0.9),
    }),
  ),
  fault("convolutions, rate too high", "rate-too-high", (pick) =>
    training(pick, convolutional({ channels: pick([8, 16], [12, 12]), activation: relu, init: he }), {
      optimizer: sgd(pick(2, 3), 0.9),
      steps: 62,
    }),
  ),
  fault("tanh, rate too high", "rate-too-high", (pick) =>
    training(pick, dense({ depth: pick(4, 3), width: pick(48, 64), activation: tanh, init: glorot }), {
      optimizer: sgd(pick(10, 6), 0.9),
    }),
  ),
  fault("batch norm, rate too high", "rate-too-high", (pick) =>
    training(
      pick,
      dense({
        depth: pick(3, 2),
        width: pick(48, 64),
        activation: relu,
        init: he,
        norm: batchNorm,
      }),
      { optimizer: sgd(pick(20, 30), 0.9) },
    ),
  ),
  fault("SGD, rate too low", "rate-too-low", (pick) =>
    training(pick, dense({ depth: pick(2, 3), width: pick(48, 64), activation: relu, init: he }), {
      optimizer: sgd(pick(1e-5, 3e-5)),
    }),
  ),
  fault("Adam, rate too low", "rate-too-low", (pick) =>
    training(pick, dense({ depth: pick(3, 2), width: pick(48, 64), activation: relu, init: he }), {
      optimizer: adam(pick(1e-7, 3e-7)),
    }),
  ),
  fault("convolutions, rate too low", "rate-too-low", (pick) =>
    training(pick, convolutional({ channels: pick([8, 16], [12, 12]), activation: relu, init: he }), {
      optimizer: sgd(pick(1e-5, 3e-6), 0.9),
      steps: 62,
    }),
  ),
  fault("Adam at a rate for SGD", "adaptive-rate", (pick) =>
    training(pick, dense({ depth: pick(4, 3), width: pick(48, 64), activation: relu, init: he }), {
      optimizer: adam(pick(0.5, 0.3)),
    }),
  ),
  fault("NAdam at a rate for SGD, deep", "adaptive-rate", (pick) =>
    training(pick, dense({ depth: pick(8, 6), width: 48, activation: silu, init: he }), {
      optimizer: nadam(pick(0.1, 0.2)),
    }),
  ),
  fault("RMSprop at a rate for SGD", "adaptive-rate", (pick) =>
    training(pick, dense({ depth: pick(4, 5), width: pick(48, 64), activation: relu, init: he }), {
      optimizer: (parameters) => new optim.RMSprop(parameters, { lr: pick(0.1, 0.2) }),
    }),
  ),
  fault("SGD, weight decay far too large", "weight-decay", (pick) =>
    training(pick, dense({ depth: pick(3, 2), width: pick(48, 64), activation: relu, init: he }), {
      optimizer: (parameters) => new optim.SGD(parameters, { lr: 0.05, weightDecay: pick(10, 1) }),
    }),
  ),
  fault("AdamW, weight decay far too large", "weight-decay", (pick) =>
    training(pick, dense({ depth: pick(2, 3), width: pick(64, 48), activation: tanh, init: glorot }), {
      optimizer: (parameters) => new optim.AdamW(parameters, { lr: 1e-3, weightDecay: pick(100, 50) }),
    }),
  ),
  fault("one layer not given to the optimizer", "not-trained", (pick) => {
    const model = dense({ depth: 3, width: 48, activation: relu, init: he });
    const left = new Set(model.at(pick(0, 2))!.parameters());
    return training(pick, model, {
      parameters: model.parameters().filter((parameter) => !left.has(parameter)),
    });
  }),
];

const normalised = (pick: Pick, momentum?: number): gb.nn.Sequential =>
  dense({
    depth: pick(3, 2),
    width: 48,
    activation: relu,
    init: he,
    norm: (width) => nn.BatchNorm1d(width, momentum === undefined ? {} : { momentum }),
  });

const MODES: Case[] = [
  fault("batch norm, tiny batches", "tiny-batch-norm", (pick) =>
    training(pick, normalised(pick), { batch: pick(2, 4), optimizer: sgd(0.01, 0.9) }),
  ),
  fault("batch norm, Keras's momentum", "norm-momentum", (pick) =>
    training(pick, normalised(pick, pick(0.99, 0.9)), { validation: validated() }),
  ),
  fault("batch norm, statistics far behind", "norm-momentum", (pick) =>
    training(pick, normalised(pick, pick(0.001, 0.002)), { validation: validated() }),
  ),
  fault("eval() forgotten, dropout", "train-mode-evaluation", (pick) =>
    training(
      pick,
      dense({
        depth: 2,
        width: 48,
        activation: relu,
        init: he,
        dropout: () => nn.Dropout(pick(0.3, 0.2)),
      }),
      { validation: validated({ forgotten: true }) },
    ),
  ),
  fault("eval() forgotten, batch norm", "train-mode-evaluation", (pick) =>
    training(pick, normalised(pick), { validation: validated({ forgotten: true }) }),
  ),
  fault("train() forgotten", "evaluation-mode-training", (pick) =>
    training(pick, normalised(pick).eval(), { optimizer: sgd(0.01, 0.9) }),
  ),
  fault("zeroGrad() forgotten", "kept-gradients", (pick) => ({
    ...training(pick, dense({ depth: pick(2, 3), width: 48, activation: relu, init: he })),
    kept: true,
  })),
  fault("frozen, but the statistics move", "frozen-statistics", (pick) => {
    const model = dense({ depth: pick(3, 4), width: 48, activation: relu, init: he, norm: batchNorm });
    for (const layer of [model.at(0), model.at(1)]) layer!.requiresGrad_(false);
    return training(pick, model, { parameters: learnable(model) });
  }),
  fault("overfitting", "overfitting", (pick) =>
    training(pick, dense({ depth: pick(2, 3), width: pick(48, 64), activation: relu, init: he }), {
      data: mislabelled(clusters(pick(21, 22), 128, 2.5), pick(3, 4)),
      batch: 32,
      steps: 240,
      optimizer: adam(2e-3),
      validation: { on: clusters(23, 200, 2.5), every: 15 },
    }),
  ),
  fault("square root of negative numbers", "nan", (pick) =>
    training(
      pick,
      dense({
        depth: pick(2, 3),
        width: 48,
        activation: tanh,
        init: glorot,
        last: () => new Root(),
      }),
    ),
  ),
  fault("logarithm of a ReLU's zeros", "nan", (pick) =>
    training(
      pick,
      dense({
        depth: pick(1, 2),
        width: pick(48, 64),
        activation: () => nn.Sequential(nn.ReLU(), new Log()),
        init: he,
      }),
    ),
  ),
];

const plain = (pick: Pick): gb.nn.Sequential =>
  dense({ depth: pick(2, 3), width: 48, activation: relu, init: he });

/** Thought up after the others, and trained on Fashion-MNIST before they came here: what the rules had missed. */
const LATER: Case[] = [
  fault("softmax in forward", "logit-activation", (pick) =>
    training(
      pick,
      dense({ depth: pick(1, 2), width: 48, activation: relu, init: he, last: () => new Functional() }),
    ),
  ),
  fault("convolutions, dead after a few steps", "rate-too-high", (pick) =>
    training(pick, convolutional({ channels: pick([8, 16], [12, 16]), activation: relu }), {
      optimizer: sgd(pick(1, 0.8), 0.9),
      steps: 90,
    }),
  ),
  fault("the optimizer of an earlier network", "not-stepped", (pick) =>
    training(pick, plain(pick), { parameters: plain(pick).parameters() }),
  ),
  fault("step() forgotten", "not-stepped", (pick) =>
    training(pick, plain(pick), {
      gathered: Number.POSITIVE_INFINITY,
      optimizer: pick(sgd(0.1), adam(1e-3)),
    }),
  ),
];

export const LOOP_FAULTS: readonly Case[] = [...RATES, ...MODES, ...LATER];
