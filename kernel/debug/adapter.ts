// The debugger: answers `debug_request`, in which front ends speak the Debug Adapter Protocol with Jupyter's additions, by what
// V8's inspector knows of the main thread. It runs on the wire thread, so that it answers while the main thread stands still.
// Until somebody starts it, it only remembers the cells.

import type { Runtime, Debugger as V8 } from "node:inspector";
import type { Session } from "node:inspector/promises";
import type { DapEvent, DapResponse, DapScope, DapVariable, SourceBreakpoint } from "../protocol/dap.js";
import { isJson, type Json, numberField, objectField, textField, textsField } from "../protocol/messages.js";
import type { CompiledCell } from "../protocol/threads.js";
import { LOCAL_FILE } from "../run/local-files.js";
import { Breakpoints } from "./breakpoints.js";
import { PATHS } from "./cells.js";
import { NOTEBOOK, withoutTypes } from "./expressions.js";
import { type Frame, Program, type Step, type Stop } from "./program.js";
import { Scripts } from "./scripts.js";
import { SHOWN, Variables } from "./variables.js";

/** Front ends know the one thread of user code by this number. */
const THREAD = 1;

/** What lives while the debugger is on. */
interface Attached {
  readonly session: Session;
  readonly program: Program;
  readonly variables: Variables;
}

export interface DebuggerEvents {
  /** Gets what front ends are told. */
  publish(event: DapEvent): void;
  /** The program has run out of memory. */
  full(): void;
}

type Command = (given: Json) => Json | Promise<Json>;

export class Debugger {
  readonly #events: DebuggerEvents;
  readonly #scripts = new Scripts();
  readonly #breakpoints = new Breakpoints(this.#scripts);
  #attached: Attached | undefined;
  #sequence = 1;

  constructor(events: DebuggerEvents) {
    this.#events = events;
  }

  /** The answer to the content of a `debug_request`. */
  async answer(request: Json): Promise<DapResponse> {
    const command = textField(request, "command");
    const about = { type: "response", request_seq: numberField(request, "seq", 0), command } as const;
    try {
      if (!Object.hasOwn(this.#commands, command))
        throw new Error(`This kernel's debugger does not know "${command}".`);
      const body = await this.#commands[command]!(objectField(request, "arguments"));
      return { ...about, seq: this.#sequence++, success: true, body };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { ...about, seq: this.#sequence++, success: false, message, body: {} };
    }
  }

  get isOn(): boolean {
    return this.#attached !== undefined;
  }

  /** A cell is about to go to the main thread; resolves when its breakpoints are set. */
  async prepare(cell: CompiledCell): Promise<void> {
    const script = this.#scripts.add(cell);
    if (this.#attached === undefined) return;
    // without breakpoints, should the debugger be switched off just now, rather than not at all
    await this.#breakpoints.prepare(this.#attached.session, script).catch(() => {});
  }

  /** A cell is about to start, with no other running. */
  starting(): void {
    void this.#attached?.program.starting();
  }

  /** The user stops what runs: a cell that stands still must go on to end. */
  async letGo(): Promise<void> {
    await this.#attached?.program.letGo();
  }

  /** Leaves the main thread alone; a program that stands still goes on. */
  async detach(): Promise<void> {
    const attached = this.#attached;
    if (attached === undefined) return;
    this.#attached = undefined;
    this.#breakpoints.clear();
    attached.program.forget();
    await attached.session.post("Debugger.disable");
    if (attached.program.stop !== undefined) this.#event("continued", CONTINUED);
    attached.session.disconnect();
  }

  readonly #commands: Readonly<Record<string, Command>> = {
    initialize: async () => {
      await this.#attach();
      // after the answer, as the protocol wants it
      setImmediate(() => this.#event("initialized", {}));
      return CAPABILITIES;
    },
    attach: () => ({}),
    configurationDone: () => ({}),
    disconnect: async () => {
      await this.detach();
      return {};
    },
    debugInfo: () => ({
      isStarted: this.isOn,
      hashMethod: PATHS.hashMethod,
      hashSeed: PATHS.hashSeed,
      tmpFilePrefix: PATHS.prefix,
      tmpFileSuffix: PATHS.suffix,
      breakpoints: this.#breakpoints.wanted,
      stoppedThreads: this.#attached?.program.stop === undefined ? [] : [THREAD],
      exceptionPaths: [],
      richRendering: true,
      copyToGlobals: false,
    }),
    dumpCell: (given) => ({ sourcePath: this.#scripts.dump(textField(given, "code")) }),
    source: (given) => {
      const path = textField(objectField(given, "source"), "path");
      const content = this.#scripts.source(path);
      if (content === undefined) throw new Error(`There is no cell and no file ${path}.`);
      return { content, mimeType: "application/typescript" };
    },
    modules: () => {
      const modules = this.#scripts.files.map(({ name, path }) => ({ id: path, name, path }));
      return { modules, totalModules: modules.length };
    },
    setBreakpoints: async (given) => {
      const path = textField(objectField(given, "source"), "path");
      const wanted = Array.isArray(given.breakpoints)
        ? given.breakpoints.filter(isJson).map(asBreakpoint)
        : [];
      return { breakpoints: await this.#breakpoints.replace(this.#on.session, path, wanted) };
    },
    setExceptionBreakpoints: async (given) => {
      await this.#on.program.setExceptionFilters(textsField(given, "filters"));
      return {};
    },
    threads: () => ({ threads: [{ id: THREAD, name: "cells" }] }),
    stackTrace: () => {
      const stackFrames = (this.#on.program.stop?.frames ?? []).map(stackFrame);
      return { stackFrames, totalFrames: stackFrames.length };
    },
    scopes: (given) => ({ scopes: this.#scopes(this.#frame(given)) }),
    variables: async (given) => ({
      variables: await this.#on.variables.of(numberField(given, "variablesReference", 0)),
    }),
    inspectVariables: async () => {
      const { program, variables } = this.#on;
      if (program.stop === undefined) await variables.clear();
      return { variables: await this.#notebook() };
    },
    richInspectVariables: async (given) => {
      const name = withoutTypes(textField(given, "variableName"));
      const expression = `${NOTEBOOK}.rendered(${name})`;
      return (await this.#evaluated({ expression, returnByValue: true }, given)).value as Json;
    },
    evaluate: (given) => this.#evaluate(given),
    continue: async () => {
      await this.#on.program.goOn();
      return { allThreadsContinued: true };
    },
    next: () => this.#step("Debugger.stepOver"),
    stepIn: () => this.#step("Debugger.stepInto"),
    stepOut: () => this.#step("Debugger.stepOut"),
    pause: () => {
      // not awaited: the stop is told by its event
      void this.#on.program.pause();
      return {};
    },
  };

  get #on(): Attached {
    if (this.#attached === undefined) throw new Error("The debugger is off: send initialize first.");
    return this.#attached;
  }

  async #attach(): Promise<void> {
    if (this.#attached !== undefined) return;
    const { Session } = await import("node:inspector/promises");
    const session = new Session();
    session.connectToMainThread();
    const variables = new Variables(session);
    const program = new Program(session, this.#scripts, {
      full: () => this.#events.full(),
      begins: (script) => this.#breakpoints.prepare(session, script),
      stopped: (stop) => this.#event("stopped", this.#stopped(stop)),
      continued: () => {
        void variables.clear();
        this.#event("continued", CONTINUED);
      },
    });
    await session.post("Debugger.enable");
    await session.post("Debugger.setBlackboxPatterns", { patterns: [NOT_USERS] });
    this.#attached = { session, program, variables };
  }

  async #step(step: Step): Promise<Json> {
    await this.#on.program.step(step);
    return {};
  }

  /** The frame that a request is about. */
  #frame(given: Json): Frame {
    const frame = this.#on.program.stop?.frames[numberField(given, "frameId", 0) - 1];
    if (frame === undefined) throw new Error("The program does not stand still there any more.");
    return frame;
  }

  /** What a frame can see: its own variables, those of functions around it, and the notebook's. */
  #scopes({ call }: Frame): DapScope[] {
    const { variables } = this.#on;
    const around = call.scopeChain.filter(({ type }) => SCOPES.has(type));
    const end = around.findIndex(({ type }) => type === "local" || type === "module");
    const locals = around.slice(0, end + 1);
    const closures = around.slice(end + 1).filter((scope) => !isCellItself(scope));
    const scope = (name: string, parts: readonly V8.Scope[]): DapScope => ({
      name,
      variablesReference: variables.reference(() => this.#merged(call, parts)),
      expensive: false,
    });
    return [
      scope("Locals", locals),
      ...(closures.length === 0 ? [] : [scope("Closure", closures)]),
      { name: "Notebook", variablesReference: variables.reference(() => this.#notebook()), expensive: false },
    ];
  }

  /** The variables of a frame's scopes with their values of now; V8's scopes have those of when the program stopped. */
  async #merged({ callFrameId }: V8.CallFrame, scopes: readonly V8.Scope[]): Promise<DapVariable[]> {
    const { session, variables } = this.#on;
    const names = new Set<string>();
    for (const { object } of scopes) {
      for (const name of await variables.names(object.objectId!)) names.add(name);
    }
    const { result, exceptionDetails } = await session.post("Debugger.evaluateOnCallFrame", {
      callFrameId,
      expression: `({ __proto__: null, ${[...names].join(", ")} })`,
      objectGroup: SHOWN,
      silent: true,
    });
    if (exceptionDetails !== undefined) throw new Error(firstLine(result));
    return result.objectId === undefined ? [] : variables.properties(result.objectId);
  }

  /** The variables that cells share. */
  async #notebook(): Promise<DapVariable[]> {
    const { session, variables } = this.#on;
    const { result } = await session.post("Runtime.evaluate", {
      expression: `${NOTEBOOK}.all()`,
      objectGroup: SHOWN,
    });
    return result.objectId === undefined ? [] : variables.properties(result.objectId);
  }

  /** An expression's value, as a line of text and a number that asks for its parts. */
  async #evaluate(given: Json): Promise<Json> {
    const how = {
      expression: withoutTypes(textField(given, "expression")),
      generatePreview: true,
      throwOnSideEffect: textField(given, "context") === "hover",
    };
    const { value, variablesReference } = await this.#on.variables.variable(
      "",
      await this.#evaluated(how, given),
    );
    return { result: value, variablesReference };
  }

  /** Evaluates in the frame that `given` names, or the innermost one; without any, in the notebook. */
  async #evaluated(
    wanted: Omit<V8.EvaluateOnCallFrameParameterType, "callFrameId">,
    given: Json,
  ): Promise<Runtime.RemoteObject> {
    const { session, program } = this.#on;
    const how = { ...wanted, objectGroup: SHOWN, silent: true };
    await session.post("Runtime.evaluate", { expression: `${NOTEBOOK}.expose()` });
    try {
      const { result, exceptionDetails } =
        program.stop === undefined
          ? await session.post("Runtime.evaluate", how as Runtime.EvaluateParameterType)
          : await session.post("Debugger.evaluateOnCallFrame", {
              ...how,
              callFrameId: this.#frame({ frameId: 1, ...given }).call.callFrameId,
            });
      if (exceptionDetails !== undefined) throw new Error(firstLine(result));
      return result;
    } finally {
      await session.post("Runtime.evaluate", { expression: `${NOTEBOOK}.conceal()` });
    }
  }

  #stopped({ reason, text, breakpoints }: Stop): Json {
    return {
      reason,
      threadId: THREAD,
      allThreadsStopped: true,
      ...(text === undefined ? {} : { text, description: `Stopped at an error: ${text}` }),
      ...(breakpoints.length === 0 ? {} : { hitBreakpointIds: this.#breakpoints.hit(breakpoints) }),
    };
  }

  #event(event: DapEvent["event"], body: Json): void {
    this.#events.publish({ type: "event", seq: this.#sequence++, event, body });
  }
}

/** V8 does not step into these scripts, except for some of Node's own, which `Program` leaves again. */
const NOT_USERS = `^(?!(cell|hidden)\\[|${LOCAL_FILE.source})`;

/** Where variables of cells and files live, as V8 calls it. */
const SCOPES: ReadonlySet<string> = new Set(["local", "block", "catch", "closure", "module"]);

const CONTINUED: Json = { threadId: THREAD, allThreadsContinued: true };

const CAPABILITIES: Json = {
  supportsConfigurationDoneRequest: true,
  supportsConditionalBreakpoints: true,
  supportsEvaluateForHovers: true,
  supportsLogPoints: true,
  exceptionBreakpointFilters: [
    { filter: "raised", label: "Raised exceptions", default: false },
    { filter: "uncaught", label: "Uncaught exceptions", default: false },
  ],
};

function asBreakpoint(given: Json): SourceBreakpoint {
  const [condition, logMessage] = [textField(given, "condition"), textField(given, "logMessage")];
  return {
    line: numberField(given, "line", 1),
    ...(condition === "" ? {} : { condition }),
    ...(logMessage === "" ? {} : { logMessage }),
  };
}

function stackFrame({ call, place }: Frame, index: number): Json {
  const { script, line, column } = place;
  const { name, path } = script;
  const outermost = isCellFunction(call) ? name.replace(/\.ts$/, "") : isModule(call) ? name : undefined;
  const called = outermost ?? (call.functionName || "(anonymous)");
  return { id: index + 1, name: called, line, column, source: { name, path } };
}

/** What runs when a file is imported is in no function. */
function isModule({ scopeChain }: V8.CallFrame): boolean {
  return !scopeChain.some(({ type }) => type === "local");
}

/** The function that is the cell begins in the kernel's line. */
function isCellFunction({ functionLocation }: V8.CallFrame): boolean {
  return functionLocation !== undefined && functionLocation.lineNumber < 0;
}

function isCellItself({ startLocation }: V8.Scope): boolean {
  return startLocation !== undefined && startLocation.lineNumber < 0;
}

function firstLine({ description, value }: Runtime.RemoteObject): string {
  return String(description ?? value).split("\n", 1)[0] ?? "";
}
