// A kernel in the making: the nodes it computes, at which place of its loops, what it reads for that, and what must run
// before it.

import { type Expr, inOrder } from "../../graph/expr.js";
import { type Scope, type Space, viewKey } from "./space.js";
import type { ShapedView } from "./view.js";

/** A node that a kernel computes. */
export interface Member {
  readonly node: number;
  /** Its value; of a reduction, what is reduced; a product or a routine has none. Loads are of nodes. */
  readonly expr: Expr | undefined;
  /** Of a product or a routine. */
  readonly operands: readonly Operand[];
  readonly reads: readonly Read[];
  /** Whether it looks if an index is in range. */
  readonly checks: boolean;
  /** For each point of a row, or once for the row: reductions and products are that. */
  readonly scope: Scope;
  readonly isReduction: boolean;
  /** Of a reduction or a value in the row, the pass that computes it. Of others, how many passes must be done before. */
  readonly pass: number;
  /** Where it is stored, over the loops. */
  readonly place: string;
}

/** Where a node is read. `place` is undefined where the address depends on data or on a condition. */
export interface Read {
  readonly node: number;
  readonly place: string | undefined;
}

/** A stored node, and how it is seen. */
export interface Operand {
  readonly node: number;
  readonly view: ShapedView;
}

/** What a value over a space reads, and whether it looks if an index is in range. */
export function needsOf(expr: Expr, space: Space): { reads: Read[]; checks: boolean } {
  const parts = inOrder([expr]);
  const reads = parts.flatMap((part): Read[] => {
    if (part.kind === "gather") return [{ node: part.buffer, place: undefined }];
    if (part.kind !== "load") return [];
    return [{ node: part.buffer, place: part.guard === undefined ? viewKey(part.view, space) : undefined }];
  });
  return { reads, checks: parts.some(({ kind }) => kind === "check") };
}

export class Draft {
  kind: "loop" | "matmul" | "routine";
  space: Space;
  /** In the order in which they are computed. */
  members: readonly Member[];
  /** What has to run before. */
  readonly after: Set<Draft> = new Set();

  constructor(kind: Draft["kind"], space: Space, member: Member) {
    this.kind = kind;
    this.space = space;
    this.members = [member];
  }

  get checks(): boolean {
    return this.members.some(({ checks }) => checks);
  }
}

/** Whether one of `drafts`, or what has to run before them, is one of `targets`. */
export function leadsTo(drafts: Iterable<Draft>, targets: readonly Draft[]): boolean {
  const seen = new Set(drafts);
  for (const draft of seen) {
    if (targets.includes(draft)) return true;
    for (const before of draft.after) seen.add(before);
  }
  return false;
}

/** Passes along a row. */
export function passesOf(members: readonly Member[]): number {
  return members.reduce(
    (most, { scope, isReduction, pass }) => Math.max(most, isReduction || scope === "row" ? pass + 1 : pass),
    0,
  );
}
