// How one layer treats a whole batch: the input sums of all examples, and the numbers of its batch normalisation.

import type { Node } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { Tensor } from "../../tensor/tensor.js";
import type { WatchedLayer } from "../layers.js";
import type { LayerBatch, Slice } from "../microscope-data.js";

/** Most numbers that are sent for one layer. */
const MOST = 262_144;

/** The input sums of a fully connected layer, with its batch normalisation's numbers; `add` puts values into the buffer. */
export function batchOf(
  { batchNorm }: WatchedLayer,
  sum: Node,
  add: (values: Tensor) => Slice,
): LayerBatch | undefined {
  const [size, units, ...more] = sum.shape;
  if (size === undefined || units === undefined || more.length > 0 || size * units > MOST) return undefined;
  const sums = add(Tensor.from(ops.detached(sum)));
  if (batchNorm === undefined) return { units, sums };
  const { eps, weight, bias, runningMean, runningVar } = batchNorm as unknown as {
    readonly eps: number;
    readonly [name: string]: unknown;
  };
  const slices = Object.entries({ weight, bias, runningMean, runningVariance: runningVar }).flatMap(
    ([name, values]) => (values instanceof Tensor ? [[name, add(values.detach())] as const] : []),
  );
  return { units, sums, normalisation: { epsilon: eps, ...Object.fromEntries(slices) } };
}
