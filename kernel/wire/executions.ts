// The queues of cells, one of each shell: a cell at a time through compiler and main thread, with the messages that Jupyter
// expects around each, in their order. After an error the cells that wait in its queue are answered "aborted". A subshell's cell
// runs while that of the main shell waits for something or, in a top-level loop, lets other work run.

import { diagnosticText, refusal } from "../lang/code-frame.js";
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
  /** Called before a cell goes to main that is alone there: whatever was to stop the one before it is over. */
  readonly starting: () => void;
  /** A cell goes to main when this is done. */
  readonly prepare: (cell: CompiledCell) => Promise<void>;
  /** Called when a cell has ended, before the last messages about it. */
  readonly ended: (execution: number, outcome: Outcome) => void;
}

const COMPILER_STOPPED: ErrorContent = {
  ename: "Interrupted",
  evalue: "The cell was stopped.",
  traceback: ["Interrupted: The cell was stopped."],
};

/** What is known of an execution while it goes on. */
interface Running {
  readonly record: ExecutionRecord;
  readonly request: Request;
  /** What front ends are to do when they get the reply. */
  readonly payload: Json[];
  compiling: boolean;
  /** Why it is stopped, if not because the user wants it. */
  blamed?: ErrorContent;
  finish?: (outcome: Outcome) => void;
}

export class Executions {
  readonly #parts: ExecutionParts;
  readonly #records = new Map<number, ExecutionRecord>();
  /** By the identifier of the shell; a queue begins with the cell that runs. */
  readonly #queues = new Map<string, Request[]>();
  readonly #running = new Map<number, Running>();
  /** One for each queue. */
  readonly #ends = new Map<string, Promise<void>>();
  /** What becomes of cells once main ends. */
  #exit: Outcome | undefined;
  #nextId = 1;
  #count = 0;
  #hidden = 0;

  constructor(parts: ExecutionParts) {
    this.#parts = parts;
  }

  /** The executions that go on now, in the order in which they began: at most one of each shell. */
  get running(): readonly ExecutionRecord[] {
    return [...this.#running.values()].map(({ record }) => record);
  }

  /** How many cells have counted so far. */
  get count(): number {
    return this.#count;
  }

  isRunning(id: number): boolean {
    return this.#running.has(id);
  }

  /** What asked for this execution, while it goes on. */
  requestOf(id: number): Request | undefined {
    return this.#running.get(id)?.request;
  }

  /** Has the front end show a text in its pager at the end of the running cell. */
  page(id: number, text: string): void {
    this.#running.get(id)?.payload.push({ source: "page", data: { "text/plain": text }, start: 0 });
  }

  record(id: number): ExecutionRecord | undefined {
    return this.#records.get(id);
  }

  add(request: Request): void {
    if (this.#exit !== undefined) {
      this.#abort([request]);
      return;
    }
    const queue = this.#queues.get(request.shell) ?? [];
    this.#queues.set(request.shell, queue);
    queue.push(request);
    if (queue.length === 1) this.#ends.set(request.shell, this.#runAll(request.shell, queue));
  }

  /** Main says that an execution has ended. */
  done(id: number, outcome: Outcome): void {
    const { blamed, finish } = this.#running.get(id) ?? {};
    const stopped = outcome.status === "error" && outcome.interrupted && blamed !== undefined;
    finish?.(stopped ? { ...outcome, error: blamed } : outcome);
  }

  /** What runs now and is about to be stopped ends with this error. */
  blame(error: ErrorContent): void {
    for (const running of this.#running.values()) running.blamed = error;
  }

  /** Main ends with this exit code, because of what this execution called: all cells get their replies, and none runs any more. */
  async leave(id: number, code: number): Promise<void> {
    const evalue = `process.exit(${code}) was called.`;
    const exit = failed({ ename: "Exit", evalue, traceback: [`Exit: ${evalue}`] });
    this.#exit = exit;
    const notice = `The kernel ends, and its variables with it: process.exit(${code}) was called.\n`;
    const record = this.#records.get(id);
    if (record?.silent !== true) this.#parts.publisher.stream("stderr", notice, record?.parent ?? {});
    // as after IPython's `exit`: a console ends, too
    if (code === 0) this.#running.get(id)?.payload.push({ source: "ask_exit", keepkernel: false });
    this.stopCompiling();
    for (const [each, { finish }] of this.#running) finish?.(each === id && code === 0 ? OK : exit);
    await Promise.all(this.#ends.values());
  }

  /** Stops the cells that are being compiled, and gives those that run. */
  stopCompiling(): readonly ExecutionRecord[] {
    const all = [...this.#running.values()];
    if (all.some(({ compiling }) => compiling)) this.#parts.language.abort();
    return all.filter(({ compiling }) => !compiling).map(({ record }) => record);
  }

  async #runAll(shell: string, queue: Request[]): Promise<void> {
    for (let request = queue[0]; request !== undefined; request = queue[0]) {
      const ok = await this.#run(request);
      queue.shift();
      const stop = !ok && flagField(request.message.content, "stop_on_error", true);
      if (stop || this.#exit !== undefined) this.#abort(queue);
    }
    this.#queues.delete(shell);
    this.#ends.delete(shell);
    this.#parts.cells.settled();
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
    const running: Running = { record, request, payload: [], compiling: true };
    this.#running.set(record.id, running);
    const outcome = source.trim() === "" ? OK : await this.#outcome(running, record, source, name);
    const user_expressions =
      outcome.status === "ok" && this.#exit === undefined
        ? await this.#evaluate(running, objectField(content, "user_expressions"))
        : {};
    this.#running.delete(record.id);
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
        ? { status: "ok", execution_count: count, user_expressions, payload: running.payload }
        : { status: "error", execution_count: count, ...outcome.error },
    );
    publisher.status("idle", header);
    return outcome.status === "ok";
  }

  /** What the expressions give now that the cell has run. One that fails does not fail the cell. */
  async #evaluate(running: Running, expressions: Json): Promise<Json> {
    const results: Json = {};
    const { run: _, ...hidden } = running.record;
    for (const [name, source] of Object.entries(expressions)) {
      const outcome = await this.#outcome(running, hidden, String(source), `hidden[${++this.#hidden}].ts`);
      results[name] =
        outcome.status === "ok"
          ? { status: "ok", data: {}, metadata: {}, ...outcome.result }
          : { status: "error", ...outcome.error };
    }
    return results;
  }

  async #outcome(running: Running, record: ExecutionRecord, source: string, name: string): Promise<Outcome> {
    const { language, publisher, cells, toMain, starting, prepare } = this.#parts;
    running.compiling = true;
    let cell: CompiledCell;
    try {
      const compiled = await language.call("compile", source, name);
      if (!compiled.ok) return failed(refusal({ name, source }, compiled));
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
    running.compiling = false;
    if (this.#running.size === 1) starting();
    await prepare(cell);
    if (this.#exit !== undefined) return this.#exit;
    const outcome = new Promise<Outcome>((resolve) => {
      running.finish = resolve;
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

  #abort(queue: Request[]): void {
    for (const { message, reply } of queue.splice(0)) {
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
