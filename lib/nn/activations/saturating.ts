// Smooth functions that level off on both sides, and tanh's remainder.

import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { elementwise, number } from "./common.js";
import { type ActivationClass, activation } from "./layer.js";

/** 1 / (1 + exp(-x)). Shape of x.
 *
 *  @example F.sigmoid(tensor([0])) // [0.5] */
export const sigmoid = (x: Tensor): Tensor => x.sigmoid();

/** 1 / (1 + exp(-x)). Saturates on both sides; its derivative is at most 1/4.
 *
 *  @example nn.Sequential(nn.Linear(4, 1), nn.Sigmoid()) */
export const Sigmoid: ActivationClass = activation("Sigmoid", sigmoid, {});
export type Sigmoid = InstanceType<typeof Sigmoid>;

/** The hyperbolic tangent. Shape of x.
 *
 *  @example F.tanh(tensor([0])) // [0] */
export const tanh = (x: Tensor): Tensor => x.tanh();

/** The hyperbolic tangent.
 *
 *  @example nn.Sequential(nn.Linear(4, 3), nn.Tanh()) */
export const Tanh: ActivationClass = activation("Tanh", tanh, {});
export type Tanh = InstanceType<typeof Tanh>;

/** x / (1 + |x|). Shape of x.
 *
 *  @example F.softsign(tensor([-1, 3])) // [-0.5, 0.75] */
export const softsign: (x: Tensor) => Tensor = elementwise(
  "softsign",
  (x) => ops.div(x, ops.add(ops.abs(x), number(1))),
  (x) => {
    const inverse = ops.reciprocal(ops.add(ops.abs(x), number(1)));
    return ops.mul(inverse, inverse);
  },
);

/** x / (1 + |x|): tanh with slower tails. Turian et al. 2009; compared by Glorot and Bengio 2010.
 *
 *  @example nn.Softsign()(tensor([-1, 3])) // [-0.5, 0.75] */
export const Softsign: ActivationClass = activation("Softsign", softsign, {});
export type Softsign = InstanceType<typeof Softsign>;

/** x - tanh(x). Shape of x.
 *
 *  @example F.tanhshrink(tensor([1])) // [0.2384] */
export const tanhshrink: (x: Tensor) => Tensor = elementwise(
  "tanhshrink",
  (x) => ops.sub(x, ops.tanh(x)),
  (x) => {
    const t = ops.tanh(x);
    return ops.mul(t, t);
  },
);

/** x - tanh(x).
 *
 *  @example nn.Tanhshrink()(tensor([1])) // [0.2384] */
export const Tanhshrink: ActivationClass = activation("Tanhshrink", tanhshrink, {});
export type Tanhshrink = InstanceType<typeof Tanhshrink>;
