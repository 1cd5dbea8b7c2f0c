// The momentum that cycles against the learning rate: `momentum`, or betas[0] of Adam's family.

import type { AnyOptimizer, ScheduledGroup } from "./scheduler.js";

export function requireMomentum(optimizer: AnyOptimizer, scheduler: string): void {
  if ("momentum" in optimizer.defaults || "betas" in optimizer.defaults) return;
  const name = optimizer.constructor.name;
  throw new TypeError(`${scheduler}: ${name} has no momentum to cycle; pass { cycleMomentum: false }`);
}

export function setMomentum(group: ScheduledGroup, momentum: number): void {
  if (group.betas === undefined) group.momentum = momentum;
  else group.betas = [momentum, group.betas[1]];
}
