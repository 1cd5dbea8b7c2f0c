// What layers over space share: [N, C, ...space] inputs with 1 to 3 spatial dims, and arguments that are one number for all of
// them or one for each.

import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { formatShape } from "../graph/shape.js";
import { described } from "../tensor/arguments.js";
import { Tensor } from "../tensor/tensor.js";

/** One number for all spatial dims, or one for each: `3`, `[3, 5]`. */
export type PerDim = number | readonly number[];

/** One whole number of at least `least` for each of `dims` spatial dims. `what` and `name` are for the error. */
export function perDim(what: string, name: string, value: PerDim, dims: number, least: number): number[] {
  const list = Array.isArray(value) ? value : new Array<number>(dims).fill(value as number);
  if (list.length !== dims || !list.every((n) => Number.isInteger(n) && n >= least)) {
    const got = Array.isArray(value) ? formatShape(value) : described(value);
    const each = dims === 1 ? "" : ` or an array of ${dims}`;
    throw new RangeError(`${what}: ${name} must be a whole number of at least ${least}${each}, got ${got}`);
  }
  return [...list];
}

/** The names of the spatial dims in messages: L; H, W; D, H, W. */
export const spaceNames = (dims: number): string => ["L", "H, W", "D, H, W"][dims - 1]!;

/** `compute` on an input with a batch dim. One without it, [C, ...space], gets it on the way in and loses it on the way out. */
export function withBatch(what: string, x: Tensor, dims: number, compute: (x: Node) => Node): Tensor {
  if (!(x instanceof Tensor) || x.dtype !== "float32") {
    const got = x instanceof Tensor ? `${x.dtype}; convert with .float()` : `${typeof x}; write tensor(...)`;
    throw new TypeError(`${what}: needs a float32 tensor, got ${got}`);
  }
  if (x.ndim === dims + 2) return Tensor.from(compute(x.node));
  if (x.ndim !== dims + 1) {
    const space = spaceNames(dims);
    const remedy =
      x.ndim === dims ? ". Add the channels with .unsqueeze(1), or batch and channels with .reshape()" : "";
    throw new RangeError(
      `${what}: needs [N, C, ${space}] or [C, ${space}], got ${formatShape(x.shape)}${remedy}`,
    );
  }
  const y = compute(ops.reshape(x.node, [1, ...x.shape]));
  return Tensor.from(ops.reshape(y, y.shape.slice(1)));
}

/** The numbers from `start` to `end` (exclusive). */
export const range = (start: number, end: number): number[] =>
  Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);

/** How sizes print in layers: 3 for one dim, [3, 5] for several. */
export const formatPerDim = (list: readonly number[]): string =>
  list.length === 1 ? String(list[0]) : formatShape(list);
