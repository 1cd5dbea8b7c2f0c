// Normalisation of each example on its own over its last dims: layer normalisation and its root-mean-square form.

import { composite, recordComposite } from "../graph/composite.js";
import { constantNode, type Node, type Op } from "../graph/node.js";
import { formatShape, sameShape } from "../graph/shape.js";
import { callable } from "../module/callable.js";
import { formatNumber } from "../module/format.js";
import { Module } from "../module/module.js";
import type { When } from "../module/optional.js";
import { checkFunctionOptions } from "../module/options.js";
import { Parameter } from "../module/parameter.js";
import { checkNames } from "../tensor/arguments.js";
import { ones, zeros } from "../tensor/create.js";
import { Tensor } from "../tensor/tensor.js";
import { divideByRootMeanSquare, rescale, standardize } from "./statistics.js";

/** The extents of the last dims, given as one number or as a shape. */
function trailingShape(shape: number | readonly number[], what: string): readonly number[] {
  const list = typeof shape === "number" ? [shape] : [...shape];
  if (list.length === 0 || list.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new RangeError(
      `${what}: normalizedShape must be one or more extents from 1, got ${formatShape(list)}`,
    );
  }
  return list;
}

/** The last dims of x, after a check that they have the extents of `shape`. */
function trailingAxes(layer: Module | string, x: Tensor, shape: readonly number[]): number[] {
  const lead = x.ndim - shape.length;
  if (lead < 0 || !sameShape(x.shape.slice(lead), shape)) {
    throw new RangeError(
      `${layer} got ${formatShape(x.shape)}; its last ${shape.length === 1 ? "dim" : "dims"} must be ${formatShape(shape)}`,
    );
  }
  return shape.map((_, i) => lead + i);
}

export interface LayerNormArguments {
  /** Scales, normalizedShape. */
  weight?: Tensor | null;
  /** Shifts, normalizedShape. */
  bias?: Tensor | null;
  /** Added to the variance (1e-5). */
  eps?: number;
}

function normalizeLayer(
  owner: Module | string,
  x: Tensor,
  shape: readonly number[],
  { weight, bias, eps = 1e-5 }: LayerNormArguments,
): Tensor {
  const dims = trailingAxes(owner, x, shape).length;
  const given = [x.node, constantNode(eps)];
  if (weight == null) {
    const y = recordComposite(LAYER_NORM, given, { dims });
    return Tensor.from(rescale(y, undefined, bias?.node, shape));
  }
  const affine = bias == null ? [weight.node] : [weight.node, bias.node];
  return Tensor.from(recordComposite(LAYER_NORM, [...given, ...affine], { dims }));
}

/** The last `dims` axes. */
const lastAxes = ({ shape }: Node, dims: unknown): number[] =>
  shape.map((_, i) => i).slice(-(dims as number));

/** Of x, eps, and a scale and a shift where there are some. */
const LAYER_NORM: Op = composite({
  name: "layerNorm",
  shape: ([x]) => x!.shape,
  expand: (inputs, { dims }) => {
    const [x, eps, weight, bias] = inputs as [Node, Node, Node?, Node?];
    const axes = lastAxes(x, dims);
    const y = standardize("layerNorm", x, axes, eps);
    return rescale(y, weight, bias, x.shape.slice(-axes.length));
  },
});

/** (x - mean) / sqrt(var + eps) * weight + bias over the last dims of x, which must be `normalizedShape`. Shape of x.
 *
 *  @example F.layerNorm(tensor([[1, 3]]), 2) // [[-1, 1]] */
export function layerNorm(
  x: Tensor,
  normalizedShape: number | readonly number[],
  options: LayerNormArguments = {},
): Tensor {
  checkFunctionOptions("layerNorm", options, ["weight", "bias", "eps"]);
  return normalizeLayer("layerNorm", x, trailingShape(normalizedShape, "layerNorm"), options);
}

export interface LayerNormOptions {
  /** Added to the variance (1e-5). */
  eps?: number;
  /** Learn a scale, and a shift where `bias` is on, for each element (true). */
  elementwiseAffine?: boolean;
  /** Learn a shift (true). */
  bias?: boolean;
}

class LayerNormModule extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly elementwiseAffine: boolean;
  /** normalizedShape; null without `elementwiseAffine` */
  weight: Parameter | null;
  /** normalizedShape; null without `elementwiseAffine` or without `bias` */
  bias: Parameter | null;

  constructor(normalizedShape: number | readonly number[], options: LayerNormOptions = {}) {
    super();
    checkNames("LayerNorm", options, ["eps", "elementwiseAffine", "bias"]);
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options;
    const shape = trailingShape(normalizedShape, "LayerNorm");
    this.normalizedShape = shape;
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? new Parameter(ones(shape)) : null;
    this.bias = elementwiseAffine && bias ? new Parameter(zeros(shape)) : null;
  }

  /** [..., normalizedShape] -> the same shape */
  forward(x: Tensor): Tensor {
    return normalizeLayer(this, x, this.normalizedShape, this);
  }

  override extraRepr(): string {
    return `${formatShape(this.normalizedShape)}, eps=${formatNumber(this.eps)}, elementwiseAffine=${this.elementwiseAffine}`;
  }
}

/** A layer with a scale by the option `elementwiseAffine`, and with a shift by that and `bias`. */
type LayerNormWith<Affine extends boolean, Bias extends boolean> = LayerNormModule & {
  weight: When<Affine, Parameter>;
  bias: Affine extends true ? When<Bias, Parameter> : null;
};

interface LayerNormClass {
  new <Affine extends boolean = true, Bias extends boolean = true>(
    normalizedShape: number | readonly number[],
    options?: LayerNormOptions & { elementwiseAffine?: Affine; bias?: Bias },
  ): LayerNormWith<Affine, Bias>;
  <Affine extends boolean = true, Bias extends boolean = true>(
    normalizedShape: number | readonly number[],
    options?: LayerNormOptions & { elementwiseAffine?: Affine; bias?: Bias },
  ): LayerNormWith<Affine, Bias>;
  readonly prototype: LayerNormModule;
}

/** Layer normalisation over the last dims, which must be `normalizedShape`.
 *
 *  y = (x - mean) / sqrt(var + eps) * weight + bias with each example's own mean and biased variance, in training and
 *  evaluation alike. Ba et al. 2016, equation 4.
 *
 *  @example nn.LayerNorm(10)(tensor.randn(4, 10)) */
export const LayerNorm: LayerNormClass = callable(LayerNormModule, "LayerNorm") as LayerNormClass;
export type LayerNorm = LayerNormModule;

/** The distance from 1 to the next float32 number. */
const FLOAT32_EPSILON = 2 ** -23;

export interface RmsNormArguments {
  /** Scales, normalizedShape. */
  weight?: Tensor | null;
  /** Added to the mean square; null (default): 2^-23, the float32 rounding unit. */
  eps?: number | null;
}

function normalizeRootMeanSquare(
  owner: Module | string,
  x: Tensor,
  shape: readonly number[],
  { weight, eps = null }: RmsNormArguments,
): Tensor {
  const axes = trailingAxes(owner, x, shape);
  const given = [x.node, constantNode(eps ?? FLOAT32_EPSILON)];
  const operands = weight == null ? given : [...given, weight.node];
  return Tensor.from(recordComposite(RMS_NORM, operands, { dims: axes.length }));
}

/** Of x, eps, and a scale where there is one. */
const RMS_NORM: Op = composite({
  name: "rmsNorm",
  shape: ([x]) => x!.shape,
  expand: (inputs, { dims }) => {
    const [x, eps, weight] = inputs as [Node, Node, Node?];
    const axes = lastAxes(x, dims);
    const y = divideByRootMeanSquare("rmsNorm", x, axes, eps);
    return rescale(y, weight, undefined, x.shape.slice(-axes.length));
  },
});

/** x / sqrt(mean(x²) + eps) * weight over the last dims of x, which must be `normalizedShape`. Shape of x.
 *
 *  @example F.rmsNorm(tensor([[3, 4, 0, 0]]), 4) // [[1.2, 1.6, 0, 0]] */
export function rmsNorm(
  x: Tensor,
  normalizedShape: number | readonly number[],
  options: RmsNormArguments = {},
): Tensor {
  checkFunctionOptions("rmsNorm", options, ["weight", "eps"]);
  return normalizeRootMeanSquare("rmsNorm", x, trailingShape(normalizedShape, "rmsNorm"), options);
}

export interface RMSNormOptions {
  /** Added to the mean square; null (default): 2^-23, the float32 rounding unit. */
  eps?: number | null;
  /** Learn a scale for each element (true). */
  elementwiseAffine?: boolean;
}

class RMSNormModule extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number | null;
  readonly elementwiseAffine: boolean;
  /** normalizedShape; null without `elementwiseAffine` */
  weight: Parameter | null;

  constructor(normalizedShape: number | readonly number[], options: RMSNormOptions = {}) {
    super();
    checkNames("RMSNorm", options, ["eps", "elementwiseAffine"]);
    const { eps = null, elementwiseAffine = true } = options;
    this.normalizedShape = trailingShape(normalizedShape, "RMSNorm");
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.weight = elementwiseAffine ? new Parameter(ones(this.normalizedShape)) : null;
  }

  /** [..., normalizedShape] -> the same shape */
  forward(x: Tensor): Tensor {
    return normalizeRootMeanSquare(this, x, this.normalizedShape, this);
  }

  override extraRepr(): string {
    const eps = this.eps === null ? "null" : formatNumber(this.eps);
    return `${formatShape(this.normalizedShape)}, eps=${eps}, elementwiseAffine=${this.elementwiseAffine}`;
  }
}

/** A layer with a scale by the option `elementwiseAffine`. */
type RMSNormWith<Affine extends boolean> = RMSNormModule & { weight: When<Affine, Parameter> };

interface RMSNormClass {
  new <Affine extends boolean = true>(
    normalizedShape: number | readonly number[],
    options?: RMSNormOptions & { elementwiseAffine?: Affine },
  ): RMSNormWith<Affine>;
  <Affine extends boolean = true>(
    normalizedShape: number | readonly number[],
    options?: RMSNormOptions & { elementwiseAffine?: Affine },
  ): RMSNormWith<Affine>;
  readonly prototype: RMSNormModule;
}

/** Root-mean-square normalisation over the last dims, which must be `normalizedShape`.
 *
 *  y = x / sqrt(mean(x²) + eps) * weight: layer normalisation that neither subtracts the mean nor adds a shift. Zhang and
 *  Sennrich 2019, equation 4.
 *
 *  @example nn.RMSNorm(10)(tensor.randn(4, 10)) */
export const RMSNorm: RMSNormClass = callable(RMSNormModule, "RMSNorm") as RMSNormClass;
export type RMSNorm = RMSNormModule;
