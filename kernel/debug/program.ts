// The program on the main thread, seen through V8's inspector: it runs or stands still. Places in which a user has no business
// are stepped over here: the kernel's own statements in a cell, and all code that is in no cell or local file.

import type { Debugger } from "node:inspector";
import type { Session } from "node:inspector/promises";
import { setTimeout } from "node:timers/promises";
import { LIMITS } from "../limits.js";
import type { Place, Script } from "./script.js";
import type { Scripts } from "./scripts.js";

export type Step = "Debugger.stepOver" | "Debugger.stepInto" | "Debugger.stepOut";

export interface Frame {
  readonly call: Debugger.CallFrame;
  readonly place: Place;
}

export interface Stop {
  readonly reason: "breakpoint" | "step" | "pause" | "exception";
  /** The frames of cells and local files, the innermost first. */
  readonly frames: readonly Frame[];
  /** V8's identifiers of the breakpoints that were hit. */
  readonly breakpoints: readonly string[];
  /** The exception, if it is one. */
  readonly text?: string;
}

interface ProgramEvents {
  /** It has run out of memory, and goes on with a little more. */
  full(): void;
  /** A file is about to begin, and does so once this is done. */
  begins(script: Script): Promise<void>;
  stopped(stop: Stop): void;
  continued(): void;
}

/** What V8 says of a stop; of an exception the value that was thrown, and whether nothing will catch it. */
interface StopData {
  readonly description?: string;
  readonly value?: unknown;
  readonly uncaught?: boolean;
  /** Before a script begins: the script. */
  readonly scriptId?: string;
}

type Method = Step | "Debugger.resume" | "Debugger.pause" | "Debugger.setSkipAllPauses";
type Post = (this: Session, method: Method, parameters: object) => Promise<unknown>;

/** The script from which the kernel calls a cell; what runs below it can be broken by a signal. */
const INVOKE = "invoke";

export class Program {
  readonly #session: Session;
  readonly #scripts: Scripts;
  readonly #events: ProgramEvents;
  readonly #invoke = new Set<string>();
  #stop: Stop | undefined;
  /** V8 says that it stands still, told to the front end or not. */
  #paused: Debugger.PausedEventDataType | undefined;
  #wanted: Step | "Debugger.pause" | undefined;
  /** Where a step began, or the last place on the same line that it has passed. */
  #from: { readonly place: Place; readonly depth: number } | undefined;
  #filters: readonly string[] = [];
  #letGo = false;

  constructor(session: Session, scripts: Scripts, events: ProgramEvents) {
    this.#session = session;
    this.#scripts = scripts;
    this.#events = events;
    session.on("Debugger.scriptParsed", ({ params }) => {
      scripts.parsed(params);
      if (params.url === INVOKE) this.#invoke.add(params.scriptId);
    });
    session.on("Debugger.paused", ({ params }) => this.#onPaused(params));
    session.on("Debugger.resumed", () => {
      this.#paused = undefined;
    });
  }

  /** Where the program stands, if it stands. */
  get stop(): Stop | undefined {
    return this.#stop;
  }

  /** Which exceptions stop the program: "uncaught", those that leave their cell or promise; "raised", all that cells throw. */
  async setExceptionFilters(filters: readonly string[]): Promise<void> {
    this.#filters = filters;
    await this.#session.post("Debugger.setPauseOnExceptions", { state: filters.length > 0 ? "all" : "none" });
  }

  async goOn(): Promise<void> {
    if (this.#stop !== undefined) await this.#leave("Debugger.resume");
  }

  async step(step: Step): Promise<void> {
    const [top] = this.#stop?.frames ?? [];
    if (top === undefined) return;
    this.#wanted = step;
    this.#from = { place: top.place, depth: this.#paused?.callFrames.length ?? 0 };
    await this.#leave(step);
  }

  /** Stops at the next statement of a cell. V8 now and then loses the wish where a loop lets other work run. */
  async pause(): Promise<void> {
    if (this.#stop !== undefined) return;
    this.#wanted = "Debugger.pause";
    for (let time = 0; time < LIMITS.pauseRequests && this.#wanted !== undefined; time++) {
      if (this.#paused === undefined) await this.#ask("Debugger.pause");
      await setTimeout(LIMITS.pauseMilliseconds);
    }
  }

  /** The user has stopped the cell: nothing holds it up until the next one starts. */
  async letGo(): Promise<void> {
    this.#letGo = true;
    this.#wanted = undefined;
    await this.#ask("Debugger.setSkipAllPauses", { skip: true });
    if (this.#paused === undefined) return;
    // What has not waited for anything yet is broken at once, as a cell without checks is; the rest ends at its next check or
    // wait. (V8 could terminate that, too, but drops all other microtasks with it.) On Windows there are no signals.
    const breakable = this.#paused.callFrames.some(({ location }) => this.#invoke.has(location.scriptId));
    if (breakable && process.platform !== "win32") {
      process.kill(process.pid, "SIGINT");
      await setTimeout(LIMITS.signalMilliseconds);
    }
    await this.#leave("Debugger.resume");
  }

  /** Nobody waits for a stop any more. */
  forget(): void {
    this.#wanted = undefined;
  }

  /** A cell starts that is alone. */
  async starting(): Promise<void> {
    this.#wanted = undefined;
    if (!this.#letGo) return;
    this.#letGo = false;
    await this.#ask("Debugger.setSkipAllPauses", { skip: false });
  }

  async #leave(how: Step | "Debugger.resume"): Promise<void> {
    if (this.#stop !== undefined) {
      this.#stop = undefined;
      this.#events.continued();
    }
    await this.#ask(how);
  }

  /** Asks V8 for something that it refuses if the program has gone on meanwhile, or the debugger has been switched off. */
  async #ask(method: Method, parameters: object = {}): Promise<void> {
    await (this.#session.post as Post).call(this.#session, method, parameters).catch(() => {});
  }

  #onPaused(paused: Debugger.PausedEventDataType): void {
    this.#paused = paused;
    if (paused.reason === "instrumentation") {
      void this.#begin(paused.data ?? {});
      return;
    }
    if ((paused.reason as string) === "OOM") this.#events.full();
    const next = this.#letGo ? "Debugger.resume" : this.#verdict(paused);
    if (typeof next === "string") {
      void this.#ask(next);
      return;
    }
    this.#wanted = undefined;
    this.#stop = next;
    this.#events.stopped(next);
  }

  async #begin({ scriptId = "" }: StopData): Promise<void> {
    const script = this.#scripts.get(scriptId);
    // V8 refuses breakpoints that it has already, and all once the debugger has been switched off
    if (script?.of === "file") await this.#events.begins(script).catch(() => {});
    await this.#ask("Debugger.resume");
  }

  /** The stop to tell the user of, or what to do instead. */
  #verdict({
    callFrames,
    reason,
    data,
    hitBreakpoints = [],
  }: Debugger.PausedEventDataType): Stop | Step | "Debugger.resume" {
    const thrown: StopData = data ?? {};
    const placed = callFrames.map((call) => ({ call, place: this.#scripts.locate(call.location) }));
    const frames = placed.filter((frame): frame is Frame => frame.place !== undefined);
    const [top] = frames;
    const isUsers = placed[0]?.place !== undefined;
    // a cell that waits for something is paused where it goes on
    if (top === undefined) return this.#wanted === "Debugger.pause" ? "Debugger.stepInto" : "Debugger.resume";
    if (hitBreakpoints.length > 0) return { reason: "breakpoint", frames, breakpoints: hitBreakpoints };
    if (reason === "exception" || reason === "promiseRejection") {
      const leaves = reason === "promiseRejection" || thrown.uncaught === true;
      const wanted = leaves ? this.#filters.length > 0 : isUsers && this.#filters.includes("raised");
      const text = String(thrown.description ?? thrown.value ?? "").split("\n", 1)[0] ?? "";
      if (wanted) return { reason: "exception", frames, breakpoints: [], text };
      return this.#wanted === undefined ? "Debugger.resume" : stepOf(this.#wanted);
    }
    if (this.#wanted === undefined && reason === "step") return "Debugger.resume";
    if (!isUsers) return "Debugger.stepOut";
    if (top.place.own) return stepOf(this.#wanted ?? "Debugger.stepOver");
    if (this.#isFurtherOn(top.place, callFrames.length)) return stepOf(this.#wanted!);
    const asked = this.#wanted === "Debugger.pause" ? "pause" : "step";
    return { reason: this.#wanted === undefined ? "breakpoint" : asked, frames, breakpoints: [] };
  }

  /** True while a step gets on within one line, which V8 takes in pieces: who steps wants the next line, or the next round. */
  #isFurtherOn(place: Place, depth: number): boolean {
    const from = this.#from;
    const same =
      from !== undefined &&
      (this.#wanted === "Debugger.stepOver" || this.#wanted === "Debugger.stepInto") &&
      from.depth === depth &&
      from.place.script === place.script &&
      from.place.line === place.line &&
      from.place.column < place.column;
    if (same) this.#from = { place, depth };
    return same;
  }
}

/** How to come to the next statement that is of interest. Who wanted out has arrived, but for what is skipped. */
function stepOf(wanted: Step | "Debugger.pause"): Step {
  return wanted === "Debugger.stepInto" ? wanted : "Debugger.stepOver";
}
