// Smooth functions: x times a soft gate (GELU, SiLU, Swish, Mish), softplus and the logarithm of the sigmoid.

import { differentiable, type Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
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

export interface GeluOptions {
  /** "none": with the normal distribution function; "tanh": its approximation, at most 4.8e-4 away. */
  approximate: "none" | "tanh";
}

const INV_SQRT_TAU = 1 / Math.sqrt(2 * Math.PI);
const SQRT_2_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** exp(-x² / 2) / sqrt(2 pi) */
const normalDensity = (x: Node): Node =>
  ops.mul(ops.exp(ops.mul(number(-0.5), ops.mul(x, x))), number(INV_SQRT_TAU));

/** P(z > x) / normalDensity(x), Mills' ratio, for 0 <= x <= 14: a quotient of polynomials, within 3.4e-7 of it in
 *  float32. Beyond 14 the density is 0. */
const MILLS = {
  numerator: [
    1.2533141442250082, 1.0960248430726145, 0.4573635078636978, 0.10119882648952079, 0.01022102881597267,
  ],
  denominator: [
    1, 1.6723862558359608, 1.1992899361425877, 0.46742859967173445, 0.10120563653149453, 0.010220900061180704,
  ],
};

/** c0 + c1 x + c2 x² + ... */
const polynomial = (x: Node, coefficients: readonly number[]): Node =>
  coefficients.reduceRight<Node | undefined>(
    (sum, c) => (sum === undefined ? number(c) : ops.add(ops.mul(sum, x), number(c))),
    undefined,
  )!;

/** P(z < x) for a standard normal z. From the density, which its derivative needs anyway, rather than from erf: one exponential
 *  for both, and no cancellation where x is far below 0. */
const normalCdf = (x: Node): Node =>
  differentiable(
    "normalCdf",
    [x],
    () => {
      const t = ops.minimum(ops.abs(x), number(14));
      const ratio = ops.div(polynomial(t, MILLS.numerator), polynomial(t, MILLS.denominator));
      const tail = ops.mul(normalDensity(x), ratio);
      return ops.where(ops.lt(x, number(0)), tail, ops.sub(number(1), tail));
    },
    ({ gradient }) => [ops.mul(gradient, normalDensity(x))],
  );

const geluExact = elementwise(
  "gelu",
  (x) => ops.mul(x, normalCdf(x)),
  (x) => ops.add(normalCdf(x), ops.mul(x, normalDensity(x))),
);

/** tanh(sqrt(2 / pi) (x + 0.044715 x³)) */
const tanhGate = (x: Node): Node =>
  ops.tanh(ops.mul(number(SQRT_2_PI), ops.add(x, ops.mul(number(CUBIC), ops.mul(x, ops.mul(x, x))))));

const geluTanh = elementwise(
  "gelu",
  (x) => ops.mul(number(0.5), ops.mul(x, ops.add(number(1), tanhGate(x)))),
  (x) => {
    const one = number(1);
    // beyond 10 the gate is exactly 0 or 1, and the square of x would overflow against its derivative of 0
    const near = ops.minimum(ops.maximum(x, number(-10)), number(10));
    const t = tanhGate(near);
    const inner = ops.mul(number(SQRT_2_PI), ops.add(one, ops.mul(number(3 * CUBIC), ops.mul(near, near))));
    const steep = ops.mul(near, ops.mul(ops.sub(one, ops.mul(t, t)), inner));
    return ops.mul(number(0.5), ops.add(ops.add(one, t), steep));
  },
  "geluTanh",
);

/** x * P(z < x) for a standard normal z. Shape of x. Hendrycks and Gimpel 2016.
 *
 *  @example F.gelu(tensor([-1, 2]), { approximate: "tanh" }) // [-0.1588, 1.9546] */
export function gelu(x: Tensor, options: Partial<GeluOptions> = {}): Tensor {
  checkFunctionOptions("gelu", options, ["approximate"]);
  const { approximate = "none" } = options;
  if (approximate === "none") return geluExact(x);
  if (approximate === "tanh") return geluTanh(x);
  throw new RangeError(`gelu: approximate must be "none" or "tanh", got "${approximate}"`);
}

/** x * P(z < x) for a standard normal z; its minimum is -0.170 at x = -0.752. Hendrycks and Gimpel 2016.
 *
 *  @example nn.GELU({ approximate: "tanh" }) */
export const GELU: ActivationClass<GeluOptions> = activation("GELU", gelu, {
  approximate: "none",
});
export type GELU = InstanceType<typeof GELU>;

export interface SwishOptions {
  /** Sharpness of the gate: 1 is SiLU, 0 is x / 2, large ones come near ReLU. A tensor of one element can be learned. */
  beta?: number | Tensor;
}

/** x * sigmoid(beta * x), beta = 1. Shape of x. Ramachandran et al. 2017.
 *
 *  @example F.swish(tensor([-1, 2]), { beta: 0.6 }) // [-0.3543, 1.5370] */
export function swish(x: Tensor, options: SwishOptions = {}): Tensor {
  checkFunctionOptions("swish", options, ["beta"]);
  const { beta = 1 } = options;
  const input = floatNode(x, "swish");
  const sharpness = typeof beta === "number" ? number(beta) : ops.reshape(floatNode(beta, "swish beta"), []);
  const gate = (): Node => ops.sigmoid(ops.mul(sharpness, input));
  return Tensor.from(
    differentiable(
      "swish",
      [input, sharpness],
      () => ops.mul(input, gate()),
      ({ gradient, needs }) => {
        const s = gate();
        const bend = ops.mul(input, ops.mul(s, ops.sub(number(1), s)));
        return [
          needs[0] ? ops.mul(gradient, ops.add(s, ops.mul(sharpness, bend))) : undefined,
          needs[1] ? ops.sumTo(ops.mul(gradient, ops.mul(input, bend)), []) : undefined,
        ];
      },
    ),
  );
}

class SwishModule extends Module {
  /** The sharpness of the gate: a parameter [] where it is trainable, else a number. */
  beta: Parameter | number;

  constructor(options: { beta?: number; trainable?: boolean } = {}) {
    super();
    checkNames("Swish", options, ["beta", "trainable"]);
    const { beta = 1, trainable = true } = options;
    this.beta = trainable ? new Parameter(full([], beta)) : beta;
  }

  forward(x: Tensor): Tensor {
    return swish(x, { beta: this.beta });
  }

  override extraRepr(): string {
    return typeof this.beta === "number" ? `beta=${formatNumber(this.beta)}` : "trainable beta";
  }
}

/** x * sigmoid(beta * x) with beta learned, from 1; `{ trainable: false }` keeps it. Ramachandran et al. 2017.
 *
 *  @example nn.Swish({ beta: 0.6 }) */
export const Swish: Callable<typeof SwishModule> = callable(SwishModule, "Swish");
export type Swish = SwishModule;

/** x * sigmoid(x). Shape of x.
 *
 *  @example F.silu(tensor([-1, 2])) // [-0.2689, 1.7616] */
export const silu: (x: Tensor) => Tensor = elementwise(
  "silu",
  (x) => ops.mul(x, ops.sigmoid(x)),
  (x) => {
    // s + x s (1 - s)
    const s = ops.sigmoid(x);
    const one = number(1);
    return ops.mul(s, ops.add(one, ops.mul(x, ops.sub(one, s))));
  },
);

/** x * sigmoid(x), Swish with beta = 1. Smooth; its minimum is -0.278 at x = -1.278. Elfwing et al. 2017.
 *
 *  @example nn.Sequential(nn.Linear(4, 3), nn.SiLU()) */
export const SiLU: ActivationClass = activation("SiLU", silu, {});
export type SiLU = InstanceType<typeof SiLU>;

/** log(1 + exp(x)) as max(x, 0) + log(1 + exp(-|x|)), which cannot overflow. */
const safeSoftplus = (x: Node): Node =>
  ops.add(ops.maximum(x, number(0)), ops.log1p(ops.exp(ops.neg(ops.abs(x)))));

export interface SoftplusOptions {
  /** The larger, the nearer to ReLU (1). */
  beta: number;
  /** Where beta * x is larger, the result is x itself (20). */
  threshold: number;
}

const softplusOf = elementwiseWith(
  "softplus",
  (x, beta, threshold, inverse) => {
    const scaled = ops.mul(x, beta!);
    return ops.where(ops.gt(scaled, threshold!), x, ops.mul(safeSoftplus(scaled), inverse!));
  },
  (x, _y, beta, threshold) => {
    const scaled = ops.mul(x, beta!);
    return ops.where(ops.gt(scaled, threshold!), number(1), ops.sigmoid(scaled));
  },
);

/** log(1 + exp(beta * x)) / beta, and x itself where beta * x > threshold. Shape of x.
 *
 *  @example F.softplus(tensor([0, 30])) // [0.6931, 30] */
export function softplus(x: Tensor, options: Partial<SoftplusOptions> = {}): Tensor {
  checkFunctionOptions("softplus", options, ["beta", "threshold"]);
  const { beta = 1, threshold = 20 } = options;
  if (beta === 0) throw new RangeError("softplus: beta must not be 0, as the result is divided by it");
  return softplusOf(x, beta, threshold, 1 / beta);
}

/** log(1 + exp(beta * x)) / beta: a smooth ReLU. Dugas et al. 2001.
 *
 *  @example nn.Softplus({ beta: 2 }) */
export const Softplus: ActivationClass<SoftplusOptions> = activation("Softplus", softplus, {
  beta: 1,
  threshold: 20,
});
export type Softplus = InstanceType<typeof Softplus>;

/** log(sigmoid(x)), without overflow for very negative x. Shape of x.
 *
 *  @example F.logsigmoid(tensor([-1000, 0])) // [-1000, -0.6931] */
export const logsigmoid: (x: Tensor) => Tensor = elementwise(
  "logsigmoid",
  (x) => ops.neg(safeSoftplus(ops.neg(x))),
  (x) => ops.sigmoid(ops.neg(x)),
);

/** log(sigmoid(x)).
 *
 *  @example nn.LogSigmoid()(tensor([0])) // [-0.6931] */
export const LogSigmoid: ActivationClass = activation("LogSigmoid", logsigmoid, {});
export type LogSigmoid = InstanceType<typeof LogSigmoid>;

/** x * tanh(softplus(x)). Shape of x. Misra 2019.
 *
 *  @example F.mish(tensor([-1, 2])) // [-0.3034, 1.9440] */
export const mish: (x: Tensor) => Tensor = elementwise(
  "mish",
  (x) => ops.mul(x, ops.tanh(safeSoftplus(x))),
  (x) => {
    // t + x sigmoid(x) (1 - t²)
    const t = ops.tanh(safeSoftplus(x));
    const bend = ops.mul(ops.sigmoid(x), ops.sub(number(1), ops.mul(t, t)));
    return ops.add(t, ops.mul(x, bend));
  },
);

/** x * tanh(softplus(x)); its minimum is -0.309 at x = -1.192. Misra 2019.
 *
 *  @example nn.Sequential(nn.Linear(4, 3), nn.Mish()) */
export const Mish: ActivationClass = activation("Mish", mish, {});
export type Mish = InstanceType<typeof Mish>;
