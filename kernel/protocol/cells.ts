// What the kernel tells front ends about cells that read each other's variables: the messages of the comm `gradbook.cells`. Also for the
// browser, so it imports nothing.

/** The comm's target name. A front end opens it and gets a `CellsMessage` at once, and another whenever something has changed. */
export const CELLS_COMM = "gradbook.cells";

/** Front ends ignore messages of another version. */
export const CELLS_VERSION = 1;

/** One run of a cell. */
export interface CellRun {
  /** The front end's id of the cell; empty for code that came without one, as from a console. */
  readonly cell: string;
  /** Its execution count, as in the prompt `[5]:`. */
  readonly count: number;
}

/** A variable that a cell read, and that may have another value by now. */
export interface VariableRead {
  readonly name: string;
  /** The run that had given the variable the value which was read; none: it was there before the first cell. */
  readonly from?: CellRun;
  /** The latest run of each cell that has declared or assigned the variable since. */
  readonly changes: readonly CellRun[];
}

/** A cell that may be out of date: a variable it read was changed since, or came from a cell of which the same is true. */
export interface CellReads extends CellRun {
  readonly reads: readonly VariableRead[];
}

/** Everything there is to say; the next message replaces it. A cell comes after the cells that it read from. */
export interface CellsMessage {
  readonly version: number;
  readonly cells: readonly CellReads[];
}
