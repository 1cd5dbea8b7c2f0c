// RAdam: Adam that waits until its second average can be trusted.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import { NOT_NEGATIVE, SHARE } from "./limits.js";
import { type GroupOptions, Optimizer, type Parameters, type ParamGroup, type State } from "./optimizer.js";
import { average, decayed, direction, number, scaled } from "./update.js";

export interface RAdamOptions {
  /** Learning rate (1e-3). */
  lr?: number;
  /** Decay of the averages of the gradient and of its square ([0.9, 0.999]). */
  betas?: readonly [number, number];
  /** Added to the root of the second average (1e-8). */
  eps?: number;
  /** L2 penalty: weightDecay * parameter is added to the gradient (0). */
  weightDecay?: number;
  /** Shrink the parameter by lr * weightDecay instead of adding to the gradient (false). */
  decoupledWeightDecay?: boolean;
  /** Climb instead of descending (false). */
  maximize?: boolean;
}

type Options = GroupOptions & Required<RAdamOptions>;

/** What the bias-corrected mean is divided by is `slope` * (root + eps) + `offset`: the rectified root of the second average
 *  once there are enough samples, plain 1 before. Numbers, so that the step's plan does not change when that happens. */
function rectification(step: number, beta2: number): { slope: number; offset: number } {
  const most = 2 / (1 - beta2) - 1;
  const correction = 1 - beta2 ** step;
  const length = most - (2 * step * beta2 ** step) / correction;
  if (length <= 5) return { slope: 0, offset: 1 };
  const rectified = ((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length);
  return { slope: 1 / Math.sqrt(rectified * correction), offset: 0 };
}

class RAdamOptimizer extends Optimizer<Options> {
  constructor(parameters: Parameters<RAdamOptions>, options: RAdamOptions = {}) {
    const {
      lr = 1e-3,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0,
      decoupledWeightDecay = false,
      maximize = false,
    } = options;
    super(
      parameters,
      options,
      { lr, betas, eps, weightDecay, decoupledWeightDecay, maximize },
      { betas: [SHARE, SHARE], eps: NOT_NEGATIVE, weightDecay: NOT_NEGATIVE },
    );
  }

  protected override update(parameter: Node, gradient: Node, group: ParamGroup<Options>, state: State): Node {
    const { decoupledWeightDecay: decoupled, betas, lr } = group;
    const g = direction(parameter, gradient, decoupled ? { ...group, weightDecay: 0 } : group);
    const start = decoupled ? decayed(parameter, group) : parameter;
    const step = state.count();
    const mean = average(state, "exp_avg", g, betas[0]);
    const square = average(state, "exp_avg_sq", ops.mul(g, g), betas[1]);
    const { slope, offset } = rectification(step, betas[1]);
    const root = ops.add(ops.sqrt(square), number(group.eps));
    const divisor = ops.add(scaled(root, slope), number(offset));
    return ops.sub(start, scaled(ops.div(mean, divisor), lr / (1 - betas[0] ** step)));
  }
}

/** Adam with a rectified second average: while fewer than about 5 samples make it up (ρ_t <= 5), plain momentum
 *  p <- p - lr m̂; then p <- p - lr r_t m̂ √(1 - β2ᵗ) / (√v + eps). A warm-up of its own. Liu et al. 2020, algorithm 2 (with
 *  PyTorch's threshold of 5 instead of 4).
 *
 *  @example new optim.RAdam(model.parameters(), { lr: 1e-3 }) */
export const RAdam: Callable<typeof RAdamOptimizer> = callable(RAdamOptimizer, "RAdam");
export type RAdam = RAdamOptimizer;
