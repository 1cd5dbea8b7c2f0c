// Adam, and what AdamW shares with it.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import { NOT_NEGATIVE, SHARE } from "./limits.js";
import { type GroupOptions, Optimizer, type Parameters, type ParamGroup, type State } from "./optimizer.js";
import { average, decayed, direction, number, scaled } from "./update.js";

export interface AdamOptions {
  /** Learning rate (1e-3). */
  lr?: number;
  /** Decay of the averages of the gradient and of its square ([0.9, 0.999]). */
  betas?: readonly [number, number];
  /** Added to the root of the second average (1e-8). */
  eps?: number;
  /** L2 penalty: weightDecay * parameter is added to the gradient (0). */
  weightDecay?: number;
  /** Use the largest second average so far (false). */
  amsgrad?: boolean;
  /** Climb instead of descending (false). */
  maximize?: boolean;
  /** Shrink the parameter by lr * weightDecay instead of adding to the gradient: AdamW (false). */
  decoupledWeightDecay?: boolean;
}

type Options = GroupOptions & Required<AdamOptions>;

export class AdamOptimizer extends Optimizer<Options> {
  constructor(parameters: Parameters<AdamOptions>, options: AdamOptions = {}) {
    const {
      lr = 1e-3,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0,
      amsgrad = false,
      maximize = false,
      decoupledWeightDecay = false,
    } = options;
    super(
      parameters,
      options,
      { lr, betas, eps, weightDecay, amsgrad, maximize, decoupledWeightDecay },
      { betas: [SHARE, SHARE], eps: NOT_NEGATIVE, weightDecay: NOT_NEGATIVE },
    );
  }

  protected override update(parameter: Node, gradient: Node, group: ParamGroup<Options>, state: State): Node {
    const { decoupledWeightDecay: decoupled, betas } = group;
    const g = direction(parameter, gradient, decoupled ? { ...group, weightDecay: 0 } : group);
    const start = decoupled ? decayed(parameter, group) : parameter;
    const step = state.count();
    const mean = average(state, "exp_avg", g, betas[0]);
    let square = average(state, "exp_avg_sq", ops.mul(g, g), betas[1]);
    if (group.amsgrad) {
      const largest = state.value("max_exp_avg_sq");
      square = ops.maximum(largest, square);
      state.assign("max_exp_avg_sq", square);
    }
    const root = ops.add(scaled(ops.sqrt(square), 1 / Math.sqrt(1 - betas[1] ** step)), number(group.eps));
    return ops.sub(start, scaled(ops.div(mean, root), group.lr / (1 - betas[0] ** step)));
  }
}

/** Steps scaled by running averages of the gradient g and of its square, corrected for their start at 0:
 *  m <- β1 m + (1 - β1) g, v <- β2 v + (1 - β2) g², p <- p - lr (m / (1 - β1ᵗ)) / (√(v / (1 - β2ᵗ)) + eps).
 *  Kingma and Ba 2015, algorithm 1 (with eps outside the root); `amsgrad`: Reddi et al. 2018, algorithm 2.
 *
 *  @example new optim.Adam(model.parameters(), { lr: 1e-3 }) */
export const Adam: Callable<typeof AdamOptimizer> = callable(AdamOptimizer, "Adam");
export type Adam = AdamOptimizer;
