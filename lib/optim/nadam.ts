// NAdam: Adam with Nesterov's momentum.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import { NOT_NEGATIVE, SHARE } from "./limits.js";
import { type GroupOptions, Optimizer, type Parameters, type ParamGroup, type State } from "./optimizer.js";
import { average, decayed, direction, number, scaled } from "./update.js";

export interface NAdamOptions {
  /** Learning rate (2e-3). */
  lr?: number;
  /** Decay of the averages of the gradient and of its square ([0.9, 0.999]). */
  betas?: readonly [number, number];
  /** Added to the root of the second average (1e-8). */
  eps?: number;
  /** L2 penalty: weightDecay * parameter is added to the gradient (0). */
  weightDecay?: number;
  /** How fast the momentum grows towards betas[0] (4e-3). */
  momentumDecay?: number;
  /** Shrink the parameter by lr * weightDecay instead of adding to the gradient (false). */
  decoupledWeightDecay?: boolean;
  /** Climb instead of descending (false). */
  maximize?: boolean;
}

type Options = GroupOptions & Required<NAdamOptions>;

class NAdamOptimizer extends Optimizer<Options> {
  constructor(parameters: Parameters<NAdamOptions>, options: NAdamOptions = {}) {
    const {
      lr = 2e-3,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0,
      momentumDecay = 4e-3,
      decoupledWeightDecay = false,
      maximize = false,
    } = options;
    super(
      parameters,
      options,
      { lr, betas, eps, weightDecay, momentumDecay, decoupledWeightDecay, maximize },
      {
        betas: [SHARE, SHARE],
        eps: NOT_NEGATIVE,
        weightDecay: NOT_NEGATIVE,
        momentumDecay: NOT_NEGATIVE,
      },
    );
  }

  protected override update(parameter: Node, gradient: Node, group: ParamGroup<Options>, state: State): Node {
    const { decoupledWeightDecay: decoupled, betas, lr } = group;
    const g = direction(parameter, gradient, decoupled ? { ...group, weightDecay: 0 } : group);
    const start = decoupled ? decayed(parameter, group) : parameter;
    const step = state.count();
    const momentumAt = (t: number): number => betas[0] * (1 - 0.5 * 0.96 ** (t * group.momentumDecay));
    const [now, next] = [momentumAt(step), momentumAt(step + 1)];
    const product = state.update("mu_product", 1, (value) => value * now);
    const mean = average(state, "exp_avg", g, betas[0]);
    const square = average(state, "exp_avg_sq", ops.mul(g, g), betas[1]);
    const root = ops.add(ops.sqrt(scaled(square, 1 / (1 - betas[1] ** step))), number(group.eps));
    const ahead = ops.add(
      scaled(g, (lr * (1 - now)) / (1 - product)),
      scaled(mean, (lr * next) / (1 - product * next)),
    );
    return ops.sub(start, ops.div(ahead, root));
  }
}

/** Adam that looks ahead along its momentum: with μ_t = β1 (1 - 0.5 · 0.96^(t momentumDecay)),
 *  p <- p - lr ((1 - μ_t) g / (1 - Π μ) + μ_{t+1} m / (1 - μ_{t+1} Π μ)) / (√(v / (1 - β2ᵗ)) + eps).
 *  Dozat 2016, algorithm 2. As PyTorch since 2.0; its single-tensor code had one μ_t too many in the second product before.
 *
 *  @example new optim.NAdam(model.parameters(), { lr: 2e-3 }) */
export const NAdam: Callable<typeof NAdamOptimizer> = callable(NAdamOptimizer, "NAdam");
export type NAdam = NAdamOptimizer;
