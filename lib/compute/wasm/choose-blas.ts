// Whether the system's BLAS is worth using on this machine: it is measured, once in a process, when the first large product is
// compiled. Products of our own ride with less overhead, so it has to be clearly faster.

import { BLAS_GAIN } from "../settings.js";
import { type Blas, findBlas } from "./blas.js";
import type { Engine } from "./flags.js";
import { SelfTest } from "./self-test.js";

let found: { readonly blas: Blas | undefined } | undefined;

/** The path of a BLAS that is faster than the micro-kernels of `engine`; undefined if there is none. */
export function fasterBlas({ library, shape }: Engine): string | undefined {
  found ??= { blas: findBlas() };
  const { blas } = found;
  if (blas === undefined || blas.rate < BLAS_GAIN * new SelfTest(library, shape).rate()) return undefined;
  return blas.path;
}
