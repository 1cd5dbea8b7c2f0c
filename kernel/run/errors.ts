// Errors as users see them: in the lines of their own TypeScript, without the kernel's frames, with the line that failed.

import { inspect } from "node:util";
import { codeFrame, DIM, RED } from "../lang/code-frame.js";
import type { ErrorContent } from "../protocol/messages.js";
import type { CompiledCell, PositionTable } from "../protocol/threads.js";

const CELL_POSITION = /((?:cell|hidden)\[[^\]]*\]\.ts):(\d+):(\d+)/;
const OWN_CODE = new URL(".", import.meta.url).href;
/** The kernel's code around cells, and the accessors through which cells share variables. */
const isOwn = (frame: string): boolean => frame.includes(OWN_CODE) || /^[gs]et \$v /.test(frame);
const STACK_FRAMES = 100;

/** Numbers of a row of a position table. */
const ROW = 4;

export class ErrorReports {
  readonly #cells = new Map<string, CompiledCell>();
  readonly #library: string;

  /** `library`: URL of the folder whose frames are shown only where they begin. */
  constructor(library: string) {
    this.#library = library;
    // Layers inside layers: V8's ten frames would not reach the cell.
    Error.stackTraceLimit = STACK_FRAMES;
    Error.prepareStackTrace = (error, sites) => {
      const lines = this.#frames(sites.map((site) => site.toString()));
      return [headerOf(error), ...lines.map((line) => `    at ${line}`)].join("\n");
    };
  }

  /** Remembers a cell, so that positions in its compiled code can be told in its source. */
  addCell(cell: CompiledCell): void {
    this.#cells.set(cell.name, cell);
  }

  /** An error as Jupyter's `error` message and `execute_reply` carry it. */
  report(error: unknown): ErrorContent {
    if (!(error instanceof Error)) {
      const evalue = inspect(error);
      return { ename: "Thrown", evalue, traceback: [`${RED("Thrown")}: ${evalue}`] };
    }
    return { ename: error.name, evalue: error.message, traceback: this.#traceback(error) };
  }

  #traceback(error: Error, seen: readonly Error[] = []): string[] {
    const stack = error.stack ?? "";
    const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
    const lines = [`${RED(error.name)}: ${error.message}`];
    const match = frames.map((frame) => CELL_POSITION.exec(frame)).find((found) => found !== null);
    const cell = match == null ? undefined : this.#cells.get(match[1]!);
    if (match != null && cell !== undefined) {
      lines.push(codeFrame(cell.source, Number(match[2]) - 1, Number(match[3]) - 1));
    }
    lines.push(...frames.map((frame) => (CELL_POSITION.test(frame) ? frame : DIM(frame))));
    const { cause } = error;
    if (cause instanceof Error && !seen.includes(cause)) {
      const [first, ...rest] = this.#traceback(cause, [...seen, error]);
      lines.push(`Caused by ${first}`, ...rest);
    }
    if (error instanceof AggregateError) {
      for (const inner of error.errors.slice(0, 5)) lines.push(`  - ${inspect(inner)}`);
    }
    return lines;
  }

  /** Frames down to the outermost one of a cell, with positions in the cells' source. */
  #frames(frames: readonly string[]): string[] {
    const inLibrary = (frame: string | undefined): boolean => frame?.includes(this.#library) === true;
    const shown = frames.filter(
      (frame, i) => !isOwn(frame) && !(inLibrary(frame) && inLibrary(frames[i - 1])),
    );
    const last = shown.findLastIndex((frame) => CELL_POSITION.test(frame));
    return (last < 0 ? shown : shown.slice(0, last + 1)).map((frame) => this.#mapped(frame));
  }

  #mapped(frame: string): string {
    return frame.replace(CELL_POSITION, (text, name: string, line: string, column: string) => {
      const cell = this.#cells.get(name);
      if (cell === undefined) return text;
      const [sourceLine, sourceColumn] = sourcePosition(cell.positions, Number(line) - 1, Number(column) - 1);
      return `${name}:${sourceLine + 1}:${sourceColumn + 1}`;
    });
  }
}

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

function headerOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "Error";
  }
}
