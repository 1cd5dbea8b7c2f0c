// Data sets made of others: one after the other, and with each batch changed on its way.

import { callable } from "../module/callable.js";
import { where } from "../tensor/functions.js";
import { Tensor } from "../tensor/tensor.js";
import type { Dataset } from "./dataset.js";
import { hostTensor } from "./host-tensor.js";

class ConcatDatasetClass<B> implements Dataset<B> {
  readonly datasets: readonly Dataset<B>[];
  readonly length: number;

  /** Sets whose batches have the same parts, of the same shapes and types. */
  constructor(datasets: Iterable<Dataset<B>>) {
    this.datasets = [...datasets].filter(({ length }) => length > 0);
    if (this.datasets.length === 0)
      throw new RangeError("ConcatDataset: needs at least one set that is not empty");
    this.length = this.datasets.reduce((sum, { length }) => sum + length, 0);
  }

  getBatch(indices: Int32Array): B {
    let start = 0;
    let batch: B | undefined;
    for (const dataset of this.datasets) {
      const [from, to] = [start, start + dataset.length];
      start = to;
      // a sample for every place, so that all batches of a size are gathered in the same way
      const part = dataset.getBatch(indices.map((index) => (index >= from && index < to ? index - from : 0)));
      const own = hostTensor(
        indices.map((index) => (index >= from && index < to ? 1 : 0)),
        [indices.length],
      );
      batch = batch === undefined ? part : (chosen(own, part, batch) as B);
    }
    return batch!;
  }
}

/** Parts of `a` where `own` is 1, else those of `b`. */
function chosen(own: Tensor, a: unknown, b: unknown): unknown {
  if (a instanceof Tensor && b instanceof Tensor) {
    return where(own.bool().reshape(-1, ...a.shape.slice(1).map(() => 1)), a, b);
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.map((part, i) => chosen(own, part, b[i]));
  throw new TypeError("ConcatDataset: needs sets whose batches are tensors, or arrays of tensors");
}

/** Data sets one after the other: samples of the second follow those of the first. Source: torch.utils.data.ConcatDataset.
 *
 * ```ts
 * const a = new gb.data.TensorDataset(tensor([1, 2]));
 * const b = new gb.data.TensorDataset(tensor([3]));
 * new gb.data.ConcatDataset([a, b]).getBatch(Int32Array.of(2, 0))[0].toArray() // -> [ 3, 1 ]
 * ``` */
export const ConcatDataset: ConcatDatasetConstructor = callable(
  ConcatDatasetClass,
  "ConcatDataset",
) as ConcatDatasetConstructor;
export type ConcatDataset<B> = ConcatDatasetClass<B>;

interface ConcatDatasetConstructor {
  new <B>(datasets: Iterable<Dataset<B>>): ConcatDataset<B>;
  <B>(datasets: Iterable<Dataset<B>>): ConcatDataset<B>;
  readonly prototype: ConcatDataset<unknown>;
}

class TransformedDatasetClass<A, B> implements Dataset<B> {
  readonly dataset: Dataset<A>;
  readonly transform: (batch: A) => B;

  constructor(dataset: Dataset<A>, transform: (batch: A) => B) {
    this.dataset = dataset;
    this.transform = transform;
  }

  get length(): number {
    return this.dataset.length;
  }

  getBatch(indices: Int32Array): B {
    return this.transform(this.dataset.getBatch(indices));
  }
}

/** A data set with each batch changed when it is taken: augmentation (see `gb.data.transforms`), noise, other targets.
 *
 * ```ts
 * const set = new gb.data.TensorDataset(tensor([[1, 2], [3, 4]]));
 * const autoencoding = new gb.data.TransformedDataset(set, ([X]) => [X, X] as const);
 * autoencoding.getBatch(Int32Array.of(1))[1].toArray() // -> [ [ 3, 4 ] ]
 * ``` */
export const TransformedDataset: TransformedDatasetConstructor = callable(
  TransformedDatasetClass,
  "TransformedDataset",
) as TransformedDatasetConstructor;
export type TransformedDataset<A, B> = TransformedDatasetClass<A, B>;

interface TransformedDatasetConstructor {
  new <A, B>(dataset: Dataset<A>, transform: (batch: A) => B): TransformedDataset<A, B>;
  <A, B>(dataset: Dataset<A>, transform: (batch: A) => B): TransformedDataset<A, B>;
  readonly prototype: TransformedDataset<unknown, unknown>;
}
