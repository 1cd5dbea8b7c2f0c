// Piecewise linear functions with one kink, and the squared rectifier: ReLU and what came after it.

import { differentiable } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { formatShape } from "../../graph/shape.js";
import { type Callable, callable } from "../../module/callable.js";
import { formatNumber } from "../../module/format.js";
import { Module } from "../../module/module.js";
import { checkFunctionOptions } from "../../module/options.js";
import { Parameter } from "../../module/parameter.js";
import { checkNames } from "../../tensor/arguments.js";
import { full } from "../../tensor/create.js";
import { Tensor } from "../../tensor/tensor.js";
import { elementwise, elementwiseWith, floatNode, number } from "./common.js";
import { type ActivationClass, activation } from "./layer.js";

/** max(0, x), with derivative 0 at 0. Shape of x.
 *
 *  @example F.relu(tensor([-1, 2])) // [0, 2] */
export const relu = (x: Tensor): Tensor => x.relu();

/** max(0, x). Derivative 0 for x <= 0: units can fall silent. Nair and Hinton 2010.
 *
 *  @example nn.Sequential(nn.Linear(4, 3), nn.ReLU()) */
export const ReLU: ActivationClass = activation("ReLU", relu, {});
export type ReLU = InstanceType<typeof ReLU>;

export interface LeakyReluOptions {
  /** Slope for x <= 0 (0.01). */
  negativeSlope: number;
}

const leakyReluOf = elementwiseWith(
  "leakyRelu",
  (x, slope) => ops.where(ops.gt(x, number(0)), x, ops.mul(x, slope!)),
  (x, _y, slope) => ops.where(ops.gt(x, number(0)), number(1), slope!),
);

/** x for x > 0, else negativeSlope * x. Shape of x.
 *
 *  @example F.leakyRelu(tensor([-1, 2]), { negativeSlope: 0.2 }) // [-0.2, 2] */
export function leakyRelu(x: Tensor, options: Partial<LeakyReluOptions> = {}): Tensor {
  checkFunctionOptions("leakyRelu", options, ["negativeSlope"]);
  return leakyReluOf(x, options.negativeSlope ?? 0.01);
}

/** x for x > 0, else negativeSlope * x (0.01): units cannot die. Maas et al. 2013.
 *
 *  @example nn.LeakyReLU({ negativeSlope: 0.2 }) */
export const LeakyReLU: ActivationClass<LeakyReluOptions> = activation("LeakyReLU", leakyRelu, {
  negativeSlope: 0.01,
});
export type LeakyReLU = InstanceType<typeof LeakyReLU>;

/** The square of ReLU: max(0, x)². Shape of x. So et al. 2021 (Primer).
 *
 *  @example F.relu2(tensor([-1, 3])) // [0, 9] */
export const relu2: (x: Tensor) => Tensor = elementwise(
  "relu2",
  (x) => {
    const positive = ops.relu(x);
    return ops.mul(positive, positive);
  },
  (x) => ops.mul(number(2), ops.relu(x)),
);

/** max(0, x)². E[f(z)²] is 1.5 for a standard normal z, so He initialisation is too large for it: use the gain of "relu2".
 *  So et al. 2021 (Primer).
 *
 *  @example nn.ReLU2()(tensor([-1, 3])) // [0, 9] */
export const ReLU2: ActivationClass = activation("ReLU2", relu2, {});
export type ReLU2 = InstanceType<typeof ReLU2>;

const thresholdOf = elementwiseWith(
  "threshold",
  (x, limit, value) => ops.where(ops.le(x, limit!), value!, x),
  (x, _y, limit) => ops.where(ops.le(x, limit!), number(0), number(1)),
);

/** x where x > threshold, else value. Shape of x; derivative 1 or 0.
 *
 *  @example F.threshold(tensor([0.05, 2]), 0.1, 20) // [20, 2] */
export function threshold(x: Tensor, limit: number, value: number): Tensor {
  return thresholdOf(x, limit, value);
}

class ThresholdModule extends Module {
  readonly threshold: number;
  readonly value: number;

  constructor(limit: number, value: number) {
    super();
    if (typeof limit !== "number" || typeof value !== "number") {
      throw new TypeError("Threshold: needs two numbers, nn.Threshold(threshold, value)");
    }
    this.threshold = limit;
    this.value = value;
  }

  forward(x: Tensor): Tensor {
    return threshold(x, this.threshold, this.value);
  }

  override extraRepr(): string {
    return `threshold=${formatNumber(this.threshold)}, value=${formatNumber(this.value)}`;
  }
}

/** x where x > threshold, else value.
 *
 *  @example nn.Threshold(0.1, 20)(tensor([0.05, 2])) // [20, 2] */
export const Threshold: Callable<typeof ThresholdModule> = callable(ThresholdModule, "Threshold");
export type Threshold = ThresholdModule;

/** x for x > 0, else weight * x, the weight being learned. Shape of x.
 *
 *  weight has one element, or one for each channel (dim 1) of x.
 *
 *  @example F.prelu(tensor([-2, 2]), tensor([0.25])) // [-0.5, 2] */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  const input = floatNode(x, "prelu");
  const slopes = floatNode(weight, "prelu weight");
  const count = weight.numel();
  const channels = x.ndim > 1 ? x.shape[1]! : 1;
  if (weight.ndim > 1 || (count !== 1 && (count !== channels || x.ndim === 0))) {
    throw new RangeError(
      `prelu: the weight ${formatShape(weight.shape)} must have 1 element or one for each channel (dim 1) of the ` +
        `input ${formatShape(x.shape)}`,
    );
  }
  const shape = count === 1 ? [] : [count, ...x.shape.slice(2).map(() => 1)];
  const wide = ops.reshape(slopes, shape);
  const positive = ops.gt(input, number(0));
  return Tensor.from(
    differentiable(
      "prelu",
      [input, wide],
      () => ops.where(positive, input, ops.mul(input, wide)),
      ({ gradient, needs }) => [
        needs[0] ? ops.where(positive, gradient, ops.mul(gradient, wide)) : undefined,
        needs[1] ? ops.sumTo(ops.where(positive, number(0), ops.mul(gradient, input)), shape) : undefined,
      ],
    ),
  );
}

export interface PReLUOptions {
  /** 1, or the number of channels (dim 1) for a slope each. */
  numParameters?: number;
  /** Where the slopes start (0.25). */
  init?: number;
}

class PReLUModule extends Module {
  readonly numParameters: number;
  readonly init: number;
  /** [numParameters] */
  weight: Parameter;

  constructor(options: PReLUOptions = {}) {
    super();
    checkNames("PReLU", options, ["numParameters", "init"]);
    const { numParameters = 1, init = 0.25 } = options;
    if (!Number.isInteger(numParameters) || numParameters < 1) {
      throw new RangeError(`PReLU: numParameters must be a whole number from 1, got ${numParameters}`);
    }
    this.numParameters = numParameters;
    this.init = init;
    this.weight = new Parameter(full([numParameters], init));
  }

  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }

  override extraRepr(): string {
    return `numParameters=${this.numParameters}`;
  }
}

/** x for x > 0, else weight * x, with the slope(s) learned, from 0.25. Do not use weight decay on it. He et al. 2015.
 *
 *  @example nn.PReLU({ numParameters: 8 })(tensor.randn(32, 8)) */
export const PReLU: Callable<typeof PReLUModule> = callable(PReLUModule, "PReLU");
export type PReLU = PReLUModule;
