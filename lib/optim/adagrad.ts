// Adagrad.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import { NOT_NEGATIVE } from "./limits.js";
import { type GroupOptions, Optimizer, type Parameters, type ParamGroup, type State } from "./optimizer.js";
import { direction, number, scaled } from "./update.js";

export interface AdagradOptions {
  /** Learning rate (1e-2). */
  lr?: number;
  /** The learning rate of step t is lr / (1 + (t - 1) lrDecay) (0). */
  lrDecay?: number;
  /** L2 penalty: weightDecay * parameter is added to the gradient (0). */
  weightDecay?: number;
  /** What the sum of squares starts with (0). */
  initialAccumulatorValue?: number;
  /** Added to the root of the sum (1e-10). */
  eps?: number;
  /** Climb instead of descending (false). */
  maximize?: boolean;
}

type Options = GroupOptions & Required<AdagradOptions>;

class AdagradOptimizer extends Optimizer<Options> {
  constructor(parameters: Parameters<AdagradOptions>, options: AdagradOptions = {}) {
    const {
      lr = 1e-2,
      lrDecay = 0,
      weightDecay = 0,
      initialAccumulatorValue = 0,
      eps = 1e-10,
      maximize = false,
    } = options;
    super(
      parameters,
      options,
      { lr, lrDecay, weightDecay, initialAccumulatorValue, eps, maximize },
      {
        lrDecay: NOT_NEGATIVE,
        weightDecay: NOT_NEGATIVE,
        initialAccumulatorValue: NOT_NEGATIVE,
        eps: NOT_NEGATIVE,
      },
    );
  }

  protected override update(parameter: Node, gradient: Node, group: ParamGroup<Options>, state: State): Node {
    const g = direction(parameter, gradient, group);
    const lr = group.lr / (1 + (state.count() - 1) * group.lrDecay);
    const before = state.value("sum", group.initialAccumulatorValue);
    const sum = ops.add(before, ops.mul(g, g));
    state.assign("sum", sum);
    return ops.sub(parameter, scaled(ops.div(g, ops.add(ops.sqrt(sum), number(group.eps))), lr));
  }
}

/** Steps that shrink faster where the slope is steep: s <- s + g², p <- p - lr g / (√s + eps). Duchi et al. 2011, equation 1
 *  with the diagonal of the matrix.
 *
 *  @example new optim.Adagrad(model.parameters(), { lr: 0.01 }) */
export const Adagrad: Callable<typeof AdagradOptimizer> = callable(AdagradOptimizer, "Adagrad");
export type Adagrad = AdagradOptimizer;
