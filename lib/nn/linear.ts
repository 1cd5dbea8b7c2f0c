// The affine layer.

import { formatShape } from "../graph/shape.js";
import { kaimingUniform_, uniform_ } from "../init/index.js";
import { callable } from "../module/callable.js";
import { Module } from "../module/module.js";
import type { BiasedClass } from "../module/optional.js";
import { Parameter } from "../module/parameter.js";
import { checkNames, checkSizes } from "../tensor/arguments.js";
import { zeros } from "../tensor/create.js";
import { Tensor } from "../tensor/tensor.js";
import { linear } from "./functional.js";

export interface LinearOptions {
  /** Learn an additive bias. */
  bias?: boolean;
}

class LinearModule extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** [outFeatures, inFeatures] */
  weight: Parameter;
  /** [outFeatures]; null with `bias: false` */
  bias: Parameter | null;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    checkSizes("Linear", { inFeatures, outFeatures }, 0);
    checkNames("Linear", options, ["bias"]);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(zeros(outFeatures, inFeatures));
    this.bias = (options.bias ?? true) ? new Parameter(zeros(outFeatures)) : null;
    this.resetParameters();
  }

  /** PyTorch's default: weights and biases uniform within 1 / sqrt(inFeatures). For ReLU networks He initialisation keeps
   *  the signal alive where this one does not (see `init.kaimingUniform_`).
   *
   *  @example
   *  const layer = nn.Linear(4, 8);
   *  layer.resetParameters(); */
  resetParameters(): void {
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    const bound = this.inFeatures > 0 ? 1 / Math.sqrt(this.inFeatures) : 0;
    uniform_(this.bias, { a: -bound, b: bound });
  }

  /** [..., inFeatures] -> [..., outFeatures] */
  forward(x: Tensor): Tensor {
    if (!(x instanceof Tensor) || x.dtype !== "float32") {
      const got =
        x instanceof Tensor ? `${x.dtype}; convert with .float()` : `${typeof x}; write tensor(...)`;
      throw new TypeError(
        `Linear(${this.inFeatures}, ${this.outFeatures}): needs a float32 tensor, got ${got}`,
      );
    }
    if (x.shape.at(-1) !== this.inFeatures) {
      const flatten = x.shape.slice(1).reduce((product, n) => product * n, 1) === this.inFeatures;
      throw new RangeError(
        `Linear(${this.inFeatures}, ${this.outFeatures}) got ${formatShape(x.shape)}; its last dimension must be ` +
          `${this.inFeatures}.${flatten ? " Add nn.Flatten() before it?" : ""}`,
      );
    }
    return linear(x, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `inFeatures=${this.inFeatures}, outFeatures=${this.outFeatures}, bias=${this.bias !== null}`;
  }
}

type LinearClass = BiasedClass<LinearModule, [inFeatures: number, outFeatures: number], LinearOptions>;

/** y = x Wᵀ + b.
 *
 *  @example const layer = nn.Linear(784, 300); layer(tensor.randn(32, 784)) // [32, 300] */
export const Linear: LinearClass = callable(LinearModule, "Linear") as LinearClass;
export type Linear = LinearModule;
