// Normalisation of groups of channels of each example: group normalisation.

import { constantNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape } from "../graph/shape.js";
import { callable } from "../module/callable.js";
import { formatNumber } from "../module/format.js";
import { Module } from "../module/module.js";
import type { Affine } from "../module/optional.js";
import { checkFunctionOptions } from "../module/options.js";
import { Parameter } from "../module/parameter.js";
import { checkNames } from "../tensor/arguments.js";
import { ones, zeros } from "../tensor/create.js";
import { Tensor } from "../tensor/tensor.js";
import { rescale, standardize } from "./statistics.js";

export interface GroupNormArguments {
  /** Scales, [C]. */
  weight?: Tensor | null;
  /** Shifts, [C]. */
  bias?: Tensor | null;
  /** Added to the variance (1e-5). */
  eps?: number;
}

/** x [N, C, ...], its channels in `numGroups` equal groups, each group of each example standardised with its own mean and
 *  biased variance; then times weight plus bias for each channel. Shape of x.
 *
 *  @example F.groupNorm(tensor.randn(4, 6, 5), 3) */
export function groupNorm(x: Tensor, numGroups: number, options: GroupNormArguments = {}): Tensor {
  checkFunctionOptions("groupNorm", options, ["weight", "bias", "eps"]);
  const { weight, bias, eps = 1e-5 } = options;
  const { shape } = x;
  const [examples = 0, channels = 0, ...places] = shape;
  if (x.ndim < 2 || !(numGroups >= 1) || channels % numGroups !== 0) {
    throw new RangeError(
      `groupNorm: needs [N, C, ...] with C a multiple of numGroups, got ${formatShape(shape)} in ${numGroups} groups`,
    );
  }
  // groups and channels stay dims of their own to the end: statistics, scale and shift then belong to one pass over a group
  const each = channels / numGroups;
  const grouped = ops.reshape(x.node, [examples, numGroups, each, elements(places)]);
  const y = standardize("groupNorm", grouped, [2, 3], constantNode(eps));
  const scaled = rescale(y, weight?.node, bias?.node, [1, numGroups, each, 1]);
  return Tensor.from(ops.reshape(scaled, shape));
}

export interface GroupNormOptions {
  /** Added to the variance (1e-5). */
  eps?: number;
  /** Learn a scale and a shift for each channel (true). */
  affine?: boolean;
}

class GroupNormModule extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  readonly affine: boolean;
  /** [numChannels]; null with `affine: false` */
  weight: Parameter | null;
  /** [numChannels]; null with `affine: false` */
  bias: Parameter | null;

  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    super();
    if (!(numGroups >= 1) || numChannels % numGroups !== 0) {
      throw new RangeError(
        `GroupNorm: numChannels must be a multiple of numGroups, got ${numChannels} channels in ${numGroups} groups`,
      );
    }
    checkNames("GroupNorm", options, ["eps", "affine"]);
    const { eps = 1e-5, affine = true } = options;
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.affine = affine;
    this.weight = affine ? new Parameter(ones(numChannels)) : null;
    this.bias = affine ? new Parameter(zeros(numChannels)) : null;
  }

  /** [N, C, ...] -> the same shape */
  forward(x: Tensor): Tensor {
    if (x.ndim < 2 || x.shape[1] !== this.numChannels) {
      throw new RangeError(
        `${this} got ${formatShape(x.shape)}; it needs [N, C, ...] with C = ${this.numChannels}`,
      );
    }
    return groupNorm(x, this.numGroups, this);
  }

  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${formatNumber(this.eps)}, affine=${this.affine}`;
  }
}

interface GroupNormClass {
  new <On extends boolean = true>(
    numGroups: number,
    numChannels: number,
    options?: GroupNormOptions & { affine?: On },
  ): GroupNormModule & Affine<On>;
  <On extends boolean = true>(
    numGroups: number,
    numChannels: number,
    options?: GroupNormOptions & { affine?: On },
  ): GroupNormModule & Affine<On>;
  readonly prototype: GroupNormModule;
}

/** Group normalisation of [N, C, ...]: the channels in `numGroups` equal groups, each group of each example with its own
 *  mean and biased variance; then a scale and a shift for each channel. Wu and He 2018, equation 7.
 *
 *  @example nn.GroupNorm(3, 6)(tensor.randn(4, 6, 5, 5)) */
export const GroupNorm: GroupNormClass = callable(GroupNormModule, "GroupNorm") as GroupNormClass;
export type GroupNorm = GroupNormModule;
