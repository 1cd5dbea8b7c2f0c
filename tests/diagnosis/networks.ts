// How the networks of the table are built: dense and convolutional stacks, with each part open to a fault.

import * as gb from "gradbook";
import { batches, CLASSES, clusters, FEATURES, type Split } from "./data.js";
import type { Network, Training, Validation } from "./training.js";

const { nn, optim, init } = gb;
export type Module = gb.nn.Module;

/** Fills a weight. */
export type Init = (weight: gb.Tensor) => unknown;

export const he: Init = (weight) => init.kaimingNormal_(weight);
export const heUniform: Init = (weight) => init.kaimingUniform_(weight);
export const glorot: Init = (weight) => init.xavierUniform_(weight);
export const glorotNormal: Init = (weight) => init.xavierNormal_(weight);
export const lecun: Init = (weight) => init.lecunNormal_(weight);
export const normal =
  (std: number): Init =>
  (weight) =>
    init.normal_(weight, { std });

/** Weights by `how`, biases zero; without it both as PyTorch draws them. */
function initialised<L extends gb.nn.Linear | gb.nn.Conv2d>(layer: L, how: Init | undefined): L {
  if (how === undefined) return layer;
  how(layer.weight);
  init.zeros_(layer.bias);
  return layer;
}

export interface Dense {
  depth: number;
  width: number;
  activation: () => Module;
  init?: Init;
  norm?: (width: number) => Module;
  /** After the activation instead of before it. */
  normLast?: boolean;
  /** Each layer but the first adds its output to its input. */
  skip?: boolean;
  dropout?: () => Module;
  outputs?: number;
  outputInit?: Init;
  first?: () => Module;
  last?: () => Module;
}

export function dense(parts: Dense): gb.nn.Sequential {
  const { depth, width, activation, norm } = parts;
  const block = (i: number): Module[] => {
    const linear = initialised(nn.Linear(i === 0 ? FEATURES : width, width), parts.init);
    const normalisation = norm === undefined ? [] : [norm(width)];
    const follows = parts.normLast ? [activation(), ...normalisation] : [...normalisation, activation()];
    const layers = [linear, ...follows, ...(parts.dropout === undefined ? [] : [parts.dropout()])];
    return parts.skip && i > 0 ? [new Residual(nn.Sequential(...layers))] : layers;
  };
  return nn.Sequential(
    ...(parts.first === undefined ? [] : [parts.first()]),
    ...Array.from({ length: depth }, (_, i) => block(i)).flat(),
    initialised(nn.Linear(width, parts.outputs ?? CLASSES), parts.outputInit ?? parts.init),
    ...(parts.last === undefined ? [] : [parts.last()]),
  );
}

export interface Convolutional {
  channels: readonly number[];
  activation: () => Module;
  init?: Init;
  norm?: (channels: number) => Module;
  last?: () => Module;
}

/** 3 x 3 convolutions over the features as 8 x 8 pictures, max pooling, one linear layer. */
export function convolutional({ channels, activation, init, norm, last }: Convolutional): gb.nn.Sequential {
  const block = (width: number, i: number): Module[] => [
    initialised(nn.Conv2d(channels[i - 1] ?? 1, width, 3, { padding: 1 }), init),
    ...(norm === undefined ? [] : [norm(width)]),
    activation(),
  ];
  return nn.Sequential(
    nn.Unflatten(1, [1, 8, 8]),
    ...channels.flatMap(block),
    nn.MaxPool2d(2),
    nn.Flatten(),
    initialised(nn.Linear(16 * channels.at(-1)!, CLASSES), init),
    ...(last === undefined ? [] : [last()]),
  );
}

/** Chooses between what a network of the first set has and one of the second. */
export type Pick = <T>(first: T, second: T) => T;

export type Optimize = (parameters: gb.Parameter[]) => gb.optim.Optimizer<gb.optim.GroupOptions>;
export const sgd =
  (lr: number, momentum = 0): Optimize =>
  (parameters) =>
    new optim.SGD(parameters, { lr, momentum });
export const adam =
  (lr: number): Optimize =>
  (parameters) =>
    new optim.Adam(parameters, { lr });
export const nadam =
  (lr: number): Optimize =>
  (parameters) =>
    new optim.NAdam(parameters, { lr });

export interface Options extends Omit<Partial<Training>, "model" | "batch" | "optimizer"> {
  optimizer?: Optimize;
  parameters?: gb.Parameter[];
  data?: Split;
  batch?: number;
}

/** Classification by SGD with momentum in batches of 32 or 48, unless told otherwise. */
export function training(pick: Pick, model: gb.nn.Sequential, options: Options = {}): Training {
  const { optimizer = sgd(0.05, 0.9), parameters = model.parameters(), data, batch, ...rest } = options;
  return {
    model: model as unknown as Network,
    optimizer: optimizer(parameters),
    loss: nn.CrossEntropyLoss(),
    batch: batches(data ?? examples(pick), batch ?? pick(32, 48)),
    steps: pick(66, 72),
    ...rest,
  };
}

const known = new Map<number, Split>();

/** The data of the first or of the second set. */
export function examples(pick: Pick): Split {
  const seed = pick(11, 12);
  const split = known.get(seed) ?? clusters(seed, 1024);
  known.set(seed, split);
  return split;
}

/** A validation every 25 steps on other examples. */
export const validated = (more: Partial<Validation> = {}): Validation => ({
  on: clusters(13, 200),
  every: 25,
  ...more,
});

/** x + body(x) */
class Residual extends nn.Module {
  readonly body: Network;
  constructor(body: gb.nn.Sequential) {
    super();
    this.body = body as unknown as Network;
  }
  override forward(x: gb.Tensor): gb.Tensor {
    return x.add(this.body(x));
  }
}

/** Applies softmax where no module tells of it. */
export class Functional extends nn.Module {
  override forward(x: gb.Tensor): gb.Tensor {
    return gb.F.softmax(x, { dim: 1 });
  }
}

/** Takes the square root, or the logarithm, of whatever comes. */
export class Root extends nn.Module {
  override forward(x: gb.Tensor): gb.Tensor {
    return x.sqrt();
  }
}
export class Log extends nn.Module {
  override forward(x: gb.Tensor): gb.Tensor {
    return x.log();
  }
}
