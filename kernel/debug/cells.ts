// The cells as the debugger knows them: by the path that front ends give a cell's text, and by V8's number of the script. The
// paths name no files: whoever wants a cell's text asks for it.

import type { Debugger } from "node:inspector";
import { isOwnCode } from "../lang/own-code.js";
import { sourcePosition } from "../protocol/positions.js";
import type { CompiledCell } from "../protocol/threads.js";
import { murmur2 } from "./murmur.js";

/** How front ends make a cell's path themselves. */
export const PATHS = {
  prefix: "gradbook-cells/",
  suffix: ".ts",
  hashMethod: "Murmur2",
  hashSeed: 0xc70f6907,
} as const;

/** A place in a cell's source, from 1. */
export interface Place {
  readonly cell: CompiledCell;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** True for statements that the kernel has put there. */
  readonly own: boolean;
}

/** The compiled code begins with a line of the kernel's, which V8 is told to count as line -1. */
const HEADER_LINES = 1;

export class DebuggedCells {
  readonly #cells = new Map<string, CompiledCell>();
  readonly #paths = new Map<string, string>();
  readonly #scripts = new Map<string, CompiledCell>();
  readonly #sources = new Map<string, string>();

  add(cell: CompiledCell): void {
    this.#cells.set(cell.name, cell);
  }

  /** V8 has read a script. */
  parsed({ scriptId, url }: { readonly scriptId: string; readonly url: string }): void {
    const cell = this.#cells.get(url);
    if (cell !== undefined) this.#scripts.set(scriptId, cell);
  }

  /** Remembers a text that a front end shows, and gives its path. */
  dump(source: string): string {
    const { prefix, suffix, hashSeed } = PATHS;
    const path = `${prefix}${murmur2(source, hashSeed)}${suffix}`;
    this.#sources.set(path, source);
    return path;
  }

  pathOf(cell: CompiledCell): string {
    const known = this.#paths.get(cell.name);
    if (known !== undefined) return known;
    const path = this.dump(cell.source);
    this.#paths.set(cell.name, path);
    return path;
  }

  source(path: string): string | undefined {
    return this.#sources.get(path) ?? this.runsOf(path)[0]?.source;
  }

  /** The runs so far of the cell with this path. */
  runsOf(path: string): CompiledCell[] {
    return [...this.#cells.values()].filter((cell) => this.pathOf(cell) === path);
  }

  /** Where in a cell this is; undefined for all other code. */
  locate({ scriptId, lineNumber, columnNumber = 0 }: Debugger.Location): Place | undefined {
    const cell = this.#scripts.get(scriptId);
    if (cell === undefined) return undefined;
    const text = cell.code.split("\n")[lineNumber + HEADER_LINES] ?? "";
    const [line, column] = sourcePosition(cell.positions, lineNumber, columnNumber);
    return {
      cell,
      path: this.pathOf(cell),
      line: line + 1,
      column: column + 1,
      own: lineNumber < 0 || isOwnCode(text, columnNumber),
    };
  }
}
