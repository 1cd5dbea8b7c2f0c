// Networks with which nothing is wrong: every way to build and train one that the chapter recommends.

import * as gb from "gradbook";
import type { Case } from "./case.js";
import { clusters, FEATURES, rescaled, type Split } from "./data.js";
import {
  adam,
  convolutional,
  type Dense,
  dense,
  examples,
  glorot,
  glorotNormal,
  he,
  heUniform,
  lecun,
  type Module,
  nadam,
  type Options,
  type Pick,
  sgd,
  training,
  validated,
} from "./networks.js";
import type { Training } from "./training.js";

const { init, nn, optim, tensor } = gb;

const healthy = (name: string, build: (pick: Pick) => Training): Case => ({ name, expected: [], build });

const relu = (): Module => nn.ReLU();
const tanh = (): Module => nn.Tanh();
const batchNorm = (width: number): Module => nn.BatchNorm1d(width);
const layerNorm = (width: number): Module => nn.LayerNorm(width);
const slow = sgd(0.01, 0.9);

type Parts = Omit<Dense, "depth" | "width">;

/** A dense network as one line of a table: depth and width in both sets, its parts, how it is trained. */
const stack = (
  name: string,
  depth: [number, number],
  width: [number, number],
  parts: Parts | ((pick: Pick) => Parts),
  options: Options | ((pick: Pick) => Options) = {},
): Case =>
  healthy(name, (pick) => {
    const chosen = typeof parts === "function" ? parts(pick) : parts;
    const how = typeof options === "function" ? options(pick) : options;
    return training(pick, dense({ depth: pick(...depth), width: pick(...width), ...chosen }), how);
  });

const PLAIN: Case[] = [
  ...[1, 2, 3, 5].map((depth) =>
    stack(
      `ReLU, He, ${depth} layers`,
      [depth, depth],
      [64, 100],
      (pick) => ({ activation: relu, init: pick(he, heUniform) }),
      { optimizer: sgd(0.02, 0.9) },
    ),
  ),
  stack(
    "ReLU, He, very deep, clipped",
    [18, 15],
    [48, 64],
    { activation: relu, init: he },
    {
      optimizer: sgd(0.005, 0.9),
      clip: 1,
    },
  ),
  stack(
    "ReLU, He, deep, Adam",
    [12, 10],
    [48, 64],
    { activation: relu, init: he },
    { optimizer: adam(1e-3) },
  ),
  stack("ReLU, PyTorch's default, shallow", [3, 2], [48, 64], { activation: relu }),
  stack("ReLU, PyTorch's default, shallow, Adam", [3, 3], [48, 64], { activation: relu }, (pick) => ({
    optimizer: adam(pick(1e-3, 2e-3)),
  })),
  stack("ReLU, Glorot, shallow", [4, 3], [48, 64], { activation: relu, init: glorot }),
  stack("tanh, Glorot", [4, 8], [48, 64], { activation: tanh, init: glorot }),
  stack(
    "tanh, Glorot, deep",
    [12, 10],
    [48, 64],
    { activation: tanh, init: glorotNormal },
    { optimizer: slow },
  ),
  stack("tanh, PyTorch's default, shallow", [2, 2], [48, 64], { activation: tanh }),
  stack(
    "tanh, gain 5/3",
    [10, 8],
    [48, 64],
    { activation: tanh, init: (weight) => init.xavierNormal_(weight, { gain: 5 / 3 }) },
    { optimizer: slow },
  ),
  stack(
    "sigmoid, Glorot, shallow",
    [1, 2],
    [48, 64],
    { activation: () => nn.Sigmoid(), init: glorot },
    {
      optimizer: sgd(0.1, 0.9),
    },
  ),
  stack(
    "SELU, LeCun, deep",
    [14, 18],
    [48, 64],
    { activation: () => nn.SELU(), init: lecun },
    {
      optimizer: sgd(0.005, 0.9),
    },
  ),
  stack(
    "SELU, alpha dropout",
    [6, 8],
    [48, 64],
    { activation: () => nn.SELU(), init: lecun, dropout: () => nn.AlphaDropout(0.1) },
    { optimizer: slow },
  ),
  stack(
    "SiLU, batch norm, skip connections",
    [6, 8],
    [48, 64],
    { activation: () => nn.SiLU(), init: he, norm: (width) => nn.BatchNorm1d(width), skip: true },
    { optimizer: slow },
  ),
  stack("ELU, He", [8, 6], [48, 64], { activation: () => nn.ELU(), init: he }, { optimizer: slow }),
  stack(
    "leaky ReLU, He for its slope",
    [8, 12],
    [48, 64],
    {
      activation: () => nn.LeakyReLU({ negativeSlope: 0.2 }),
      init: (weight) => init.kaimingNormal_(weight, { a: 0.2 }),
    },
    { optimizer: sgd(0.005, 0.9) },
  ),
  stack(
    "GELU, He, Adam",
    [6, 8],
    [48, 64],
    { activation: () => nn.GELU(), init: he },
    { optimizer: adam(1e-3) },
  ),
  stack(
    "SiLU, He, deep, NAdam",
    [12, 10],
    [48, 64],
    { activation: () => nn.SiLU(), init: he },
    {
      optimizer: nadam(1e-3),
    },
  ),
  stack(
    "Mish, He",
    [5, 4],
    [48, 64],
    { activation: () => nn.Mish(), init: he },
    { optimizer: sgd(0.02, 0.9) },
  ),
  stack(
    "hardswish, He",
    [4, 5],
    [48, 64],
    { activation: () => nn.Hardswish(), init: he },
    { optimizer: slow },
  ),
  stack("PReLU, He", [4, 6], [48, 64], { activation: () => nn.PReLU(), init: he }, { optimizer: slow }),
  stack(
    "ReLU6, He, RMSprop",
    [3, 4],
    [48, 64],
    { activation: () => nn.ReLU6(), init: he },
    {
      optimizer: (parameters) => new optim.RMSprop(parameters, { lr: 1e-3 }),
    },
  ),
  stack("softsign, Glorot", [4, 5], [48, 64], { activation: () => nn.Softsign(), init: glorot }),
  stack(
    "linear, orthogonal, deep",
    [12, 10],
    [48, 64],
    { activation: () => nn.Identity(), init: (weight) => init.orthogonal_(weight) },
    { optimizer: sgd(0.002, 0.9) },
  ),
];

const NORMALISED: Case[] = [
  stack("batch norm, He", [4, 6], [48, 64], { activation: relu, init: he, norm: batchNorm }, () => ({
    validation: validated(),
  })),
  stack("batch norm, PyTorch's default, deep", [8, 7], [48, 64], { activation: relu, norm: batchNorm }),
  stack("sigmoid, batch norm, deep", [6, 5], [48, 64], {
    activation: () => nn.Sigmoid(),
    init: glorot,
    norm: batchNorm,
  }),
  stack("batch norm after ReLU", [5, 4], [48, 64], {
    activation: relu,
    init: he,
    norm: batchNorm,
    normLast: true,
  }),
  stack(
    "batch norm first, pixels",
    [3, 3],
    [48, 64],
    { activation: relu, init: he, norm: batchNorm, first: () => nn.BatchNorm1d(FEATURES) },
    (pick) => ({ data: rescaled(examples(pick), pick(70, 30), 128) }),
  ),
  stack(
    "layer norm, deep, NAdam",
    [8, 7],
    [48, 64],
    { activation: () => nn.SiLU(), init: he, norm: layerNorm },
    { optimizer: nadam(1e-3) },
  ),
  stack(
    "layer norm, tiny batches",
    [3, 2],
    [48, 64],
    { activation: relu, init: he, norm: layerNorm },
    {
      batch: 4,
      optimizer: sgd(0.005, 0.9),
    },
  ),
  stack(
    "dropout",
    [2, 3],
    [48, 64],
    (pick) => ({ activation: relu, init: he, dropout: () => nn.Dropout(pick(0.2, 0.5)) }),
    () => ({ validation: validated() }),
  ),
  healthy("frozen layers, as it should be", (pick) => {
    const model = dense({ depth: pick(3, 4), width: 48, activation: relu, init: he, norm: batchNorm });
    for (const layer of [model.at(0), model.at(1)]) layer!.freeze();
    const parameters = model.parameters().filter(({ requiresGrad }) => requiresGrad);
    return training(pick, model, { parameters });
  }),
];

const CONVOLUTIONAL: Case[] = [
  healthy("convolutions, He", (pick) =>
    training(pick, convolutional({ channels: pick([8, 16], [6, 12, 12]), activation: relu, init: he }), {
      steps: 62,
      optimizer: sgd(0.02, 0.9),
    }),
  ),
  healthy("convolutions, PyTorch's default", (pick) =>
    training(pick, convolutional({ channels: pick([8, 16], [12, 12, 12]), activation: relu }), { steps: 62 }),
  ),
  healthy("convolutions, batch norm", (pick) =>
    training(
      pick,
      convolutional({
        channels: pick([8, 16, 16], [6, 12]),
        activation: relu,
        norm: (channels) => nn.BatchNorm2d(channels),
      }),
      { steps: 62, validation: validated({ every: 30 }) },
    ),
  ),
  healthy("convolutions, GELU, Adam", (pick) =>
    training(
      pick,
      convolutional({ channels: pick([8, 8, 16], [12, 16]), activation: () => nn.GELU(), init: he }),
      { steps: 62, optimizer: adam(2e-3) },
    ),
  ),
];

const shallow: Parts = { activation: relu, init: he };

const TRAINED: Case[] = [
  stack("SGD without momentum", [3, 2], [48, 64], shallow, (pick) => ({ optimizer: sgd(pick(0.05, 0.1)) })),
  stack("SGD, slow but steady", [2, 3], [48, 64], shallow, (pick) => ({
    optimizer: sgd(pick(0.005, 0.01)),
    steps: 120,
  })),
  stack("Adagrad at 0.05", [3, 2], [48, 64], shallow, (pick) => ({
    optimizer: (parameters) => new optim.Adagrad(parameters, { lr: pick(0.05, 0.03) }),
  })),
  stack("AdamW", [3, 4], [48, 64], shallow, (pick) => ({
    optimizer: (parameters) => new optim.AdamW(parameters, { lr: pick(1e-3, 3e-3) }),
  })),
  stack("Adamax", [3, 3], [48, 64], shallow, {
    optimizer: (parameters) => new optim.Adamax(parameters, { lr: 2e-3 }),
  }),
  stack("warm-up, then cosine", [4, 5], [48, 64], shallow, {
    rate: (step) => 0.015 * Math.min(1, (step + 1) / 20) * (1 + Math.cos((Math.PI * step) / 200)),
  }),
  stack("converged", [2, 2], [48, 64], shallow, (pick) => ({
    steps: 120,
    data: clusters(pick(41, 42), 512, 0.3),
    optimizer: adam(3e-3),
    validation: validated({ every: 20 }),
  })),
  healthy("regression, tanh", (pick) => {
    const { inputs } = examples(pick);
    const feature = (at: number): gb.Tensor => inputs.narrow(1, at, 1);
    const data: Split = { inputs, labels: feature(0).mul(feature(1)).add(feature(2)) };
    const model = dense({
      depth: 2,
      width: pick(48, 64),
      activation: tanh,
      init: glorot,
      outputs: 1,
    });
    return training(pick, model, { data, loss: nn.MSELoss(), optimizer: adam(3e-3), steps: 120 });
  }),
];

/** What a loss other than cross-entropy of logits, or a loop other than the usual one, may look like. */
const OTHERS: Case[] = [
  healthy("autoencoder, sigmoid outputs", (pick) => {
    const { inputs } = examples(pick);
    const data: Split = { inputs, labels: inputs.sigmoid() };
    const last = (): Module => nn.Sigmoid();
    const model = dense({ depth: 2, width: pick(32, 48), activation: relu, outputs: FEATURES, last });
    return training(pick, model, {
      data,
      loss: pick<Training["loss"]>(nn.BCELoss(), nn.MSELoss()),
      optimizer: adam(2e-3),
    });
  }),
  healthy("two classes, one output", (pick) => {
    const { inputs, labels } = examples(pick);
    const data: Split = { inputs, labels: labels.lt(5).float().unsqueeze(1) };
    const last = pick<Dense["last"]>(undefined, () => nn.Sigmoid());
    const model = dense({
      depth: 2,
      width: 48,
      activation: relu,
      outputs: 1,
      ...(last && { last }),
    });
    const loss = pick<Training["loss"]>(nn.BCEWithLogitsLoss(), nn.BCELoss());
    return training(pick, model, { data, loss, optimizer: adam(2e-3) });
  }),
  stack("gradients of several batches", [2, 2], [48, 64], shallow, (pick) => ({
    gathered: pick(4, 8),
    batch: 8,
    optimizer: sgd(0.005, 0.9),
    steps: 320,
  })),
  stack("most examples in one class", [2, 3], [48, 64], shallow, (pick) => {
    const { inputs, labels } = examples(pick);
    const rare = Array.from(labels.toTypedArray(), (label, i) => (i % pick(5, 10) === 0 ? Number(label) : 0));
    return { data: { inputs, labels: tensor(rare, { dtype: "int32" }) }, optimizer: sgd(0.02, 0.9) };
  }),
  stack("label smoothing", [3, 2], [48, 64], shallow, {
    loss: nn.CrossEntropyLoss({ labelSmoothing: 0.1 }),
    optimizer: sgd(0.02, 0.9),
  }),
];

export const HEALTHY: readonly Case[] = [...PLAIN, ...NORMALISED, ...CONVOLUTIONAL, ...TRAINED, ...OTHERS];
