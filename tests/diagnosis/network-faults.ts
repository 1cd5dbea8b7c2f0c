// Faults of networks and of what they are given: initialisation, activations, inputs.

import * as gb from "gradbook";
import { type Case, fault } from "./case.js";
import { clusters, rescaled, shuffled, withNaN } from "./data.js";
import {
  adam,
  convolutional,
  dense,
  examples,
  glorot,
  glorotNormal,
  he,
  heUniform,
  type Init,
  lecun,
  type Module,
  nadam,
  normal,
  type Pick,
  sgd,
  training,
} from "./networks.js";

const { nn, init } = gb;

const relu = (): Module => nn.ReLU();
const tanh = (): Module => nn.Tanh();
const sigmoid = (): Module => nn.Sigmoid();
const silu = (): Module => nn.SiLU();
const selu = (): Module => nn.SELU();
const batchNorm = (width: number): Module => nn.BatchNorm1d(width);
const pixels = (pick: Pick) => rescaled(examples(pick), 70, 128);

const DEFAULTS: Case[] = [
  fault("ReLU, PyTorch's default, deep", "default-initialisation", (pick) =>
    training(pick, dense({ depth: pick(10, 8), width: pick(48, 64), activation: relu })),
  ),
  fault("tanh, PyTorch's default, deep", "default-initialisation", (pick) =>
    training(pick, dense({ depth: pick(10, 14), width: pick(48, 64), activation: tanh })),
  ),
  fault("SiLU, PyTorch's default, deep, NAdam", "default-initialisation", (pick) =>
    training(pick, dense({ depth: pick(12, 10), width: pick(48, 64), activation: silu }), {
      optimizer: nadam(1e-3),
    }),
  ),
  fault("sigmoid, PyTorch's default, deep", "default-initialisation", (pick) =>
    training(pick, dense({ depth: pick(10, 9), width: pick(48, 64), activation: sigmoid })),
  ),
  fault("leaky ReLU convolutions, PyTorch's default, deep", "default-initialisation", (pick) =>
    training(
      pick,
      convolutional({
        channels: pick([8, 8, 8, 8, 8, 8], [6, 6, 6, 6, 6, 6, 6]),
        activation: () => nn.LeakyReLU({ negativeSlope: 0.1 }),
      }),
      { steps: 62 },
    ),
  ),
];

const WEIGHTS: Case[] = [
  fault("ReLU, weights from N(0, 1)", "initialisation", (pick) =>
    training(pick, dense({ depth: pick(5, 4), width: pick(48, 64), activation: relu, init: normal(1) }), {
      optimizer: sgd(0.01),
    }),
  ),
  fault("ReLU, weights from N(0, 0.01²)", "initialisation", (pick) =>
    training(pick, dense({ depth: pick(5, 7), width: pick(48, 64), activation: relu, init: normal(0.01) })),
  ),
  fault("tanh, weights from N(0, 1)", "initialisation", (pick) =>
    training(pick, dense({ depth: pick(6, 4), width: pick(48, 64), activation: tanh, init: normal(1) })),
  ),
  fault("sigmoid, weights from N(0, 1)", "initialisation", (pick) =>
    training(pick, dense({ depth: pick(8, 5), width: pick(48, 64), activation: sigmoid, init: normal(1) })),
  ),
  fault("ReLU, Glorot, very deep", "initialisation", (pick) =>
    training(pick, dense({ depth: pick(18, 15), width: pick(48, 64), activation: relu, init: glorotNormal })),
  ),
  fault("GELU, weights that are too large, or all positive", "initialisation", (pick) =>
    training(
      pick,
      dense({
        depth: pick(4, 6),
        width: pick(48, 64),
        activation: () => nn.GELU(),
        init: pick<Init>(normal(0.8), (weight) => init.uniform_(weight, { a: 0, b: 1 })),
      }),
      { optimizer: adam(1e-3) },
    ),
  ),
  fault("ELU convolutions, weights too large", "initialisation", (pick) =>
    training(
      pick,
      convolutional({
        channels: pick([8, 16], [12, 12, 12]),
        activation: () => nn.ELU(),
        init: normal(pick(0.8, 1)),
      }),
      { optimizer: sgd(0.01, 0.9), steps: 62 },
    ),
  ),
  fault("all weights equal", "symmetric-weights", (pick) =>
    training(
      pick,
      dense({
        depth: pick(2, 3),
        width: 48,
        activation: relu,
        init: (weight) => init.constant_(weight, pick(0.02, 0.05)),
        outputInit: he,
      }),
    ),
  ),
  fault("all weights zero", "symmetric-weights", (pick) =>
    training(
      pick,
      dense({
        depth: pick(3, 2),
        width: pick(48, 64),
        activation: pick(relu, tanh),
        init: (weight) => init.zeros_(weight),
      }),
    ),
  ),
  fault("output layer's weights too large", "initial-loss", (pick) =>
    training(
      pick,
      dense({
        depth: pick(2, 3),
        width: pick(48, 64),
        activation: relu,
        init: he,
        outputInit: normal(pick(1.5, 2)),
      }),
      { optimizer: sgd(0.005, 0.9) },
    ),
  ),
];

const ACTIVATIONS: Case[] = [
  fault("sigmoid, Glorot, deep", "sigmoid-depth", (pick) =>
    training(pick, dense({ depth: pick(6, 9), width: pick(48, 64), activation: sigmoid, init: glorot })),
  ),
  fault("sigmoid, Glorot, deep, Adam", "sigmoid-depth", (pick) =>
    training(
      pick,
      dense({ depth: pick(8, 6), width: pick(48, 64), activation: sigmoid, init: glorotNormal }),
      { optimizer: adam(1e-3) },
    ),
  ),
  fault("SELU, He", "selu-conditions", (pick) =>
    training(pick, dense({ depth: pick(12, 8), width: 48, activation: selu, init: heUniform }), {
      optimizer: sgd(1e-3, 0.9),
    }),
  ),
  fault("SELU, PyTorch's default", "selu-conditions", (pick) =>
    training(pick, dense({ depth: pick(10, 14), width: pick(48, 64), activation: selu })),
  ),
  fault("SELU, pixels from 0 to 1", "selu-conditions", (pick) =>
    training(pick, dense({ depth: pick(10, 8), width: 48, activation: selu, init: lecun }), {
      data: rescaled(examples(pick), 0.3, 0.3),
      optimizer: sgd(0.01, 0.9),
    }),
  ),
  fault("SELU, dropout", "selu-conditions", (pick) =>
    training(
      pick,
      dense({
        depth: pick(6, 8),
        width: 48,
        activation: selu,
        init: lecun,
        dropout: () => nn.Dropout(pick(0.2, 0.1)),
      }),
      { optimizer: sgd(0.01, 0.9) },
    ),
  ),
  fault("SELU, batch norm", "selu-conditions", (pick) =>
    training(pick, dense({ depth: pick(6, 5), width: 48, activation: selu, init: lecun, norm: batchNorm }), {
      optimizer: sgd(0.01, 0.9),
    }),
  ),
  fault("SELU, skip connections", "selu-conditions", (pick) =>
    training(pick, dense({ depth: pick(6, 8), width: 48, activation: selu, init: lecun, skip: true }), {
      optimizer: sgd(0.002, 0.9),
    }),
  ),
  fault("ReLUs dead from their biases", ["silent-units", "initialisation"], (pick) => {
    const model = dense({ depth: pick(3, 4), width: 48, activation: relu, init: he });
    init.constant_((model.at(2) as gb.nn.Linear).bias, pick(-8, -15));
    return training(pick, model);
  }),
  fault("ReLU on the logits", "logit-activation", (pick) =>
    training(pick, dense({ depth: pick(2, 3), width: pick(48, 64), activation: relu, init: he, last: relu })),
  ),
  fault("SiLU on the logits", "logit-activation", (pick) =>
    training(pick, dense({ depth: pick(3, 4), width: 48, activation: silu, init: he, last: silu })),
  ),
  fault("softmax before cross-entropy", "logit-activation", (pick) =>
    training(
      pick,
      dense({
        depth: pick(2, 3),
        width: pick(48, 64),
        activation: relu,
        init: he,
        last: () => nn.Softmax({ dim: 1 }),
      }),
    ),
  ),
  fault("sigmoid on the logits, convolutions", "logit-activation", (pick) =>
    training(
      pick,
      convolutional({ channels: pick([8, 16], [12, 12]), activation: relu, init: he, last: sigmoid }),
      { steps: 62 },
    ),
  ),
];

const INPUTS: Case[] = [
  fault("pixels from 0 to 255", "input-scale", (pick) =>
    training(pick, dense({ depth: pick(2, 3), width: pick(48, 64), activation: relu, init: he }), {
      data: pixels(pick),
    }),
  ),
  fault("pixels from 0 to 255, tanh, Adam", "input-scale", (pick) =>
    training(pick, dense({ depth: pick(3, 2), width: pick(48, 64), activation: tanh, init: glorot }), {
      data: pixels(pick),
      optimizer: adam(1e-3),
    }),
  ),
  fault("pixels from 0 to 255, convolutions", "input-scale", (pick) =>
    training(pick, convolutional({ channels: pick([8, 8], [6, 12]), activation: relu, init: he }), {
      data: pixels(pick),
      steps: 62,
    }),
  ),
  fault("NaN in the data", "nan-input", (pick) =>
    training(pick, dense({ depth: 2, width: 48, activation: relu, init: he }), {
      data: withNaN(examples(pick), pick(300, 700)),
    }),
  ),
  fault("labels at random", "plateau", (pick) =>
    training(
      pick,
      dense({ depth: pick(2, 3), width: 48, activation: relu, init: he, outputInit: normal(0.02) }),
      { data: shuffled(clusters(pick(31, 32), 8192)), optimizer: sgd(0.01, 0.9), steps: 200 },
    ),
  ),
];

export const NETWORK_FAULTS: readonly Case[] = [...DEFAULTS, ...WEIGHTS, ...ACTIVATIONS, ...INPUTS];
