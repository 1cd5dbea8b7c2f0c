// The one number that gradients are taken of: the sum of all floating outputs, each element times a fixed weight.

import * as gb from "gradbook";
import { weightAt } from "./golden.js";

/** sum(output * weights) over the floating outputs, the weights running on from one to the next. */
export function weightedSum(outputs: readonly gb.Tensor[]): gb.Tensor {
  let from = 0;
  const sums: gb.Tensor[] = [];
  for (const output of outputs) {
    if (output.dtype !== "float32") continue;
    const start = from;
    const count = output.numel();
    from += count;
    const weights = gb.tensor(Float32Array.from({ length: count }, (_, i) => weightAt(start + i)));
    sums.push(output.mul(weights.reshape(output.shape)).sum());
  }
  return sums.reduce((total, sum) => total.add(sum));
}

/** The same number from values that were read, added up in float64. */
export function weightedSumOf(outputs: readonly gb.Tensor[]): number {
  let total = 0;
  let i = 0;
  for (const output of outputs) {
    if (output.dtype !== "float32") continue;
    for (const value of output.toTypedArray()) total += value * weightAt(i++);
  }
  return total;
}
