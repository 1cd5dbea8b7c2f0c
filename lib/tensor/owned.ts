// Values that are replaced in every step: running statistics, and what optimizers remember.

import { Storage } from "../compute/buffer.js";
import type { DType } from "../graph/dtype.js";
import { hostNode } from "./types.js";

/** A storage whose first value is given, and is written over like the later ones. Of a value that has yet to be computed there would
 *  be nothing to write over in the first step, which would then need a plan of its own. */
export function ownedStorage(values: ArrayLike<number>, shape: readonly number[], dtype: DType): Storage {
  const node = hostNode(values, shape, dtype);
  node.owned = true;
  const storage = new Storage(node);
  storage.base = node;
  return storage;
}
