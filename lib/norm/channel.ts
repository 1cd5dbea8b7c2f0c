// What batch and instance normalisation have in common: options, scale and shift of each channel, running statistics.

import type { DType } from "../graph/dtype.js";
import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape, sameShape } from "../graph/shape.js";
import { formatNumber } from "../module/format.js";
import { Module } from "../module/module.js";
import type { Affine, When } from "../module/optional.js";
import { Parameter } from "../module/parameter.js";
import { checkNames, checkSizes } from "../tensor/arguments.js";
import { ones, zeros } from "../tensor/create.js";
import { ownedStorage } from "../tensor/owned.js";
import { noGrad } from "../tensor/scope.js";
import { session } from "../tensor/session.js";
import { Tensor } from "../tensor/tensor.js";

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

/** `running`, moved by `rate` towards `value`. */
export const moved = (running: Node, value: Node, rate: Node): Node =>
  ops.add(running, ops.mul(ops.sub(value, running), rate));

/** Gives a running statistic the value that has just been recorded for it. */
export function replace(running: Tensor, value: Node): void {
  session().assign(running.storage, ops.cast(value, running.dtype));
}

/** An error unless each tensor there is has one number for each channel. */
export function checkChannels(
  what: string,
  channels: number,
  tensors: { readonly [name: string]: Tensor | null | undefined },
): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor == null || sameShape(tensor.shape, [channels])) continue;
    throw new RangeError(`${what}: ${name} must be [${channels}], got ${formatShape(tensor.shape)}`);
  }
}

export abstract class ChannelNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  /** Share of the newest batch in the running statistics; null: see the options. */
  momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  /** [numFeatures]; null without `affine` */
  weight: Parameter | null;
  /** [numFeatures]; null without `affine` */
  bias: Parameter | null;
  /** [numFeatures]; null without `trackRunningStats` */
  declare runningMean: Tensor | null;
  /** [numFeatures], the unbiased variance, as in PyTorch; null without `trackRunningStats` */
  declare runningVar: Tensor | null;
  /** []; null without `trackRunningStats` */
  declare numBatchesTracked: Tensor | null;

  constructor(numFeatures: number, options: ChannelNormOptions = {}) {
    super();
    const { name } = this.constructor;
    checkSizes(name, { numFeatures });
    checkNames(name, options, ["eps", "momentum", "affine", "trackRunningStats"]);
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    this.weight = affine ? new Parameter(ones(numFeatures)) : null;
    this.bias = affine ? new Parameter(zeros(numFeatures)) : null;
    const tracked = (value: number, shape: readonly number[], dtype: DType): Tensor | null =>
      trackRunningStats
        ? new Tensor(ownedStorage(new Array<number>(elements(shape)).fill(value), shape, dtype))
        : null;
    this.registerBuffer("runningMean", tracked(0, [numFeatures], "float32"));
    this.registerBuffer("runningVar", tracked(1, [numFeatures], "float32"));
    this.registerBuffer("numBatchesTracked", tracked(0, [], "int32"));
  }

  /** Running statistics as those of a new layer: mean 0, variance 1, no batches.
   *  @example
   *  const bn = nn.BatchNorm1d(3);
   *  bn(tensor.randn(8, 3));
   *  bn.resetRunningStats();
   *  bn.runningMean // [0, 0, 0] */
  resetRunningStats(): void {
    noGrad(() => {
      this.runningMean?.fill_(0);
      this.runningVar?.fill_(1);
      this.numBatchesTracked?.fill_(0);
    });
  }

  override extraRepr(): string {
    return (
      `${this.numFeatures}, eps=${formatNumber(this.eps)}, momentum=${this.momentum}, affine=${this.affine}, ` +
      `trackRunningStats=${this.trackRunningStats}`
    );
  }
}

/** Has running statistics by the option `trackRunningStats`. */
interface Tracked<On extends boolean> {
  runningMean: When<On, Tensor>;
  runningVar: When<On, Tensor>;
  numBatchesTracked: When<On, Tensor>;
}

type Options<A extends boolean, T extends boolean> = ChannelNormOptions & {
  affine?: A;
  trackRunningStats?: T;
};

/** The class of a layer whose options `affine` and `trackRunningStats` are `Default` where they are not given. `new` is optional. */
export interface ChannelNormClass<Layer extends ChannelNorm, Default extends boolean> {
  new <A extends boolean = Default, T extends boolean = Default>(
    numFeatures: number,
    options?: Options<A, T>,
  ): Layer & Affine<A> & Tracked<T>;
  <A extends boolean = Default, T extends boolean = Default>(
    numFeatures: number,
    options?: Options<A, T>,
  ): Layer & Affine<A> & Tracked<T>;
  readonly prototype: Layer;
}
