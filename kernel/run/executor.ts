// Runs compiled cells, one after the other, and says how each ended.

import { setImmediate } from "node:timers/promises";
import vm from "node:vm";
import type { MimeBundle } from "../protocol/messages.js";
import type { CompiledCell, Outcome } from "../protocol/threads.js";
import type { Bindings } from "./bindings.js";
import { type ErrorReports, told, toldTo } from "./errors.js";
import { Execution, executions, type Interrupts, isInterrupt, STOP } from "./interrupt.js";
import type { Modules } from "./modules.js";
import { NotebookVariables } from "./notebook-variables.js";
import { present } from "./present.js";

/** What compiled cells call `__gb`. */
interface Runtime {
  readonly slot: Bindings["slot"];
  readonly bind: Bindings["bind"];
  readonly import: Modules["import"];
  readonly importNames: Modules["importNames"];
  readonly meta: Modules["meta"];
  /** What a cell that exports as CommonJS does writes to, and nobody reads. */
  readonly module: { exports: unknown };
  readonly check: Interrupts["check"];
  readonly rest: Interrupts["rest"];
  readonly told: typeof told;
  readonly toldTo: typeof toldTo;
}

type CellFunction = (runtime: Runtime, require: NodeJS.Require) => Promise<[value: unknown] | undefined>;

const INVOKE = "__gradbookInvoke";
const CONSTANTS = "__gradbookConstants";
/** Calls the current cell; while this script runs, SIGINT breaks it even where no check was compiled in. */
const invoke = new vm.Script(`globalThis.${INVOKE}()`, { filename: "invoke" });

export class Executor {
  readonly #interrupts: Interrupts;
  readonly #modules: Modules;
  readonly #reports: ErrorReports;
  readonly #runtime: Runtime;
  /** Waits for what the library still computes, and throws what has gone wrong in it; set once the library is loaded. */
  settle: (broken?: boolean) => Promise<void> = async () => {};
  /** By number: at most one of each shell, the latest last. */
  readonly #running = new Map<number, { readonly execution: Execution; readonly cell: CompiledCell }>();
  #latest = 0;

  constructor(interrupts: Interrupts, modules: Modules, bindings: Bindings, reports: ErrorReports) {
    this.#interrupts = interrupts;
    this.#modules = modules;
    this.#reports = reports;
    defineConstants({ flag: interrupts.words, stop: STOP, notebook: new NotebookVariables(bindings) });
    this.#runtime = {
      slot: (name) => bindings.slot(name),
      bind: (name, binding) => bindings.bind(name, binding),
      import: modules.import,
      importNames: modules.importNames,
      meta: modules.meta,
      module: { exports: {} },
      check: () => interrupts.check(),
      rest: () => interrupts.rest(),
      told,
      toldTo,
    };
  }

  /** The cell that runs, by its execution count; none for what front ends run unseen. */
  get cell(): { execution: number; code: string } | undefined {
    const asking = executions.getStore()?.id ?? this.#latest;
    const { cell } = this.#running.get(asking) ?? [...this.#running.values()].at(-1) ?? {};
    const count = /^cell\[(\d+)\]/.exec(cell?.name ?? "")?.[1];
    return count === undefined ? undefined : { execution: Number(count), code: cell!.source };
  }

  async run(id: number, cell: CompiledCell): Promise<Outcome> {
    const execution = new Execution(id);
    this.#running.set(id, { execution, cell });
    this.#latest = id;
    try {
      const result = await this.#value(execution, cell);
      return { status: "ok", ...(result === undefined ? {} : { result }) };
    } catch (error) {
      const interrupted = execution.stopped || isInterrupt(error);
      // the cell's own error is the one to tell
      await this.settle(true).catch(() => undefined);
      return { status: "error", error: this.#reports.report(shown(error, interrupted)), interrupted };
    } finally {
      this.#running.delete(id);
      if (this.#running.size === 0) this.#interrupts.clear();
      // What the cell has put off to the end of this turn (the last rows of a run) still belongs before its end.
      await setImmediate();
    }
  }

  /** Stops this execution if it still runs; -1: what earlier cells still do in the background. */
  interrupt(id: number): void {
    const running = this.#running.get(id);
    if (id < 0) this.#interrupts.stopAllUpTo(this.#latest);
    else if (running !== undefined) this.#interrupts.stop(running.execution);
  }

  async #value(execution: Execution, cell: CompiledCell): Promise<MimeBundle | undefined> {
    const orAbandoned = <T>(work: T | PromiseLike<T>): Promise<T> =>
      Promise.race([Promise.resolve(work), execution.abandoned]);
    this.#reports.addCell(cell);
    const run = new vm.Script(cell.code, {
      filename: cell.name,
      lineOffset: -1,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }).runInThisContext() as CellFunction;
    return executions.run(execution, async () => {
      const ended = invokeBreakably(() => run(this.#runtime, this.#modules.require));
      const last = await orAbandoned(ended);
      const shown = await orAbandoned(present(await orAbandoned(last?.[0])));
      // an error in a step that nobody has read from belongs under this cell, too
      await orAbandoned(this.settle());
      return shown;
    });
  }
}

/** What is told of an error: of a stop that it was one, without the place, and where the library says more about it, that. */
function shown(error: unknown, interrupted: boolean): unknown {
  if (!interrupted) return error;
  if (error instanceof Error && error.name === STOP.name) return Object.assign(error, { stack: "" });
  return STOP;
}

/** What compiled loops (lang/loops.ts) and the debugger's expressions (debug/expressions.ts) look at, as constants of a script. */
function defineConstants(constants: {
  flag: Int32Array<SharedArrayBuffer>;
  stop: Error;
  notebook: NotebookVariables;
}): void {
  const globals = globalThis as Record<string, unknown>;
  globals[CONSTANTS] = constants;
  const names = `{ flag: __gbFlag, stop: __gbStop, notebook: __gbNotebook }`;
  new vm.Script(`const ${names} = globalThis.${CONSTANTS};`).runInThisContext();
  delete globals[CONSTANTS];
}

function invokeBreakably<T>(work: () => T): T {
  (globalThis as Record<string, unknown>)[INVOKE] = work;
  return invoke.runInThisContext({ breakOnSigint: true }) as T;
}
