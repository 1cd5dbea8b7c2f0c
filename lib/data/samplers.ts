// Samplers: which samples a pass takes, and in which order, when neither the data's order nor a plain shuffle is wanted.
// PyTorch's, with the same draws for the same seed. No tensors.

import { type Callable, callable } from "../module/callable.js";
import { defaultGenerator } from "../tensor/random/default.js";
import { Generator } from "../tensor/random/generator.js";

/** The numbers of the samples of a pass; each loop over it is a new pass. An array of numbers is one, too. */
export interface Sampler extends Iterable<number> {
  /** How many numbers a pass has. */
  readonly length: number;
  /** What it draws from, where it is not the default generator. */
  readonly generator?: Generator | undefined;
}

export interface SamplerOptions {
  /** Draws the order. Default: the default generator. */
  generator?: Generator;
}

function requireCount(what: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new RangeError(`${what} must be a whole number of at least ${least}; got ${value}`);
}

class RandomSamplerClass implements Sampler {
  readonly length: number;
  readonly generator: Generator | undefined;
  private readonly n: number;
  private readonly replacement: boolean;

  constructor(
    dataset: { readonly length: number },
    options: SamplerOptions & { replacement?: boolean; numSamples?: number } = {},
  ) {
    const { replacement = false, numSamples = dataset.length, generator } = options;
    requireCount("RandomSampler: numSamples", numSamples, 1);
    this.n = dataset.length;
    this.length = numSamples;
    this.replacement = replacement;
    this.generator = generator;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    const generator = this.generator ?? new Generator(defaultGenerator.drawSeed());
    for (let left = this.length; left > 0; ) {
      // with replacement PyTorch draws 32 at a time
      const drawn = this.replacement
        ? generator.randint(new Int32Array(Math.min(32, left)), 0, this.n)
        : generator.randperm(this.n).subarray(0, left);
      yield* drawn;
      left -= drawn.length;
    }
  }
}

/** Samples in random order: each once, or, with `replacement`, each draw from all of them; `numSamples` of them (as many as there
 *  are). Source: torch.utils.data.RandomSampler.
 *
 * ```ts
 * manualSeed(42);
 * [...gb.data.RandomSampler({ length: 4 })] // -> [ 0, 2, 1, 3 ]
 * ``` */
export const RandomSampler: Callable<typeof RandomSamplerClass> = callable(
  RandomSamplerClass,
  "RandomSampler",
);
export type RandomSampler = RandomSamplerClass;

class SubsetRandomSamplerClass implements Sampler {
  readonly indices: readonly number[];
  readonly generator: Generator | undefined;

  constructor(indices: readonly number[], options: SamplerOptions = {}) {
    this.indices = indices;
    this.generator = options.generator;
  }

  get length(): number {
    return this.indices.length;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (const i of (this.generator ?? defaultGenerator).randperm(this.length)) yield this.indices[i]!;
  }
}

/** The given samples in random order. Source: torch.utils.data.SubsetRandomSampler.
 *
 * ```ts
 * manualSeed(42);
 * [...gb.data.SubsetRandomSampler([10, 20, 30, 40])].length // -> 4
 * ``` */
export const SubsetRandomSampler: Callable<typeof SubsetRandomSamplerClass> = callable(
  SubsetRandomSamplerClass,
  "SubsetRandomSampler",
);
export type SubsetRandomSampler = SubsetRandomSamplerClass;

class WeightedRandomSamplerClass implements Sampler {
  readonly weights: Float64Array;
  readonly length: number;
  readonly replacement: boolean;
  readonly generator: Generator | undefined;

  constructor(
    weights: ArrayLike<number>,
    numSamples: number,
    options: SamplerOptions & { replacement?: boolean } = {},
  ) {
    const { replacement = true, generator } = options;
    requireCount("WeightedRandomSampler: numSamples", numSamples, 1);
    this.weights = Float64Array.from(weights);
    const possible = this.weights.filter((weight) => weight > 0).length;
    if (!this.weights.every((weight) => weight >= 0 && Number.isFinite(weight)) || possible === 0) {
      throw new RangeError("WeightedRandomSampler: weights must be finite, 0 or more, and not all 0");
    }
    if (!replacement && numSamples > possible) {
      throw new RangeError(
        `WeightedRandomSampler: without replacement, ${numSamples} samples cannot be drawn from ${possible} with a weight above 0`,
      );
    }
    this.length = numSamples;
    this.replacement = replacement;
    this.generator = generator;
  }

  [Symbol.iterator](): IterableIterator<number> {
    const generator = this.generator ?? defaultGenerator;
    const drawn = this.replacement ? this.withReplacement(generator) : this.withoutReplacement(generator);
    return drawn[Symbol.iterator]();
  }

  /** Each draw is a place on the sum of the weights. */
  private withReplacement(generator: Generator): Int32Array {
    const { weights } = this;
    let sum = 0;
    const cumulative = weights.map((weight) => {
      sum += weight;
      return sum;
    });
    for (let i = 0; i < cumulative.length; i++) cumulative[i]! /= sum;
    return Int32Array.from({ length: this.length }, () => {
      const u = generator.uniform64();
      let [left, right] = [0, weights.length - 1];
      while (left < right) {
        const middle = (left + right) >> 1;
        if (cumulative[middle]! < u) left = middle + 1;
        else right = middle;
      }
      return left;
    });
  }

  /** The largest ratios of weight to exponential number: the order of draws without replacement. Efraimidis and Spirakis 2006. */
  private withoutReplacement(generator: Generator): Int32Array {
    const keys = this.weights.map((weight) => weight / -Math.log1p(-generator.uniform64()));
    const order = Int32Array.from(keys, (_, i) => i).sort((a, b) => keys[b]! - keys[a]!);
    return order.subarray(0, this.length);
  }
}

/** `numSamples` samples, each with a chance in proportion to its weight: for classes of unequal size, weights of 1 / size of the
 *  class. With `replacement` (true) a sample can come more than once. Source: torch.utils.data.WeightedRandomSampler.
 *
 * ```ts
 * manualSeed(42);
 * [...gb.data.WeightedRandomSampler([0, 1, 9], 4)].includes(0) // -> false
 * ``` */
export const WeightedRandomSampler: Callable<typeof WeightedRandomSamplerClass> = callable(
  WeightedRandomSamplerClass,
  "WeightedRandomSampler",
);
export type WeightedRandomSampler = WeightedRandomSamplerClass;

class BatchSamplerClass implements Iterable<Int32Array> {
  readonly sampler: Sampler | readonly number[];
  readonly batchSize: number;
  readonly dropLast: boolean;

  constructor(sampler: Sampler | readonly number[], batchSize: number, options: { dropLast?: boolean } = {}) {
    requireCount("batchSize", batchSize, 1);
    this.sampler = sampler;
    this.batchSize = batchSize;
    this.dropLast = options.dropLast ?? false;
  }

  get length(): number {
    const batches = this.sampler.length / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  get generator(): Generator | undefined {
    return (this.sampler as Sampler).generator;
  }

  *[Symbol.iterator](): IterableIterator<Int32Array> {
    const batch = new Int32Array(this.batchSize);
    let filled = 0;
    for (const index of this.sampler) {
      batch[filled++] = index;
      if (filled < this.batchSize) continue;
      yield batch.slice();
      filled = 0;
    }
    if (filled > 0 && !this.dropLast) yield batch.slice(0, filled);
  }
}

/** The numbers of a sampler, `batchSize` at a time. Source: torch.utils.data.BatchSampler.
 *
 * ```ts
 * [...gb.data.BatchSampler([5, 6, 7], 2)].map((batch) => [...batch]) // -> [ [ 5, 6 ], [ 7 ] ]
 * ``` */
export const BatchSampler: Callable<typeof BatchSamplerClass> = callable(BatchSamplerClass, "BatchSampler");
export type BatchSampler = BatchSamplerClass;
