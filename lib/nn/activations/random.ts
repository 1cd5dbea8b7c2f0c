// Activations with random numbers in them: RReLU's slopes, Gumbel's noise.

import { differentiable, type Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { type Callable, callable } from "../../module/callable.js";
import { formatNumber } from "../../module/format.js";
import { Module } from "../../module/module.js";
import { checkFunctionOptions } from "../../module/options.js";
import { checkNames } from "../../tensor/arguments.js";
import { uniform } from "../../tensor/random/device.js";
import { Tensor } from "../../tensor/tensor.js";
import { floatNode, number } from "./common.js";
import { leakyRelu } from "./rectifiers.js";

export interface RReluOptions {
  /** The smallest slope (1/8). */
  lower?: number;
  /** The largest slope (1/3). */
  upper?: number;
}

/** x for x > 0, else a slope times x: in training a random one from [lower, upper) for each number, otherwise their middle.
 *  Shape of x.
 *
 *  ```ts
 *  F.rrelu(tensor([-1, 2]), { lower: 0.1, upper: 0.3 }) // -> [-0.2, 2]
 *  ``` */
export function rrelu(x: Tensor, options: RReluOptions & { training?: boolean } = {}): Tensor {
  checkFunctionOptions("rrelu", options, ["lower", "upper", "training"]);
  const { lower = 1 / 8, upper = 1 / 3, training = false } = options;
  const input = floatNode(x, "rrelu");
  if (!(lower <= upper)) {
    throw new RangeError(`rrelu: lower must not exceed upper, got lower = ${lower}, upper = ${upper}`);
  }
  if (!training) return leakyRelu(x, { negativeSlope: (lower + upper) / 2 });
  const slopes = ops.add(ops.mul(uniform(x.shape), number(upper - lower)), number(lower));
  const positive = ops.gt(input, number(0));
  const along = (node: Node): Node => ops.where(positive, node, ops.mul(node, slopes));
  return Tensor.from(
    differentiable(
      "rrelu",
      [input],
      () => along(input),
      ({ gradient }) => [along(gradient)],
    ),
  );
}

class RReLUModule extends Module {
  readonly lower: number;
  readonly upper: number;

  constructor(options: RReluOptions = {}) {
    super();
    checkNames("RReLU", options, ["lower", "upper"]);
    this.lower = options.lower ?? 1 / 8;
    this.upper = options.upper ?? 1 / 3;
  }

  forward(x: Tensor): Tensor {
    return rrelu(x, this);
  }

  override extraRepr(): string {
    return `lower=${formatNumber(this.lower)}, upper=${formatNumber(this.upper)}`;
  }
}

/** x for x > 0, else a slope times x: while training a random one from [lower, upper) = [1/8, 1/3), in eval() their middle.
 *  Xu et al. 2015.
 *
 *  ```ts
 *  nn.RReLU({ lower: 0.1, upper: 0.3 }).eval()(tensor([-1, 2])) // -> [-0.2, 2]
 *  ``` */
export const RReLU: Callable<typeof RReLUModule> = callable(RReLUModule, "RReLU");
export type RReLU = RReLUModule;

export interface GumbelSoftmaxOptions {
  /** The temperature: small ones give samples that are nearly one-hot (1). */
  tau?: number;
  /** One-hot samples, with the gradient of the soft ones (false). */
  hard?: boolean;
  /** The dim along which the results add up to 1 (-1). */
  dim?: number;
}

/** A random sample of the categories whose logits are given, in a form that has a gradient: the softmax of (logits + g) / tau
 *  with Gumbel noise g. Shape of the logits. Jang et al. 2017; Maddison et al. 2017.
 *
 *  ```ts
 *  F.gumbelSoftmax(tensor.zeros(4, 3), { hard: true }).sum(1) // -> [1, 1, 1, 1]
 *  ``` */
export function gumbelSoftmax(logits: Tensor, options: GumbelSoftmaxOptions = {}): Tensor {
  checkFunctionOptions("gumbelSoftmax", options, ["tau", "hard", "dim"]);
  const { tau = 1, hard = false, dim = -1 } = options;
  floatNode(logits, "gumbelSoftmax");
  // the smallest number drawn is 0, whose logarithm is not finite
  const drawn = Tensor.from(uniform(logits.shape)).clamp({ min: 2 ** -25 });
  const noise = drawn.log().neg().log().neg();
  const soft = logits.add(noise).div(tau).softmax(dim);
  if (!hard) return soft;
  const size = logits.size(dim);
  const places = Tensor.from(ops.iota(size)).reshape(
    logits.shape.map((_, i) => (i === (dim + logits.ndim) % logits.ndim ? size : 1)),
  );
  const chosen = soft.detach().argmax(dim, { keepdim: true }).eq(places).float();
  return chosen.sub(soft.detach()).add(soft);
}
