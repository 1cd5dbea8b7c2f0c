// Adam.

import { type Node, scalarNode } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { type Callable, callable } from "../module/callable.js";
import {
  type GroupOptions,
  Optimizer,
  type ParameterState,
  type Parameters,
  type ParamGroup,
} from "./optimizer.js";

export interface AdamOptions {
  /** Learning rate (1e-3). */
  lr?: number;
  /** Decay of the averages of the gradient and of its square. */
  betas?: readonly [number, number];
  /** Added to the root of the second average. */
  eps?: number;
  /** L2 penalty: weightDecay * parameter is added to the gradient. */
  weightDecay?: number;
  /** Use the largest second average so far. */
  amsgrad?: boolean;
  /** Climb instead of descending. */
  maximize?: boolean;
}

type Options = GroupOptions & Required<AdamOptions>;

const number = (value: number): Node => scalarNode(value, "float32");

class AdamOptimizer extends Optimizer<Options> {
  constructor(parameters: Parameters<AdamOptions>, options: AdamOptions = {}) {
    const {
      lr = 1e-3,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0,
      amsgrad = false,
      maximize = false,
    } = options;
    betas.forEach((beta, i) => {
      if (!(beta >= 0 && beta < 1)) throw new RangeError(`Adam: betas[${i}] must be in [0, 1), got ${beta}`);
    });
    super(parameters, { lr, betas, eps, weightDecay, amsgrad, maximize });
  }

  protected override update(
    parameter: Node,
    gradient: Node,
    group: ParamGroup<Options>,
    state: ParameterState,
  ): Node {
    let g = group.maximize ? ops.neg(gradient) : gradient;
    if (group.weightDecay !== 0) g = ops.add(g, ops.mul(parameter, number(group.weightDecay)));
    const [beta1, beta2] = group.betas;
    const zero = (): Node => ops.full(parameter.shape, 0, "float32");
    const average = (name: string, sample: Node, beta: number): Node => {
      const value = ops.add(
        ops.mul(state.value(name, zero), number(beta)),
        ops.mul(sample, number(1 - beta)),
      );
      state.assign(name, value);
      return value;
    };
    const mean = average("mean", g, beta1);
    let square = average("square", ops.mul(g, g), beta2);
    if (group.amsgrad) {
      square = ops.maximum(state.value("largestSquare", zero), square);
      state.assign("largestSquare", square);
    }
    const correction1 = 1 - beta1 ** state.steps;
    const correction2 = 1 - beta2 ** state.steps;
    const root = ops.add(ops.mul(ops.sqrt(square), number(1 / Math.sqrt(correction2))), number(group.eps));
    return ops.sub(parameter, ops.mul(ops.div(mean, root), number(group.lr / correction1)));
  }
}

/** Steps scaled by running averages of the gradient and of its square, corrected for their start at zero. Kingma and Ba
 *  2015, algorithm 1 (with PyTorch's eps outside the root).
 *
 *  @example new optim.Adam(model.parameters(), { lr: 1e-3 }) */
export const Adam: Callable<typeof AdamOptimizer> = callable(AdamOptimizer, "Adam");
export type Adam = AdamOptimizer;
