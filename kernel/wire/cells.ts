// The comm `gradbook.cells`: which cells read variables that have been declared anew or assigned since. Knows names, runs and their
// order, not where a cell stands in the notebook: what to make of it is the front end's business.

import { CELLS_VERSION, type CellReads, type CellRun, type CellsMessage } from "../protocol/cells.js";
import type { CellNames, NamesUsed } from "../protocol/threads.js";
import type { Target, WireComm } from "./comms.js";

interface NumberedRun extends CellRun {
  /** Counts all runs, so that there is an order. */
  readonly number: number;
}

interface CellRecord {
  readonly run: NumberedRun;
  readonly reads: readonly { readonly name: string; readonly from: NumberedRun | undefined }[];
}

export class Cells implements Target {
  readonly #comms = new Set<WireComm>();
  /** Each cell's latest run, oldest first. */
  readonly #records = new Map<string, CellRecord>();
  /** For each variable, each cell's latest run that gave it a value; the latest of all last. */
  readonly #writes = new Map<string, Map<string, NumberedRun>>();
  readonly #captures = new Map<string, NamesUsed>();
  #runs = 0;
  #told: readonly CellReads[] = [];

  opened(comm: WireComm): void {
    this.#comms.add(comm);
    comm.send(message(this.#told));
  }

  message(): void {}

  closed(comm: WireComm): void {
    this.#comms.delete(comm);
  }

  /** A cell begins to run. */
  started({ cell, count }: CellRun, { declares, reads, writes, captures }: CellNames): void {
    const run = { cell, count, number: ++this.#runs };
    const functions = new Map(Object.entries(captures));
    for (const name of [...declares, ...functions.keys()]) {
      const captured = functions.get(name);
      if (captured === undefined) this.#captures.delete(name);
      else this.#captures.set(name, captured);
    }
    const all = this.#withCaptured({ reads, writes });
    const earlier = all.reads.filter((name) => !declares.includes(name));
    this.forget([cell]);
    if (cell !== "") {
      const from = (name: string): NumberedRun | undefined =>
        [...(this.#writes.get(name)?.values() ?? [])].at(-1);
      this.#records.set(cell, { run, reads: earlier.map((name) => ({ name, from: from(name) })) });
    }
    for (const name of [...declares, ...all.writes]) {
      const runs = this.#writes.get(name) ?? new Map<string, NumberedRun>();
      runs.delete(cell);
      this.#writes.set(name, runs.set(cell, run));
    }
  }

  /** Cells that are gone, or whose output is about to be replaced. */
  forget(cells: readonly string[]): void {
    for (const cell of cells) this.#records.delete(cell);
    if (this.#told.some(({ cell }) => cells.includes(cell))) {
      this.#tell(this.#told.filter(({ cell }) => !cells.includes(cell)));
    }
  }

  /** No cell waits to be run: time to say what has come of it. Before that, marks would come and go while a notebook runs. */
  settled(): void {
    const found = this.#found();
    if (JSON.stringify(found) !== JSON.stringify(this.#told)) this.#tell(found);
  }

  #tell(cells: readonly CellReads[]): void {
    this.#told = cells;
    for (const comm of this.#comms) comm.send(message(cells));
  }

  /** Everything that happens when these names are used: what functions read and write, and the functions these call. */
  #withCaptured(used: NamesUsed): { reads: string[]; writes: string[] } {
    const reads = new Set(used.reads);
    const writes = new Set(used.writes);
    // A set may grow while it is gone through; what is added comes later.
    for (const name of reads) {
      const captured = this.#captures.get(name);
      for (const inner of captured?.reads ?? []) reads.add(inner);
      for (const inner of captured?.writes ?? []) writes.add(inner);
    }
    return { reads: [...reads], writes: [...writes] };
  }

  #found(): CellReads[] {
    const found = new Map<string, CellReads>();
    for (const { run, reads } of this.#records.values()) {
      const changed = reads.flatMap(({ name, from }) => {
        const changes = [...(this.#writes.get(name)?.values() ?? [])].filter(
          ({ number }) => number > run.number,
        );
        const fromChanged = from !== undefined && found.get(from.cell)?.count === from.count;
        if (changes.length === 0 && !fromChanged) return [];
        return [{ name, ...(from && { from: plain(from) }), changes: changes.map(plain) }];
      });
      if (changed.length > 0) found.set(run.cell, { ...plain(run), reads: changed });
    }
    return [...found.values()];
  }
}

function plain({ cell, count }: CellRun): CellRun {
  return { cell, count };
}

function message(cells: readonly CellReads[]): Record<string, unknown> {
  const content: CellsMessage = { version: CELLS_VERSION, cells };
  return { ...content };
}
