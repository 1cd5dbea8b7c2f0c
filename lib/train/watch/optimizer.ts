// What the record says of an optimizer.

import type { GroupOptions, Optimizer } from "../../optim/optimizer.js";
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
