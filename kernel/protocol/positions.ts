// From compiled code to the source and back, by a table of positions.

import type { PositionTable } from "./threads.js";

/** Numbers of a row of a position table. */
const ROW = 4;

/** The place in the source for a place in the compiled code; all from 0. */
export function sourcePosition(
  table: PositionTable,
  line: number,
  column: number,
): readonly [number, number] {
  let low = 0;
  let high = table.length / ROW - 1;
  let found = -1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const at = table[middle * ROW]!;
    if (at < line || (at === line && table[middle * ROW + 1]! <= column)) {
      found = middle;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return found < 0 ? [0, 0] : [table[found * ROW + 2]!, table[found * ROW + 3]!];
}

/** Where the compiled code of a source line begins, or of the next line that has any; all from 0. */
export function compiledPosition(
  table: PositionTable,
  sourceLine: number,
): readonly [line: number, column: number] | undefined {
  let best: number | undefined;
  const isBefore = (row: number, other: number): boolean =>
    table[row + 2] === table[other + 2]
      ? table[row + 3]! < table[other + 3]!
      : table[row + 2]! < table[other + 2]!;
  for (let row = 0; row < table.length; row += ROW) {
    if (table[row + 2]! < sourceLine) continue;
    if (best === undefined || isBefore(row, best)) best = row;
  }
  return best === undefined ? undefined : [table[best]!, table[best + 1]!];
}
