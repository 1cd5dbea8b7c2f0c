// Linear for positive numbers, an exponential that levels off for negative ones: ELU and its relatives.

import type { Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { checkFunctionOptions } from "../../module/options.js";
import type { Tensor } from "../../tensor/tensor.js";
import { elementwiseWith, number } from "./common.js";
import { type ActivationClass, activation } from "./layer.js";

/** scale * (x for x > 0, else alpha * (exp(x * rate) - 1)); at 0 the derivative is that of the exponential. */
function exponential(what: string): (x: Tensor, alpha: number, scale: number, rate: number) => Tensor {
  const positive = (x: Node): Node => ops.gt(x, number(0));
  // what is not chosen must not overflow either: derivatives of derivatives multiply it with 0
  const negative = (x: Node, rate: Node): Node => ops.mul(ops.where(positive(x), number(0), x), rate);
  const apply = elementwiseWith(
    what,
    (x, scale, rate, depth) =>
      ops.where(positive(x), ops.mul(x, scale!), ops.mul(ops.expm1(negative(x, rate!)), depth!)),
    (x, _y, scale, rate, _depth, slope) =>
      ops.where(positive(x), scale!, ops.mul(ops.exp(negative(x, rate!)), slope!)),
  );
  return (x, alpha, scale, rate) => apply(x, scale, rate, alpha * scale, alpha * scale * rate);
}

const eluOf = exponential("elu");
const celuOf = exponential("celu");
const seluOf = exponential("selu");

export interface EluOptions {
  /** -alpha is the limit for very negative x (1). */
  alpha: number;
}

/** x for x > 0, else alpha * (exp(x) - 1). Shape of x.
 *
 *  @example F.elu(tensor([-1, 2])) // [-0.6321, 2] */
export function elu(x: Tensor, options: Partial<EluOptions> = {}): Tensor {
  checkFunctionOptions("elu", options, ["alpha"]);
  return eluOf(x, options.alpha ?? 1, 1, 1);
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
  checkFunctionOptions("celu", options, ["alpha"]);
  const { alpha = 1 } = options;
  if (alpha === 0) throw new RangeError("celu: alpha must not be 0, as x is divided by it");
  return celuOf(x, alpha, 1, 1 / alpha);
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
export const selu = (x: Tensor): Tensor => seluOf(x, SELU_ALPHA, SELU_SCALE, 1);

/** ELU scaled so that plain stacks of layers keep mean 0 and variance 1, given LeCun initialisation, standardised inputs
 *  and no other kind of layer. Klambauer et al. 2017.
 *
 *  @example nn.Sequential(nn.Linear(100, 100), nn.SELU()) // with init.lecunNormal_(layer.weight) */
export const SELU: ActivationClass = activation("SELU", selu, {});
export type SELU = InstanceType<typeof SELU>;
