// Fan-in and fan-out: how many numbers feed an output of a layer, and how many outputs an input feeds.

import { formatShape } from "../graph/shape.js";
import type { Tensor } from "../tensor/tensor.js";

export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** For a weight [out, in, ...receptive field], as PyTorch lays weights out.
 *  @example init.fansOf(nn.Linear(4, 8).weight, "example") // -> { fanIn: 4, fanOut: 8 } */
export function fansOf(weight: Tensor, what: string): Fans {
  const [out, input, ...field] = weight.shape;
  if (out === undefined || input === undefined) {
    throw new RangeError(
      `${what}: fan-in and fan-out need at least 2 dims, got ${formatShape(weight.shape)}; for a bias use zeros_`,
    );
  }
  const receptive = field.reduce((product, n) => product * n, 1);
  return { fanIn: input * receptive, fanOut: out * receptive };
}
