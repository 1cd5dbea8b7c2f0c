// Convolution layers: Conv1d, 2d, 3d and the transposed ones.

import { formatShape } from "../../graph/shape.js";
import { fansOf } from "../../init/fan.js";
import { kaimingUniform_, uniform_ } from "../../init/index.js";
import { callable } from "../../module/callable.js";
import { Module } from "../../module/module.js";
import type { BiasedClass } from "../../module/optional.js";
import { Parameter } from "../../module/parameter.js";
import { checkNames, checkSizes } from "../../tensor/arguments.js";
import { zeros } from "../../tensor/create.js";
import { Tensor } from "../../tensor/tensor.js";
import { type PadMode, padNode } from "../padding/pad.js";
import { formatPerDim, type PerDim, perDim } from "../spatial.js";
import * as functions from "./functions.js";

/** What stands around the input. */
export type PaddingMode = "zeros" | Exclude<PadMode, "constant">;

export interface ConvLayerOptions {
  /** Positions of the kernel are this far apart. Default 1. */
  stride?: PerDim;
  /** Elements around the input; "same" keeps the extents (stride 1 only), "valid" is 0. Default 0. */
  padding?: PerDim | "same" | "valid";
  /** Elements under the kernel are this far apart. Default 1. */
  dilation?: PerDim;
  /** Channels are split into so many groups that do not see each other. Default 1. */
  groups?: number;
  /** Learn an additive bias. Default true. */
  bias?: boolean;
  /** Default "zeros". */
  paddingMode?: PaddingMode;
}

export interface ConvTransposeLayerOptions {
  stride?: PerDim;
  /** Taken off both sides of the result, so that it undoes the padding of a convolution. Default 0. */
  padding?: PerDim;
  /** Added at the end of the result, which stride leaves open. Default 0. */
  outputPadding?: PerDim;
  groups?: number;
  bias?: boolean;
  dilation?: PerDim;
}

/** Whether the channels would fit in another place, and what to do then. */
function remedy(shape: readonly number[], channels: number, dims: number): string {
  if (shape.length === dims + 1 && channels === 1)
    return ". Add the channel with .unsqueeze(1): [N, 1, ...]?";
  if (shape.length === dims + 2 && shape.at(-1) === channels) {
    return ". The channels come second: move them there with .permute()?";
  }
  return "";
}

/** What all convolution layers have in common. */
abstract class ConvolutionModule extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  weight: Parameter;
  /** [outChannels]; null with `bias: false` */
  bias: Parameter | null;

  constructor(
    name: string,
    dims: number,
    transposed: boolean,
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    options: Pick<ConvLayerOptions, "stride" | "dilation" | "groups" | "bias">,
  ) {
    super();
    checkSizes(name, { inChannels, outChannels });
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = perDim(name, "kernelSize", kernelSize, dims, 1);
    this.stride = perDim(name, "stride", options.stride ?? 1, dims, 1);
    this.dilation = perDim(name, "dilation", options.dilation ?? 1, dims, 1);
    this.groups = functions.groupsOf(name, options.groups ?? 1, inChannels, outChannels);
    const [first, second] = transposed ? [inChannels, outChannels] : [outChannels, inChannels];
    this.weight = new Parameter(zeros(first, second / this.groups, ...this.kernelSize));
    this.bias = (options.bias ?? true) ? new Parameter(zeros(outChannels)) : null;
    this.resetParameters();
  }

  /** PyTorch's default: weights and biases uniform within 1 / sqrt(fanIn), fanIn being channels times kernel elements. For ReLU
   *  networks He initialisation keeps the signal alive where this one does not (see `init.kaimingUniform_`).
   *
   *  @example
   *  const conv = nn.Conv2d(1, 2, 3);
   *  conv.resetParameters(); */
  resetParameters(): void {
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    const bound = 1 / Math.sqrt(fansOf(this.weight, this.constructor.name).fanIn);
    uniform_(this.bias, { a: -bound, b: bound });
  }

  protected check(x: Tensor): void {
    const dims = this.kernelSize.length;
    const channels = x instanceof Tensor ? x.shape.at(-dims - 1) : undefined;
    if (channels === this.inChannels || channels === undefined) return;
    throw new RangeError(
      `${this.constructor.name}(${this.inChannels}, ${this.outChannels}) got ${formatShape(x.shape)}, which has ${channels} ` +
        `channels (dimension ${-dims - 1}); it needs ${this.inChannels}${remedy(x.shape, this.inChannels, dims)}`,
    );
  }

  protected options(more: Readonly<Record<string, string | undefined>>): string {
    const all: Record<string, string | undefined> = {
      kernelSize: formatPerDim(this.kernelSize),
      stride: formatPerDim(this.stride),
      ...more,
    };
    if (this.dilation.some((n) => n !== 1)) all.dilation = formatPerDim(this.dilation);
    if (this.groups !== 1) all.groups = String(this.groups);
    if (this.bias === null) all.bias = "false";
    const printed = Object.entries(all).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${value}`],
    );
    return [this.inChannels, this.outChannels, ...printed].join(", ");
  }
}

const MODES: readonly PaddingMode[] = ["zeros", "reflect", "replicate", "circular"];
const CONV = { 1: functions.conv1d, 2: functions.conv2d, 3: functions.conv3d } as const;

abstract class ConvModule extends ConvolutionModule {
  /** Elements on both sides of each dim, or "same" or "valid". */
  readonly padding: readonly number[] | "same" | "valid";
  readonly paddingMode: PaddingMode;

  constructor(
    name: string,
    dims: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    options: ConvLayerOptions = {},
  ) {
    super(name, dims, false, inChannels, outChannels, kernelSize, options);
    checkNames(name, options, ["stride", "padding", "dilation", "groups", "bias", "paddingMode"]);
    const { padding = 0, paddingMode = "zeros" } = options;
    const { before } = functions.paddingOf(name, padding, this.kernelSize, this.stride, this.dilation);
    this.padding = typeof padding === "string" ? padding : before;
    if (!MODES.includes(paddingMode)) {
      throw new RangeError(`${name}: paddingMode must be one of ${MODES.join(", ")}, got "${paddingMode}"`);
    }
    this.paddingMode = paddingMode;
  }

  /** [N, inChannels, ...space] or [inChannels, ...space] -> the same with outChannels and as many positions as the kernel has. */
  forward(x: Tensor): Tensor {
    this.check(x);
    const { weight, bias, kernelSize, stride, dilation, groups, paddingMode } = this;
    const conv = CONV[kernelSize.length as 1 | 2 | 3];
    if (paddingMode === "zeros")
      return conv(x, weight, bias, { stride, dilation, groups, padding: this.padding });
    const { before, after } = functions.paddingOf(
      this.constructor.name,
      this.padding,
      kernelSize,
      stride,
      dilation,
    );
    const padded = Tensor.from(padNode(x.node, before, after, paddingMode, 0));
    return conv(padded, weight, bias, { stride, dilation, groups });
  }

  override extraRepr(): string {
    const { padding, paddingMode } = this;
    const given = typeof padding === "string" || padding.some((n) => n !== 0);
    return this.options({
      padding: given ? (typeof padding === "string" ? padding : formatPerDim(padding)) : undefined,
      paddingMode: paddingMode === "zeros" ? undefined : paddingMode,
    });
  }
}

const TRANSPOSE = {
  1: functions.convTranspose1d,
  2: functions.convTranspose2d,
  3: functions.convTranspose3d,
} as const;

abstract class ConvTransposeModule extends ConvolutionModule {
  readonly padding: readonly number[];
  readonly outputPadding: readonly number[];

  constructor(
    name: string,
    dims: number,
    inChannels: number,
    outChannels: number,
    kernelSize: PerDim,
    options: ConvTransposeLayerOptions = {},
  ) {
    super(name, dims, true, inChannels, outChannels, kernelSize, options);
    checkNames(name, options, ["stride", "padding", "outputPadding", "dilation", "groups", "bias"]);
    this.padding = perDim(name, "padding", options.padding ?? 0, dims, 0);
    this.outputPadding = perDim(name, "outputPadding", options.outputPadding ?? 0, dims, 0);
  }

  /** [N, inChannels, ...space] or [inChannels, ...space] -> the same with outChannels and extents
   *  (L - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1. */
  forward(x: Tensor): Tensor {
    this.check(x);
    const { weight, bias, stride, padding, outputPadding, groups, dilation } = this;
    const transpose = TRANSPOSE[this.kernelSize.length as 1 | 2 | 3];
    return transpose(x, weight, bias, { stride, padding, outputPadding, groups, dilation });
  }

  override extraRepr(): string {
    const shown = (list: readonly number[]): string | undefined =>
      list.some((n) => n !== 0) ? formatPerDim(list) : undefined;
    return this.options({ padding: shown(this.padding), outputPadding: shown(this.outputPadding) });
  }
}

type Sizes = [inChannels: number, outChannels: number, kernelSize: PerDim];
type ConvClass = BiasedClass<ConvModule, Sizes, ConvLayerOptions>;

function convLayer(name: string, dims: number): ConvClass {
  class Conv extends ConvModule {
    constructor(inChannels: number, outChannels: number, kernelSize: PerDim, options?: ConvLayerOptions) {
      super(name, dims, inChannels, outChannels, kernelSize, options);
    }
  }
  return callable(Conv, name) as unknown as ConvClass;
}

type ConvTransposeClass = BiasedClass<ConvTransposeModule, Sizes, ConvTransposeLayerOptions>;

function convTransposeLayer(name: string, dims: number): ConvTransposeClass {
  class ConvTranspose extends ConvTransposeModule {
    constructor(
      inChannels: number,
      outChannels: number,
      kernelSize: PerDim,
      options?: ConvTransposeLayerOptions,
    ) {
      super(name, dims, inChannels, outChannels, kernelSize, options);
    }
  }
  return callable(ConvTranspose, name) as unknown as ConvTransposeClass;
}

/** A convolution over sequences, [N, C, L] or [C, L]: each output channel is a weighted sum over all input channels under a
 *  kernel that moves along. Weight [outChannels, inChannels / groups, K].
 *
 *  @example
 *  const conv = nn.Conv1d(4, 8, 3, { padding: "same" });
 *  conv(tensor.randn(2, 4, 10)).shape // [2, 8, 10] */
export const Conv1d: ConvClass = convLayer("Conv1d", 1);
export type Conv1d = ConvModule;

/** A convolution over images, [N, C, H, W] or [C, H, W]. Weight [outChannels, inChannels / groups, KH, KW].
 *
 *  @example
 *  const conv = nn.Conv2d(1, 32, 3);
 *  conv(tensor.randn(16, 1, 28, 28)).shape // [16, 32, 26, 26] */
export const Conv2d: ConvClass = convLayer("Conv2d", 2);
export type Conv2d = ConvModule;

/** A convolution over volumes, [N, C, D, H, W] or [C, D, H, W]. Weight [outChannels, inChannels / groups, KD, KH, KW].
 *
 *  @example nn.Conv3d(1, 2, 3)(tensor.randn(1, 1, 5, 5, 5)).shape // [1, 2, 3, 3, 3] */
export const Conv3d: ConvClass = convLayer("Conv3d", 3);
export type Conv3d = ConvModule;

/** The transpose of a Conv1d as a linear map, which widens where that one narrows. Weight [inChannels, outChannels / groups, K].
 *
 *  @example nn.ConvTranspose1d(4, 2, 2, { stride: 2 })(tensor.randn(1, 4, 5)).shape // [1, 2, 10] */
export const ConvTranspose1d: ConvTransposeClass = convTransposeLayer("ConvTranspose1d", 1);
export type ConvTranspose1d = ConvTransposeModule;

/** The transpose of a Conv2d as a linear map, which widens where that one narrows. Weight [inChannels, outChannels / groups, KH,
 *  KW].
 *
 *  @example nn.ConvTranspose2d(4, 2, 2, { stride: 2 })(tensor.randn(1, 4, 5, 5)).shape // [1, 2, 10, 10] */
export const ConvTranspose2d: ConvTransposeClass = convTransposeLayer("ConvTranspose2d", 2);
export type ConvTranspose2d = ConvTransposeModule;

/** The transpose of a Conv3d as a linear map. Weight [inChannels, outChannels / groups, KD, KH, KW].
 *
 *  @example nn.ConvTranspose3d(4, 2, 2, { stride: 2 })(tensor.randn(1, 4, 2, 2, 2)).shape // [1, 2, 4, 4, 4] */
export const ConvTranspose3d: ConvTransposeClass = convTransposeLayer("ConvTranspose3d", 3);
export type ConvTranspose3d = ConvTransposeModule;
