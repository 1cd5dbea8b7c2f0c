// Which samples make a batch, and in which order: PyTorch's samplers, as index arrays. No tensors.

import { defaultGenerator } from "../tensor/random/default.js";
import { Generator } from "../tensor/random/generator.js";

export interface BatchOptions {
  /** Samples in a batch. Default: 1. */
  readonly batchSize?: number;
  /** A new random order each time. Default: false. */
  readonly shuffle?: boolean;
  /** Leave out the last batch when it is smaller than the others. Default: false. */
  readonly dropLast?: boolean;
  /** Draws the order. Default: a generator made for each pass, its seed drawn from the default generator. */
  readonly generator?: Generator;
}

/** How many batches `n` samples make. Throws when `batchSize` is not a whole number above 0. */
export function batchCount(n: number, { batchSize = 1, dropLast = false }: BatchOptions): number {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`batchSize must be a whole number of at least 1; got ${batchSize}`);
  }
  return dropLast ? Math.floor(n / batchSize) : Math.ceil(n / batchSize);
}

/**
 * The indices of each batch of one pass over `n` samples: the batches PyTorch's `DataLoader(..., num_workers=0)` takes for the
 * same seed, drawn when the first batch is asked for.
 */
export function* batchIndices(n: number, options: BatchOptions = {}): IterableIterator<Int32Array> {
  const { batchSize = 1, shuffle = false, generator } = options;
  const batches = batchCount(n, options);
  const order = shuffle ? randomOrder(n, generator) : Int32Array.from({ length: n }, (_, i) => i);
  const full = Math.floor(n / batchSize);
  for (let i = 0; i < full; i++) yield order.subarray(i * batchSize, (i + 1) * batchSize);
  // At its end PyTorch's RandomSampler draws a permutation and uses none of it: a generator the caller goes on with must agree.
  if (shuffle && generator) generator.randperm(n);
  if (batches > full) yield order.subarray(full * batchSize);
}

function randomOrder(n: number, generator: Generator | undefined): Int32Array {
  if (n === 0) throw new RangeError("shuffle needs at least one sample; the data set is empty");
  return (generator ?? new Generator(defaultGenerator.drawSeed())).randperm(n);
}
