// Standardising inputs with the statistics of the training set.

import { formatShape, sameShape } from "../graph/shape.js";
import { type Callable, callable } from "../module/callable.js";
import { Module } from "../module/module.js";
import { ones, zeros } from "../tensor/create.js";
import { noGrad } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import type { Dataset } from "./dataset.js";
import { hostTensor } from "./host-tensor.js";
import { FIT_BATCH } from "./settings.js";

export interface StandardizerOptions {
  /** What has statistics of its own: each "feature" (every place of a sample; default), each "channel" (dim 1 of [N, C, ...]), or
   *  "all" numbers together. */
  per?: "feature" | "channel" | "all";
}

/** Count, mean and sum of squared deviations of each group. */
interface Moments {
  count: number;
  mean: Float64Array;
  squares: Float64Array;
}

class StandardizerModule extends Module {
  readonly per: "feature" | "channel" | "all";
  /** Of the shape of a sample, with extents of 1 where numbers share their statistics. */
  declare mean: Tensor;
  declare std: Tensor;

  constructor(options: StandardizerOptions = {}) {
    super();
    this.per = options.per ?? "feature";
    this.registerBuffer("mean", zeros([]));
    this.registerBuffer("std", ones([]));
  }

  /** Takes mean and standard deviation from a training set: a tensor [N, ...], or a data set whose batches are tensors or have their
   *  inputs first. Features that are always the same get a standard deviation of 1. Waits.
   *
   *  @example new gb.data.Standardizer().fit(tensor([[0], [2]]))(tensor([[2]])) // [[1]] */
  fit(training: Tensor | Dataset<Tensor | readonly [Tensor, ...unknown[]]>): this {
    let moments: Moments | undefined;
    let shape: readonly number[] = [];
    for (const batch of batches(training)) {
      const axes = this.sharedAxes(batch.shape.length);
      const mean = noGrad(() => batch.mean({ dim: axes, keepdim: true }));
      const squares = noGrad(() => batch.sub(mean).square().sum({ dim: axes, keepdim: true }));
      shape = mean.shape.slice(1);
      moments = combined(moments, {
        count: batch.numel() / mean.numel(),
        mean: Float64Array.from(mean.toTypedArray()),
        squares: Float64Array.from(squares.toTypedArray()),
      });
    }
    if (moments === undefined) throw new RangeError("Standardizer.fit: needs at least one example");
    const { count, mean, squares } = moments;
    const std = squares.map((sum) => (sum > 0 ? Math.sqrt(sum / count) : 1));
    this.mean = hostTensor(Float32Array.from(mean), shape);
    this.std = hostTensor(Float32Array.from(std), shape);
    return this;
  }

  /** Dims whose numbers have their statistics in common; the batch's first. */
  private sharedAxes(rank: number): number[] {
    if (this.per === "channel" && rank < 2) {
      throw new RangeError(`Standardizer: channels are dim 1 of [N, C, ...]; the data have ${rank} dims`);
    }
    const inner = Array.from({ length: rank - 1 }, (_, i) => i + 1);
    if (this.per === "feature") return [0];
    return [0, ...inner.filter((axis) => this.per === "all" || axis > 1)];
  }

  /** (x - mean) / std. Shape of x, [N, ...]. */
  forward(x: Tensor): Tensor {
    this.check(x);
    return x.sub(this.mean).div(this.std);
  }

  /** The way back: z * std + mean.
   *  @example new gb.data.Standardizer().fit(tensor([[0], [2]])).inverse(tensor([[1]])) // [[2]] */
  inverse(z: Tensor): Tensor {
    this.check(z);
    return z.mul(this.std).add(this.mean);
  }

  /** A wrong shape would be broadcast without a word. */
  private check(x: Tensor): void {
    const { shape } = this.mean;
    if (shape.length === 0) return;
    const own = x.shape.slice(1);
    const fits =
      own.length === shape.length &&
      sameShape(
        own.map((extent, i) => (shape[i] === 1 ? 1 : extent)),
        shape,
      );
    if (fits) return;
    throw new RangeError(
      `Standardizer: was fitted on examples with statistics of shape ${formatShape(shape)}; got ${formatShape(x.shape)}`,
    );
  }

  override extraRepr(): string {
    return `per=${this.per}`;
  }
}

function* batches(training: Tensor | Dataset<Tensor | readonly [Tensor, ...unknown[]]>): Iterable<Tensor> {
  const count = training instanceof Tensor ? (training.shape[0] ?? 0) : training.length;
  for (let start = 0; start < count; start += FIT_BATCH) {
    const length = Math.min(FIT_BATCH, count - start);
    if (training instanceof Tensor) yield training.narrow(0, start, length);
    else {
      const batch = training.getBatch(Int32Array.from({ length }, (_, i) => start + i));
      yield batch instanceof Tensor ? batch : batch[0];
    }
  }
}

/** Statistics of two sets together, without cancellation. Chan, Golub and LeVeque 1979, "Updating formulae". */
function combined(a: Moments | undefined, b: Moments): Moments {
  if (a === undefined) return b;
  const count = a.count + b.count;
  const mean = a.mean.map((m, i) => m + ((b.mean[i]! - m) * b.count) / count);
  const squares = a.squares.map(
    (sum, i) => sum + b.squares[i]! + ((b.mean[i]! - a.mean[i]!) ** 2 * a.count * b.count) / count,
  );
  return { count, mean, squares };
}

/** Shifts and scales inputs so that those of the training set have mean 0 and standard deviation 1. It is a module without
 *  parameters: put it in front of a model, and its statistics are saved with the model.
 *
 * ```ts
 * const standardize = gb.data.Standardizer().fit(tensor([[0, 10], [2, 30]]));
 * standardize(tensor([[1, 40]])).toArray() // -> [ [ 0, 2 ] ]
 * ``` */
export const Standardizer: Callable<typeof StandardizerModule> = callable(StandardizerModule, "Standardizer");
export type Standardizer = StandardizerModule;
