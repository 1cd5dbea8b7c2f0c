// Batch normalisation: each channel is standardised over the batch while training, with running statistics otherwise.

import { differentiable, type Node, scalarNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape } from "../graph/shape.js";
import { type Callable, callable } from "../module/callable.js";
import { formatNumber } from "../module/format.js";
import { Module } from "../module/module.js";
import { Parameter } from "../module/parameter.js";
import { full, ones, zeros } from "../tensor/create.js";
import { noGrad } from "../tensor/scope.js";
import { Tensor } from "../tensor/tensor.js";

export interface BatchNormOptions {
  /** Added to the variance. */
  eps?: number;
  /** Share of the newest batch in the running statistics (0.1); null: the plain average over all batches. */
  momentum?: number | null;
  /** Learn a scale and a shift for each channel. */
  affine?: boolean;
  /** Keep running statistics for evaluation; otherwise the batch's are used there, too. */
  trackRunningStats?: boolean;
}

const number = (value: number): Node => scalarNode(value, "float32");

interface Statistics {
  readonly mean: Node;
  /** Biased. */
  readonly variance: Node;
  /** Numbers that went into each channel's statistics. */
  readonly count: number;
}

/** Mean and biased variance of each channel, [1, C, 1, ...]; two passes, so that a large mean does no harm. */
function batchStatistics(x: Node): Statistics {
  const axes = x.shape.map((_, i) => i).filter((i) => i !== 1);
  const kept = ops.keptShape(x.shape, axes);
  const count = elements(axes.map((axis) => x.shape[axis]!));
  const average = (y: Node): Node =>
    ops.reshape(ops.mul(ops.reduce("sum", y, axes), number(1 / count)), kept);
  const mean = average(x);
  const centred = ops.sub(x, mean);
  return { mean, variance: average(ops.mul(centred, centred)), count };
}

/** (x - mean) / sqrt(variance + eps) with the derivative through the batch's own statistics (Ioffe and Szegedy 2015). */
function standardize(x: Node, eps: number, statistics: Statistics): Node {
  const axes = x.shape.map((_, i) => i).filter((i) => i !== 1);
  const kept = ops.keptShape(x.shape, axes);
  const { mean, variance, count } = statistics;
  const inverse = ops.rsqrt(ops.add(variance, number(eps)));
  return differentiable(
    "batchNorm",
    [x],
    () => ops.mul(ops.sub(x, mean), inverse),
    ({ output, gradient }) => {
      const average = (y: Node): Node =>
        ops.reshape(ops.mul(ops.reduce("sum", y, axes), number(1 / count)), kept);
      const along = ops.mul(output, average(ops.mul(gradient, output)));
      return [ops.mul(inverse, ops.sub(ops.sub(gradient, average(gradient)), along))];
    },
  );
}

/** What BatchNorm1d, 2d and 3d have in common. */
abstract class BatchNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  weight: Parameter | null;
  bias: Parameter | null;
  declare runningMean: Tensor | null;
  declare runningVar: Tensor | null;
  declare numBatchesTracked: Tensor | null;

  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    this.weight = affine ? new Parameter(ones(numFeatures)) : null;
    this.bias = affine ? new Parameter(zeros(numFeatures)) : null;
    this.registerBuffer("runningMean", trackRunningStats ? zeros(numFeatures) : null);
    this.registerBuffer("runningVar", trackRunningStats ? ones(numFeatures) : null);
    this.registerBuffer("numBatchesTracked", trackRunningStats ? full([], 0, { dtype: "int32" }) : null);
  }

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
      const statistics = noGrad(() => batchStatistics(input));
      if (this.training && statistics.count === 1) {
        throw new RangeError(
          `${this}: training needs more than one value for each channel, got input ${formatShape(x.shape)}. ` +
            "Use a larger batch (dropLast: true for a last batch of one), or model.eval()",
        );
      }
      if (this.training) this.track(statistics);
      y = standardize(input, this.eps, statistics);
    } else {
      const inverse = ops.rsqrt(ops.add(ops.reshape(runningVar.node, wide), number(this.eps)));
      y = ops.mul(ops.sub(input, ops.reshape(runningMean.node, wide)), inverse);
    }
    if (this.weight !== null) y = ops.mul(y, ops.reshape(this.weight.node, wide));
    if (this.bias !== null) y = ops.add(y, ops.reshape(this.bias.node, wide));
    return Tensor.from(y);
  }

  private check(x: Tensor): void {
    if (this.ranks.includes(x.ndim) && x.shape[1] === this.numFeatures) return;
    throw new RangeError(
      `${this} got ${formatShape(x.shape)}; it needs ${this.expected} with C = ${this.numFeatures}` +
        (x.ndim > 3 && this.ranks.includes(2) ? ". Add nn.Flatten() before it?" : ""),
    );
  }

  /** Moves the running statistics towards this batch's; the variance kept is the unbiased one, as in PyTorch. */
  private track({ mean, variance, count }: Statistics): void {
    const { runningMean, runningVar, numBatchesTracked } = this;
    if (runningMean === null || runningVar === null || numBatchesTracked === null) return;
    const shape = [this.numFeatures];
    noGrad(() => {
      numBatchesTracked.add_(1);
      const rate = this.momentum ?? numBatchesTracked.float().reciprocal();
      const newMean = Tensor.from(ops.reshape(mean, shape));
      const newVar = Tensor.from(ops.reshape(variance, shape)).mul(count / (count - 1));
      runningMean.add_(newMean.sub(runningMean).mul(rate));
      runningVar.add_(newVar.sub(runningVar).mul(rate));
    });
  }

  override extraRepr(): string {
    return (
      `${this.numFeatures}, eps=${formatNumber(this.eps)}, momentum=${this.momentum}, affine=${this.affine}, ` +
      `trackRunningStats=${this.trackRunningStats}`
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

/** Batch normalisation of [N, C] or [N, C, L].
 *
 *  y = (x - mean) / sqrt(var + eps) * weight + bias for each channel; while training with the batch's biased variance, in
 *  eval() with the running statistics. Ioffe and Szegedy 2015, algorithm 1.
 *
 *  @example nn.BatchNorm1d(300) */
export const BatchNorm1d: Callable<typeof BatchNorm1dModule> = callable(BatchNorm1dModule, "BatchNorm1d");
export type BatchNorm1d = BatchNorm1dModule;
