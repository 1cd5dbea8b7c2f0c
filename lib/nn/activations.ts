// Activation functions as layers. Each works elementwise and keeps the shape.

import { type Callable, callable } from "../module/callable.js";
import { Module } from "../module/module.js";
import type { Tensor } from "../tensor/tensor.js";
import * as F from "./functional.js";

class ReLUModule extends Module {
  forward(x: Tensor): Tensor {
    return F.relu(x);
  }
}
/** max(0, x). Derivative 0 for x <= 0: units can fall silent. */
export const ReLU: Callable<typeof ReLUModule> = callable(ReLUModule, "ReLU");
export type ReLU = ReLUModule;

class SigmoidModule extends Module {
  forward(x: Tensor): Tensor {
    return F.sigmoid(x);
  }
}
/** 1 / (1 + exp(-x)). Saturates on both sides; its derivative is at most 1/4. */
export const Sigmoid: Callable<typeof SigmoidModule> = callable(SigmoidModule, "Sigmoid");
export type Sigmoid = SigmoidModule;

class TanhModule extends Module {
  forward(x: Tensor): Tensor {
    return F.tanh(x);
  }
}
/** The hyperbolic tangent. */
export const Tanh: Callable<typeof TanhModule> = callable(TanhModule, "Tanh");
export type Tanh = TanhModule;

class SiLUModule extends Module {
  forward(x: Tensor): Tensor {
    return F.silu(x);
  }
}
/** x * sigmoid(x), also known as Swish. Smooth; its minimum is -0.278 at x = -1.278. */
export const SiLU: Callable<typeof SiLUModule> = callable(SiLUModule, "SiLU");
export type SiLU = SiLUModule;
