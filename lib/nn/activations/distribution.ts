// Functions that make numbers along one dim add up to 1, and their logarithms.

import { formatShape } from "../../graph/shape.js";
import { checkFunctionOptions } from "../../module/options.js";
import type { Tensor } from "../../tensor/tensor.js";
import { floatNode } from "./common.js";
import { type ActivationClass, activation } from "./layer.js";

export interface DimOptions {
  /** The dim along which the results add up to 1. */
  dim: number;
}

/** The dim has to be named: which one is meant by default depends on the shape, and is often not the wanted one. */
function dimOf(x: Tensor, options: DimOptions | number | undefined, what: string): number {
  floatNode(x, what);
  const dim = typeof options === "number" ? options : options?.dim;
  if (dim !== undefined) {
    if (typeof options === "object") checkFunctionOptions(what, options, ["dim"]);
    return dim;
  }
  throw new TypeError(`${what}: needs a dim, for example ${what}(x, { dim: -1 }) for the last one`);
}

/** exp(x_i) / sum_j exp(x_j) along `dim`. Shape of x.
 *
 *  @example F.softmax(tensor([[0, 0]]), { dim: 1 }) // [[0.5, 0.5]] */
export const softmax = (x: Tensor, options: DimOptions | number): Tensor =>
  x.softmax(dimOf(x, options, "softmax"));

/** x_i - log sum_j exp(x_j) along `dim`. Shape of x.
 *
 *  @example F.logSoftmax(tensor([[0, 0]]), { dim: 1 }) // [[-0.6931, -0.6931]] */
export const logSoftmax = (x: Tensor, options: DimOptions | number): Tensor =>
  x.logSoftmax(dimOf(x, options, "logSoftmax"));

/** The softmax of -x: the smallest number gets the largest share. Shape of x.
 *
 *  @example F.softmin(tensor([[0, 0]]), { dim: 1 }) // [[0.5, 0.5]] */
export const softmin = (x: Tensor, options: DimOptions | number): Tensor =>
  x.neg().softmax(dimOf(x, options, "softmin"));

type WithDim = ActivationClass<DimOptions, [options: DimOptions | number]>;
/** Stands where a default would; the layer then asks for the option. */
const REQUIRED: DimOptions = { dim: undefined as unknown as number };

/** exp(x_i) / sum_j exp(x_j) along `dim`. Not before CrossEntropyLoss, which takes logits.
 *
 *  @example nn.Softmax({ dim: 1 })(tensor.randn(32, 10)) */
export const Softmax: WithDim = activation("Softmax", softmax, REQUIRED);
export type Softmax = InstanceType<typeof Softmax>;

/** x_i - log sum_j exp(x_j) along `dim`.
 *
 *  @example nn.LogSoftmax({ dim: 1 })(tensor.randn(32, 10)) */
export const LogSoftmax: WithDim = activation("LogSoftmax", logSoftmax, REQUIRED);
export type LogSoftmax = InstanceType<typeof LogSoftmax>;

/** The softmax of -x along `dim`.
 *
 *  @example nn.Softmin({ dim: 1 })(tensor.randn(32, 10)) */
export const Softmin: WithDim = activation("Softmin", softmin, REQUIRED);
export type Softmin = InstanceType<typeof Softmin>;

function softmax2d(x: Tensor): Tensor {
  if (x.ndim !== 3 && x.ndim !== 4) {
    throw new RangeError(`Softmax2d: needs [N, C, H, W] or [C, H, W], got ${formatShape(x.shape)}`);
  }
  return softmax(x, { dim: -3 });
}

/** The softmax over the channels at each place of an image, [N, C, H, W] or [C, H, W].
 *
 *  @example nn.Softmax2d()(tensor.randn(2, 3, 8, 8)) */
export const Softmax2d: ActivationClass = activation("Softmax2d", softmax2d, {});
export type Softmax2d = InstanceType<typeof Softmax2d>;
