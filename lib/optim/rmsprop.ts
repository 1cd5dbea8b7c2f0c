// RMSprop.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import { NOT_NEGATIVE } from "./limits.js";
import { type GroupOptions, Optimizer, type Parameters, type ParamGroup, type State } from "./optimizer.js";
import { average, direction, number, scaled } from "./update.js";

export interface RMSpropOptions {
  /** Learning rate (1e-2). */
  lr?: number;
  /** Share of the average of squares that is kept (0.99). */
  alpha?: number;
  /** Added to the root of the average (1e-8). */
  eps?: number;
  /** L2 penalty: weightDecay * parameter is added to the gradient (0). */
  weightDecay?: number;
  /** Share of the velocity that is kept (0). */
  momentum?: number;
  /** Divide by the standard deviation of the gradient instead of its root mean square (false). */
  centered?: boolean;
  /** Climb instead of descending (false). */
  maximize?: boolean;
}

type Options = GroupOptions & Required<RMSpropOptions>;

class RMSpropOptimizer extends Optimizer<Options> {
  constructor(parameters: Parameters<RMSpropOptions>, options: RMSpropOptions = {}) {
    const {
      lr = 1e-2,
      alpha = 0.99,
      eps = 1e-8,
      weightDecay = 0,
      momentum = 0,
      centered = false,
      maximize = false,
    } = options;
    super(
      parameters,
      options,
      { lr, alpha, eps, weightDecay, momentum, centered, maximize },
      { alpha: NOT_NEGATIVE, eps: NOT_NEGATIVE, weightDecay: NOT_NEGATIVE, momentum: NOT_NEGATIVE },
    );
  }

  protected override update(parameter: Node, gradient: Node, group: ParamGroup<Options>, state: State): Node {
    const { alpha, momentum, centered, lr } = group;
    const g = direction(parameter, gradient, group);
    state.count();
    let square = average(state, "square_avg", ops.mul(g, g), alpha);
    if (centered) {
      const mean = average(state, "grad_avg", g, alpha);
      // rounding must not make a variance negative
      square = ops.maximum(ops.sub(square, ops.mul(mean, mean)), number(0));
    }
    let change = ops.div(g, ops.add(ops.sqrt(square), number(group.eps)));
    if (momentum > 0) {
      const before = state.value("momentum_buffer");
      change = ops.withoutTiny(ops.add(scaled(before, momentum), change));
      state.assign("momentum_buffer", change);
    }
    return ops.sub(parameter, scaled(change, lr));
  }
}

/** The gradient over a running root mean square of gradients: s <- α s + (1 - α) g², p <- p - lr g / (√s + eps); with
 *  momentum, v <- momentum v + g / (√s + eps), p <- p - lr v. Hinton 2012, lecture 6e; `centered`: Graves 2013, equations 38 to
 *  45. A centred variance that rounding makes negative counts as 0, where PyTorch gives NaN.
 *
 *  @example new optim.RMSprop(model.parameters(), { lr: 0.001, alpha: 0.9 }) */
export const RMSprop: Callable<typeof RMSpropOptimizer> = callable(RMSpropOptimizer, "RMSprop");
export type RMSprop = RMSpropOptimizer;
