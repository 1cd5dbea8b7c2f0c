// Values from a state dict into the tensors of a module: all of them, or none.

import { formatShape, sameShape } from "../graph/shape.js";
import { described } from "../tensor/arguments.js";
import type { Tensor } from "../tensor/tensor.js";

export interface LoadResult {
  readonly missingKeys: readonly string[];
  readonly unexpectedKeys: readonly string[];
}

/** Copies `state` into `own`. Nothing is changed where keys or shapes do not fit. */
export function copyState(
  own: Readonly<Record<string, Tensor>>,
  state: Readonly<Record<string, Tensor>>,
  strict: boolean,
): LoadResult {
  if (typeof state !== "object" || state === null || state instanceof Promise) {
    const remedy = (state as unknown) instanceof Promise ? "a promise; write await" : described(state);
    throw new TypeError(`loadStateDict: needs what stateDict() or gb.load gave, got ${remedy}`);
  }
  const missingKeys = Object.keys(own).filter((key) => !(key in state));
  const unexpectedKeys = Object.keys(state).filter((key) => !(key in own));
  if (strict && missingKeys.length + unexpectedKeys.length > 0) {
    throw new Error(
      `loadStateDict: keys differ; missing: ${missingKeys.join(", ") || "none"}; unexpected: ` +
        `${unexpectedKeys.join(", ") || "none"}. Pass { strict: false } to load what fits`,
    );
  }
  const pairs = Object.entries(own).flatMap(([key, target]) => {
    const source = state[key];
    return source === undefined ? [] : [{ key, source, target }];
  });
  for (const { key, source, target } of pairs) {
    if (sameShape(source.shape, target.shape)) continue;
    throw new RangeError(
      `loadStateDict: ${key} has shape ${formatShape(source.shape)}, the module needs ${formatShape(target.shape)}`,
    );
  }
  for (const { source, target } of pairs) target.copy_(source);
  return { missingKeys, unexpectedKeys };
}
