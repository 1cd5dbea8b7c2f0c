// AdamW: Adam with decoupled weight decay.

import { type Callable, callable } from "../module/callable.js";
import { AdamOptimizer, type AdamOptions } from "./adam.js";
import { checkIsObject } from "./limits.js";
import type { Parameters } from "./optimizer.js";

/** Adam's options; weightDecay is 0.01 by default. */
export type AdamWOptions = Omit<AdamOptions, "decoupledWeightDecay">;

class AdamWOptimizer extends AdamOptimizer {
  constructor(parameters: Parameters<AdamWOptions>, options: AdamWOptions = {}) {
    checkIsObject("AdamW", options);
    const { weightDecay = 1e-2 } = options;
    super(parameters, { ...options, weightDecay, decoupledWeightDecay: true });
  }
}

/** Adam whose weight decay does not pass through the averages: first p <- p (1 - lr weightDecay), then Adam's step.
 *  Loshchilov and Hutter 2019, algorithm 2.
 *
 *  @example new optim.AdamW(model.parameters(), { lr: 1e-3, weightDecay: 0.01 }) */
export const AdamW: Callable<typeof AdamWOptimizer> = callable(AdamWOptimizer, "AdamW");
export type AdamW = AdamWOptimizer;
