// The queue of cells: one at a time through compiler and main thread, with the messages that Jupyter expects around each, in
// their order. After an error the cells that wait are answered "aborted".

import { diagnosticText, syntaxError } from "../lang/code-frame.js";
import { LIMITS } from "../limits.js";
import type { CellRun } from "../protocol/cells.js";
import {
  type ErrorContent,
  flagField,
  type Header,
  type Json,
  objectField,
  textField,
  textsField,
} from "../protocol/messages.js";
import type { CompiledCell, Outcome, ToMain } from "../protocol/threads.js";
import type { Cells } from "./cells.js";
import type { History } from "./history.js";
import type { LanguageClient } from "./language.js";
import type { Publisher } from "./publisher.js";
import type { Request } from "./requests.js";

/** One execution; lives on in the table after its end, for late output. */
export interface ExecutionRecord {
  readonly id: number;
  readonly parent: Header | Json;
  /** Nothing is published. */
  readonly silent: boolean;
  /** Which run of which cell it is; undefined for code that belongs to no cell. */
  readonly run?: CellRun;
}

export interface ExecutionParts {
  readonly publisher: Publisher;
  readonly language: LanguageClient;
  readonly history: History;
  readonly cells: Cells;
  readonly toMain: (message: ToMain) => void;
  /** Called before a cell goes to main: whatever was to stop the one before it is over. */
  readonly starting: () => void;
  /** Called when a cell has ended, before the last messages about it. */
  readonly ended: (execution: number, outcome: Outcome) => void;
}

const COMPILER_STOPPED: ErrorContent = {
  ename: "Interrupted",
  evalue: "The cell was stopped.",
  traceback: ["Interrupted: The cell was stopped."],
};

export class Executions {
  readonly #parts: ExecutionParts;
  readonly #records = new Map<number, ExecutionRecord>();
  #queue: Request[] = [];
  #running: ExecutionRecord | undefined;
  #request: Request | undefined;
  /** What front ends are to do when they get the reply. */
  #payload: Json[] = [];
  #phase: "compile" | "run" = "compile";
  #finish: ((outcome: Outcome) => void) | undefined;
  #nextId = 1;
  #count = 0;
  #hidden = 0;

  constructor(parts: ExecutionParts) {
    this.#parts = parts;
  }

  /** The execution that goes on now. */
  get running(): ExecutionRecord | undefined {
    return this.#running;
  }

  /** What asked for this execution, while it goes on. */
  requestOf(id: number): Request | undefined {
    return this.#running?.id === id ? this.#request : undefined;
  }

  /** Has the front end show a text in its pager at the end of the running cell. */
  page(id: number, text: string): void {
    if (this.#running?.id === id)
      this.#payload.push({ source: "page", data: { "text/plain": text }, start: 0 });
  }

  record(id: number): ExecutionRecord | undefined {
    return this.#records.get(id);
  }

  add(request: Request): void {
    this.#queue.push(request);
    if (this.#running === undefined && this.#queue.length === 1) void this.#runAll();
  }

  /** Main says that an execution has ended. */
  done(id: number, outcome: Outcome): void {
    if (this.#running?.id === id) this.#finish?.(outcome);
  }

  /** Stops the running cell in its compilation; true if there was one. */
  stopCompiling(): boolean {
    if (this.#running === undefined || this.#phase !== "compile") return false;
    this.#parts.language.abort();
    return true;
  }

  async #runAll(): Promise<void> {
    for (let request = this.#queue[0]; request !== undefined; request = this.#queue[0]) {
      const ok = await this.#run(request);
      this.#queue.shift();
      if (!ok && flagField(request.message.content, "stop_on_error", true)) this.#abortWaiting();
      if (this.#queue.length === 0) this.#parts.cells.settled();
    }
  }

  /** Everything about one cell; true if it ended well. */
  async #run(request: Request): Promise<boolean> {
    const { publisher, history, cells } = this.#parts;
    const { content, header, metadata } = request.message;
    const silent = flagField(content, "silent", false);
    const stored = !silent && flagField(content, "store_history", true);
    const source = textField(content, "code");
    publisher.status("busy", header);
    if (stored) this.#count++;
    const count = this.#count;
    const cell = textField(metadata, "cellId");
    const record = this.#newRecord(header, silent, stored ? { cell, count } : undefined);
    cells.forget([cell, ...textsField(metadata, "deletedCells")]);
    if (stored) history.add(count, source);
    if (!silent) publisher.publish("execute_input", { code: source, execution_count: count }, header);

    const name = stored ? `cell[${count}].ts` : `hidden[${++this.#hidden}].ts`;
    this.#request = request;
    this.#payload = [];
    const outcome = source.trim() === "" ? OK : await this.#outcome(record, source, name);
    const user_expressions =
      outcome.status === "ok" ? await this.#evaluate(record, objectField(content, "user_expressions")) : {};
    this.#running = undefined;
    this.#request = undefined;
    this.#parts.ended(record.id, outcome);

    if (!silent && outcome.status === "error") publisher.publish("error", { ...outcome.error }, header);
    if (!silent && outcome.status === "ok" && outcome.result !== undefined) {
      publisher.publish(
        "execute_result",
        { ...outcome.result, execution_count: count, transient: {} },
        header,
      );
    }
    publisher.flush();
    request.reply(
      outcome.status === "ok"
        ? { status: "ok", execution_count: count, user_expressions, payload: this.#payload }
        : { status: "error", execution_count: count, ...outcome.error },
    );
    publisher.status("idle", header);
    return outcome.status === "ok";
  }

  /** What the expressions give now that the cell has run. One that fails does not fail the cell. */
  async #evaluate(record: ExecutionRecord, expressions: Json): Promise<Json> {
    const results: Json = {};
    const { run: _, ...hidden } = record;
    for (const [name, source] of Object.entries(expressions)) {
      const outcome = await this.#outcome(hidden, String(source), `hidden[${++this.#hidden}].ts`);
      results[name] =
        outcome.status === "ok"
          ? { status: "ok", data: {}, metadata: {}, ...outcome.result }
          : { status: "error", ...outcome.error };
    }
    return results;
  }

  async #outcome(record: ExecutionRecord, source: string, name: string): Promise<Outcome> {
    const { language, publisher, cells, toMain, starting } = this.#parts;
    this.#running = record;
    this.#phase = "compile";
    let cell: CompiledCell;
    try {
      const compiled = await language.call("compile", source, name);
      if (!compiled.ok) return failed(syntaxError({ name, source }, compiled.errors));
      cell = compiled.cell;
      if (record.run !== undefined) cells.started(record.run, compiled.names);
      if (compiled.warnings.length > 0 && !record.silent) {
        const texts = compiled.warnings.map((d) => `${diagnosticText(cell, d, "warning")}\n`);
        publisher.stream("stderr", texts.join(""), record.parent);
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message === "stopped") return { ...failed(COMPILER_STOPPED), interrupted: true };
      return failed({ ename: "CompilerError", evalue: message, traceback: [message] });
    }
    this.#phase = "run";
    starting();
    const outcome = new Promise<Outcome>((resolve) => {
      this.#finish = resolve;
    });
    toMain({ type: "run", execution: record.id, cell });
    return outcome;
  }

  #newRecord(parent: Header | Json, silent: boolean, run: CellRun | undefined): ExecutionRecord {
    const record = { id: this.#nextId++, parent, silent, ...(run && { run }) };
    this.#records.set(record.id, record);
    this.#records.delete(record.id - LIMITS.executions);
    return record;
  }

  #abortWaiting(): void {
    const waiting = this.#queue;
    this.#queue = [];
    for (const { message, reply } of waiting) {
      this.#parts.publisher.status("busy", message.header);
      reply({ status: "aborted", execution_count: this.#count });
      this.#parts.publisher.status("idle", message.header);
    }
  }
}

const OK: Outcome = { status: "ok" };

function failed(error: ErrorContent): Outcome & { status: "error" } {
  return { status: "error", error, interrupted: false };
}
