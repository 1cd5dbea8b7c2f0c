// Training steps of networks on one fixed batch: forward, loss, backward, optimizer step. The loss is computed in every step
// and read once.

import * as gb from "gradbook";
import { TINY } from "../tiny.ts";
import type { Task, Variant, Workload } from "../workload.ts";

const { F, manualSeed, nn, optim, tensor } = gb;

interface Network {
  readonly title: string;
  readonly batch: number;
  /** Steps after which the losses are compared, and how far they may differ. Batch norm twenty times over makes small
   *  differences large: after ten steps two versions of PyTorch are 6 % apart. */
  readonly check: Workload["check"];
  model(): gb.nn.Module;
  optimizer(parameters: gb.nn.Parameter[]): { step(): void; zeroGrad(): void };
}

const sgd: Network["optimizer"] = (parameters) => new optim.SGD(parameters, { lr: 0.05 });
const adam: Network["optimizer"] = (parameters) => new optim.Adam(parameters);
const nadam: Network["optimizer"] = (parameters) => new optim.NAdam(parameters);

const classifier = (): gb.nn.Module =>
  nn.Sequential(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10));

/** Twenty hidden layers of 100 with SiLU; `normalize` comes between a layer and its activation. */
function deep(normalize: () => gb.nn.Module[]): gb.nn.Module {
  const hidden = Array.from({ length: 20 }, (_, i) => [
    nn.Linear(i === 0 ? 784 : 100, 100),
    ...normalize(),
    nn.SiLU(),
  ]);
  return nn.Sequential(...hidden.flat(), nn.Linear(100, 10));
}

const convolutional = (): gb.nn.Module =>
  nn.Sequential(
    nn.Unflatten(1, [1, 28, 28]),
    nn.Conv2d(1, 32, 3),
    nn.ReLU(),
    nn.Conv2d(32, 64, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(9216, 128),
    nn.ReLU(),
    nn.Linear(128, 10),
  );

/** Of tiny workloads a fraction: the networks stay as they are. */
const BATCH_8192 = TINY ? 128 : 8192;

const NETWORKS: { readonly [name: string]: Network } = {
  "mlp-sgd-32": {
    title: "784-300-100-10, SGD, batch 32",
    batch: 32,
    check: { iterations: 10, tolerance: 1e-4 },
    model: classifier,
    optimizer: sgd,
  },
  "mlp-sgd-512": {
    title: "784-300-100-10, SGD, batch 512",
    batch: 512,
    check: { iterations: 10, tolerance: 1e-4 },
    model: classifier,
    optimizer: sgd,
  },
  "mlp-sgd-8192": {
    title: "784-300-100-10, SGD, batch 8,192",
    batch: BATCH_8192,
    check: { iterations: 10, tolerance: 1e-4 },
    model: classifier,
    optimizer: sgd,
  },
  "mlp-bn-adam-32": {
    title: "784-BN-300-BN-100-BN-10, Adam, batch 32",
    batch: 32,
    check: { iterations: 10, tolerance: 1e-3 },
    model: () =>
      nn.Sequential(
        nn.BatchNorm1d(784),
        nn.Linear(784, 300),
        nn.ReLU(),
        nn.BatchNorm1d(300),
        nn.Linear(300, 100),
        nn.ReLU(),
        nn.BatchNorm1d(100),
        nn.Linear(100, 10),
      ),
    optimizer: adam,
  },
  "mlp-bn-before-adam-32": {
    title: "784-300-BN-100-BN-10, batch norm before the activation and no biases, Adam, batch 32",
    batch: 32,
    check: { iterations: 10, tolerance: 1e-3 },
    model: () =>
      nn.Sequential(
        nn.Linear(784, 300, { bias: false }),
        nn.BatchNorm1d(300),
        nn.ReLU(),
        nn.Linear(300, 100, { bias: false }),
        nn.BatchNorm1d(100),
        nn.ReLU(),
        nn.Linear(100, 10),
      ),
    optimizer: adam,
  },
  "cnn-sgd-32": {
    title: "3x3 convolutions 1-32-64, max pooling, 9216-128-10, SGD, batch 32",
    batch: 32,
    check: { iterations: 10, tolerance: 1e-4 },
    model: convolutional,
    optimizer: sgd,
  },
  "deep20-nadam-32": {
    title: "784, 20 x 100 SiLU, 10, NAdam, batch 32",
    batch: 32,
    check: { iterations: 10, tolerance: 1e-3 },
    model: () => deep(() => []),
    optimizer: nadam,
  },
  "deep20-bn-nadam-32": {
    title: "784, 20 x 100 batch norm and SiLU, 10, NAdam, batch 32",
    batch: 32,
    check: { iterations: 2, tolerance: 1e-3 },
    model: () => deep(() => [nn.BatchNorm1d(100)]),
    optimizer: nadam,
  },
  "deep20-ln-nadam-32": {
    title: "784, 20 x 100 layer norm and SiLU, 10, NAdam, batch 32",
    batch: 32,
    check: { iterations: 10, tolerance: 1e-2 },
    model: () => deep(() => [nn.LayerNorm(100)]),
    optimizer: nadam,
  },
};

/** Seed 42, then the network, then a batch of random images of 784 pixels and labels of 10 classes. */
export function trainingTask(name: string, variant: Variant = "plain"): Task {
  const { batch, model: build, optimizer: optimize } = NETWORKS[name]!;
  manualSeed(42);
  const model = build();
  const optimizer = optimize(model.parameters());
  const images = tensor.randn(batch, 784);
  const labels = tensor.randint(0, 10, [batch]);
  if (variant === "watched") gb.watch(model, { name });
  let value = Number.NaN;
  return {
    run(iterations) {
      let loss = tensor(value);
      for (let i = 0; i < iterations; i++) {
        loss = F.crossEntropy(model(images) as gb.Tensor, labels);
        loss.backward();
        optimizer.step();
        optimizer.zeroGrad();
      }
      value = loss.item();
    },
    value: () => value,
  };
}

export const training: Record<string, Workload> = Object.fromEntries(
  Object.entries(NETWORKS).map(([name, { title, check }]): [string, Workload] => [
    name,
    {
      title: `training step, ${title}`,
      peers: name === "mlp-sgd-32" ? ["pytorch", "jax-js", "tfjs-wasm"] : ["pytorch"],
      twin: { module: "training", argument: name },
      check,
      watchable: true,
      prepare: async (variant) => trainingTask(name, variant),
    },
  ]),
);
