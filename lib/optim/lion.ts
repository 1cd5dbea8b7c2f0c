// Lion.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import { NOT_NEGATIVE, SHARE } from "./limits.js";
import { type GroupOptions, Optimizer, type Parameters, type ParamGroup, type State } from "./optimizer.js";
import { average, decayed, mix, scaled } from "./update.js";

export interface LionOptions {
  /** Learning rate (1e-4): about a tenth of what suits Adam. */
  lr?: number;
  /** Share of the momentum in the step, and share of it that is kept ([0.9, 0.99]). */
  betas?: readonly [number, number];
  /** Decoupled weight decay (0): ten times as much as with AdamW fits the smaller learning rate. */
  weightDecay?: number;
  /** Climb instead of descending (false). */
  maximize?: boolean;
}

type Options = GroupOptions & Required<LionOptions>;

class LionOptimizer extends Optimizer<Options> {
  constructor(parameters: Parameters<LionOptions>, options: LionOptions = {}) {
    const { lr = 1e-4, betas = [0.9, 0.99], weightDecay = 0, maximize = false } = options;
    super(
      parameters,
      options,
      { lr, betas, weightDecay, maximize },
      { betas: [SHARE, SHARE], weightDecay: NOT_NEGATIVE },
    );
  }

  protected override update(parameter: Node, gradient: Node, group: ParamGroup<Options>, state: State): Node {
    const g = group.maximize ? ops.neg(gradient) : gradient;
    const before = state.value("exp_avg");
    const sign = ops.sign(mix(before, g, group.betas[0]));
    average(state, "exp_avg", g, group.betas[1]);
    return ops.sub(decayed(parameter, group), scaled(sign, group.lr));
  }
}

/** Every number moves by lr, in the direction of the momentum's sign:
 *  p <- p (1 - lr weightDecay) - lr sign(β1 m + (1 - β1) g), then m <- β2 m + (1 - β2) g. One state instead of Adam's two.
 *  Chen et al. 2023, algorithm 2.
 *
 *  @example new optim.Lion(model.parameters(), { lr: 1e-4, weightDecay: 0.1 }) */
export const Lion: Callable<typeof LionOptimizer> = callable(LionOptimizer, "Lion");
export type Lion = LionOptimizer;
