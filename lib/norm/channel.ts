// What batch and instance normalisation have in common: options, scale and shift of each channel, running statistics.

import { formatNumber } from "../module/format.js";
import { Module } from "../module/module.js";
import { Parameter } from "../module/parameter.js";
import { full, ones, zeros } from "../tensor/create.js";
import type { Tensor } from "../tensor/tensor.js";

export interface ChannelNormOptions {
  /** Added to the variance (1e-5). */
  eps?: number;
  /** Share of the newest batch in the running statistics (0.1). null: for batch normalisation the plain average over all
   *  batches; for instance normalisation they stay as they are. */
  momentum?: number | null;
  /** Learn a scale and a shift for each channel. */
  affine?: boolean;
  /** Keep running statistics for evaluation; otherwise those of the input are used there, too. */
  trackRunningStats?: boolean;
}

export abstract class ChannelNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  /** [numFeatures], or null */
  weight: Parameter | null;
  /** [numFeatures], or null */
  bias: Parameter | null;
  /** [numFeatures], or null */
  declare runningMean: Tensor | null;
  /** [numFeatures], or null; the unbiased variance, as in PyTorch */
  declare runningVar: Tensor | null;
  /** [], or null */
  declare numBatchesTracked: Tensor | null;

  constructor(numFeatures: number, options: ChannelNormOptions = {}) {
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

  /** Moves the running statistics by `rate` towards a mean and an unbiased variance. */
  protected move(mean: Tensor, unbiased: Tensor, rate: number | Tensor): void {
    const { runningMean, runningVar } = this;
    runningMean?.add_(mean.sub(runningMean).mul(rate));
    runningVar?.add_(unbiased.sub(runningVar).mul(rate));
  }

  override extraRepr(): string {
    return (
      `${this.numFeatures}, eps=${formatNumber(this.eps)}, momentum=${this.momentum}, affine=${this.affine}, ` +
      `trackRunningStats=${this.trackRunningStats}`
    );
  }
}
