// Breakpoints: wanted at lines of a source, set at places of the compiled code of every run of that cell, or every version of that
// file, those to come included. V8 is stopped before a file begins while there are any in files, since it does not say earlier
// which lines of its code are which of the source.

import type { Session } from "node:inspector/promises";
import type { SourceBreakpoint } from "../protocol/dap.js";
import type { Json } from "../protocol/messages.js";
import { compiledPosition } from "../protocol/positions.js";
import { PATHS } from "./cells.js";
import { asCondition, asLog } from "./expressions.js";
import type { Script } from "./script.js";
import type { Scripts } from "./scripts.js";

interface Breakpoint {
  readonly id: number;
  readonly wanted: SourceBreakpoint;
  /** V8's identifiers, one for each run of the cell or version of the file. */
  readonly set: Set<string>;
  /** Where it is in fact: lines without code have none. */
  line: number;
}

export class Breakpoints {
  readonly #scripts: Scripts;
  readonly #byPath = new Map<string, Breakpoint[]>();
  /** V8's identifier of the stop before scripts begin. */
  #beforeScripts: string | undefined;
  #nextId = 1;

  constructor(scripts: Scripts) {
    this.#scripts = scripts;
  }

  /** All that are wanted, as `debugInfo` tells them. */
  get wanted(): Json[] {
    return [...this.#byPath]
      .filter(([, breakpoints]) => breakpoints.length > 0)
      .map(([source, breakpoints]) => ({
        source,
        breakpoints: breakpoints.map(({ line, wanted }) => ({ ...wanted, line })),
      }));
  }

  /** Replaces the breakpoints of a path; gives what `setBreakpoints` answers. */
  async replace(session: Session, path: string, wanted: readonly SourceBreakpoint[]): Promise<Json[]> {
    for (const { set } of this.#byPath.get(path) ?? []) {
      for (const breakpointId of set) await session.post("Debugger.removeBreakpoint", { breakpointId });
    }
    const breakpoints = wanted.map(
      (one): Breakpoint => ({ id: this.#nextId++, wanted: one, set: new Set(), line: one.line }),
    );
    this.#byPath.set(path, breakpoints);
    await this.#watchFiles(session);
    for (const script of this.#scripts.of(path)) await this.prepare(session, script);
    const lines = this.#scripts.source(path)?.split("\n").length ?? 0;
    return breakpoints.map(({ id, line }) => ({
      id,
      line,
      source: { path },
      verified: line <= lines,
      ...(line <= lines ? {} : { message: "There is no such line in a cell or file that the kernel knows." }),
    }));
  }

  /** Sets the breakpoints of one script, before or after V8 reads the compiled code. */
  async prepare(session: Session, { url, path, positions }: Script): Promise<void> {
    const places = new Map<string, string>();
    for (const breakpoint of this.#byPath.get(path) ?? []) {
      const line = breakpoint.wanted.line - 1;
      const position = positions === undefined ? ([line, 0] as const) : compiledPosition(positions, line);
      if (position === undefined) continue;
      const [lineNumber, columnNumber] = position;
      const known = places.get(String(position));
      if (known !== undefined) {
        breakpoint.set.add(known);
        continue;
      }
      const condition = conditionOf(breakpoint.wanted);
      const { breakpointId, locations } = await session.post("Debugger.setBreakpointByUrl", {
        url,
        lineNumber,
        columnNumber,
        ...(condition === undefined ? {} : { condition }),
      });
      places.set(String(position), breakpointId);
      breakpoint.set.add(breakpointId);
      const [location] = locations;
      breakpoint.line = (location && this.#scripts.locate(location)?.line) ?? breakpoint.line;
    }
  }

  /** Our numbers of the breakpoints that V8 has hit. */
  hit(v8Ids: readonly string[]): number[] {
    const all = [...this.#byPath.values()].flat();
    return all.filter(({ set }) => v8Ids.some((id) => set.has(id))).map(({ id }) => id);
  }

  clear(): void {
    this.#byPath.clear();
    this.#beforeScripts = undefined;
  }

  /** Has V8 stop before scripts begin, if some breakpoint is wanted in a file. */
  async #watchFiles(session: Session): Promise<void> {
    const wanted = [...this.#byPath].some(
      ([path, breakpoints]) => breakpoints.length > 0 && !path.startsWith(PATHS.prefix),
    );
    if (wanted === (this.#beforeScripts !== undefined)) return;
    if (this.#beforeScripts !== undefined) {
      await session.post("Debugger.removeBreakpoint", { breakpointId: this.#beforeScripts });
      this.#beforeScripts = undefined;
      return;
    }
    const instrumentation = "beforeScriptExecution";
    const set: unknown = await session.post("Debugger.setInstrumentationBreakpoint", { instrumentation });
    // Node's declarations leave out that V8 answers
    this.#beforeScripts = (set as { breakpointId: string }).breakpointId;
  }
}

/** What V8 evaluates at a breakpoint to learn whether to stop there. */
function conditionOf({ condition, logMessage }: SourceBreakpoint): string | undefined {
  if (logMessage !== undefined) return asLog(logMessage, condition);
  return condition === undefined ? undefined : asCondition(condition);
}
