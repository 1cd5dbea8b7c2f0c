// Training steps on one fixed batch: forward, loss, backward, optimizer step. The loss is computed in every step and read once.

import * as gb from "gradbook";

const { F, manualSeed, tensor } = gb;

export interface Parts {
  readonly model: gb.nn.Module;
  readonly optimizer: { step(): void; zeroGrad(): void };
}

/** Seed 42, then what `build` makes, then a batch of 32 random images of 784 pixels and labels of 10 classes. */
export function trainingSteps(build: () => Parts): (iterations: number) => number {
  manualSeed(42);
  const { model, optimizer } = build();
  const images = tensor.randn(32, 784);
  const labels = tensor.randint(0, 10, [32]);
  return (iterations) => {
    let loss = tensor(Number.NaN);
    for (let i = 0; i < iterations; i++) {
      loss = F.crossEntropy(model(images) as gb.Tensor, labels);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
    return loss.item();
  };
}
