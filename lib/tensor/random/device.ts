// Random numbers drawn on the device, for dropout and the like. Each tensor has a stream of its own, and each number is a
// function of the seed, the stream and its place: see lib/graph/ops/random.ts. Seed and stream are arguments of a run.

import { type Node, scalarNode } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import { elements } from "../../graph/shape.js";
import { defaultGenerator } from "./default.js";

/** Counters for each place of `shape` in the next stream of the default generator. */
function counters(shape: readonly number[]): ops.RandomInputs {
  const { key, number } = defaultGenerator.nextStream();
  const argument = (value: number): Node => scalarNode(value | 0, "int32");
  const places = ops.reshape(ops.iota(elements(shape)), shape);
  return [places, argument(number), argument(key[0]), argument(key[1])];
}

/** bool: true with probability `p`, 0 <= p < 1, at each place of `shape` on its own. */
export function bernoulli(shape: readonly number[], p: number): Node {
  // as integers with a sign, all bits set to none set are -2^31 to 2^31 - 1
  const below = Math.min(Math.round(p * 2 ** 32) - 2 ** 31, 2 ** 31 - 1);
  return ops.lt(ops.randomBits(counters(shape)), scalarNode(below, "int32"));
}

/** float32 numbers from [0, 1), 24 random bits each. */
export function uniform(shape: readonly number[]): Node {
  return ops.randomUniform(counters(shape));
}
