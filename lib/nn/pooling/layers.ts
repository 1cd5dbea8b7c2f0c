// Pooling layers: the functions with their arguments kept.

import { type Callable, callable } from "../../module/callable.js";
import { formatNumber } from "../../module/format.js";
import { Module } from "../../module/module.js";
import type { Tensor } from "../../tensor/tensor.js";
import { formatPerDim, type PerDim } from "../spatial.js";
import * as adaptive from "./adaptive.js";
import * as average from "./average.js";
import * as max from "./max.js";
import { poolingOf } from "./windows.js";

/** A list of equal sizes prints as one. */
const short = (list: readonly number[]): string =>
  list.every((n) => n === list[0]) ? String(list[0]) : formatPerDim(list);

abstract class MaxPoolModule extends Module {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly ceilMode: boolean;

  constructor(name: string, dims: number, kernelSize: PerDim, options: max.MaxPoolOptions = {}) {
    super();
    const how = poolingOf(name, dims, kernelSize, options);
    this.kernelSize = how.kernel;
    this.stride = how.stride;
    this.padding = how.padding;
    this.dilation = how.dilation;
    this.ceilMode = how.ceilMode;
  }

  /** [N, C, ...space] or [C, ...space] -> the same with as many positions as there are windows. */
  forward(x: Tensor): Tensor {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    const pool = [max.maxPool1d, max.maxPool2d, max.maxPool3d][kernelSize.length - 1]!;
    return pool(x, kernelSize, { stride, padding, dilation, ceilMode });
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding, dilation, ceilMode } = this;
    return (
      `kernelSize=${short(kernelSize)}, stride=${short(stride)}, padding=${short(padding)}, ` +
      `dilation=${short(dilation)}, ceilMode=${ceilMode}`
    );
  }
}

abstract class AvgPoolModule extends Module {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;

  constructor(name: string, dims: number, kernelSize: PerDim, options: average.AvgPoolOptions = {}) {
    super();
    const how = poolingOf(name, dims, kernelSize, options);
    this.kernelSize = how.kernel;
    this.stride = how.stride;
    this.padding = how.padding;
    this.ceilMode = how.ceilMode;
    this.countIncludePad = options.countIncludePad ?? true;
    this.divisorOverride = options.divisorOverride ?? null;
  }

  /** [N, C, ...space] or [C, ...space] -> the same with as many positions as there are windows. */
  forward(x: Tensor): Tensor {
    const { kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    const pool = [average.avgPool1d, average.avgPool2d, average.avgPool3d][kernelSize.length - 1]!;
    return pool(x, kernelSize, { stride, padding, ceilMode, countIncludePad, divisorOverride });
  }

  override extraRepr(): string {
    const { kernelSize, stride, padding } = this;
    return `kernelSize=${short(kernelSize)}, stride=${short(stride)}, padding=${short(padding)}`;
  }
}

abstract class LPPoolModule extends Module {
  readonly normType: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly ceilMode: boolean;

  constructor(
    name: string,
    dims: number,
    normType: number,
    kernelSize: PerDim,
    options: average.LpPoolOptions = {},
  ) {
    super();
    const how = poolingOf(name, dims, kernelSize, options);
    this.normType = normType;
    this.kernelSize = how.kernel;
    this.stride = how.stride;
    this.ceilMode = how.ceilMode;
  }

  /** [N, C, ...space] or [C, ...space] -> the same with as many positions as there are windows. */
  forward(x: Tensor): Tensor {
    const { normType, kernelSize, stride, ceilMode } = this;
    const pool = [average.lpPool1d, average.lpPool2d][kernelSize.length - 1]!;
    return pool(x, normType, kernelSize, { stride, ceilMode });
  }

  override extraRepr(): string {
    const { normType, kernelSize, stride, ceilMode } = this;
    return (
      `normType=${formatNumber(normType)}, kernelSize=${short(kernelSize)}, stride=${short(stride)}, ` +
      `ceilMode=${ceilMode}`
    );
  }
}

abstract class AdaptiveModule extends Module {
  readonly outputSize: adaptive.OutputSize;

  constructor(outputSize: adaptive.OutputSize) {
    super();
    this.outputSize = outputSize;
  }

  /** [N, C, ...space] or [C, ...space] -> the same with `outputSize` positions. */
  abstract override forward(x: Tensor): Tensor;

  override extraRepr(): string {
    const { outputSize } = this;
    return `outputSize=${Array.isArray(outputSize) ? `[${outputSize.map(String).join(", ")}]` : outputSize}`;
  }
}

type MaxPoolClass = Callable<new (kernelSize: PerDim, options?: max.MaxPoolOptions) => MaxPoolModule>;

function maxPoolLayer(name: string, dims: number): MaxPoolClass {
  class MaxPool extends MaxPoolModule {
    constructor(kernelSize: PerDim, options?: max.MaxPoolOptions) {
      super(name, dims, kernelSize, options);
    }
  }
  return callable(MaxPool, name);
}

type AvgPoolClass = Callable<new (kernelSize: PerDim, options?: average.AvgPoolOptions) => AvgPoolModule>;

function avgPoolLayer(name: string, dims: number): AvgPoolClass {
  class AvgPool extends AvgPoolModule {
    constructor(kernelSize: PerDim, options?: average.AvgPoolOptions) {
      super(name, dims, kernelSize, options);
    }
  }
  return callable(AvgPool, name);
}

type LPPoolClass = Callable<
  new (
    normType: number,
    kernelSize: PerDim,
    options?: average.LpPoolOptions,
  ) => LPPoolModule
>;

function lpPoolLayer(name: string, dims: number): LPPoolClass {
  class LPPool extends LPPoolModule {
    constructor(normType: number, kernelSize: PerDim, options?: average.LpPoolOptions) {
      super(name, dims, normType, kernelSize, options);
    }
  }
  return callable(LPPool, name);
}

type AdaptiveClass = Callable<new (outputSize: adaptive.OutputSize) => AdaptiveModule>;

function adaptiveLayer(
  name: string,
  pool: (x: Tensor, outputSize: adaptive.OutputSize) => Tensor,
): AdaptiveClass {
  class Adaptive extends AdaptiveModule {
    override forward(x: Tensor): Tensor {
      return pool(x, this.outputSize);
    }
  }
  return callable(Adaptive, name);
}

/** The largest element of each window of sequences, [N, C, L] or [C, L]. Windows of `kernelSize` lie side by side unless
 *  a stride is given; the gradient goes to the first of equal elements.
 *
 *  @example nn.MaxPool1d(2)(tensor.randn(1, 2, 8)).shape // [1, 2, 4] */
export const MaxPool1d: MaxPoolClass = maxPoolLayer("MaxPool1d", 1);
export type MaxPool1d = MaxPoolModule;

/** The mean of each window of sequences, [N, C, L] or [C, L]. Windows of `kernelSize` lie side by side unless a stride is
 *  given.
 *
 *  @example nn.AvgPool1d(2)(tensor.randn(1, 2, 8)).shape // [1, 2, 4] */
export const AvgPool1d: AvgPoolClass = avgPoolLayer("AvgPool1d", 1);
export type AvgPool1d = AvgPoolModule;

/** The largest element of each window of images, [N, C, H, W] or [C, H, W]. Windows of `kernelSize` lie side by side unless
 *  a stride is given; the gradient goes to the first of equal elements.
 *
 *  @example nn.MaxPool2d(2)(tensor.randn(1, 2, 8, 8)).shape // [1, 2, 4, 4] */
export const MaxPool2d: MaxPoolClass = maxPoolLayer("MaxPool2d", 2);
export type MaxPool2d = MaxPoolModule;

/** The mean of each window of images, [N, C, H, W] or [C, H, W]. Windows of `kernelSize` lie side by side unless a stride is
 *  given.
 *
 *  @example nn.AvgPool2d(2)(tensor.randn(1, 2, 8, 8)).shape // [1, 2, 4, 4] */
export const AvgPool2d: AvgPoolClass = avgPoolLayer("AvgPool2d", 2);
export type AvgPool2d = AvgPoolModule;

/** The largest element of each window of volumes, [N, C, D, H, W] or [C, D, H, W]. Windows of `kernelSize` lie side by side unless
 *  a stride is given; the gradient goes to the first of equal elements.
 *
 *  @example nn.MaxPool3d(2)(tensor.randn(1, 2, 8, 8, 8)).shape // [1, 2, 4, 4, 4] */
export const MaxPool3d: MaxPoolClass = maxPoolLayer("MaxPool3d", 3);
export type MaxPool3d = MaxPoolModule;

/** The mean of each window of volumes, [N, C, D, H, W] or [C, D, H, W]. Windows of `kernelSize` lie side by side unless a stride is
 *  given.
 *
 *  @example nn.AvgPool3d(2)(tensor.randn(1, 2, 8, 8, 8)).shape // [1, 2, 4, 4, 4] */
export const AvgPool3d: AvgPoolClass = avgPoolLayer("AvgPool3d", 3);
export type AvgPool3d = AvgPoolModule;

/** The p-norm (Σ x^p)^(1/p) of each window of sequences, [N, C, L] or [C, L], with p = `normType`.
 *
 *  @example nn.LPPool1d(2, 4)(tensor.randn(1, 2, 8)).shape // [1, 2, 2] */
export const LPPool1d: LPPoolClass = lpPoolLayer("LPPool1d", 1);
export type LPPool1d = LPPoolModule;

/** The p-norm (Σ x^p)^(1/p) of each window of images, [N, C, H, W] or [C, H, W], with p = `normType`.
 *
 *  @example nn.LPPool2d(2, 4)(tensor.randn(1, 2, 8, 8)).shape // [1, 2, 2, 2] */
export const LPPool2d: LPPoolClass = lpPoolLayer("LPPool2d", 2);
export type LPPool2d = LPPoolModule;

/** Means of sequences, [N, C, L] or [C, L], over `outputSize` positions, whatever the extents of the input; null keeps an extent.
 *
 *  @example nn.AdaptiveAvgPool1d(2)(tensor.randn(1, 2, 8)).shape // [1, 2, 2] */
export const AdaptiveAvgPool1d: AdaptiveClass = adaptiveLayer(
  "AdaptiveAvgPool1d",
  adaptive.adaptiveAvgPool1d,
);
export type AdaptiveAvgPool1d = AdaptiveModule;

/** Largest elements of sequences, [N, C, L] or [C, L], over `outputSize` positions, whatever the extents of the input; null keeps an extent.
 *
 *  @example nn.AdaptiveMaxPool1d(2)(tensor.randn(1, 2, 8)).shape // [1, 2, 2] */
export const AdaptiveMaxPool1d: AdaptiveClass = adaptiveLayer(
  "AdaptiveMaxPool1d",
  adaptive.adaptiveMaxPool1d,
);
export type AdaptiveMaxPool1d = AdaptiveModule;

/** Means of images, [N, C, H, W] or [C, H, W], over `outputSize` positions, whatever the extents of the input; null keeps an extent.
 *
 *  @example nn.AdaptiveAvgPool2d(2)(tensor.randn(1, 2, 8, 8)).shape // [1, 2, 2, 2] */
export const AdaptiveAvgPool2d: AdaptiveClass = adaptiveLayer(
  "AdaptiveAvgPool2d",
  adaptive.adaptiveAvgPool2d,
);
export type AdaptiveAvgPool2d = AdaptiveModule;

/** Largest elements of images, [N, C, H, W] or [C, H, W], over `outputSize` positions, whatever the extents of the input; null keeps an extent.
 *
 *  @example nn.AdaptiveMaxPool2d(2)(tensor.randn(1, 2, 8, 8)).shape // [1, 2, 2, 2] */
export const AdaptiveMaxPool2d: AdaptiveClass = adaptiveLayer(
  "AdaptiveMaxPool2d",
  adaptive.adaptiveMaxPool2d,
);
export type AdaptiveMaxPool2d = AdaptiveModule;

/** Means of volumes, [N, C, D, H, W] or [C, D, H, W], over `outputSize` positions, whatever the extents of the input; null keeps an extent.
 *
 *  @example nn.AdaptiveAvgPool3d(2)(tensor.randn(1, 2, 8, 8, 8)).shape // [1, 2, 2, 2, 2] */
export const AdaptiveAvgPool3d: AdaptiveClass = adaptiveLayer(
  "AdaptiveAvgPool3d",
  adaptive.adaptiveAvgPool3d,
);
export type AdaptiveAvgPool3d = AdaptiveModule;

/** Largest elements of volumes, [N, C, D, H, W] or [C, D, H, W], over `outputSize` positions, whatever the extents of the input; null keeps an extent.
 *
 *  @example nn.AdaptiveMaxPool3d(2)(tensor.randn(1, 2, 8, 8, 8)).shape // [1, 2, 2, 2, 2] */
export const AdaptiveMaxPool3d: AdaptiveClass = adaptiveLayer(
  "AdaptiveMaxPool3d",
  adaptive.adaptiveMaxPool3d,
);
export type AdaptiveMaxPool3d = AdaptiveModule;
