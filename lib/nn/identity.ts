// The layer that does nothing.

import { type Callable, callable } from "../module/callable.js";
import { Module } from "../module/module.js";
import type { Tensor } from "../tensor/tensor.js";

class IdentityModule extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}

/** Gives its input back: a place holder for a layer that is left out.
 *
 *  @example nn.Identity()(tensor([1, 2])) // [1, 2] */
export const Identity: Callable<typeof IdentityModule> = callable(IdentityModule, "Identity");
export type Identity = IdentityModule;
