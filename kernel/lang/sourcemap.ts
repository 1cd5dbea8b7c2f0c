// Reads the source map that TypeScript puts at the end of its output.

import type { PositionTable } from "../protocol/threads.js";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_OF_MAP = /data:application\/json;base64,([A-Za-z0-9+/=]+)\s*$/;
const COMMENT = new RegExp(`\\n?//# sourceMappingURL=${URL_OF_MAP.source}`);

/** Where a piece of output came from; all numbers from 0. */
export interface Mapping {
  readonly line: number;
  readonly column: number;
  readonly sourceLine: number;
  readonly sourceColumn: number;
}

/** The output without its source map, and the map. */
export function splitSourceMap(output: string): { code: string; mappings: Mapping[] } {
  const match = COMMENT.exec(output);
  if (match === null) return { code: output, mappings: [] };
  return { code: output.slice(0, match.index), mappings: decode(match[1]!) };
}

/** The table of a map that stands in a URL; undefined if it is not one of TypeScript's. */
export function positionsOfMap(url: string): PositionTable | undefined {
  const match = URL_OF_MAP.exec(url);
  return match === null ? undefined : tableOf(decode(match[1]!));
}

export function tableOf(mappings: readonly Mapping[]): PositionTable {
  return Int32Array.from(mappings.flatMap((m) => [m.line, m.column, m.sourceLine, m.sourceColumn]));
}

function decode(base64: string): Mapping[] {
  const { mappings: text } = JSON.parse(Buffer.from(base64, "base64").toString()) as { mappings: string };
  const mappings: Mapping[] = [];
  let sourceLine = 0;
  let sourceColumn = 0;
  for (const [line, segments] of text.split(";").entries()) {
    let column = 0;
    for (const segment of segments.split(",")) {
      const [dColumn, , dLine, dSourceColumn] = decodeNumbers(segment);
      if (dColumn === undefined) continue;
      column += dColumn;
      if (dLine === undefined || dSourceColumn === undefined) continue;
      sourceLine += dLine;
      sourceColumn += dSourceColumn;
      mappings.push({ line, column, sourceLine, sourceColumn });
    }
  }
  return mappings;
}

/** Base-64 variable-length quantities: five bits a digit, lowest first; the lowest bit of the whole is the sign. */
function decodeNumbers(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    value |= (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) !== 0) continue;
    numbers.push((value & 1) === 0 ? value >> 1 : -(value >> 1));
    value = 0;
    shift = 0;
  }
  return numbers;
}
