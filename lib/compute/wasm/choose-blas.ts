// For which products the system's BLAS is worth using on this machine: it is measured once, when the first product of some size is
// compiled. Products of our own ride with less overhead, so it has to be clearly faster. And right: that is checked in every process.

import { BLAS_GAIN } from "../settings.js";
import { type Blas, findBlas, PRODUCT_KINDS } from "./blas.js";
import { blasContender, wrongKind } from "./blas-test.js";
import type { BlasRates } from "./emit-blas.js";
import { contenderOf, type Engine } from "./flags.js";
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
  const contenders = PRODUCT_KINDS.map((kind) => blasContender(blas, kind));
  const [own, ...theirs] = measuredRates().compare([contenderOf(engine), ...contenders]);
  const rates = new Map(PRODUCT_KINDS.map((kind, i) => [kind, theirs[i]!]));
  for (const [kind, rate] of rates) if (rate < BLAS_GAIN * own!) rates.delete(kind);
  return rates.size === 0 ? undefined : { path: blas.path, rates };
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
