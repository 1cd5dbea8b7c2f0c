// Linear for positive numbers, an exponential that levels off for negative ones: ELU and its relatives.

import type { Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { elementwise, number } from "./common.js";
import { type ActivationClass, activation } from "./layer.js";

/** scale * (x for x > 0, else alpha * (exp(x * rate) - 1)); at 0 the derivative is that of the exponential. */
function exponential(what: string, x: Tensor, alpha: number, scale: number, rate: number): Tensor {
  const positive = (node: Node): Node => ops.gt(node, number(0));
  // what is not chosen must not overflow either: derivatives of derivatives multiply it with 0
  const negative = (node: Node): Node => ops.mul(ops.where(positive(node), number(0), node), number(rate));
  return elementwise(
    what,
    x,
    (node) =>
      ops.where(
        positive(node),
        ops.mul(node, number(scale)),
        ops.mul(ops.expm1(negative(node)), number(alpha * scale)),
      ),
    (node) =>
      ops.where(
        positive(node),
        number(scale),
        ops.mul(ops.exp(negative(node)), number(alpha * scale * rate)),
      ),
  );
}

export interface EluOptions {
  /** -alpha is the limit for very negative x (1). */
  alpha: number;
}

/** x for x > 0, else alpha * (exp(x) - 1). Shape of x.
 *
 *  @example F.elu(tensor([-1, 2])) // [-0.6321, 2] */
export function elu(x: Tensor, options: Partial<EluOptions> = {}): Tensor {
  return exponential("elu", x, options.alpha ?? 1, 1, 1);
}

/** x for x > 0, else alpha * (exp(x) - 1), alpha = 1: mean activations near 0. Clevert et al. 2015.
 *
 *  @example nn.ELU({ alpha: 0.5 }) */
export const ELU: ActivationClass<EluOptions> = activation("ELU", elu, { alpha: 1 });
export type ELU = InstanceType<typeof ELU>;

/** x for x > 0, else alpha * (exp(x / alpha) - 1): an ELU whose slope has no jump. Shape of x.
 *
 *  @example F.celu(tensor([-1, 2]), { alpha: 2 }) // [-0.7869, 2] */
export function celu(x: Tensor, options: Partial<EluOptions> = {}): Tensor {
  const { alpha = 1 } = options;
  if (alpha === 0) throw new RangeError("celu: alpha must not be 0, as x is divided by it");
  return exponential("celu", x, alpha, 1, 1 / alpha);
}

/** x for x > 0, else alpha * (exp(x / alpha) - 1), alpha = 1. Barron 2017.
 *
 *  @example nn.CELU({ alpha: 2 }) */
export const CELU: ActivationClass<EluOptions> = activation("CELU", celu, { alpha: 1 });
export type CELU = InstanceType<typeof CELU>;

/** The fixed point for mean 0 and variance 1. Klambauer et al. 2017, equation 14. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** 1.0507 * (x for x > 0, else 1.6733 * (exp(x) - 1)). Shape of x.
 *
 *  @example F.selu(tensor([-1, 2])) // [-1.1113, 2.1014] */
export const selu = (x: Tensor): Tensor => exponential("selu", x, SELU_ALPHA, SELU_SCALE, 1);

/** ELU scaled so that plain stacks of layers keep mean 0 and variance 1, given LeCun initialisation, standardised inputs
 *  and no other kind of layer. Klambauer et al. 2017.
 *
 *  @example nn.Sequential(nn.Linear(100, 100), nn.SELU()) // with init.lecunNormal_(layer.weight) */
export const SELU: ActivationClass = activation("SELU", selu, {});
export type SELU = InstanceType<typeof SELU>;
