// Which cells are out of date, and why: what the kernel knows about reads and changes, seen with the cells' order in the notebook.

import type { CellReads, CellRun, VariableRead } from "@gradbook/kernel/protocol/cells";

/**
 * Whose changes count. `above`: those that would reach the cell if the notebook were run from top to bottom, which are made by the
 * cell that the variable came from or by one between the two. `any`: those of every cell.
 */
export const RULES = ["above", "any"] as const;
export type Rule = (typeof RULES)[number];

export interface Reason {
  /** The variable. */
  readonly name: string;
  /** The run that changed it, or if `inherited` the one that it came from, whose cell is itself out of date. */
  readonly run: CellRun;
  readonly inherited: boolean;
}

/** The reasons of each cell that is out of date. `order`: the notebook's cells, from top to bottom. */
export function outOfDate(
  cells: readonly CellReads[],
  order: readonly string[],
  rule: Rule,
): Map<string, Reason[]> {
  const places = new Map(order.map((cell, place) => [cell, place]));
  const counts = new Map<string, number>();
  const found = new Map<string, Reason[]>();
  for (const { cell, count, reads } of cells) {
    const place = places.get(cell);
    if (place === undefined) continue;
    const reasons = reads.flatMap((read): Reason[] => {
      const change = read.changes.findLast((run) => rule === "any" || reaches(run, read, place, places));
      if (change !== undefined) return [{ name: read.name, run: change, inherited: false }];
      const { from } = read;
      if (from === undefined || counts.get(from.cell) !== from.count) return [];
      return [{ name: read.name, run: from, inherited: true }];
    });
    if (reasons.length === 0) continue;
    found.set(cell, reasons);
    counts.set(cell, count);
  }
  return found;
}

/** True if a change belongs between where the variable came from and the cell that read it. */
function reaches(run: CellRun, { from }: VariableRead, place: number, places: Map<string, number>): boolean {
  const changed = places.get(run.cell);
  // a console, or a cell that has been deleted
  if (changed === undefined) return true;
  const source = (from && places.get(from.cell)) ?? -1;
  return changed === source || (changed < place && (changed > source || source > place));
}
