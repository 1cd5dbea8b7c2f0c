// Element-wise loops over many points: an invocation computes four neighbours, and so loads and stores whole vectors.

import { elements } from "../../graph/shape.js";
import type { LoopKernel } from "../ir.js";
import type { Access } from "./access.js";
import { withFewDimensions } from "./dimensions.js";
import { isPartial, type Names } from "./expressions.js";
import { block, indicesOf } from "./loop.js";
import { accessInFours, storesOfFour } from "./quads.js";
import type { Slots } from "./shader.js";

/** With fewer points, starting a kernel takes longer than its loads, and a quarter of the invocations would leave a GPU idle. Where
 *  single results would be parts of words, and so stored by atomic operations, fewer are enough. */
const MANY_POINTS = 16_384;
const MANY_PARTS = 1024;

export interface LoopsInFours {
  /** With as few dimensions as possible. */
  readonly loops: readonly LoopKernel[];
  readonly access: Access;
}

/** The loops of one launch, where all of them can be computed so. */
export function inFours(loops: readonly LoopKernel[]): LoopsInFours | undefined {
  const flat = loops.map(withFewDimensions);
  const ways = flat.map(({ passes, outer, outputs }) => {
    const enough = outputs.some(({ value }) => isPartial(value.dtype)) ? MANY_PARTS : MANY_POINTS;
    return passes.length > 0 || elements(outer) < enough ? undefined : accessInFours(outputs, outer);
  });
  if (ways.some((access) => access === undefined)) return undefined;
  return { loops: flat, access: Math.min(...(ways as number[])) as Access };
}

export const groupsInFours = ({ outer }: LoopKernel, size: number): number =>
  Math.ceil(elements(outer) / 4 / size);

/** Statements that compute the points of workgroup `group` as invocation `local` of `size`. */
export function emitInFours(
  { outer, outputs }: LoopKernel,
  size: number,
  slots: Slots,
  names: Names,
): string[] {
  const indices = outer.map(() => names.next("i"));
  return [
    `let first = (group * ${size}u + local) * 4u;`,
    ...block(`if (first < ${elements(outer)}u)`, [
      ...indicesOf("first", outer, indices),
      ...storesOfFour(outputs, slots, names, indices, () => []),
    ]),
  ];
}
