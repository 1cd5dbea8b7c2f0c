// What the record says of an optimizer.

import { SGD } from "../../optim/index.js";
import type { GroupOptions, Optimizer } from "../../optim/optimizer.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { OptimizerInfo } from "../run.js";

type Group = GroupOptions & { momentum?: unknown; betas?: unknown; weightDecay?: unknown };

/** Momentum as the optimizer names it: SGD's and RMSprop's, or the first of the betas. */
export function momentumOf(group: Group): number | undefined {
  if (typeof group.momentum === "number") return group.momentum;
  return Array.isArray(group.betas) ? Number(group.betas[0]) : undefined;
}

export function describeOptimizer(optimizer: Optimizer<GroupOptions>, group: Group): OptimizerInfo {
  const momentum = momentumOf(group);
  return {
    kind: optimizer.constructor.name,
    learningRate: group.lr,
    ...(momentum !== undefined && { momentum }),
    ...(typeof group.weightDecay === "number" && { weightDecay: group.weightDecay }),
  };
}

/** The rate of the step p - lr g, as SGD takes it without momentum and weight decay: its length needs no second look at the
 *  weights. Undefined where these parameters take another one. */
export function plainRate(
  optimizer: Optimizer<GroupOptions>,
  parameters: readonly Tensor[],
): number | undefined {
  if (!(optimizer instanceof SGD)) return undefined;
  const group: Group | undefined = optimizer.paramGroups.find(({ params }) =>
    parameters.every((parameter) => params.includes(parameter as never)),
  );
  return group !== undefined && group.momentum === 0 && group.weightDecay === 0 ? group.lr : undefined;
}
