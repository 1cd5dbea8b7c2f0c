// Data sets: samples with a number, that a loader can take in batches.

import { callable } from "../module/callable.js";
import { printsAs } from "../tensor/printing.js";
import { defaultGenerator } from "../tensor/random/default.js";
import type { Generator } from "../tensor/random/generator.js";
import { session } from "../tensor/session.js";
import type { Tensor } from "../tensor/tensor.js";
import { hostTensor } from "./host-tensor.js";
import { samples } from "./printing.js";

/** What a loader needs: write one of these to feed data of your own. `B` is what a batch is, for instance `[Tensor, Tensor]`. */
export interface Dataset<B> {
  /** Number of samples. */
  readonly length: number;
  /** The samples with these numbers, each part stacked along a new axis 0. */
  getBatch(indices: Int32Array): B;
}

/** A data set that gives one sample at a time, which a loader puts together to batches (see `defaultCollate`). With promises, as
 *  for samples in files, it is for `for await`. */
export interface MapDataset<S> {
  readonly length: number;
  /** Sample number `index`, without the batch axis.
   *  @example new gb.data.TensorDataset(tensor([5, 6])).get(1)[0].item() // -> 6 */
  get(index: number): S | Promise<S>;
}

/** As many tensors as `T` has. */
export type Tensors<T extends readonly Tensor[]> = { [K in keyof T]: Tensor };

class TensorDatasetClass<T extends readonly Tensor[]> implements Dataset<Tensors<T>> {
  readonly tensors: T;

  /** Tensors with the same size along dim 0. Throws a RangeError that names the sizes otherwise. */
  constructor(...tensors: T) {
    const sizes = tensors.map(({ shape }) => shape[0]);
    if (sizes.length === 0 || sizes.some((size) => size === undefined || size !== sizes[0])) {
      const shapes = tensors.map(({ shape }) => `[${shape.join(", ")}]`).join(" and ") || "none";
      throw new RangeError(`TensorDataset: needs tensors with the same size along dim 0; got ${shapes}`);
    }
    this.tensors = tensors;
  }

  get length(): number {
    return this.tensors[0]!.shape[0]!;
  }

  /** One sample, without the axis of samples. Negative numbers count from the end. */
  get(index: number): Tensors<T> {
    const at = checkedIndex(index, this.length);
    return this.tensors.map((tensor) => tensor.select(0, at)) as Tensors<T>;
  }

  getBatch(indices: Int32Array): Tensors<T> {
    // a part or a choice of another tensor would be made anew, as a whole, for each batch
    const pending = this.tensors.filter(({ node }) => node.pending);
    if (pending.length > 0) session().evaluate(pending.map(({ node }) => node));
    const index = hostTensor(indices, [indices.length]);
    return this.tensors.map((tensor) => tensor.indexSelect(0, index)) as Tensors<T>;
  }
}

printsAs(TensorDatasetClass, (set) => {
  const parts = set.tensors.map(({ dtype, shape }: Tensor) => `${dtype} [${shape.slice(1).join(", ")}]`);
  return `TensorDataset: ${samples(set)}, each ${parts.join(" and ")}`;
});

export type TensorDataset<T extends readonly Tensor[]> = TensorDatasetClass<T>;

interface TensorDatasetConstructor {
  new <T extends readonly Tensor[]>(...tensors: T): TensorDataset<T>;
  <T extends readonly Tensor[]>(...tensors: T): TensorDataset<T>;
  readonly prototype: TensorDataset<readonly Tensor[]>;
}

/** Tensors with one sample a row: sample i is `[tensors[0][i], tensors[1][i], ...]`. Source: torch.utils.data.TensorDataset.
 *
 * ```ts
 * const set = gb.data.TensorDataset(tensor([[1, 2], [3, 4]]), tensor([0, 1], { dtype: "int32" }));
 * set.get(1)[0].toArray() // -> [ 3, 4 ]
 * ``` */
export const TensorDataset: TensorDatasetConstructor = callable(
  TensorDatasetClass,
  "TensorDataset",
) as TensorDatasetConstructor;

/** Some samples of another set, in the order of `indices`. Source: torch.utils.data.Subset.
 *
 * ```ts
 * const last = new gb.data.Subset(new gb.data.TensorDataset(tensor([5, 6, 7])), [-1, 0]);
 * last.getBatch(Int32Array.of(0, 1))[0].toArray() // -> [ 7, 5 ]
 * ``` */
export class Subset<B> implements Dataset<B> {
  readonly dataset: Dataset<B>;
  readonly indices: Int32Array;

  /** Throws a RangeError that names an index outside the set. */
  constructor(dataset: Dataset<B>, indices: ArrayLike<number>) {
    this.dataset = dataset;
    this.indices = Int32Array.from(indices, (index) => checkedIndex(index, dataset.length));
  }

  get length(): number {
    return this.indices.length;
  }

  getBatch(indices: Int32Array): B {
    return this.dataset.getBatch(indices.map((index) => this.indices[index]!));
  }
}

printsAs(Subset, (set) => `Subset: ${samples(set)}`);

export interface SplitOptions {
  /** Draws the order. Default: the default generator. */
  readonly generator?: Generator;
}

/**
 * Parts of a set that do not overlap, of the given lengths, drawn at random. Lengths are numbers of samples that add up to the
 * set's, or fractions that add up to 1: what rounding leaves over goes to the first parts, one sample each. Source:
 * torch.utils.data.random_split.
 *
 * ```ts
 * const [train, validation] = gb.data.randomSplit(new gb.data.TensorDataset(tensor.arange(10)), [0.8, 0.2]);
 * [train!.length, validation!.length] // -> [ 8, 2 ]
 * ```
 */
export function randomSplit<B>(
  dataset: Dataset<B>,
  lengths: readonly number[],
  { generator = defaultGenerator }: SplitOptions = {},
): Subset<B>[] {
  const sizes = partSizes(lengths, dataset.length);
  const order = generator.randperm(dataset.length);
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return new Subset(dataset, order.subarray(start - size, start));
  });
}

function partSizes(lengths: readonly number[], n: number): readonly number[] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const valid = lengths.every((length) => length >= 0);
  if (valid && total === n && lengths.every(Number.isInteger)) return lengths;
  if (!valid || Math.abs(total - 1) > 1e-9) {
    throw new RangeError(
      `randomSplit: lengths must add up to the ${n} samples of the set, or to 1 as fractions; got [${lengths.join(", ")}]`,
    );
  }
  const sizes = lengths.map((fraction) => Math.floor(n * fraction));
  const left = n - sizes.reduce((sum, size) => sum + size, 0);
  return sizes.map((size, i) => (i < left ? size + 1 : size));
}

function checkedIndex(index: number, n: number): number {
  if (!Number.isInteger(index) || index < -n || index >= n) {
    throw new RangeError(`there is no sample ${index} in a data set of ${n}`);
  }
  return index < 0 ? index + n : index;
}
