// Steps that several update rules have in common. Options enter as scalar arguments of the run, never as constants of the
// graph: a learning rate that changes does not ask for a new plan.

import { type Node, scalarNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import type { State } from "./state.js";

/** A number as an argument of the run. */
export const number = (value: number): Node => scalarNode(value, "float32");

/** x * factor. */
export const scaled = (x: Node, factor: number): Node => ops.mul(x, number(factor));

/** The direction to go against: the gradient, negated when climbing, with the L2 penalty's part. */
export function direction(
  parameter: Node,
  gradient: Node,
  options: { readonly maximize: boolean; readonly weightDecay: number },
): Node {
  const g = options.maximize ? ops.neg(gradient) : gradient;
  return options.weightDecay === 0 ? g : ops.add(g, scaled(parameter, options.weightDecay));
}

/** Decoupled weight decay: the parameter shrunk by the share lr * weightDecay. Loshchilov and Hutter 2019, algorithm 2. */
export function decayed(
  parameter: Node,
  options: { readonly lr: number; readonly weightDecay: number },
): Node {
  return options.weightDecay === 0 ? parameter : scaled(parameter, 1 - options.lr * options.weightDecay);
}

/** keep * x + (1 - keep) * sample. */
export const mix = (x: Node, sample: Node, keep: number): Node =>
  ops.add(scaled(x, keep), scaled(sample, 1 - keep));

/** Moves the running average `name`, which starts at 0, towards `sample`; gives its new value. What decays for want of gradients, as
 *  in units that have died, would end as a subnormal number that no share of it is less than, and processors take a hundred times
 *  as long for each operation with those (784-300-100-10 with Adam and a dead layer: 10 to 27 ms a step from the 700th on, not 1). */
export function average(state: State, name: string, sample: Node, keep: number): Node {
  const value = ops.withoutTiny(mix(state.value(name), sample, keep));
  state.assign(name, value);
  return value;
}
