// Many tensors as one: an optimizer records its update once for all parameters instead of once for each. In plans there are
// no packs (lib/compute/plan/packs.ts).

import { defineOp, type Node, type Op, record } from "../node.js";
import { elements, type Shape } from "../shape.js";

const PACK: Op = defineOp({
  name: "pack",
  infer: (inputs) => {
    let total = 0;
    for (const { shape } of inputs) total += elements(shape);
    return { shape: [total], dtype: "float32" };
  },
  lowering: { kind: "pack" },
});

/** The elements of all `parts` (float32), one after the other: [total]. Only for elementwise operations together with other
 *  packs of parts of the same shapes and with scalars; has no derivative. */
export const pack = (parts: readonly Node[]): Node => record(PACK, parts);

const UNPACK: Op = defineOp({
  name: "unpack",
  infer: (_inputs, { shape }) => ({ shape: shape as Shape, dtype: "float32" }),
  lowering: { kind: "unpack" },
});

/** Part `index` of what was computed from packs, in its own shape. */
export const unpack = (packed: Node, index: number, shape: Shape): Node =>
  record(UNPACK, [packed], { index, shape });
