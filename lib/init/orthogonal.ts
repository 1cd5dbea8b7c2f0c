// Initialisation with matrices whose rows or columns are orthonormal.

import { formatShape } from "../graph/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { fill, type GeneratorOption } from "./fill.js";

/** Makes the vectors orthonormal in place, each staying on its own side of those before it: the Q of a QR decomposition whose
 *  R has a positive diagonal. Modified Gram-Schmidt; in float64 its loss of orthogonality is far below float32's rounding. */
function orthonormalize(vectors: readonly Float64Array[]): void {
  const dot = (a: Float64Array, b: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
    return sum;
  };
  vectors.forEach((vector, k) => {
    const norm = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < vector.length; i++) vector[i]! /= norm;
    for (const other of vectors.slice(k + 1)) {
      const along = dot(vector, other);
      for (let i = 0; i < vector.length; i++) other[i]! -= along * vector[i]!;
    }
  });
}

/** A random orthogonal matrix times `gain` (1). tensor [rows, columns, ...], trailing dims taken together; where it is not
 *  square, its rows or columns, whichever are fewer, are orthonormal. Saxe et al. 2013; for a seed PyTorch's matrix.
 *
 *  @example init.orthogonal_(tensor.zeros(5, 5)) */
export function orthogonal_<T extends Tensor | null>(
  tensor: T,
  options: { gain?: number } & GeneratorOption = {},
): T {
  if (tensor === null) return tensor;
  if (tensor.ndim < 2) {
    throw new RangeError(`orthogonal_: needs at least 2 dims, got ${formatShape(tensor.shape)}`);
  }
  const rows = tensor.shape[0]!;
  const columns = tensor.numel() / Math.max(1, rows);
  const { gain = 1 } = options;
  return fill(tensor, options, (values, generator) => {
    generator.normal(values);
    const place = (row: number, column: number): number => row * columns + column;
    const wide = rows < columns;
    const [count, length] = wide ? [rows, columns] : [columns, rows];
    const at = (vector: number, i: number): number => (wide ? place(vector, i) : place(i, vector));
    const vectors = Array.from({ length: count }, (_, k) =>
      Float64Array.from({ length }, (_, i) => values[at(k, i)]!),
    );
    orthonormalize(vectors);
    vectors.forEach((vector, k) => {
      vector.forEach((x, i) => {
        values[at(k, i)] = gain * x;
      });
    });
  });
}
