// Adadelta.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import { NOT_NEGATIVE, UP_TO_ONE } from "./limits.js";
import { type GroupOptions, Optimizer, type Parameters, type ParamGroup, type State } from "./optimizer.js";
import { average, direction, number, scaled } from "./update.js";

export interface AdadeltaOptions {
  /** Factor on the step (1). */
  lr?: number;
  /** Share that both averages keep (0.9). */
  rho?: number;
  /** Added under the roots (1e-6). */
  eps?: number;
  /** L2 penalty: weightDecay * parameter is added to the gradient (0). */
  weightDecay?: number;
  /** Climb instead of descending (false). */
  maximize?: boolean;
}

type Options = GroupOptions & Required<AdadeltaOptions>;

class AdadeltaOptimizer extends Optimizer<Options> {
  constructor(parameters: Parameters<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    const { lr = 1, rho = 0.9, eps = 1e-6, weightDecay = 0, maximize = false } = options;
    super(
      parameters,
      options,
      { lr, rho, eps, weightDecay, maximize },
      { rho: UP_TO_ONE, eps: NOT_NEGATIVE, weightDecay: NOT_NEGATIVE },
    );
  }

  protected override update(parameter: Node, gradient: Node, group: ParamGroup<Options>, state: State): Node {
    const { rho, lr } = group;
    const g = direction(parameter, gradient, group);
    const root = (x: Node): Node => ops.sqrt(ops.add(x, number(group.eps)));
    state.count();
    const square = average(state, "square_avg", ops.mul(g, g), rho);
    const before = state.value("acc_delta");
    const delta = ops.mul(ops.div(root(before), root(square)), g);
    average(state, "acc_delta", ops.mul(delta, delta), rho);
    return ops.sub(parameter, scaled(delta, lr));
  }
}

/** Steps in the parameter's own units: the gradient times the ratio of two running roots of squares, of past steps and of
 *  gradients. E[g²] <- ρ E[g²] + (1 - ρ) g², Δ = √(E[Δ²] + eps) / √(E[g²] + eps) g, p <- p - lr Δ. Zeiler 2012, algorithm 1.
 *
 *  @example new optim.Adadelta(model.parameters()) */
export const Adadelta: Callable<typeof AdadeltaOptimizer> = callable(AdadeltaOptimizer, "Adadelta");
export type Adadelta = AdadeltaOptimizer;
