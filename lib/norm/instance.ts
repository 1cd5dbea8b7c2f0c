// Normalisation of each channel of each example: instance normalisation.

import { constantNode, type Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape } from "../graph/shape.js";
import { callable } from "../module/callable.js";
import type { Module } from "../module/module.js";
import { checkFunctionOptions } from "../module/options.js";
import { noGrad } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import {
  ChannelNorm,
  type ChannelNormClass,
  type ChannelNormOptions,
  checkChannels,
  moved,
  replace,
} from "./channel.js";
import { inverseDeviation, type Moments, moments, rescale, standardize } from "./statistics.js";

export type InstanceNormOptions = ChannelNormOptions;

export interface InstanceNormArguments {
  /** [C], moved in place where the input's statistics are used. */
  runningMean?: Tensor | null;
  /** [C], moved in place where the input's statistics are used. */
  runningVar?: Tensor | null;
  /** Scales, [C]. */
  weight?: Tensor | null;
  /** Shifts, [C]. */
  bias?: Tensor | null;
  /** Use the statistics of the input, not the running ones (true). */
  useInputStats?: boolean;
  /** Their share in the running statistics (0.1). */
  momentum?: number;
  /** Added to the variance (1e-5). */
  eps?: number;
}

/** x [N, C, ...]; `moves`: the running statistics are to follow. */
function normalizeInstances(
  owner: Module | string,
  x: Tensor,
  moves: boolean,
  options: InstanceNormArguments,
): Tensor {
  const { runningMean = null, runningVar = null, weight, bias } = options;
  const { useInputStats = true, momentum = 0.1, eps = 1e-5 } = options;
  const { shape } = x;
  const input = x.node;
  const [examples, channels] = shape as [number, number];
  const wide = [1, channels, ...shape.slice(2).map(() => 1)];
  let y: Node;
  if (useInputStats) {
    const axes = shape.map((_, i) => i).slice(2);
    if (moves && elements(shape.slice(2)) === 1) {
      throw new RangeError(
        `${owner}: training needs more than one place for each channel, got input ${formatShape(x.shape)}; ` +
          "a single number minus its mean is always 0",
      );
    }
    const statistics = noGrad(() => moments(input, axes));
    if (moves && momentum !== 0 && examples > 0) {
      noGrad(() => {
        const [mean, unbiased] = averageMoments(statistics, examples, channels);
        const rate = constantNode(momentum);
        if (runningMean !== null) replace(runningMean, moved(runningMean.node, mean.node, rate));
        if (runningVar !== null) replace(runningVar, moved(runningVar.node, unbiased.node, rate));
      });
    }
    y = standardize("instanceNorm", input, axes, constantNode(eps), statistics);
  } else if (runningMean === null || runningVar === null) {
    throw new TypeError("instanceNorm: needs runningMean and runningVar with useInputStats: false");
  } else {
    const inverse = inverseDeviation(ops.reshape(runningVar.node, wide), constantNode(eps));
    y = ops.mul(ops.sub(input, ops.reshape(runningMean.node, wide)), inverse);
  }
  return Tensor.from(rescale(y, weight?.node, bias?.node, wide));
}

/** Mean and unbiased variance of each channel, averaged over the examples. */
function averageMoments(
  { mean, variance, count }: Moments,
  examples: number,
  channels: number,
): [Tensor, Tensor] {
  const average = (x: Node): Tensor =>
    Tensor.from(ops.reshape(ops.reduce("sum", x, [0]), [channels])).div(examples);
  return [average(mean), average(variance).mul(count / (count - 1))];
}

/** (x - mean) / sqrt(var + eps) * weight + bias with the statistics of each channel of each example of x [N, C, ...], or with the
 *  running ones. Shape of x.
 *
 *  ```ts
 *  F.instanceNorm(tensor([[[1, 3]]])) // -> [[[-1, 1]]]
 *  ``` */
export function instanceNorm(x: Tensor, options: InstanceNormArguments = {}): Tensor {
  checkFunctionOptions("instanceNorm", options, [
    "runningMean",
    "runningVar",
    "weight",
    "bias",
    "useInputStats",
    "momentum",
    "eps",
  ]);
  if (x.ndim < 3) throw new RangeError(`instanceNorm: needs [N, C, ...], got ${formatShape(x.shape)}`);
  const { runningMean, runningVar, weight, bias, useInputStats = true } = options;
  checkChannels("instanceNorm", x.shape[1]!, { runningMean, runningVar, weight, bias });
  return normalizeInstances("instanceNorm", x, useInputStats, options);
}

/** What InstanceNorm1d, 2d and 3d have in common. */
abstract class InstanceNorm extends ChannelNorm {
  constructor(numFeatures: number, options: InstanceNormOptions = {}) {
    super(numFeatures, { affine: false, trackRunningStats: false, ...options });
  }

  /** Dims of a place: 1, 2 or 3. */
  protected abstract readonly spatial: number;

  /** Shape of `x`: [N, C, ...], or [C, ...] for a single example. */
  forward(x: Tensor): Tensor {
    const { spatial, numFeatures, runningMean, runningVar } = this;
    const batched = x.ndim === spatial + 2;
    if ((!batched && x.ndim !== spatial + 1) || x.shape[batched ? 1 : 0] !== numFeatures) {
      const place = ["L", "H, W", "D, H, W"][spatial - 1];
      throw new RangeError(
        `${this} got ${formatShape(x.shape)}; it needs [N, C, ${place}] or [C, ${place}] with C = ${numFeatures}`,
      );
    }
    const { training, weight, bias, momentum, eps } = this;
    // a null momentum leaves the running statistics, as in PyTorch
    const useInputStats = training || runningMean === null || runningVar === null;
    const batch = batched ? x : x.unsqueeze(0);
    const y = normalizeInstances(this, batch, training, {
      runningMean,
      runningVar,
      weight,
      bias,
      useInputStats,
      momentum: momentum ?? 0,
      eps,
    });
    return batched ? y : y.squeeze(0);
  }
}

class InstanceNorm1dModule extends InstanceNorm {
  protected get spatial(): number {
    return 1;
  }
}

type InstanceNorm1dClass = ChannelNormClass<InstanceNorm1dModule, false>;

/** Instance normalisation of [N, C, L] or [C, L].
 *
 *  y = (x - mean) / sqrt(var + eps), with the mean and biased variance of each channel of each example; no scale and shift
 *  unless `affine`, no running statistics unless `trackRunningStats`. Ulyanov et al. 2016.
 *
 *  @example nn.InstanceNorm1d(4)(tensor.randn(2, 4, 9)) */
export const InstanceNorm1d: InstanceNorm1dClass = callable(
  InstanceNorm1dModule,
  "InstanceNorm1d",
) as InstanceNorm1dClass;
export type InstanceNorm1d = InstanceNorm1dModule;

class InstanceNorm2dModule extends InstanceNorm {
  protected get spatial(): number {
    return 2;
  }
}

type InstanceNorm2dClass = ChannelNormClass<InstanceNorm2dModule, false>;

/** Instance normalisation of images [N, C, H, W] or [C, H, W]; see `InstanceNorm1d`.
 *
 *  @example nn.InstanceNorm2d(4, { affine: true })(tensor.randn(2, 4, 5, 5)) */
export const InstanceNorm2d: InstanceNorm2dClass = callable(
  InstanceNorm2dModule,
  "InstanceNorm2d",
) as InstanceNorm2dClass;
export type InstanceNorm2d = InstanceNorm2dModule;

class InstanceNorm3dModule extends InstanceNorm {
  protected get spatial(): number {
    return 3;
  }
}

type InstanceNorm3dClass = ChannelNormClass<InstanceNorm3dModule, false>;

/** Instance normalisation of volumes [N, C, D, H, W] or [C, D, H, W]; see `InstanceNorm1d`.
 *
 *  @example nn.InstanceNorm3d(4)(tensor.randn(2, 4, 3, 5, 5)) */
export const InstanceNorm3d: InstanceNorm3dClass = callable(
  InstanceNorm3dModule,
  "InstanceNorm3d",
) as InstanceNorm3dClass;
export type InstanceNorm3d = InstanceNorm3dModule;
