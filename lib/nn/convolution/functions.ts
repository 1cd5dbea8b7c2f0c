// Convolutions as functions: conv1d, 2d, 3d and the transposed ones, with PyTorch's arguments.

import * as ops from "../../graph/ops/index.js";
import { formatShape, windowCount } from "../../graph/shape.js";
import { checkFunctionOptions } from "../../module/options.js";
import type { Tensor } from "../../tensor/tensor.js";
import { formatPerDim, type PerDim, perDim, spaceNames, withBatch } from "../spatial.js";
import { convolve, convolveTransposed } from "./convolve.js";

export interface ConvOptions {
  /** Positions of the kernel are this far apart. Default 1. */
  stride?: PerDim;
  /** Zeros around the input; "same" keeps the extents (stride 1 only), "valid" is 0. Default 0. */
  padding?: PerDim | "same" | "valid";
  /** Elements under the kernel are this far apart. Default 1. */
  dilation?: PerDim;
  /** Channels are split into so many groups that do not see each other. Default 1. */
  groups?: number;
}

export interface ConvTransposeOptions {
  stride?: PerDim;
  /** Cuts `dilation * (kernel - 1) - padding` fewer zeros: this much is taken off both sides of the result. Default 0. */
  padding?: PerDim;
  /** Rows added at the end of the result, which stride leaves open. Default 0. */
  outputPadding?: PerDim;
  groups?: number;
  dilation?: PerDim;
}

/** The zeros on both sides of each dim that `padding` stands for. */
export function paddingOf(
  what: string,
  padding: PerDim | "same" | "valid",
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): { before: number[]; after: number[] } {
  const dims = kernel.length;
  if (padding === "same") {
    if (stride.some((n) => n !== 1)) {
      throw new RangeError(
        `${what}: padding "same" needs stride 1, got ${formatPerDim(stride)}; give the padding as a number`,
      );
    }
    const total = kernel.map((n, i) => dilation[i]! * (n - 1));
    const before = total.map((n) => Math.floor(n / 2));
    return { before, after: total.map((n, i) => n - before[i]!) };
  }
  if (typeof padding === "string" && padding !== "valid") {
    throw new RangeError(`${what}: padding must be "same", "valid" or numbers, got "${padding}"`);
  }
  const both = padding === "valid" ? kernel.map(() => 0) : perDim(what, "padding", padding, dims, 0);
  return { before: both, after: both };
}

/** The number of groups, which must split both numbers of channels evenly. */
export function groupsOf(what: string, groups: number, channels: number, out: number): number {
  if (Number.isInteger(groups) && groups >= 1 && channels % groups === 0 && out % groups === 0) return groups;
  throw new RangeError(`${what}: ${groups} groups must divide ${channels} input and ${out} output channels`);
}

function checkWeight(what: string, weight: Tensor, dims: number, layout: string): void {
  if (weight.ndim === dims + 2 && weight.dtype === "float32") return;
  throw new RangeError(
    `${what}: the weight must be float32 [${layout}, ...kernel] with ${dims + 2} dims, got ${weight.dtype} ` +
      formatShape(weight.shape),
  );
}

function checkChannels(what: string, input: readonly number[], needed: number, dims: number): void {
  if (input[1] === needed) return;
  const shape = `[N, C, ${spaceNames(dims)}]`;
  throw new RangeError(
    `${what}: the weight needs ${needed} input channels, but the input ${formatShape(input)} (${shape}) has ${input[1]}`,
  );
}

function checkBias(what: string, bias: Tensor, out: number): void {
  if (bias.ndim === 1 && bias.shape[0] === out) return;
  throw new RangeError(`${what}: the bias must be [${out}], got ${formatShape(bias.shape)}`);
}

function withBias(what: string, y: ReturnType<typeof convolve>, bias: Tensor | null): typeof y {
  if (bias === null) return y;
  const out = y.shape[1]!;
  checkBias(what, bias, out);
  return ops.add(y, ops.reshape(bias.node, [out, ...y.shape.slice(2).map(() => 1)]));
}

type Conv = (input: Tensor, weight: Tensor, bias?: Tensor | null, options?: ConvOptions) => Tensor;

function conv(dims: number): Conv {
  const what = `conv${dims}d`;
  return (input, weight, bias = null, options = {}) => {
    checkFunctionOptions(what, options, ["stride", "padding", "dilation", "groups"]);
    checkWeight(what, weight, dims, "out, in / groups");
    const kernel = weight.shape.slice(2);
    const stride = perDim(what, "stride", options.stride ?? 1, dims, 1);
    const dilation = perDim(what, "dilation", options.dilation ?? 1, dims, 1);
    const { before, after } = paddingOf(what, options.padding ?? 0, kernel, stride, dilation);
    return withBatch(what, input, dims, (x) => {
      const groups = options.groups ?? 1;
      checkChannels(what, x.shape, weight.shape[1]! * groups, dims);
      groupsOf(what, groups, x.shape[1]!, weight.shape[0]!);
      const fits = kernel.every((size, i) => {
        const extent = x.shape[2 + i]! + before[i]! + after[i]!;
        return size > 0 && windowCount(extent, { size, stride: stride[i]!, dilation: dilation[i]! }) > 0;
      });
      if (!fits) {
        throw new RangeError(
          `${what}: a kernel of ${formatPerDim(kernel)} with dilation ${formatPerDim(dilation)} does not fit into ` +
            `${formatShape(x.shape)} with padding ${formatPerDim(before)}; use a smaller kernel or more padding`,
        );
      }
      return withBias(what, convolve(x, weight.node, { stride, dilation, groups, before, after }), bias);
    });
  };
}

/** Cross-correlation over sequences: input [N, C, L] or [C, L], weight [O, C / groups, K], bias [O] -> [N, O, positions].
 *
 *  y[n, o, p] = b[o] + Σ_{c, k} w[o, c, k] x[n, c, p stride + k dilation - padding]
 *
 *  @example F.conv1d(tensor([[[1, 2, 4]]]), tensor([[[1, -1]]])) // [[[-1, -2]]] */
export const conv1d: Conv = conv(1);

/** Cross-correlation over images: input [N, C, H, W] or [C, H, W], weight [O, C / groups, KH, KW], bias [O] -> [N, O, OH, OW].
 *
 *  @example F.conv2d(tensor.ones(1, 1, 3, 3), tensor.ones(1, 1, 2, 2)) // [[[[4, 4], [4, 4]]]] */
export const conv2d: Conv = conv(2);

/** Cross-correlation over volumes: input [N, C, D, H, W] or [C, D, H, W], weight [O, C / groups, KD, KH, KW].
 *
 *  @example F.conv3d(tensor.ones(1, 1, 2, 2, 2), tensor.ones(1, 1, 2, 2, 2)).item() // 8 */
export const conv3d: Conv = conv(3);

type ConvTranspose = (
  input: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: ConvTransposeOptions,
) => Tensor;

function convTranspose(dims: number): ConvTranspose {
  const what = `convTranspose${dims}d`;
  return (input, weight, bias = null, options = {}) => {
    checkFunctionOptions(what, options, ["stride", "padding", "outputPadding", "groups", "dilation"]);
    checkWeight(what, weight, dims, "in, out / groups");
    const kernel = weight.shape.slice(2);
    const stride = perDim(what, "stride", options.stride ?? 1, dims, 1);
    const dilation = perDim(what, "dilation", options.dilation ?? 1, dims, 1);
    const padding = perDim(what, "padding", options.padding ?? 0, dims, 0);
    const outputPadding = perDim(what, "outputPadding", options.outputPadding ?? 0, dims, 0);
    if (outputPadding.some((n, i) => n >= stride[i]! && n >= dilation[i]!)) {
      throw new RangeError(
        `${what}: outputPadding ${formatPerDim(outputPadding)} must be smaller than stride ${formatPerDim(stride)} or ` +
          `dilation ${formatPerDim(dilation)}`,
      );
    }
    return withBatch(what, input, dims, (x) => {
      const groups = groupsOf(what, options.groups ?? 1, weight.shape[0]!, weight.shape[0]!);
      checkChannels(what, x.shape, weight.shape[0]!, dims);
      const extents = x.shape
        .slice(2)
        .map(
          (n, i) =>
            (n - 1) * stride[i]! + (kernel[i]! - 1) * dilation[i]! + 1 - 2 * padding[i]! + outputPadding[i]!,
        );
      if (extents.some((n) => n < 1)) {
        throw new RangeError(
          `${what}: padding ${formatPerDim(padding)} leaves nothing of the result of ${formatShape(x.shape)}, whose ` +
            `extents would be ${formatPerDim(extents)}; use less padding`,
        );
      }
      const y = convolveTransposed(x, weight.node, { stride, dilation, groups, padding, outputPadding });
      return withBias(what, y, bias);
    });
  };
}

/** The transpose of `conv1d` as a linear map: input [N, C, L], weight [C, O / groups, K] -> [N, O, L'] with
 *  L' = (L - 1) stride - 2 padding + dilation (K - 1) + outputPadding + 1.
 *
 *  @example F.convTranspose1d(tensor([[[1, 2]]]), tensor([[[1, 1]]])) // [[[1, 3, 2]]] */
export const convTranspose1d: ConvTranspose = convTranspose(1);

/** The transpose of `conv2d` as a linear map: input [N, C, H, W], weight [C, O / groups, KH, KW] -> [N, O, H', W'].
 *
 *  @example F.convTranspose2d(tensor.ones(1, 1, 1, 1), tensor.ones(1, 1, 2, 2)) // [[[[1, 1], [1, 1]]]] */
export const convTranspose2d: ConvTranspose = convTranspose(2);

/** The transpose of `conv3d` as a linear map: input [N, C, D, H, W], weight [C, O / groups, KD, KH, KW].
 *
 *  @example F.convTranspose3d(tensor.ones(1, 1, 1, 1, 1), tensor.ones(1, 2, 2, 2, 2)).shape // [1, 2, 2, 2, 2] */
export const convTranspose3d: ConvTranspose = convTranspose(3);
