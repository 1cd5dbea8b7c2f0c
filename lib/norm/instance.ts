// Normalisation of each channel of each example: instance normalisation.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape } from "../graph/shape.js";
import { type Callable, callable } from "../module/callable.js";
import { noGrad } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";
import { ChannelNorm, type ChannelNormOptions } from "./channel.js";
import { inverseDeviation, type Moments, moments, rescale, standardize } from "./statistics.js";

export type InstanceNormOptions = ChannelNormOptions;

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
    const shape = batched ? x.shape : [1, ...x.shape];
    const input = ops.reshape(x.node, shape);
    const wide = [1, numFeatures, ...shape.slice(2).map(() => 1)];
    let y: Node;
    if (this.training || runningMean === null || runningVar === null) {
      if (this.training && elements(shape.slice(2)) === 1) {
        throw new RangeError(
          `${this}: training needs more than one place for each channel, got input ${formatShape(x.shape)}; ` +
            "a single number minus its mean is always 0",
        );
      }
      const axes = shape.map((_, i) => i).slice(2);
      const statistics = noGrad(() => moments(input, axes));
      if (this.training) this.track(statistics, shape[0]!);
      y = standardize("instanceNorm", input, axes, this.eps, statistics);
    } else {
      const inverse = inverseDeviation(ops.reshape(runningVar.node, wide), this.eps);
      y = ops.mul(ops.sub(input, ops.reshape(runningMean.node, wide)), inverse);
    }
    return Tensor.from(ops.reshape(rescale(y, this.weight?.node, this.bias?.node, wide), x.shape));
  }

  /** Moves the running statistics towards the average over the examples. A null momentum leaves them, as in PyTorch. */
  private track({ mean, variance, count }: Moments, examples: number): void {
    const { momentum, numFeatures } = this;
    if (momentum === null || examples === 0) return;
    const average = (x: Node): Tensor =>
      Tensor.from(ops.reshape(ops.reduce("sum", x, [0]), [numFeatures])).div(examples);
    noGrad(() => this.move(average(mean), average(variance).mul(count / (count - 1)), momentum));
  }
}

class InstanceNorm1dModule extends InstanceNorm {
  protected get spatial(): number {
    return 1;
  }
}

/** Instance normalisation of [N, C, L] or [C, L].
 *
 *  y = (x - mean) / sqrt(var + eps), with the mean and biased variance of each channel of each example; no scale and shift
 *  unless `affine`, no running statistics unless `trackRunningStats`. Ulyanov et al. 2016.
 *
 *  @example nn.InstanceNorm1d(4)(tensor.randn(2, 4, 9)) */
export const InstanceNorm1d: Callable<typeof InstanceNorm1dModule> = callable(
  InstanceNorm1dModule,
  "InstanceNorm1d",
);
export type InstanceNorm1d = InstanceNorm1dModule;

class InstanceNorm2dModule extends InstanceNorm {
  protected get spatial(): number {
    return 2;
  }
}

/** Instance normalisation of images [N, C, H, W] or [C, H, W]; see `InstanceNorm1d`.
 *
 *  @example nn.InstanceNorm2d(4, { affine: true })(tensor.randn(2, 4, 5, 5)) */
export const InstanceNorm2d: Callable<typeof InstanceNorm2dModule> = callable(
  InstanceNorm2dModule,
  "InstanceNorm2d",
);
export type InstanceNorm2d = InstanceNorm2dModule;

class InstanceNorm3dModule extends InstanceNorm {
  protected get spatial(): number {
    return 3;
  }
}

/** Instance normalisation of volumes [N, C, D, H, W] or [C, D, H, W]; see `InstanceNorm1d`.
 *
 *  @example nn.InstanceNorm3d(4)(tensor.randn(2, 4, 3, 5, 5)) */
export const InstanceNorm3d: Callable<typeof InstanceNorm3dModule> = callable(
  InstanceNorm3dModule,
  "InstanceNorm3d",
);
export type InstanceNorm3d = InstanceNorm3dModule;
