// Batch normalisation: each channel is standardised over the batch while training, with running statistics otherwise.

import { composite, recordComposite } from "../graph/composite.js";
import {
  constantNode,
  isGradEnabled,
  type Node,
  type Op,
  scalarNode,
  withGradModeNow,
} from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape } from "../graph/shape.js";
import { callable } from "../module/callable.js";
import type { Module } from "../module/module.js";
import { checkFunctionOptions } from "../module/options.js";
import { Tensor } from "../tensor/tensor.js";
import { warnOnce } from "../tensor/warn.js";
import {
  ChannelNorm,
  type ChannelNormClass,
  type ChannelNormOptions,
  checkChannels,
  moved,
  replace,
} from "./channel.js";
import { inverseDeviation, moments, rescale, standardize } from "./statistics.js";

export type BatchNormOptions = ChannelNormOptions;

export interface BatchNormArguments {
  /** Scales, [C]. */
  weight?: Tensor | null;
  /** Shifts, [C]. */
  bias?: Tensor | null;
  /** Use the batch's statistics, and move the running ones towards them (false). */
  training?: boolean;
  /** The batch's share in the running statistics (0.1). */
  momentum?: number;
  /** Added to the variance (1e-5). */
  eps?: number;
}

type Arguments = Omit<BatchNormArguments, "momentum"> & { momentum?: number | Tensor };

const ONE = scalarNode(1, "int32");

const untracked = <T>(body: () => T): T => withGradModeNow(false, body);

/** All axes but that of the channels. */
const batchAxes = ({ shape }: Node): number[] => shape.map((_, i) => i).filter((i) => i !== 1);

/** Shape of one number for each channel, to go with x [N, C, ...]. */
const perChannel = ({ shape }: Node): number[] => shape.map((n, i) => (i === 1 ? n : 1));

const MEAN: Op = composite({
  name: "batchMean",
  shape: ([x]) => perChannel(x!),
  expand: ([x]) => moments(x!, batchAxes(x!)).mean,
});

const VARIANCE: Op = composite({
  name: "batchVariance",
  shape: ([x]) => perChannel(x!),
  expand: ([x]) => moments(x!, batchAxes(x!)).variance,
});

/** Of x, its moments, eps, and a scale and a shift where there are some. */
const NORMALIZE: Op = composite({
  name: "batchNorm",
  shape: ([x]) => x!.shape,
  expand: (inputs) => {
    const [x, mean, variance, eps, weight, bias] = inputs as [Node, Node, Node, Node, Node?, Node?];
    const y = standardize("batchNorm", x, batchAxes(x), eps, { mean, variance });
    return rescale(y, weight, bias, perChannel(x));
  },
});

/** Of a running statistic, the batch's and the batch's share, after multiplication by count / (count - 1) where there is a `count`:
 *  running variances are unbiased. */
const MOVE: Op = composite({
  name: "runningStatistic",
  shape: ([running]) => running!.shape,
  expand: (inputs, { count }) => {
    const [running, value, rate] = inputs as [Node, Node, Node];
    const flat = ops.reshape(value, running.shape);
    if (count === undefined) return moved(running, flat, rate);
    const n = count as number;
    return moved(running, ops.mul(flat, constantNode(n / (n - 1))), rate);
  },
});

function normalizeBatch(
  owner: Module | string,
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: Arguments,
): Tensor {
  const { weight, bias, training = false, momentum = 0.1, eps = 1e-5 } = options;
  const input = x.node;
  const epsilon = constantNode(eps);
  if (!training && runningMean !== null && runningVar !== null) {
    const wide = perChannel(input);
    const inverse = inverseDeviation(ops.reshape(runningVar.node, wide), epsilon);
    const y = ops.mul(ops.sub(input, ops.reshape(runningMean.node, wide)), inverse);
    return Tensor.from(rescale(y, weight?.node, bias?.node, wide));
  }
  const channels = input.shape[1]!;
  const count = channels === 0 ? 0 : elements(input.shape) / channels;
  if (training && count === 1) {
    throw new RangeError(
      `${owner}: training needs more than one value for each channel, got input ${formatShape(x.shape)}. ` +
        "Use a larger batch (dropLast: true for a last batch of one), or model.eval()",
    );
  }
  const statistics = untracked(() => {
    const mean = recordComposite(MEAN, [input]);
    const variance = recordComposite(VARIANCE, [input]);
    // an empty batch has no mean
    if (training && count > 0) {
      const rate = typeof momentum === "number" ? constantNode(momentum) : momentum.node;
      if (runningMean !== null) replace(runningMean, recordComposite(MOVE, [runningMean.node, mean, rate]));
      if (runningVar !== null)
        replace(runningVar, recordComposite(MOVE, [runningVar.node, variance, rate], { count }));
    }
    return [mean, variance] as const;
  });
  const known = [input, ...statistics, epsilon];
  if (weight == null) {
    const y = recordComposite(NORMALIZE, known);
    return Tensor.from(rescale(y, undefined, bias?.node, perChannel(input)));
  }
  const affine = bias == null ? [weight.node] : [weight.node, bias.node];
  return Tensor.from(recordComposite(NORMALIZE, [...known, ...affine]));
}

/** (x - mean) / sqrt(var + eps) * weight + bias for each channel of x [N, C, ...], with the running statistics [C], or those of
 *  the batch in training and where there are none. In training the running ones are moved in place. Shape of x.
 *
 *  ```ts
 *  F.batchNorm(tensor([[1], [3]]), null, null, { training: true }) // -> [[-1], [1]]
 *  ``` */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormArguments = {},
): Tensor {
  checkFunctionOptions("batchNorm", options, ["weight", "bias", "training", "momentum", "eps"]);
  if (x.ndim < 2) throw new RangeError(`batchNorm: needs [N, C, ...], got ${formatShape(x.shape)}`);
  checkChannels("batchNorm", x.shape[1]!, {
    runningMean,
    runningVar,
    weight: options.weight,
    bias: options.bias,
  });
  return normalizeBatch("batchNorm", x, runningMean, runningVar, options);
}

/** What BatchNorm1d, 2d and 3d have in common. */
abstract class BatchNorm extends ChannelNorm {
  /** Numbers of dimensions an input may have. */
  protected abstract readonly ranks: readonly number[];
  /** The shapes an input may have, in words. */
  protected abstract readonly expected: string;

  /** Shape of `x`, which has its channels in dimension 1. */
  forward(x: Tensor): Tensor {
    this.check(x);
    const { training, runningMean, runningVar, weight, bias, eps } = this;
    if (training && !isGradEnabled()) {
      warnOnce(
        "batch normalisation in training mode inside noGrad: it uses and updates statistics as if it were training. " +
          "Call model.eval() before evaluating, and model.train() after.",
      );
    }
    const momentum = training ? this.rate() : 0;
    return normalizeBatch(this, x, runningMean, runningVar, { weight, bias, training, momentum, eps });
  }

  /** Counts a batch, and gives its share in the running statistics. */
  private rate(): number | Tensor {
    const { numBatchesTracked, momentum } = this;
    if (numBatchesTracked === null) return 0;
    untracked(() => replace(numBatchesTracked, ops.add(numBatchesTracked.node, ONE)));
    return momentum ?? untracked(() => numBatchesTracked.float().reciprocal());
  }

  private check(x: Tensor): void {
    if (this.ranks.includes(x.ndim) && x.shape[1] === this.numFeatures) return;
    throw new RangeError(
      `${this} got ${formatShape(x.shape)}; it needs ${this.expected} with C = ${this.numFeatures}` +
        (x.ndim > 3 && this.ranks.includes(2) ? ". Add nn.Flatten() before it?" : ""),
    );
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

type BatchNorm1dClass = ChannelNormClass<BatchNorm1dModule, true>;

/** Batch normalisation of [N, C] or [N, C, L].
 *
 *  y = (x - mean) / sqrt(var + eps) * weight + bias for each channel; while training with the batch's biased variance, in
 *  eval() with the running statistics. Ioffe and Szegedy 2015, algorithm 1.
 *
 *  @example nn.BatchNorm1d(300) */
export const BatchNorm1d: BatchNorm1dClass = callable(BatchNorm1dModule, "BatchNorm1d") as BatchNorm1dClass;
export type BatchNorm1d = BatchNorm1dModule;

class BatchNorm2dModule extends BatchNorm {
  protected get ranks(): readonly number[] {
    return [4];
  }
  protected get expected(): string {
    return "[N, C, H, W]";
  }
}

type BatchNorm2dClass = ChannelNormClass<BatchNorm2dModule, true>;

/** Batch normalisation of images [N, C, H, W]: as `BatchNorm1d`, with statistics of each channel over batch and places.
 *
 *  @example nn.BatchNorm2d(16)(tensor.randn(8, 16, 5, 5)) */
export const BatchNorm2d: BatchNorm2dClass = callable(BatchNorm2dModule, "BatchNorm2d") as BatchNorm2dClass;
export type BatchNorm2d = BatchNorm2dModule;

class BatchNorm3dModule extends BatchNorm {
  protected get ranks(): readonly number[] {
    return [5];
  }
  protected get expected(): string {
    return "[N, C, D, H, W]";
  }
}

type BatchNorm3dClass = ChannelNormClass<BatchNorm3dModule, true>;

/** Batch normalisation of volumes [N, C, D, H, W]: as `BatchNorm1d`, with statistics of each channel over batch and places.
 *
 *  @example nn.BatchNorm3d(4)(tensor.randn(2, 4, 3, 5, 5)) */
export const BatchNorm3d: BatchNorm3dClass = callable(BatchNorm3dModule, "BatchNorm3d") as BatchNorm3dClass;
export type BatchNorm3d = BatchNorm3dModule;
