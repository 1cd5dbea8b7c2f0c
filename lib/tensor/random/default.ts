// The generator everything draws from that is not given one, and `manualSeed`, which sets it.

import { Generator } from "./generator.js";

/** Seeded differently in each process until `manualSeed` is called, as in PyTorch. */
export const defaultGenerator: Generator = new Generator(
  crypto.getRandomValues(new BigUint64Array(1))[0]! >> 11n,
);

/** Seeds the default generator and gives it back: the same seed and calls, the same numbers as PyTorch on a CPU.
 *  @example
 *  manualSeed(42);
 *  tensor.rand(2) // [0.8823, 0.9150] */
export function manualSeed(seed: number | bigint): Generator {
  return defaultGenerator.manualSeed(seed);
}
