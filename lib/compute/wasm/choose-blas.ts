// For which products the system's BLAS is worth using on this machine: it is measured, once in a process, when the first product
// of some size is compiled. Products of our own ride with less overhead, so it has to be clearly faster.

import { BLAS_GAIN } from "../settings.js";
import { type Blas, findBlas, PRODUCT_KINDS, type ProductKind } from "./blas.js";
import type { Engine } from "./flags.js";
import { SelfTest } from "./self-test.js";

/** A BLAS, and the kinds of products that it is faster for than our own micro-kernels. */
export interface BlasUse {
  readonly path: string;
  readonly kinds: ReadonlySet<ProductKind>;
}

let found: { readonly blas: Blas | undefined } | undefined;

/** The BLAS to use with the micro-kernels of `engine`; undefined if there is none that is faster at anything. */
export function fasterBlas({ library, shape }: Engine): BlasUse | undefined {
  found ??= { blas: findBlas() };
  const { blas } = found;
  if (blas === undefined) return undefined;
  const least = BLAS_GAIN * new SelfTest(library, shape).rate();
  const kinds = new Set(PRODUCT_KINDS.filter((kind) => blas.rates[kind] >= least));
  return kinds.size === 0 ? undefined : { path: blas.path, kinds };
}
