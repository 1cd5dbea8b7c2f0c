// Local response normalisation: each channel divided by the size of its neighbours.

import * as ops from "../graph/ops/index.js";
import { formatShape } from "../graph/shape.js";
import { type Callable, callable } from "../module/callable.js";
import { formatNumber } from "../module/format.js";
import { Module } from "../module/module.js";
import { checkFunctionOptions } from "../module/options.js";
import { Tensor } from "../tensor/tensor.js";

export interface LocalResponseNormOptions {
  /** Factor of the mean square (1e-4). */
  alpha?: number;
  /** The exponent (0.75). */
  beta?: number;
  /** Added to the mean square (1). */
  k?: number;
}

/** x / (k + alpha * mean square of the `size` channels around each)^beta; channels beyond the ends count as 0. x [N, C, ...].
 *
 *  ```ts
 *  F.localResponseNorm(tensor([[[2], [0]]]), 2, { alpha: 1, beta: 1 }).flatten() // -> [0.6667, 0]
 *  ``` */
export function localResponseNorm(x: Tensor, size: number, options: LocalResponseNormOptions = {}): Tensor {
  checkFunctionOptions("localResponseNorm", options, ["alpha", "beta", "k"]);
  const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
  if (x.ndim < 3) throw new RangeError(`localResponseNorm: needs [N, C, ...], got ${formatShape(x.shape)}`);
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`localResponseNorm: size must be a whole number from 1, got ${size}`);
  }
  const channels = x.shape[1]!;
  const before = x.shape.map((_, i) => (i === 1 ? Math.floor(size / 2) : 0));
  const squares = Tensor.from(ops.pad(x.square().node, before, x.shape.with(1, channels + size - 1)));
  const sum = Array.from({ length: size }, (_, i) => squares.narrow(1, i, channels)).reduce((a, b) =>
    a.add(b),
  );
  return x.div(
    sum
      .mul(alpha / size)
      .add(k)
      .pow(beta),
  );
}

class LocalResponseNormModule extends Module {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super();
    this.size = size;
    this.alpha = options.alpha ?? 1e-4;
    this.beta = options.beta ?? 0.75;
    this.k = options.k ?? 1;
  }

  /** [N, C, ...] -> the same shape */
  forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.size, this);
  }

  override extraRepr(): string {
    return `${this.size}, alpha=${formatNumber(this.alpha)}, beta=${this.beta}, k=${this.k}`;
  }
}

/** Each channel divided by the size of the `size` channels around it: x / (k + alpha * mean square)^beta. [N, C, ...].
 *  Krizhevsky et al. 2012, section 3.3.
 *
 *  ```ts
 *  nn.LocalResponseNorm(2, { alpha: 1, beta: 1 })(tensor([[[2], [0]]])).flatten() // -> [0.6667, 0]
 *  ``` */
export const LocalResponseNorm: Callable<typeof LocalResponseNormModule> = callable(
  LocalResponseNormModule,
  "LocalResponseNorm",
);
export type LocalResponseNorm = LocalResponseNormModule;
