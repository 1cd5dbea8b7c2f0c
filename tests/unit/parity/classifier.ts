// The chapter's classifier and its training loop, as the golden script trains them: seed 42, He, SGD 0.05, batches of 32.

import * as gb from "gradbook";

const { nn, init, optim, manualSeed, data } = gb;

type Images = gb.data.ImageDataset["train"];
type Network = ReturnType<typeof nn.Sequential>;

/** All of Fashion-MNIST, freshly loaded; an error where it cannot be had (the sample would give other numbers). */
export const fashionMNIST = (): Promise<gb.data.ImageDataset> =>
  data.fashionMNIST({ sample: false, report: () => undefined });

/** Why the data set cannot be had here, or undefined when it can. */
export async function whyNoData(): Promise<string | undefined> {
  return data.loadFashionMNIST({ sample: false, report: () => undefined }).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/** Seed 42; hidden layers with ReLU; with `batchNorm`, linear layers without biases and batch norm before each ReLU. */
export function buildClassifier(sizes: readonly number[], batchNorm: boolean): Network {
  manualSeed(42);
  const layers: gb.nn.Module[] = [nn.Flatten()];
  const last = sizes.length - 2;
  for (let i = 0; i < last; i++) {
    layers.push(nn.Linear(sizes[i]!, sizes[i + 1]!, { bias: !batchNorm }));
    if (batchNorm) layers.push(nn.BatchNorm1d(sizes[i + 1]!));
    layers.push(nn.ReLU());
  }
  const model = nn.Sequential(...layers, nn.Linear(sizes[last]!, sizes[last + 1]!));
  model.apply((module) => {
    if (!(module instanceof nn.Linear)) return;
    init.kaimingUniform_(module.weight);
    init.zeros_(module.bias);
  });
  return model;
}

/** The first `count` samples of a set. */
export function firstImages(set: Images, count: number): gb.data.Dataset<[gb.Tensor, gb.Tensor]> {
  return count === set.length
    ? set
    : new data.Subset(
        set,
        Array.from({ length: count }, (_, i) => i),
      );
}

export interface Step {
  readonly loss: number;
  /** Correct predictions of the batch's samples. */
  readonly correct: number;
  readonly samples: number;
}

/** A training run over shuffled batches; `epoch()` is one pass, a step at a time. */
export class Training {
  readonly model: Network;
  private readonly optimizer: gb.optim.SGD;
  private readonly loader: gb.data.DataLoader<[gb.Tensor, gb.Tensor]>;

  constructor(model: Network, train: gb.data.Dataset<[gb.Tensor, gb.Tensor]>) {
    this.model = model;
    this.optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
    this.loader = new data.DataLoader(train, { batchSize: 32, shuffle: true });
  }

  *epoch(): Generator<Step> {
    const lossFn = nn.CrossEntropyLoss();
    this.model.train();
    for (const [images, labels] of this.loader) {
      const logits = this.model(images) as gb.Tensor;
      const loss = lossFn(logits, labels);
      loss.backward();
      this.optimizer.step();
      this.optimizer.zeroGrad();
      const correct = logits.argmax(1).eq(labels).sum().item();
      yield { loss: loss.item(), correct, samples: labels.numel() };
    }
  }
}

/** Mean loss and accuracy on a whole set, in evaluation mode. */
export function evaluate(model: Network, set: Images): { loss: number; accuracy: number } {
  const [images, labels] = set.tensors;
  return gb.noGrad(() => {
    const logits = model.eval()(images) as gb.Tensor;
    const loss = gb.F.crossEntropy(logits, labels).item();
    return { loss, accuracy: logits.argmax(1).eq(labels).sum().item() / labels.numel() };
  });
}
