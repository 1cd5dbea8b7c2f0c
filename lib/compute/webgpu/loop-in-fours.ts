// Element-wise loops over many points: an invocation computes four neighbours, and so loads and stores whole vectors.

import { elements } from "../../graph/shape.js";
import type { LoopKernel } from "../ir.js";
import type { Access } from "./access.js";
import { withFewDimensions } from "./dimensions.js";
import type { Names } from "./expressions.js";
import { block, indicesOf } from "./loop.js";
import { accessInFours, storesOfFour } from "./quads.js";
import type { Slots } from "./shader.js";

/** With fewer points, starting a kernel takes longer than its loads, and a quarter of the invocations would leave a GPU idle. */
const MANY_POINTS = 16_384;

export interface LoopsInFours {
  /** With as few dimensions as possible. */
  readonly loops: readonly LoopKernel[];
  readonly access: Access;
}

/** The loops of one launch, where all of them can be computed so. */
export function inFours(loops: readonly LoopKernel[]): LoopsInFours | undefined {
  const flat = loops.map(withFewDimensions);
  const ways = flat.map(({ passes, outer, outputs }) =>
    passes.length > 0 || elements(outer) < MANY_POINTS ? undefined : accessInFours(outputs, outer),
  );
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
