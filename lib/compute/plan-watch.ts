// Notices a line of user code for which plan after plan is made, because the shapes change with every run.

import { formatShape } from "../graph/shape.js";
import type { GraphSpec } from "../graph/spec.js";
import { NEW_PLANS_IN_A_ROW, RUNS_BETWEEN_NEW_PLANS } from "./settings.js";

interface Line {
  /** Of all values, in order. */
  readonly shapes: readonly string[];
  readonly runs: number;
  /** Plans in a row, each soon after the one before. */
  readonly row: number;
}

export class PlanWatch {
  /** By the line and the operations of the plan. */
  private readonly lines = new Map<string, Line>();
  private readonly told = new Set<string>();

  /** Told of each new plan: the line of user code that asked for it, and how many runs there have been so far. Gives a warning,
   *  once a line, when it has needed too many for the same operations. */
  made(where: string, graph: GraphSpec, runs: number): string | undefined {
    const key = `${where}\n${graph.nodes.map(({ op }) => op).join()}`;
    const shapes = graph.nodes.map(({ shape }) => formatShape(shape));
    const last = this.lines.get(key);
    const soon = last !== undefined && runs - last.runs <= RUNS_BETWEEN_NEW_PLANS;
    const row = soon ? last.row + 1 : 1;
    this.lines.set(key, { shapes, runs, row });
    if (row < NEW_PLANS_IN_A_ROW || this.told.has(where)) return undefined;
    this.told.add(where);
    const changed = shapes.findIndex((shape, i) => shape !== last!.shapes[i]);
    const example = changed < 0 ? "" : ` (${last!.shapes[changed]}, then ${shapes[changed]})`;
    return (
      `${where === "" ? "the same line" : where} needed a new plan ${row} times in a row, for the same operations with ` +
      `other shapes or constants${example}. A new plan takes as long as hundreds of runs: keep shapes constant (pad ` +
      "batches, or leave the last one out with dropLast: true)."
    );
  }
}
