// ASGD: gradient descent whose parameters are averaged.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import { NOT_NEGATIVE } from "./limits.js";
import { type GroupOptions, Optimizer, type Parameters, type ParamGroup, type State } from "./optimizer.js";
import { direction, scaled } from "./update.js";

export interface ASGDOptions {
  /** Learning rate (1e-2). */
  lr?: number;
  /** Decay of the parameters (1e-4). */
  lambd?: number;
  /** How fast the steps shrink: step t is lr / (1 + lambd lr t)^alpha (0.75). */
  alpha?: number;
  /** The step from which on parameters are averaged (1e6). */
  t0?: number;
  /** L2 penalty: weightDecay * parameter is added to the gradient (0). */
  weightDecay?: number;
  /** Climb instead of descending (false). */
  maximize?: boolean;
}

type Options = GroupOptions & Required<ASGDOptions>;

class ASGDOptimizer extends Optimizer<Options> {
  constructor(parameters: Parameters<ASGDOptions>, options: ASGDOptions = {}) {
    const { lr = 1e-2, lambd = 1e-4, alpha = 0.75, t0 = 1e6, weightDecay = 0, maximize = false } = options;
    super(
      parameters,
      options,
      { lr, lambd, alpha, t0, weightDecay, maximize },
      { weightDecay: NOT_NEGATIVE },
    );
  }

  protected override update(parameter: Node, gradient: Node, group: ParamGroup<Options>, state: State): Node {
    const { lr, lambd, alpha, t0 } = group;
    const g = direction(parameter, gradient, group);
    const step = state.count();
    let eta = lr;
    let mu = 1;
    // both are for the next step
    state.update("eta", lr, (now) => {
      eta = now;
      return lr / (1 + lambd * lr * step) ** alpha;
    });
    state.update("mu", 1, (now) => {
      mu = now;
      return 1 / Math.max(1, step - t0);
    });
    const next = ops.sub(scaled(parameter, 1 - lambd * eta), scaled(g, eta));
    const average = state.value("ax");
    state.assign("ax", ops.add(scaled(average, 1 - mu), scaled(next, mu)));
    return next;
  }
}

/** Averaged stochastic gradient descent: p <- p (1 - lambd η) - η g with η = lr / (1 + lambd lr t)^alpha; the average of the
 *  parameters from step t0 on is kept in the state as `ax`. Polyak and Juditsky 1992.
 *
 *  For averages with other optimizers see `optim.swaUtils.AveragedModel`.
 *
 *  ```ts
 *  const model = nn.Linear(2, 1);
 *  const optimizer = new optim.ASGD(model.parameters(), { lr: 0.01 });
 *  optimizer.paramGroups[0].lr // -> 0.01
 *  ``` */
export const ASGD: Callable<typeof ASGDOptimizer> = callable(ASGDOptimizer, "ASGD");
export type ASGD = ASGDOptimizer;
