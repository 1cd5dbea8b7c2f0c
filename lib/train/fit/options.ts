// What `fit` is told, and what it tells: options, records of epochs, callbacks.

import type { Module } from "../../module/module.js";
import type { GroupOptions, Optimizer } from "../../optim/optimizer.js";
import type { LRScheduler } from "../../optim/schedule/scheduler.js";
import type { Generator } from "../../tensor/random/generator.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Accuracy, Metric } from "../metrics/index.js";
import type { Rewound } from "../watch.js";

/** Batches of inputs and targets; a DataLoader is one. */
export type Batches = Iterable<readonly [Tensor, Tensor]> | AsyncIterable<readonly [Tensor, Tensor]>;

/** Called with the model's output and the target; gives a number (0-d), the mean over the batch. */
export type LossFunction = (output: Tensor, target: Tensor) => Tensor;

/** Metrics by the names they have in the records. */
export type Metrics = Readonly<Record<string, Metric>>;

/** What is measured unless metrics are given; NaN where the targets are not class numbers. */
export type DefaultMetrics = { readonly accuracy: Accuracy };

/** The loss and each metric, over a whole set. */
export type Values<M extends Metrics = DefaultMetrics> = { readonly [K in "loss" | keyof M]: number };

/** One epoch of `fit`. Loss and metrics of the training batches are those of the model as it was at each of them. */
export type EpochRecord<M extends Metrics = DefaultMetrics> = Values<M> & {
  /** From 1 on. */
  readonly epoch: number;
  readonly epochs: number;
  readonly validation?: Values<M>;
  /** The learning rate of the first group at the end of the epoch. */
  readonly learningRate: number;
  readonly seconds: number;
};

/** What callbacks see of a training run. */
export interface FitContext {
  readonly model: Module;
  readonly optimizer: Optimizer<GroupOptions>;
  /** The current epoch, from 1 on. */
  readonly epoch: number;
  /** Steps of the optimizer so far, through all epochs. */
  readonly step: number;
  /** Ends the training after this step. */
  stop(): void;
}

/** Things to do while a model trains. They are called in their order; promises are waited for between epochs. */
export interface Callback<M extends Metrics = Metrics> {
  onEpochStart?(context: FitContext): void | Promise<void>;
  /** After each step of the optimizer. */
  onStep?(context: FitContext): void;
  onEpochEnd?(context: FitContext, record: EpochRecord<M>): void | Promise<void>;
}

export interface EarlyStoppingOptions {
  /** Epochs without a new best value after which training ends. */
  patience: number;
  /** By how much a value must be better to count (0). */
  minDelta?: number;
  /** At the end, put back the parameters and buffers of the best epoch (true). */
  restoreBest?: boolean;
}

export interface CheckpointOptions {
  /** The file, in the format of `gb.save`; it is replaced when the next one is complete. */
  path: string;
  /** Epochs between two checkpoints (1). */
  everyEpochs?: number;
  /** Steps of the optimizer between two checkpoints inside an epoch; none by default. */
  everySteps?: number;
  /** Go on from the file, if it is there (false). */
  resume?: boolean;
  /** Generators to keep beside the default one and the loader's own: those that transforms of the data draw from. */
  generators?: readonly Generator[];
}

export interface FitOptions<O extends GroupOptions, M extends Metrics = DefaultMetrics> {
  optimizer: Optimizer<O>;
  lossFn: LossFunction;
  epochs: number;
  /** Looked at after each epoch, in evaluation mode. */
  validation?: Batches;
  /** What to measure beside the loss. Default: the accuracy, where targets are class numbers. */
  metrics?: M;
  /** Batches whose gradients are added up for one step (1): the gradient is that of one batch of all their examples. */
  accumulate?: number;
  /** Limit of the gradients' total norm; see `nn.utils.clipGradNorm_`. */
  clipGradNorm?: number;
  /** Limit of each number of the gradients; see `nn.utils.clipGradValue_`. */
  clipGradValue?: number;
  /** Schedules of the learning rate, stepped after each step of the optimizer, and after each epoch. */
  schedulers?: { readonly step?: LRScheduler; readonly epoch?: LRScheduler };
  /** The value that says which epoch is best, and that a plateau schedule looks at: that of the validation set, or of the training
   *  batches where there is none. Default: "loss". */
  monitor?: "loss" | (keyof M & string);
  earlyStopping?: EarlyStoppingOptions;
  checkpoint?: CheckpointOptions;
  /** Goes on from an earlier step of a watched run of `fit`: what `gb.train.fork` or `watcher.rewind` has given. */
  from?: Pick<Rewound<unknown>, "fitted">;
  callbacks?: readonly Callback<M>[];
  /** Told about each epoch; prints a line by default. null: silent. */
  log?: ((epoch: EpochRecord<M>) => void) | null;
}
