// Going on from an earlier step of a run, beside it: with a copy of everything.

import type { Module } from "../../module/module.js";
import type { Sequential } from "../../nn/containers.js";
import type { GroupOptions, Optimizer } from "../../optim/optimizer.js";
import type { LRScheduler } from "../../optim/schedule/scheduler.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type Rewound, runNamed, type Watcher } from "../watch.js";
import { copyTraining } from "./copy.js";

export interface ForkOptions {
  /** Where to go on: at the last copy before this step. Default: the latest copy. */
  step?: number;
  /** Another learning rate; parameter groups keep their proportions. */
  lr?: number;
  /** What to call the new run. Default: the name of the old one, with a number. */
  name?: string;
}

/** A training that goes on beside another one. */
export interface Fork<M extends Module = Sequential, B = [Tensor, Tensor]> extends Rewound<B> {
  readonly model: M;
  readonly optimizer: Optimizer<GroupOptions>;
  /** Copies of the optimizer's schedules, in the order in which those were made. */
  readonly schedulers: readonly LRScheduler[];
}

/** Starts a new run from an earlier step of a watched one (or of the one with this name), exactly: with copies of the model, the
 *  optimizer and its schedules as they were before that step, with the random numbers and the batches that came then. The old
 *  run's model stays as it is. `watch` keeps the copies to start from: see its option `snapshots`.
 *
 *  Changing nothing gives the old run again, bit for bit, as long as nothing else draws random numbers in between: make the
 *  fork right before its loop. Its `batches` are what was left of the pass over the loader; go on with the loader itself. A run of
 *  `gb.train.fit` goes on with `fit(fork.model, loader, { ...options, optimizer: fork.optimizer, from: fork })`.
 *
 * ```ts
 * const set = new gb.data.TensorDataset(tensor.randn(32, 4), tensor.randint(0, 3, [32]));
 * const loader = gb.data.DataLoader(set, { batchSize: 8, shuffle: true });
 * const net = nn.Sequential(nn.Linear(4, 3));
 * const sgd = new optim.SGD(net.parameters(), { lr: 0.1 });
 * const watcher = watch(net, { name: "slow", snapshots: { every: 1 } });
 * for (const [X, y] of loader) sgd.step(F.crossEntropy(net(X), y));
 *
 * const fork = gb.train.fork(watcher, { step: 2, lr: 0.3, name: "fast" });
 * for (const [X, y] of fork.batches) fork.optimizer.step(F.crossEntropy(fork.model(X), y));
 * fork.watcher.steps // -> 4
 * ``` */
export function fork<M extends Module = Sequential, B = [Tensor, Tensor]>(
  run: Watcher | string,
  options: ForkOptions = {},
): Fork<M, B> {
  const watcher = typeof run === "string" ? runNamed(run) : run;
  const { step = Number.POSITIVE_INFINITY, lr, name } = options;
  const moment = watcher.momentAt("fork", step);
  const training = copyTraining(watcher.training);
  const rewound = watcher.goOnFrom<B>(moment, training, {
    ...(lr !== undefined && { lr }),
    ...(name !== undefined && { name }),
  });
  return {
    ...rewound,
    model: training.model as M,
    optimizer: training.optimizers[0]!,
    schedulers: training.schedules.flat(),
  };
}
