// The data loader: passes over a data set in batches, in PyTorch's order for a seed.

import { callable } from "../module/callable.js";
import { checkNames } from "../tensor/arguments.js";
import { printsAs } from "../tensor/printing.js";
import { defaultGenerator } from "../tensor/random/default.js";
import type { Generator } from "../tensor/random/generator.js";
import type { BatchOptions } from "./batch-indices.js";
import { batchCount, batchIndices } from "./batch-indices.js";
import { type Collated, defaultCollate } from "./collate.js";
import type { Dataset, MapDataset } from "./dataset.js";
import { Pass } from "./pass.js";
import { samples } from "./printing.js";
import type { Sampler } from "./samplers.js";
import { BATCHES_PER_TURN } from "./settings.js";

/** How samples become batches. */
export interface CollateOptions<S, B> {
  /** Puts the samples of a batch together. Default: `defaultCollate`. */
  readonly collate?: (samples: S[]) => B;
}

const OPTION_NAMES = [
  "batchSize",
  "shuffle",
  "dropLast",
  "generator",
  "sampler",
  "batchSampler",
  "collate",
] as const satisfies readonly (keyof (BatchOptions & CollateOptions<unknown, unknown>))[];

class DataLoaderClass<B> {
  readonly dataset: Dataset<B> | MapDataset<unknown>;
  readonly options: BatchOptions;
  /** Number of batches in a pass. */
  readonly length: number;
  private readonly batchOf: (indices: Int32Array) => B | Promise<B>;

  /** Options: batchSize = 1, shuffle = false, dropLast = false, generator, sampler, batchSampler, collate. Throws when they make no
   *  sense. */
  constructor(
    dataset: Dataset<B> | MapDataset<unknown>,
    options: BatchOptions & CollateOptions<unknown, B> = {},
  ) {
    const { getBatch, get } = (dataset ?? {}) as Partial<Dataset<B> & MapDataset<unknown>>;
    if (typeof getBatch !== "function" && typeof get !== "function") {
      throw new TypeError(
        `DataLoader: needs a data set, with getBatch(indices) or get(index); got ${dataset === undefined ? "undefined" : typeof dataset}. ` +
          "Data sets load asynchronously: is an await missing, as in const { train } = await gb.data.fashionMNIST()?",
      );
    }
    checkNames("DataLoader", options, OPTION_NAMES);
    this.dataset = dataset;
    this.options = options;
    this.length = batchCount(dataset.length, options);
    this.batchOf =
      "getBatch" in dataset && options.collate === undefined
        ? (indices) => dataset.getBatch(indices)
        : gathering(dataset as MapDataset<unknown>, options.collate ?? (defaultCollate as never));
  }

  /** The generators of its own that it draws from: its options', and its sampler's. */
  get generators(): readonly Generator[] {
    const { generator, sampler, batchSampler } = this.options;
    const all = [
      generator,
      (sampler as Sampler | undefined)?.generator,
      (batchSampler as unknown as Sampler)?.generator,
    ];
    return all.filter((each) => each !== undefined);
  }

  [Symbol.iterator](): IterableIterator<B> {
    const pass = new Pass(this, 0);
    return this.batches(this.indices(), pass);
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<B> {
    const pass = new Pass(this, 0);
    yield* this.resting(this.indices(), pass);
  }

  /** A new pass, without its first batches: their samples are drawn, but not gathered. What is drawn before batch number `first` is
   *  drawn now. For going on with a pass that was broken off.
   *
   *  @example
   *  const sizes: number[] = [];
   *  for await (const [X] of loader.startingAt(1)) sizes.push(X.shape[0]!);
   *  sizes // -> [ 8 ] */
  startingAt(first: number): AsyncIterableIterator<B> & Iterable<B> {
    const pass = new Pass(this, first);
    const indices = this.indices();
    for (let i = 0; i < first; i++) indices.next();
    const batches = this.resting(indices, pass);
    return Object.assign(batches, { [Symbol.iterator]: () => this.batches(indices, pass) });
  }

  private indices(): IterableIterator<Int32Array> {
    // PyTorch draws a seed for its workers here, also when there are none
    (this.options.generator ?? defaultGenerator).drawSeed();
    return batchIndices(this.dataset.length, this.options);
  }

  private *batches(passed: IterableIterator<Int32Array>, pass: Pass): IterableIterator<B> {
    for (const indices of passed) {
      const batch = this.batchOf(indices);
      if (batch instanceof Promise) {
        batch.catch(() => {});
        throw new TypeError(
          "DataLoader: the data set gives promises of samples; use `for await (const batch of loader)`",
        );
      }
      pass.give();
      yield batch;
    }
  }

  private async *resting(passed: IterableIterator<Int32Array>, pass: Pass): AsyncIterableIterator<B> {
    let handedOut = 0;
    for (const indices of passed) {
      const batch = await this.batchOf(indices);
      pass.give();
      yield batch;
      if (++handedOut % BATCHES_PER_TURN === 0) await new Promise(setImmediate);
    }
  }
}

printsAs(DataLoaderClass, ({ dataset, length, options }) => {
  const { batchSize = 1, shuffle = false } = options;
  const size = options.batchSampler === undefined ? ` of ${batchSize}` : "";
  const batches = `${length.toLocaleString("en")} ${length === 1 ? "batch" : "batches"}${size}`;
  return `DataLoader: ${batches} from ${samples(dataset)}${shuffle ? ", shuffled" : ""}`;
});

/** Takes samples one by one, and waits for them where they are promises. */
function gathering<S, B>(
  dataset: MapDataset<S>,
  collate: (samples: S[]) => B,
): (indices: Int32Array) => B | Promise<B> {
  if (typeof dataset.get !== "function") {
    throw new TypeError("DataLoader: collate needs a data set with get(index), for single samples");
  }
  return (indices) => {
    const samples = Array.from(indices, (index) => dataset.get(index));
    return samples.some((sample) => sample instanceof Promise)
      ? Promise.all(samples).then(collate)
      : collate(samples as S[]);
  };
}

export type DataLoader<B> = DataLoaderClass<B>;

interface DataLoaderConstructor {
  new <B>(dataset: Dataset<B>, options?: BatchOptions): DataLoader<B>;
  new <S, B = Collated<S>>(
    dataset: MapDataset<S>,
    options?: BatchOptions & CollateOptions<S, B>,
  ): DataLoader<B>;
  <B>(dataset: Dataset<B>, options?: BatchOptions): DataLoader<B>;
  <S, B = Collated<S>>(dataset: MapDataset<S>, options?: BatchOptions & CollateOptions<S, B>): DataLoader<B>;
  readonly prototype: DataLoader<unknown>;
}

/**
 * Batches of a data set: `for (const [X, y] of loader)`. Each loop is a new pass, with a new order when `shuffle` is set. The
 * batches are gathered on the device when they are used. `for await` does the same and lets other work of the process run in
 * between: tensors nobody holds any more are given back, timers and messages are served. Source: torch.utils.data.DataLoader.
 *
 * A data set of your own is an object with `length` and `get(index)`, or with `getBatch(indices)` where that is faster.
 *
 * ```ts
 * const squares = { length: 5, get: (i: number) => [i, i * i] as [number, number] };
 * [...gb.data.DataLoader(squares, { batchSize: 2 })].map(([, y]) => y.toArray()) // -> [ [ 0, 1 ], [ 4, 9 ], [ 16 ] ]
 * ```
 */
export const DataLoader: DataLoaderConstructor = callable(
  DataLoaderClass,
  "DataLoader",
) as unknown as DataLoaderConstructor;
