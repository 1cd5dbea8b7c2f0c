// The training loop, for those who do not want to write it themselves.

import type { Module } from "../module/module.js";
import type { GroupOptions, Optimizer } from "../optim/optimizer.js";
import { noGrad } from "../tensor/scope.js";
import type { Tensor } from "../tensor/tensor.js";
import { Accuracy, Mean } from "./metrics.js";
import { watcherOf } from "./watch.js";

/** Batches of inputs and targets; a DataLoader is one. */
export type Batches = Iterable<readonly [Tensor, Tensor]> | AsyncIterable<readonly [Tensor, Tensor]>;

export interface FitOptions<O extends GroupOptions> {
  optimizer: Optimizer<O>;
  /** Called with the model's output and the target. */
  lossFn: (output: Tensor, target: Tensor) => Tensor;
  epochs: number;
  /** Looked at after each epoch, in evaluation mode. */
  validation?: Batches;
  /** Told about each epoch; prints a line by default. null: silent. */
  log?: ((epoch: EpochRecord) => void) | null;
}

export interface Evaluation {
  /** Mean over the examples. */
  readonly loss: number;
  /** Share of right classes, 0 to 1. */
  readonly accuracy: number;
}

export interface EpochRecord extends Evaluation {
  /** From 1 on. */
  readonly epoch: number;
  readonly epochs: number;
  readonly validation?: Evaluation;
  readonly seconds: number;
}

function report({ epoch, epochs, loss, accuracy, validation, seconds }: EpochRecord): void {
  const after =
    validation &&
    `, validation loss ${validation.loss.toFixed(4)}, accuracy ${validation.accuracy.toFixed(4)}`;
  console.log(
    `epoch ${epoch}/${epochs}: loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}${after ?? ""} (${seconds.toFixed(1)} s)`,
  );
}

/** Trains a classifier: forward, loss, backward, step, for all batches of all epochs.
 *
 *  The average loss and the accuracy of the training batches add up on the device while the model changes.
 *
 *  @example await gb.train.fit(model, loader, { optimizer, lossFn: nn.CrossEntropyLoss(), epochs: 2 }) */
export async function fit<O extends GroupOptions>(
  model: Module,
  batches: Batches,
  options: FitOptions<O>,
): Promise<EpochRecord[]> {
  const { optimizer, lossFn, epochs, validation, log = report } = options;
  const history: EpochRecord[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    const loss = new Mean();
    const accuracy = new Accuracy();
    model.train();
    for await (const [inputs, targets] of batches) {
      const output = model(inputs) as Tensor;
      const batchLoss = lossFn(output, targets);
      loss.update(batchLoss, targets.shape[0]);
      accuracy.update(output, targets);
      batchLoss.backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
    const validated = validation && (await evaluate(model, validation, lossFn));
    const record: EpochRecord = {
      epoch,
      epochs,
      loss: await loss.computeAsync(),
      accuracy: await accuracy.computeAsync(),
      ...(validated && { validation: validated }),
      seconds: (performance.now() - start) / 1000,
    };
    if (validated) {
      watcherOf(model)?.report({ validationLoss: validated.loss, validationAccuracy: validated.accuracy });
    }
    history.push(record);
    log?.(record);
  }
  return history;
}

/** Loss and accuracy in evaluation mode; the model's mode is put back afterwards.
 *
 *  @example const { accuracy } = await gb.train.evaluate(model, loader, nn.CrossEntropyLoss()) */
export async function evaluate(
  model: Module,
  batches: Batches,
  lossFn: (output: Tensor, target: Tensor) => Tensor,
): Promise<Evaluation> {
  const loss = new Mean();
  const accuracy = new Accuracy();
  const { training } = model;
  model.eval();
  try {
    for await (const [inputs, targets] of batches) {
      noGrad(() => {
        const output = model(inputs) as Tensor;
        loss.update(lossFn(output, targets), targets.shape[0]);
        accuracy.update(output, targets);
      });
    }
    return { loss: await loss.computeAsync(), accuracy: await accuracy.computeAsync() };
  } finally {
    model.train(training);
  }
}
