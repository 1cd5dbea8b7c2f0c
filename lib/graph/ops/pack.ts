// Many tensors as one: an optimizer records its update once for all parameters instead of once for each. In plans there are
// no packs (lib/compute/plan/packs.ts).

import { defineOp, type Node, type Op, record } from "../node.js";
import { elements, type Shape } from "../shape.js";

/** Parts begin at multiples of 64 bytes. */
const STEP = 16;

/** Elements from the begin of a part of this shape to that of the next one. */
export const packedElements = (shape: Shape): number => Math.ceil(elements(shape) / STEP) * STEP;

const PACK: Op = defineOp({
  name: "pack",
  infer: (inputs) => {
    let total = 0;
    for (const { shape } of inputs) total += packedElements(shape);
    return { shape: [total], dtype: "float32" };
  },
  lowering: { kind: "pack" },
});

/** The elements of all `parts` (float32), one after the other, with room between them: [total]. Only for elementwise operations
 *  together with other packs of parts of the same shapes and with scalars; has no derivative. */
export const pack = (parts: readonly Node[]): Node => record(PACK, parts);

const LIKE_PACK: Op = defineOp({
  name: "like_pack",
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  lowering: { kind: "like_pack" },
});

/** A leaf [total] in which the parts of the pack `like` lie as there, as a pack. A value computed from it may overwrite it. */
export const likePack = (x: Node, like: Node): Node => record(LIKE_PACK, [x, like]);

const UNPACK: Op = defineOp({
  name: "unpack",
  infer: (_inputs, { shape }) => ({ shape: shape as Shape, dtype: "float32" }),
  lowering: { kind: "unpack" },
});

/** Part `index` of what was computed from packs, in its own shape. */
export const unpack = (packed: Node, index: number, shape: Shape): Node =>
  record(UNPACK, [packed], { index, shape });
