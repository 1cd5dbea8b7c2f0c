// What the kernel's threads say to each other: wire <-> main (user code) and wire <-> lang (the compiler).

import type { RunEvent } from "gradbook/train/run";
import type { ErrorContent, Json, MimeBundle } from "./messages.js";

/** Words of the memory that wire and main share. Word 0 is also the library's interrupt flag. */
export const SHARED = {
  interrupt: 0,
  yieldDue: 1,
  charactersTaken: 2,
  inputs: 3,
  requests: 4,
  /** 1 once the sockets are closed: the process may end. */
  closed: 5,
  length: 6,
} as const;

/** A position table: rows of [generated line, generated column, source line, source column], all from 0, sorted. */
export type PositionTable = Int32Array;

/** A cell ready to run. */
export interface CompiledCell {
  /** Shown in stack traces: `cell[3].ts`. */
  readonly name: string;
  readonly source: string;
  /** JavaScript: an async function of the runtime that gives `[value]` or nothing. */
  readonly code: string;
  readonly positions: PositionTable;
}

export type ToMain =
  | { readonly type: "run"; readonly execution: number; readonly cell: CompiledCell }
  /** Stops this execution; -1: everything that still goes on in the background. */
  | { readonly type: "interrupt"; readonly execution: number }
  | { readonly type: "comm"; readonly event: CommEvent }
  /** Requests of runs have come on their own port, for a main thread that is idle. */
  | { readonly type: "requests" }
  | { readonly type: "exit" };

export interface CommEvent {
  readonly kind: "open" | "message" | "close";
  readonly comm: string;
  /** Of `open` only. */
  readonly target: string;
  readonly data: Json;
  readonly metadata: Json;
  readonly buffers: readonly Uint8Array[];
}

export type Outcome =
  | { readonly status: "ok"; readonly result?: MimeBundle }
  | { readonly status: "error"; readonly error: ErrorContent; readonly interrupted: boolean };

/** `execution` says which cell caused it. */
export type FromMain =
  | { readonly type: "ready" }
  | {
      readonly type: "stream";
      readonly execution: number;
      readonly name: "stdout" | "stderr";
      readonly text: string;
    }
  | {
      readonly type: "display";
      readonly execution: number;
      readonly bundle: MimeBundle;
      readonly id?: string;
      readonly update: boolean;
    }
  /** Shows a text beside the notebook, once the cell has ended. */
  | { readonly type: "page"; readonly execution: number; readonly text: string }
  | { readonly type: "clear"; readonly execution: number; readonly wait: boolean }
  /** Asks the user something; main waits for the `InputAnswer` with this number. */
  | {
      readonly type: "input";
      readonly execution: number;
      readonly question: number;
      readonly prompt: string;
      readonly password: boolean;
    }
  | { readonly type: "done"; readonly execution: number; readonly outcome: Outcome }
  | { readonly type: "run"; readonly execution: number; readonly event: RunEvent }
  /** The library's compute server has ended by itself, or a new one was started. */
  | { readonly type: "engine"; readonly execution: number; readonly gone: boolean }
  /** Something called `process.exit`; main waits for word `closed` and then ends. */
  | { readonly type: "exit"; readonly execution: number; readonly code: number }
  | { readonly type: "target"; readonly name: string; readonly registered: boolean }
  | { readonly type: "comm"; readonly execution: number; readonly event: CommEvent };

/** Comes on a port of its own, since main waits for it without serving anything else; word `inputs` is then counted up. */
export type InputAnswer =
  | { readonly question: number; readonly value: string }
  | { readonly question: number; readonly refused: string };

/** What the compiler says about a cell, in the cell's own lines (from 0). */
export interface Diagnostic {
  readonly code: number;
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** Variables of cells, by name. */
export interface NamesUsed {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** What a cell has to do with the variables that cells share; `reads` and `writes` happen when it runs. */
export interface CellNames extends NamesUsed {
  readonly declares: readonly string[];
  /** Of each function and class that the cell declares: what happens when it is called. */
  readonly captures: Readonly<Record<string, NamesUsed>>;
}

export type Compiled =
  | {
      readonly ok: true;
      readonly cell: CompiledCell;
      readonly warnings: readonly Diagnostic[];
      readonly names: CellNames;
    }
  | {
      readonly ok: false;
      readonly ename: "SyntaxError" | "TypeCheckError";
      readonly errors: readonly Diagnostic[];
    };

export interface CompletionEntry {
  readonly text: string;
  /** What kind of thing it is, as front ends name it: `function`, `class`, `property`. */
  readonly type: string;
  /** Parameters and result of what can be called. */
  readonly signature?: string;
}

export interface Completion {
  readonly start: number;
  readonly end: number;
  readonly entries: readonly CompletionEntry[];
}

/** Signature, description and examples of a name, in two formats. */
export interface Inspection {
  readonly plain: string;
  readonly markdown: string;
}

export type Completeness =
  | { readonly status: "complete" | "invalid" | "unknown" }
  | { readonly status: "incomplete"; readonly indent: string };

/** The language thread's services; positions count UTF-16 units. */
export interface Language {
  compile(source: string, name: string): Compiled;
  complete(source: string, position: number): Completion;
  inspect(source: string, position: number): Inspection | undefined;
  isComplete(source: string): Completeness;
}

/** All that the language thread knows of the notebook, for its successor. */
export interface LanguageState {
  /** What the cells so far have declared. */
  readonly declarations: string;
  /** Statements such as `declare global { ... }`, which hold for all cells. */
  readonly augmentations: readonly string[];
  /** Whether an error of types stops a cell; chosen in a cell by the comment `// @type-errors stop` or `warn`. */
  readonly typeErrors: "stop" | "warn";
}

export type LanguageCall = {
  [M in keyof Language]: {
    readonly id: number;
    readonly method: M;
    readonly arguments: Parameters<Language[M]>;
  };
}[keyof Language];

export type LanguageReply =
  | { readonly id: number; readonly value: unknown; readonly state: LanguageState }
  | { readonly id: number; readonly error: string };
