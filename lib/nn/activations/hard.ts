// Functions of straight pieces with more than one kink: clipped ones, cheap stand-ins for smooth ones, and shrinkage.

import type { Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { checkFunctionOptions } from "../../module/options.js";
import type { Tensor } from "../../tensor/tensor.js";
import { elementwise, elementwiseWith, number } from "./common.js";
import { type ActivationClass, activation } from "./layer.js";

const clip = (x: Node, min: Node, max: Node): Node => ops.minimum(ops.maximum(x, min), max);

/** 1 strictly between the limits, else 0. */
const inside = (x: Node, min: Node, max: Node): Node =>
  ops.where(ops.logicalAnd(ops.gt(x, min), ops.lt(x, max)), number(1), number(0));

export interface HardtanhOptions {
  /** Lower limit (-1). */
  minVal: number;
  /** Upper limit (1). */
  maxVal: number;
}

const clipped = (what: string): ((x: Tensor, min: number, max: number) => Tensor) =>
  elementwiseWith(
    what,
    (x, min, max) => clip(x, min!, max!),
    (x, _y, min, max) => inside(x, min!, max!),
  );

const hardtanhOf = clipped("hardtanh");
const relu6Of = clipped("relu6");

/** x limited to [minVal, maxVal], by default [-1, 1]; derivative 0 at and beyond the limits. Shape of x.
 *
 *  @example F.hardtanh(tensor([-3, 0.5])) // [-1, 0.5] */
export function hardtanh(x: Tensor, options: Partial<HardtanhOptions> = {}): Tensor {
  checkFunctionOptions("hardtanh", options, ["minVal", "maxVal"]);
  const { minVal = -1, maxVal = 1 } = options;
  if (!(minVal <= maxVal))
    throw new RangeError(`hardtanh: minVal must not exceed maxVal, got ${minVal} and ${maxVal}`);
  return hardtanhOf(x, minVal, maxVal);
}

/** x limited to [minVal, maxVal], by default [-1, 1].
 *
 *  @example nn.Hardtanh({ minVal: -2, maxVal: 2 }) */
export const Hardtanh: ActivationClass<HardtanhOptions> = activation("Hardtanh", hardtanh, {
  minVal: -1,
  maxVal: 1,
});
export type Hardtanh = InstanceType<typeof Hardtanh>;

/** x limited to [0, 6]. Shape of x.
 *
 *  @example F.relu6(tensor([-1, 8])) // [0, 6] */
export const relu6 = (x: Tensor): Tensor => relu6Of(x, 0, 6);

/** x limited to [0, 6]. Krizhevsky 2010.
 *
 *  @example nn.ReLU6()(tensor([-1, 8])) // [0, 6] */
export const ReLU6: ActivationClass = activation("ReLU6", relu6, {});
export type ReLU6 = InstanceType<typeof ReLU6>;

/** (x + 3) / 6 limited to [0, 1]; derivative 0 at the kinks. Shape of x.
 *
 *  @example F.hardsigmoid(tensor([-4, 0])) // [0, 0.5] */
export const hardsigmoid: (x: Tensor) => Tensor = elementwise(
  "hardsigmoid",
  (x) => ops.mul(clip(ops.add(x, number(3)), number(0), number(6)), number(1 / 6)),
  (x) => ops.mul(inside(x, number(-3), number(3)), number(1 / 6)),
);

/** (x + 3) / 6 limited to [0, 1]: the sigmoid in three straight pieces. Howard et al. 2019.
 *
 *  @example nn.Hardsigmoid()(tensor([-4, 0])) // [0, 0.5] */
export const Hardsigmoid: ActivationClass = activation("Hardsigmoid", hardsigmoid, {});
export type Hardsigmoid = InstanceType<typeof Hardsigmoid>;

/** x * hardsigmoid(x); at the kinks -3 and 3 the derivative is that of the middle piece. Shape of x.
 *
 *  @example F.hardswish(tensor([-4, 1])) // [0, 0.6667] */
export const hardswish: (x: Tensor) => Tensor = elementwise(
  "hardswish",
  (x) => ops.mul(x, ops.mul(clip(ops.add(x, number(3)), number(0), number(6)), number(1 / 6))),
  (x) => {
    const middle = ops.add(ops.mul(x, number(1 / 3)), number(0.5));
    const right = ops.where(ops.le(x, number(3)), middle, number(1));
    return ops.where(ops.lt(x, number(-3)), number(0), right);
  },
);

/** x * hardsigmoid(x): Swish in pieces; its minimum is -0.375 at x = -1.5. Howard et al. 2019.
 *
 *  @example nn.Hardswish()(tensor([-4, 1])) // [0, 0.6667] */
export const Hardswish: ActivationClass = activation("Hardswish", hardswish, {});
export type Hardswish = InstanceType<typeof Hardswish>;

export interface ShrinkOptions {
  /** Numbers from -lambd to lambd become 0 (0.5). */
  lambd: number;
}

/** 0 from -lambd (`low`) to lambd, else 1. */
const beyond = (x: Node, low: Node, lambd: Node): Node =>
  ops.where(ops.logicalAnd(ops.ge(x, low), ops.le(x, lambd)), number(0), number(1));

const hardshrinkOf = elementwiseWith(
  "hardshrink",
  (x, low, lambd) => ops.where(ops.eq(beyond(x, low!, lambd!), number(0)), number(0), x),
  (x, _y, low, lambd) => beyond(x, low!, lambd!),
);

const softshrinkOf = elementwiseWith(
  "softshrink",
  (x, low, lambd) => {
    const moved = ops.sub(x, ops.mul(ops.sign(x), lambd!));
    return ops.where(ops.eq(beyond(x, low!, lambd!), number(0)), number(0), moved);
  },
  (x, _y, low, lambd) => beyond(x, low!, lambd!),
);

/** x where |x| > lambd, else 0. Shape of x.
 *
 *  @example F.hardshrink(tensor([0.3, 2])) // [0, 2] */
export function hardshrink(x: Tensor, options: Partial<ShrinkOptions> = {}): Tensor {
  checkFunctionOptions("hardshrink", options, ["lambd"]);
  const { lambd = 0.5 } = options;
  return hardshrinkOf(x, -lambd, lambd);
}

/** x where |x| > lambd, else 0.
 *
 *  @example nn.Hardshrink({ lambd: 1 }) */
export const Hardshrink: ActivationClass<ShrinkOptions> = activation("Hardshrink", hardshrink, {
  lambd: 0.5,
});
export type Hardshrink = InstanceType<typeof Hardshrink>;

/** x moved towards 0 by lambd, and 0 where |x| <= lambd. Shape of x.
 *
 *  @example F.softshrink(tensor([0.3, 2])) // [0, 1.5] */
export function softshrink(x: Tensor, options: Partial<ShrinkOptions> = {}): Tensor {
  checkFunctionOptions("softshrink", options, ["lambd"]);
  const { lambd = 0.5 } = options;
  if (!(lambd >= 0)) throw new RangeError(`softshrink: lambd must be 0 or more, got ${lambd}`);
  return softshrinkOf(x, -lambd, lambd);
}

/** x moved towards 0 by lambd, and 0 where |x| <= lambd: the proximal map of the L1 norm. Donoho 1995.
 *
 *  @example nn.Softshrink({ lambd: 1 }) */
export const Softshrink: ActivationClass<ShrinkOptions> = activation("Softshrink", softshrink, {
  lambd: 0.5,
});
export type Softshrink = InstanceType<typeof Softshrink>;
