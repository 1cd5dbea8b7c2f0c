// For which products the system's BLAS is worth using on this machine: it is measured once, when the first product of some size is
// compiled. Products of our own ride with less overhead, so it has to be clearly faster. And right: that is checked in every process.

import { BLAS_GAIN } from "../settings.js";
import { type Blas, findBlas, PRODUCT_KINDS, type ProductKind } from "./blas.js";
import { rateOfBlas, wrongKind } from "./blas-test.js";
import type { BlasRates } from "./emit-blas.js";
import { type Engine, rateOf } from "./flags.js";
import { measuredRates } from "./rates.js";

/** A BLAS, and its rates of the kinds of products that it is faster for than our own micro-kernels. */
export interface BlasUse {
  readonly path: string;
  readonly rates: BlasRates;
}

let found: { readonly blas: Blas | undefined } | undefined;

/** The BLAS to use instead of the micro-kernels of `engine`; undefined if there is none that is faster at anything. */
export function fasterBlas(engine: Engine): BlasUse | undefined {
  found ??= { blas: rightOrNone(findBlas()) };
  const { blas } = found;
  if (blas === undefined) return undefined;
  const rate = (kind: ProductKind): number =>
    measuredRates().of(`${blas.name}, ${kind}`, () => rateOfBlas(blas, kind));
  const kinds = PRODUCT_KINDS.filter((kind) => rate(kind) >= BLAS_GAIN * rateOf(engine));
  if (kinds.length === 0) return undefined;
  return { path: blas.path, rates: new Map(kinds.map((kind) => [kind, rate(kind)])) };
}

/** Undefined, with a warning, if it computes something wrong. */
export function rightOrNone(blas: Blas | undefined): Blas | undefined {
  const wrong = blas && wrongKind(blas);
  if (wrong === undefined) return blas;
  process.emitWarning(
    `The BLAS at ${blas!.path} computes wrong products (kind: ${wrong}); Gradbook uses its own. GRADBOOK_BLAS names another library, ` +
      `or "off" for none.`,
    "GradbookWarning",
  );
  return undefined;
}
