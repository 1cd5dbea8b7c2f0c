// Which samples make a batch, and in which order: PyTorch's samplers, as index arrays. No tensors.

import { defaultGenerator } from "../tensor/random/default.js";
import { Generator } from "../tensor/random/generator.js";
import { BatchSampler, type Sampler } from "./samplers.js";

export interface BatchOptions {
  /** Samples in a batch. Default: 1. */
  readonly batchSize?: number;
  /** A new random order each time. Default: false. */
  readonly shuffle?: boolean;
  /** Leave out the last batch when it is smaller than the others. Default: false. */
  readonly dropLast?: boolean;
  /** Draws the order. Default: a generator made for each pass, its seed drawn from the default generator. */
  readonly generator?: Generator;
  /** The samples of a pass in their order, instead of `shuffle`: a sampler, or an array of numbers. */
  readonly sampler?: Sampler | readonly number[];
  /** The numbers of each batch, instead of `batchSize`, `shuffle`, `dropLast` and `sampler`. */
  readonly batchSampler?: Iterable<ArrayLike<number>> & { readonly length: number };
}

/** How many batches `n` samples make. Throws when `batchSize` is not a whole number above 0, or options contradict each
 *  other. */
export function batchCount(n: number, options: BatchOptions): number {
  const { batchSize = 1, dropLast = false, shuffle, sampler, batchSampler } = options;
  if (sampler !== undefined && shuffle) {
    throw new RangeError("a sampler says the order: leave out shuffle, or use RandomSampler");
  }
  if (batchSampler !== undefined) {
    const others = (["batchSize", "shuffle", "dropLast", "sampler"] as const).filter((key) => options[key]);
    if (others.length === 0) return batchSampler.length;
    throw new RangeError(`a batchSampler makes the batches: leave out ${others.join(", ")}`);
  }
  if (sampler !== undefined) return new BatchSampler(sampler, batchSize, { dropLast }).length;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`batchSize must be a whole number of at least 1; got ${batchSize}`);
  }
  return dropLast ? Math.floor(n / batchSize) : Math.ceil(n / batchSize);
}

/**
 * The indices of each batch of one pass over `n` samples: the batches PyTorch's `DataLoader(..., num_workers=0)` takes for the
 * same seed, drawn when the first batch is asked for.
 *
 *  @example [...gb.data.batchIndices(5, { batchSize: 2 })].map((batch) => [...batch]) // -> [ [ 0, 1 ], [ 2, 3 ], [ 4 ] ] */
export function* batchIndices(n: number, options: BatchOptions = {}): IterableIterator<Int32Array> {
  const { batchSize = 1, shuffle = false, dropLast = false, generator, sampler, batchSampler } = options;
  const batches = batchCount(n, options);
  const chosen = batchSampler ?? (sampler && new BatchSampler(sampler, batchSize, { dropLast }));
  if (chosen !== undefined) {
    for (const batch of chosen) yield Int32Array.from(batch);
    return;
  }
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
