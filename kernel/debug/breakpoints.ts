// Breakpoints: wanted at lines of a cell's text, set at places of the compiled code of every run of that cell, those to come
// included.

import type { Session } from "node:inspector/promises";
import type { SourceBreakpoint } from "../protocol/dap.js";
import type { Json } from "../protocol/messages.js";
import { compiledPosition } from "../protocol/positions.js";
import type { CompiledCell } from "../protocol/threads.js";
import type { DebuggedCells } from "./cells.js";
import { asCondition, asLog } from "./expressions.js";

interface Breakpoint {
  readonly id: number;
  readonly wanted: SourceBreakpoint;
  /** V8's identifiers, one for each run of the cell. */
  readonly set: Set<string>;
  /** Where it is in fact: lines without code have none. */
  line: number;
}

export class Breakpoints {
  readonly #cells: DebuggedCells;
  readonly #byPath = new Map<string, Breakpoint[]>();
  #nextId = 1;

  constructor(cells: DebuggedCells) {
    this.#cells = cells;
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
    for (const cell of this.#cells.runsOf(path)) await this.prepare(session, cell);
    const lines = this.#cells.source(path)?.split("\n").length ?? 0;
    return breakpoints.map(({ id, line }) => ({
      id,
      line,
      source: { path },
      verified: line <= lines,
      ...(line <= lines ? {} : { message: "There is no such line in a cell that the kernel knows." }),
    }));
  }

  /** Sets a cell's breakpoints in one of its runs, before or after V8 reads the compiled code. */
  async prepare(session: Session, cell: CompiledCell): Promise<void> {
    const places = new Map<string, string>();
    for (const breakpoint of this.#byPath.get(this.#cells.pathOf(cell)) ?? []) {
      const position = compiledPosition(cell.positions, breakpoint.wanted.line - 1);
      if (position === undefined) continue;
      const [lineNumber, columnNumber] = position;
      const known = places.get(String(position));
      if (known !== undefined) {
        breakpoint.set.add(known);
        continue;
      }
      const condition = conditionOf(breakpoint.wanted);
      const { breakpointId, locations } = await session.post("Debugger.setBreakpointByUrl", {
        url: cell.name,
        lineNumber,
        columnNumber,
        ...(condition === undefined ? {} : { condition }),
      });
      places.set(String(position), breakpointId);
      breakpoint.set.add(breakpointId);
      const [location] = locations;
      breakpoint.line = (location && this.#cells.locate(location)?.line) ?? breakpoint.line;
    }
  }

  /** Our numbers of the breakpoints that V8 has hit. */
  hit(v8Ids: readonly string[]): number[] {
    const all = [...this.#byPath.values()].flat();
    return all.filter(({ set }) => v8Ids.some((id) => set.has(id))).map(({ id }) => id);
  }

  clear(): void {
    this.#byPath.clear();
  }
}

/** What V8 evaluates at a breakpoint to learn whether to stop there. */
function conditionOf({ condition, logMessage }: SourceBreakpoint): string | undefined {
  if (logMessage !== undefined) return asLog(logMessage, condition);
  return condition === undefined ? undefined : asCondition(condition);
}
