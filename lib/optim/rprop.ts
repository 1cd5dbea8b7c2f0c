// Rprop: resilient propagation, for full batches.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import { type Limit, NOT_NEGATIVE } from "./limits.js";
import { type GroupOptions, Optimizer, type Parameters, type ParamGroup, type State } from "./optimizer.js";
import { number } from "./update.js";

export interface RpropOptions {
  /** The first step of every number (1e-2). */
  lr?: number;
  /** Factors on the step when the slope changes its sign, and when it keeps it ([0.5, 1.2]). */
  etas?: readonly [number, number];
  /** The smallest and the largest step ([1e-6, 50]). */
  stepSizes?: readonly [number, number];
  /** Climb instead of descending (false). */
  maximize?: boolean;
}

type Options = GroupOptions & Required<RpropOptions>;

const SHRINKS: Limit = { holds: (value) => value > 0 && value < 1, wanted: "in (0, 1)" };
const GROWS: Limit = { holds: (value) => value > 1, wanted: "a number > 1" };

class RpropOptimizer extends Optimizer<Options> {
  constructor(parameters: Parameters<RpropOptions>, options: RpropOptions = {}) {
    const { lr = 1e-2, etas = [0.5, 1.2], stepSizes = [1e-6, 50], maximize = false } = options;
    super(
      parameters,
      options,
      { lr, etas, stepSizes, maximize },
      { etas: [SHRINKS, GROWS], stepSizes: [NOT_NEGATIVE, NOT_NEGATIVE] },
    );
  }

  protected override update(parameter: Node, gradient: Node, group: ParamGroup<Options>, state: State): Node {
    const [shrink, grow] = group.etas.map(number) as [Node, Node];
    const [smallest, largest] = group.stepSizes.map(number) as [Node, Node];
    const zero = number(0);
    const g = group.maximize ? ops.neg(gradient) : gradient;
    state.count();
    const agreement = ops.mul(g, state.value("prev"));
    const turned = ops.lt(agreement, zero);
    const factor = ops.where(turned, shrink, ops.where(ops.gt(agreement, zero), grow, number(1)));
    const before = state.value("step_size", group.lr);
    const stepSize = ops.minimum(ops.maximum(ops.mul(before, factor), smallest), largest);
    state.assign("step_size", stepSize);
    // where the sign has turned, one step is left out
    const used = ops.where(turned, zero, g);
    state.assign("prev", ops.identity(used));
    return ops.sub(parameter, ops.mul(ops.sign(used), stepSize));
  }
}

/** Only the sign of the slope counts, and each number has a step of its own, which grows while the sign stays and shrinks when
 *  it turns. For gradients of the whole training set: the noise of batches turns signs. Riedmiller and Braun 1993 (the variant
 *  without going back, iRprop-).
 *
 *  @example new optim.Rprop(model.parameters(), { lr: 0.01 }) */
export const Rprop: Callable<typeof RpropOptimizer> = callable(RpropOptimizer, "Rprop");
export type Rprop = RpropOptimizer;
