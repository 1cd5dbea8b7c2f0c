// What users know the source of among the scripts that V8 runs: cells, and the local files that they import.

import type { Debugger } from "node:inspector";
import { sourcePosition } from "../protocol/positions.js";
import type { CompiledCell } from "../protocol/threads.js";
import { DebuggedCells } from "./cells.js";
import { DebuggedFiles } from "./files.js";
import type { Parsed, Place, Script } from "./script.js";

export class Scripts {
  readonly #cells = new DebuggedCells();
  readonly #files = new DebuggedFiles();
  readonly #byId = new Map<string, Script>();

  /** A cell will be run. */
  add(cell: CompiledCell): Script {
    return this.#cells.add(cell);
  }

  /** V8 has read a script. */
  parsed(parsed: Parsed): void {
    const script = this.#cells.get(parsed.url) ?? this.#files.parsed(parsed);
    if (script !== undefined) this.#byId.set(parsed.scriptId, script);
  }

  get(scriptId: string): Script | undefined {
    return this.#byId.get(scriptId);
  }

  /** All runs of the cell, or versions of the file, with this path. */
  of(path: string): Script[] {
    return [...this.#cells.of(path), ...this.#files.of(path)];
  }

  /** Remembers a text that a front end shows, and gives its path. */
  dump(source: string): string {
    return this.#cells.dump(source);
  }

  source(path: string): string | undefined {
    return this.#cells.source(path) ?? this.#files.source(path);
  }

  /** The local files that have been imported, each once. */
  get files(): Pick<Script, "name" | "path">[] {
    return this.#files.all;
  }

  /** Where in a source this is; undefined for code whose source users do not know. */
  locate({ scriptId, lineNumber, columnNumber = 0 }: Debugger.Location): Place | undefined {
    const script = this.#byId.get(scriptId);
    if (script === undefined) return undefined;
    const { positions } = script;
    const [line, column] =
      positions === undefined
        ? [lineNumber, columnNumber]
        : sourcePosition(positions, lineNumber, columnNumber);
    return { script, line: line + 1, column: column + 1, own: script.isOwn(lineNumber, columnNumber) };
  }
}
