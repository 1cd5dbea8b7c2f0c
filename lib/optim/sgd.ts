// Stochastic gradient descent, with momentum and Nesterov's variant.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import { NOT_NEGATIVE } from "./limits.js";
import { type GroupOptions, Optimizer, type Parameters, type ParamGroup, type State } from "./optimizer.js";
import { direction, scaled } from "./update.js";

export interface SGDOptions {
  /** Learning rate (1e-3). */
  lr?: number;
  /** Share of the velocity that is kept (0). */
  momentum?: number;
  /** Share of the gradient that does not enter the velocity (0). */
  dampening?: number;
  /** L2 penalty: weightDecay * parameter is added to the gradient (0). */
  weightDecay?: number;
  /** Look ahead along the velocity (false). */
  nesterov?: boolean;
  /** Climb instead of descending (false). */
  maximize?: boolean;
}

type Options = GroupOptions & Required<SGDOptions>;

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
    super(
      parameters,
      options,
      { lr, momentum, dampening, weightDecay, nesterov, maximize },
      { momentum: NOT_NEGATIVE, weightDecay: NOT_NEGATIVE },
    );
  }

  protected override check({ nesterov, momentum, dampening }: ParamGroup<Options>): void {
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw new RangeError("SGD: nesterov needs a momentum above 0 and no dampening");
    }
  }

  protected override update(parameter: Node, gradient: Node, group: ParamGroup<Options>, state: State): Node {
    let g = direction(parameter, gradient, group);
    if (group.momentum !== 0) {
      const first = !state.has("momentum_buffer");
      const before = state.value("momentum_buffer");
      // the first velocity is the gradient itself, without dampening
      const sum = ops.add(scaled(before, group.momentum), scaled(g, first ? 1 : 1 - group.dampening));
      const velocity = ops.withoutTiny(sum);
      state.assign("momentum_buffer", velocity);
      g = group.nesterov ? ops.add(g, scaled(velocity, group.momentum)) : velocity;
    }
    return ops.sub(parameter, scaled(g, group.lr));
  }
}

/** Gradient descent: v <- momentum v + (1 - dampening) g, p <- p - lr v; with `nesterov` p <- p - lr (g + momentum v).
 *  PyTorch's form: the learning rate is not part of v, and the first v is g. Polyak 1964; Nesterov's variant as in Sutskever
 *  et al. 2013, section 2.
 *
 *  @example new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9, nesterov: true }) */
export const SGD: Callable<typeof SGDOptimizer> = callable(SGDOptimizer, "SGD");
export type SGD = SGDOptimizer;
