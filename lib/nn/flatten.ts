// Joining axes.

import { type Callable, callable } from "../module/callable.js";
import { Module } from "../module/module.js";
import type { Tensor } from "../tensor/tensor.js";

class FlattenModule extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(options: { startDim?: number; endDim?: number } = {}) {
    super();
    this.startDim = options.startDim ?? 1;
    this.endDim = options.endDim ?? -1;
  }

  forward(x: Tensor): Tensor {
    return x.flatten({ startDim: this.startDim, endDim: this.endDim });
  }

  override extraRepr(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}

/** Joins the axes from `startDim` (1) to `endDim` (-1): [N, 1, 28, 28] -> [N, 784].
 *
 *  @example nn.Flatten()(tensor.zeros(32, 1, 28, 28)).shape // [32, 784] */
export const Flatten: Callable<typeof FlattenModule> = callable(FlattenModule, "Flatten");
export type Flatten = FlattenModule;
