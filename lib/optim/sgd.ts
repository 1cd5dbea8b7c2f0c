// Stochastic gradient descent, with momentum and Nesterov's variant.

import { type Node, scalarNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import {
  type GroupOptions,
  Optimizer,
  type ParameterState,
  type Parameters,
  type ParamGroup,
} from "./optimizer.js";

export interface SGDOptions {
  /** Learning rate (1e-3). */
  lr?: number;
  /** Share of the velocity that is kept. */
  momentum?: number;
  /** Share of the gradient that does not enter the velocity. */
  dampening?: number;
  /** L2 penalty: weightDecay * parameter is added to the gradient. */
  weightDecay?: number;
  /** Look ahead along the velocity. */
  nesterov?: boolean;
  /** Climb instead of descending. */
  maximize?: boolean;
}

type Options = GroupOptions & Required<SGDOptions>;

const number = (value: number): Node => scalarNode(value, "float32");

class SGDOptimizer extends Optimizer<Options> {
  constructor(parameters: Parameters<SGDOptions>, options: SGDOptions = {}) {
    const {
      lr = 1e-3,
      momentum = 0,
      dampening = 0,
      weightDecay = 0,
      nesterov = false,
      maximize = false,
    } = options;
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw new RangeError("SGD: nesterov needs a momentum above 0 and no dampening");
    }
    super(parameters, { lr, momentum, dampening, weightDecay, nesterov, maximize });
  }

  protected override update(
    parameter: Node,
    gradient: Node,
    group: ParamGroup<Options>,
    state: ParameterState,
  ): Node {
    let g = group.maximize ? ops.neg(gradient) : gradient;
    if (group.weightDecay !== 0) g = ops.add(g, ops.mul(parameter, number(group.weightDecay)));
    if (group.momentum !== 0) {
      const momentum = number(group.momentum);
      const first = !state.has("velocity");
      // the first velocity is the gradient itself, without dampening
      const before = state.value("velocity", () => ops.full(parameter.shape, 0, "float32"));
      const velocity = first
        ? ops.identity(g)
        : ops.add(ops.mul(before, momentum), ops.mul(g, number(1 - group.dampening)));
      state.assign("velocity", velocity);
      g = group.nesterov ? ops.add(g, ops.mul(velocity, momentum)) : velocity;
    }
    return ops.sub(parameter, ops.mul(g, number(group.lr)));
  }
}

/** Gradient descent: v <- momentum v + g, p <- p - lr v (PyTorch's form: the learning rate is not part of v).
 *
 *  @example new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9, nesterov: true }) */
export const SGD: Callable<typeof SGDOptimizer> = callable(SGDOptimizer, "SGD");
export type SGD = SGDOptimizer;
