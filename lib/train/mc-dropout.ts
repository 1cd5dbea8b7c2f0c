// Monte Carlo dropout: how sure a network with dropout is, by asking it many times.

import { evalMode } from "../module/modes.js";
import type { Module } from "../module/module.js";
import {
  AlphaDropout,
  Dropout,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  FeatureAlphaDropout,
} from "../nn/dropout.js";
import { zerosLike } from "../tensor/create.js";
import { noGrad } from "../tensor/scope.js";
import { session } from "../tensor/session.js";
import type { Tensor } from "../tensor/tensor.js";

const DROPOUT = [Dropout, Dropout1d, Dropout2d, Dropout3d, AlphaDropout, FeatureAlphaDropout];

export interface McOptions {
  /** Forward passes, each with other units left out (100); at least 2. */
  samples?: number;
  /** Applied to each output before averaging, for example `(logits) => logits.softmax(1)` for probabilities. */
  transform?: (output: Tensor) => Tensor;
}

/** Mean and standard deviation (unbiased) of a model's predictions with dropout switched on. Everything else, batch norm above all,
 *  is in evaluation mode; afterwards each module is in the mode it was in. Both have the shape of one output. Gal and Ghahramani
 *  2016, "Dropout as a Bayesian approximation".
 *
 * ```ts
 * manualSeed(42);
 * const net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3));
 * const { mean, std } = gb.train.mcPredict(net, tensor.ones(2, 4), { samples: 20, transform: (y) => y.softmax(1) });
 * mean.sum(1).toArray() // -> [1.0, 1.0]
 * ``` */
export function mcPredict(
  model: Module,
  x: Tensor,
  options: McOptions = {},
): { readonly mean: Tensor; readonly std: Tensor } {
  const { samples = 100, transform = (output: Tensor): Tensor => output } = options;
  if (!Number.isInteger(samples) || samples < 2) {
    throw new RangeError(`mcPredict: samples must be a whole number of at least 2, got ${samples}`);
  }
  const dropout = model.modules().filter((module) => DROPOUT.some((Class) => module instanceof Class));
  if (dropout.length === 0) {
    throw new Error("mcPredict: the model has no dropout layers, so all its predictions would be the same");
  }
  return evalMode(model, () =>
    noGrad(() => {
      for (const module of dropout) module.training = true;
      const predict = (): Tensor => transform(model(x) as Tensor);
      const mean = predict();
      const squares = zerosLike(mean);
      // running mean and squares (Welford 1962), so that memory does not grow with the samples
      for (let count = 2; count <= samples; count++) {
        const away = predict().sub(mean);
        squares.add_(away.square().mul(1 - 1 / count));
        mean.add_(away.div(count));
        session().evaluate([]);
      }
      return { mean, std: squares.div(samples - 1).sqrt() };
    }),
  );
}
