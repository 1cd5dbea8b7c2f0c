// Adamax: Adam with the largest gradient instead of the root mean square.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import { NOT_NEGATIVE, SHARE } from "./limits.js";
import { type GroupOptions, Optimizer, type Parameters, type ParamGroup, type State } from "./optimizer.js";
import { average, direction, number, scaled } from "./update.js";

export interface AdamaxOptions {
  /** Learning rate (2e-3). */
  lr?: number;
  /** Decay of the average of the gradient, and of the largest gradient ([0.9, 0.999]). */
  betas?: readonly [number, number];
  /** Added to the size of each gradient (1e-8). */
  eps?: number;
  /** L2 penalty: weightDecay * parameter is added to the gradient (0). */
  weightDecay?: number;
  /** Climb instead of descending (false). */
  maximize?: boolean;
}

type Options = GroupOptions & Required<AdamaxOptions>;

class AdamaxOptimizer extends Optimizer<Options> {
  constructor(parameters: Parameters<AdamaxOptions>, options: AdamaxOptions = {}) {
    const { lr = 2e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, maximize = false } = options;
    super(
      parameters,
      options,
      { lr, betas, eps, weightDecay, maximize },
      { betas: [SHARE, SHARE], eps: NOT_NEGATIVE, weightDecay: NOT_NEGATIVE },
    );
  }

  protected override update(parameter: Node, gradient: Node, group: ParamGroup<Options>, state: State): Node {
    const [beta1, beta2] = group.betas;
    const g = direction(parameter, gradient, group);
    const step = state.count();
    const mean = average(state, "exp_avg", g, beta1);
    const before = state.value("exp_inf");
    const largest = ops.maximum(scaled(before, beta2), ops.add(ops.abs(g), number(group.eps)));
    state.assign("exp_inf", largest);
    return ops.sub(parameter, scaled(ops.div(mean, largest), group.lr / (1 - beta1 ** step)));
  }
}

/** m <- β1 m + (1 - β1) g, u <- max(β2 u, |g| + eps), p <- p - lr / (1 - β1ᵗ) m / u. Kingma and Ba 2015, algorithm 2 (with
 *  PyTorch's eps).
 *
 *  @example new optim.Adamax(model.parameters(), { lr: 2e-3 }) */
export const Adamax: Callable<typeof AdamaxOptimizer> = callable(AdamaxOptimizer, "Adamax");
export type Adamax = AdamaxOptimizer;
