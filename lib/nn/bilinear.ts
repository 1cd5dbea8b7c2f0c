// The bilinear layer: a form in two inputs for each output.

import * as ops from "../graph/ops/index.js";
import { elements, formatShape, sameShape } from "../graph/shape.js";
import { uniform_ } from "../init/index.js";
import { callable } from "../module/callable.js";
import { Module } from "../module/module.js";
import type { BiasedClass } from "../module/optional.js";
import { Parameter } from "../module/parameter.js";
import { checkNames, checkSizes } from "../tensor/arguments.js";
import { zeros } from "../tensor/create.js";
import { Tensor } from "../tensor/tensor.js";

/** y_o = Σ_ij x1_i W_oij x2_j + b_o: [..., in1] and [..., in2] with a weight [out, in1, in2] give [..., out].
 *
 *  @example F.bilinear(tensor([[1, 2]]), tensor([[3]]), tensor([[[1], [1]]])) // [[9]] */
export function bilinear(x1: Tensor, x2: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  if (weight.ndim !== 3) {
    throw new RangeError(`bilinear: the weight must be [out, in1, in2], got ${formatShape(weight.shape)}`);
  }
  const [outputs, in1, in2] = weight.shape as [number, number, number];
  const lead = x1.shape.slice(0, -1);
  if (x1.shape.at(-1) !== in1 || x2.shape.at(-1) !== in2 || !sameShape(lead, x2.shape.slice(0, -1))) {
    throw new RangeError(
      `bilinear: inputs ${formatShape(x1.shape)} and ${formatShape(x2.shape)} must be [..., ${in1}] and [..., ${in2}] with ` +
        `the same dims in front, for a weight ${formatShape(weight.shape)}`,
    );
  }
  const rows = elements(lead);
  const forms = ops.reshape(ops.permute(weight.node, [1, 0, 2]), [in1, outputs * in2]);
  const half = ops.reshape(ops.matmul(ops.reshape(x1.node, [rows, in1]), forms), [rows, outputs, in2]);
  const products = ops.mul(half, ops.reshape(x2.node, [rows, 1, in2]));
  const sums = ops.reshape(ops.reduce("sum", products, [2]), [rows, outputs]);
  const shifted = bias === null ? sums : ops.add(sums, bias.node);
  return Tensor.from(ops.reshape(shifted, [...lead, outputs]));
}

class BilinearModule extends Module {
  readonly in1Features: number;
  readonly in2Features: number;
  readonly outFeatures: number;
  /** [outFeatures, in1Features, in2Features] */
  weight: Parameter;
  /** [outFeatures]; null with `bias: false` */
  bias: Parameter | null;

  constructor(
    in1Features: number,
    in2Features: number,
    outFeatures: number,
    options: { bias?: boolean } = {},
  ) {
    super();
    checkSizes("Bilinear", { in1Features, in2Features, outFeatures });
    checkNames("Bilinear", options, ["bias"]);
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(zeros(outFeatures, in1Features, in2Features));
    this.bias = (options.bias ?? true) ? new Parameter(zeros(outFeatures)) : null;
    this.resetParameters();
  }

  /** PyTorch's default: weights and biases uniform within 1 / sqrt(in1Features).
   *  @example
   *  const layer = nn.Bilinear(2, 3, 4);
   *  layer.resetParameters(); */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.in1Features);
    uniform_(this.weight, { a: -bound, b: bound });
    uniform_(this.bias, { a: -bound, b: bound });
  }

  /** [..., in1Features], [..., in2Features] -> [..., outFeatures] */
  forward(x1: Tensor, x2: Tensor): Tensor {
    return bilinear(x1, x2, this.weight, this.bias);
  }

  override extraRepr(): string {
    return (
      `in1Features=${this.in1Features}, in2Features=${this.in2Features}, outFeatures=${this.outFeatures}, ` +
      `bias=${this.bias !== null}`
    );
  }
}

type BilinearClass = BiasedClass<
  BilinearModule,
  [in1Features: number, in2Features: number, outFeatures: number],
  { bias?: boolean }
>;

/** y_o = x1ᵀ W_o x2 + b_o, with a matrix W_o for each output.
 *
 *  @example nn.Bilinear(20, 30, 40)(tensor.randn(128, 20), tensor.randn(128, 30)).shape // [128, 40] */
export const Bilinear: BilinearClass = callable(BilinearModule, "Bilinear") as BilinearClass;
export type Bilinear = BilinearModule;
