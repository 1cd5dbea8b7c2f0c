// Errors as users see them: in the lines of their own TypeScript, without the kernel's frames, with the line that failed.

import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { codeFrame, DIM, RED } from "../lang/code-frame.js";
import { insteadOfName } from "../lang/habits.js";
import type { ErrorContent } from "../protocol/messages.js";
import { sourcePosition } from "../protocol/positions.js";
import type { CompiledCell, PositionTable } from "../protocol/threads.js";

const CELL_POSITION = /((?:cell|hidden)\[[^\]]*\]\.ts):(\d+):(\d+)/;
/** In files of the notebook's folder, as local-files.ts names them. */
const FILE_POSITION = /(file:[^\s()]*\?changed=[\d.]+):(\d+):(\d+)/;
/** Variables of earlier cells and imported ones, as compiled cells name them. */
const SLOT = /\(0 ?, __\$([\w$]+)\.b\.\$v\)|__\$([\w$]+?)\.b\.\$v|__\$([\w$]+)/g;
/** What V8 says of a name that nothing has. */
const UNKNOWN_NAME = /^(\w+) is not defined$/;
const OWN_CODE = new URL(".", import.meta.url).href;
/** The kernel's code around cells, and the accessors through which cells share variables. */
const isOwn = (frame: string): boolean =>
  frame.includes(OWN_CODE) ||
  /^[gs]et \$v |\(?node:internal\/|^new Script \(node:vm|\/cell\.mjs:/.test(frame);
const STACK_FRAMES = 100;

export class ErrorReports {
  readonly #cells = new Map<string, CompiledCell>();
  readonly #files = new Map<string, PositionTable>();
  readonly #library: string;
  readonly #folder: string;

  /** `library`: URL of the folder whose frames are shown only where they begin. `folder`: the notebook's. */
  constructor(library: string, folder: string) {
    this.#library = library;
    this.#folder = folder;
    // Layers inside layers: V8's ten frames would not reach the cell.
    Error.stackTraceLimit = STACK_FRAMES;
    Error.prepareStackTrace = (error, sites) => {
      const lines = this.#frames(sites.map((site) => site.toString()));
      return [named(headerOf(error)), ...lines.map((line) => `    at ${line}`)].join("\n");
    };
  }

  /** Remembers a cell, so that positions in its compiled code can be told in its source. */
  addCell(cell: CompiledCell): void {
    this.#cells.set(cell.name, cell);
  }

  /** Remembers a compiled file, for the same reason. */
  addFile(url: string, positions: PositionTable): void {
    this.#files.set(url, positions);
  }

  /** An error as Jupyter's `error` message and `execute_reply` carry it. */
  report(error: unknown): ErrorContent {
    try {
      return this.#content(error);
    } catch {
      // a message that throws, or a thrown object that cannot be looked at
      const evalue = "It cannot be shown: what it says of itself throws another error.";
      return { ename: "Error", evalue, traceback: [`${RED("Error")}: ${evalue}`] };
    }
  }

  #content(error: unknown): ErrorContent {
    if (!(error instanceof Error)) {
      const evalue = inspect(error);
      return { ename: "Thrown", evalue, traceback: [`${RED("Thrown")}: ${evalue}`] };
    }
    const [name, evalue] = [String(error.name), named(String(error.message))];
    const instead = insteadOfName(UNKNOWN_NAME.exec(evalue)?.[1] ?? "");
    const remedies = name === "ReferenceError" && instead !== undefined ? [DIM(instead)] : [];
    return { ename: name, evalue, traceback: [...this.#traceback(error), ...remedies] };
  }

  #traceback(error: Error, seen: readonly Error[] = []): string[] {
    // user code may put anything there
    const stack = String(error.stack ?? "");
    const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
    const lines = [`${RED(String(error.name))}: ${named(String(error.message))}`];
    const picture = frames.map((frame) => this.#picture(frame)).find((found) => found !== undefined);
    if (picture !== undefined) lines.push(picture);
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

  /** The line of a cell or of a file in the notebook's folder that a frame is about. */
  #picture(frame: string): string | undefined {
    const [, name = "", line, column] = CELL_POSITION.exec(frame) ?? LOCAL_POSITION.exec(frame) ?? [];
    const source = this.#cells.get(name)?.source ?? readLocal(path.resolve(this.#folder, name));
    return name === "" || source === undefined
      ? undefined
      : codeFrame(source, Number(line) - 1, Number(column) - 1);
  }

  /** Frames down to the outermost one of a cell, with positions in the cells' source. */
  #frames(frames: readonly string[]): string[] {
    const inLibrary = (frame: string | undefined): boolean => frame?.includes(this.#library) === true;
    const shown = frames.filter(
      (frame, i) => !isOwn(frame) && !(inLibrary(frame) && inLibrary(frames[i - 1])),
    );
    const last = shown.findLastIndex((frame) => CELL_POSITION.test(frame));
    const mapped = (last < 0 ? shown : shown.slice(0, last + 1)).map((frame) => this.#mapped(frame));
    return withoutRepeats(mapped);
  }

  #mapped(frame: string): string {
    const moved = (positions: PositionTable | undefined, line: string, column: string): string => {
      if (positions === undefined) return `${line}:${column}`;
      const [sourceLine, sourceColumn] = sourcePosition(positions, Number(line) - 1, Number(column) - 1);
      return `${sourceLine + 1}:${sourceColumn + 1}`;
    };
    return frame
      .replace(
        CELL_POSITION,
        (_, name: string, line: string, column: string) =>
          `${name}:${moved(this.#cells.get(name)?.positions, line, column)}`,
      )
      .replace(FILE_POSITION, (_, url: string, line: string, column: string) => {
        const file = path.relative(this.#folder, fileURLToPath(url));
        return `${file}:${moved(this.#files.get(url), line, column)}`;
      });
  }
}

/** A file of the notebook's folder, as frames name it once they are mapped: by a relative path. */
const LOCAL_POSITION = /(?:\(|at (?:async )?)((?!\/)[^\s():]+\.(?:[cm]?[jt]s|tsx)):(\d+):(\d+)/;

function readLocal(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Has the message of a caught error call variables as the user calls them; gives the error. */
export function told<T>(error: T): T {
  try {
    if (error instanceof Error) {
      const message = named(error.message);
      if (message !== error.message) error.message = message;
    }
  } catch {
    // one that is frozen, or whose message throws, stays as it is
  }
  return error;
}

/** A promise's handler of errors that is `told` of each. What is no function stays as it is. */
export function toldTo<T>(handler: T): T | ((error: unknown) => unknown) {
  return typeof handler === "function" ? (error) => handler(told(error)) : handler;
}

/** The text with variables called as the user calls them. */
function named(text: string): string {
  return text.replace(
    SLOT,
    (_, called?: string, used?: string, declared?: string) => called ?? used ?? declared ?? "",
  );
}

/** Of a function that calls itself again and again, one frame and how many more there are. */
function withoutRepeats(frames: readonly string[]): string[] {
  const kept: string[] = [];
  for (let from = 0, to = 0; from < frames.length; from = to) {
    while (to < frames.length && frames[to] === frames[from]) to++;
    const more = to - from - 1;
    kept.push(
      frames[from]!,
      ...(more > 1 ? [`... and ${more} more of the same`] : frames.slice(from + 1, to)),
    );
  }
  return kept;
}

function headerOf(error: unknown): string {
  try {
    // what `Error.captureStackTrace` is given (by console.trace, for one) need not be an error
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}
