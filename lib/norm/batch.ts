// Batch normalisation: each channel is standardised over the batch while training, with running statistics otherwise.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { formatShape } from "../graph/shape.js";
import { type Callable, callable } from "../module/callable.js";
import { isGradEnabled, noGrad } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import { warnOnce } from "../tensor/warn.js";
import { ChannelNorm, type ChannelNormOptions } from "./channel.js";
import { inverseDeviation, type Moments, moments, rescale, standardize } from "./statistics.js";

export type BatchNormOptions = ChannelNormOptions;

/** What BatchNorm1d, 2d and 3d have in common. */
abstract class BatchNorm extends ChannelNorm {
  /** Numbers of dimensions an input may have. */
  protected abstract readonly ranks: readonly number[];
  /** The shapes an input may have, in words. */
  protected abstract readonly expected: string;

  /** Shape of `x`, which has its channels in dimension 1. */
  forward(x: Tensor): Tensor {
    this.check(x);
    const input = x.node;
    const wide = [1, this.numFeatures, ...input.shape.slice(2).map(() => 1)];
    const { runningMean, runningVar } = this;
    let y: Node;
    if (this.training || runningMean === null || runningVar === null) {
      const axes = input.shape.map((_, i) => i).filter((i) => i !== 1);
      const statistics = noGrad(() => moments(input, axes));
      if (this.training && statistics.count === 1) {
        throw new RangeError(
          `${this}: training needs more than one value for each channel, got input ${formatShape(x.shape)}. ` +
            "Use a larger batch (dropLast: true for a last batch of one), or model.eval()",
        );
      }
      if (this.training) {
        if (!isGradEnabled())
          warnOnce(
            "batch normalisation in training mode inside noGrad: it uses and updates statistics as if it were training. " +
              "Call model.eval() before evaluating, and model.train() after.",
          );
        this.track(statistics);
      }
      y = standardize("batchNorm", input, axes, this.eps, statistics);
    } else {
      const inverse = inverseDeviation(ops.reshape(runningVar.node, wide), this.eps);
      y = ops.mul(ops.sub(input, ops.reshape(runningMean.node, wide)), inverse);
    }
    return Tensor.from(rescale(y, this.weight?.node, this.bias?.node, wide));
  }

  private check(x: Tensor): void {
    if (this.ranks.includes(x.ndim) && x.shape[1] === this.numFeatures) return;
    throw new RangeError(
      `${this} got ${formatShape(x.shape)}; it needs ${this.expected} with C = ${this.numFeatures}` +
        (x.ndim > 3 && this.ranks.includes(2) ? ". Add nn.Flatten() before it?" : ""),
    );
  }

  /** The statistics kept are the mean and the unbiased variance. */
  private track({ mean, variance, count }: Moments): void {
    const { numBatchesTracked } = this;
    if (numBatchesTracked === null) return;
    const shape = [this.numFeatures];
    noGrad(() => {
      numBatchesTracked.add_(1);
      if (count === 0) return; // an empty batch has no mean
      const rate = this.momentum ?? numBatchesTracked.float().reciprocal();
      const unbiased = Tensor.from(ops.reshape(variance, shape)).mul(count / (count - 1));
      this.move(Tensor.from(ops.reshape(mean, shape)), unbiased, rate);
    });
  }
}

class BatchNorm1dModule extends BatchNorm {
  protected get ranks(): readonly number[] {
    return [2, 3];
  }
  protected get expected(): string {
    return "[N, C] or [N, C, L]";
  }
}

/** Batch normalisation of [N, C] or [N, C, L].
 *
 *  y = (x - mean) / sqrt(var + eps) * weight + bias for each channel; while training with the batch's biased variance, in
 *  eval() with the running statistics. Ioffe and Szegedy 2015, algorithm 1.
 *
 *  @example nn.BatchNorm1d(300) */
export const BatchNorm1d: Callable<typeof BatchNorm1dModule> = callable(BatchNorm1dModule, "BatchNorm1d");
export type BatchNorm1d = BatchNorm1dModule;

class BatchNorm2dModule extends BatchNorm {
  protected get ranks(): readonly number[] {
    return [4];
  }
  protected get expected(): string {
    return "[N, C, H, W]";
  }
}

/** Batch normalisation of images [N, C, H, W]: as `BatchNorm1d`, with statistics of each channel over batch and places.
 *
 *  @example nn.BatchNorm2d(16)(tensor.randn(8, 16, 5, 5)) */
export const BatchNorm2d: Callable<typeof BatchNorm2dModule> = callable(BatchNorm2dModule, "BatchNorm2d");
export type BatchNorm2d = BatchNorm2dModule;

class BatchNorm3dModule extends BatchNorm {
  protected get ranks(): readonly number[] {
    return [5];
  }
  protected get expected(): string {
    return "[N, C, D, H, W]";
  }
}

/** Batch normalisation of volumes [N, C, D, H, W]: as `BatchNorm1d`, with statistics of each channel over batch and places.
 *
 *  @example nn.BatchNorm3d(4)(tensor.randn(2, 4, 3, 5, 5)) */
export const BatchNorm3d: Callable<typeof BatchNorm3dModule> = callable(BatchNorm3dModule, "BatchNorm3d");
export type BatchNorm3d = BatchNorm3dModule;
