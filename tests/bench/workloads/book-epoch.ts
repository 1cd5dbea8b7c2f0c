// The book's loop: an epoch of Fashion-MNIST with a shuffling loader, the loss read and the accuracy updated in every step.

import * as gb from "gradbook";
import type { Workload } from "../workload.ts";

const { data, init, manualSeed, nn, optim, tensor, watch } = gb;

const wholeSet = (): Promise<gb.data.ImageDataset> =>
  data.fashionMNIST({ sample: false, report: (message) => console.error(message) });

export const bookEpoch: Workload = {
  title: "the book's loop, one epoch: 784-100-100-100-10, SGD, 55,000 images, batch 32",
  peers: ["pytorch"],
  twin: { module: "book_epoch", argument: "" },
  check: { iterations: 1, tolerance: 0.001 },
  queued: 1,
  watchable: true,
  unavailable: () =>
    wholeSet().then(
      () => undefined,
      (error: Error) => error.message,
    ),
  prepare: async (variant) => {
    const { train } = await wholeSet();
    manualSeed(42);
    const model = nn.Sequential(
      nn.Flatten(),
      nn.Linear(784, 100),
      nn.ReLU(),
      nn.Linear(100, 100),
      nn.ReLU(),
      nn.Linear(100, 100),
      nn.ReLU(),
      nn.Linear(100, 10),
    );
    model.apply((module) => {
      if (!(module instanceof nn.Linear)) return;
      init.kaimingUniform_(module.weight);
      init.zeros_(module.bias);
    });
    const first = new data.Subset(
      train,
      Array.from({ length: 55_000 }, (_, i) => i),
    );
    const loader = new data.DataLoader(first, { batchSize: 32, shuffle: true });
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
    const lossFn = nn.CrossEntropyLoss();
    if (variant === "watched") watch(model, { name: "book-epoch" });
    let meanLoss = Number.NaN;
    const run = (epochs: number): void => {
      for (let epoch = 0; epoch < epochs; epoch++) {
        let total = 0;
        let correct = tensor(0, { dtype: "int32" });
        for (const [images, labels] of loader) {
          const logits = model(images) as gb.Tensor;
          const loss = lossFn(logits, labels);
          total += loss.item();
          loss.backward();
          optimizer.step();
          optimizer.zeroGrad();
          correct = correct.add(logits.argmax(1).eq(labels).sum());
        }
        meanLoss = total / loader.length;
        correct.item();
      }
    };
    return { run, value: () => meanLoss };
  },
};
