// Several results of one method: by their names, or in their order, as PyTorch gives them.

import type { Tensor } from "./tensor.js";

/** `const { values, indices } = x.topk(2)`, or `const [values, indices] = x.topk(2)`. */
export type InOrder<T extends object> = T & Iterable<Tensor>;

/** Lets results be taken in the order of their names. */
export function inOrder<T extends object>(results: T): InOrder<T> {
  const inTurn = (): Iterator<unknown> => Object.values(results)[Symbol.iterator]();
  return Object.defineProperty(results, Symbol.iterator, { value: inTurn }) as InOrder<T>;
}
