// From single samples to a batch.

import { fromData } from "../tensor/create.js";
import { stack } from "../tensor/functions.js";
import { Tensor } from "../tensor/tensor.js";

/** What samples of the type `S` become in a batch. */
export type Collated<S> = S extends Tensor | number | boolean
  ? Tensor
  : S extends string
    ? string[]
    : S extends readonly unknown[]
      ? { [K in keyof S]: Collated<S[K]> }
      : S extends object
        ? { [K in keyof S]: Collated<S[K]> }
        : S[];

/** A batch of samples: tensors are stacked along a new dim 0, numbers become a float32 tensor and booleans a bool one, tuples and
 *  objects are put together part by part, and everything else becomes an array. Numbers of classes have to be int32: give them as
 *  tensors of that type, or use a `collate` of your own. Source: torch.utils.data.default_collate.
 *
 * ```ts
 * const [x, y] = gb.data.defaultCollate([[tensor([1, 2]), 0.5], [tensor([3, 4]), 0.25]] as [gb.Tensor, number][]);
 * y.toArray() // -> [ 0.5, 0.25 ]
 * ``` */
export function defaultCollate<S>(samples: readonly S[]): Collated<S> {
  const first: unknown = samples[0];
  const all = samples as readonly unknown[];
  if (first instanceof Tensor) return stack(all as Tensor[]) as Collated<S>;
  if (typeof first === "number" || typeof first === "boolean")
    return fromData(all as number[]) as Collated<S>;
  if (Array.isArray(first)) {
    const rows = all as readonly (readonly unknown[])[];
    if (rows.some((row) => row.length !== first.length)) {
      throw new RangeError(
        "collate: samples have different numbers of parts; pass a collate function of your own",
      );
    }
    return first.map((_, part) => defaultCollate(rows.map((row) => row[part]))) as Collated<S>;
  }
  if (typeof first === "object" && first !== null && Object.getPrototypeOf(first) === Object.prototype) {
    const rows = all as readonly Readonly<Record<string, unknown>>[];
    return Object.fromEntries(
      Object.keys(first).map((key) => [key, defaultCollate(rows.map((row) => row[key]))]),
    ) as Collated<S>;
  }
  return [...all] as Collated<S>;
}
