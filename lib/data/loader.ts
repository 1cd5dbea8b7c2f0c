// The data loader: passes over a data set in batches, in PyTorch's order for a seed.

import { callable } from "../module/callable.js";
import { defaultGenerator } from "../tensor/random/default.js";
import type { Dataset } from "./dataset.js";
import type { BatchOptions } from "./sampler.js";
import { batchCount, batchIndices } from "./sampler.js";
import { BATCHES_PER_TURN } from "./settings.js";

class DataLoaderClass<B> {
  readonly dataset: Dataset<B>;
  readonly options: BatchOptions;
  /** Number of batches in a pass. */
  readonly length: number;

  /** Options: batchSize = 1, shuffle = false, dropLast = false, generator. Throws when the batch size makes no sense. */
  constructor(dataset: Dataset<B>, options: BatchOptions = {}) {
    if (typeof dataset?.getBatch !== "function")
      throw new TypeError(
        `DataLoader: needs a data set, got ${dataset === undefined ? "undefined" : typeof dataset}. ` +
          "Data sets load asynchronously: is an await missing, as in const { train } = await gb.data.fashionMNIST()?",
      );
    this.dataset = dataset;
    this.options = options;
    this.length = batchCount(dataset.length, options);
  }

  [Symbol.iterator](): IterableIterator<B> {
    // PyTorch draws a seed for its workers here, also when there are none
    (this.options.generator ?? defaultGenerator).drawSeed();
    return this.batches();
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<B> {
    let handedOut = 0;
    for (const batch of this) {
      yield batch;
      if (++handedOut % BATCHES_PER_TURN === 0) await new Promise(setImmediate);
    }
  }

  private *batches(): IterableIterator<B> {
    for (const indices of batchIndices(this.dataset.length, this.options)) {
      yield this.dataset.getBatch(indices);
    }
  }
}

export type DataLoader<B> = DataLoaderClass<B>;

interface DataLoaderConstructor {
  new <B>(dataset: Dataset<B>, options?: BatchOptions): DataLoader<B>;
  <B>(dataset: Dataset<B>, options?: BatchOptions): DataLoader<B>;
  readonly prototype: DataLoader<unknown>;
}

/**
 * Batches of a data set: `for (const [X, y] of loader)`. Each loop is a new pass, with a new order when `shuffle` is set. The
 * batches are gathered on the device when they are used. `for await` does the same and lets other work of the process run in
 * between: tensors nobody holds any more are given back, timers and messages are served. Source: torch.utils.data.DataLoader.
 */
export const DataLoader: DataLoaderConstructor = callable(
  DataLoaderClass,
  "DataLoader",
) as DataLoaderConstructor;
