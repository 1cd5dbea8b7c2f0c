// Dotted marks where something was changed while a run went on: by hand, or a jump made by a schedule or the program.

import type { Change } from "gradbook/train/control";
import type * as Plotly from "plotly.js";
import type { RunRecord } from "../data/record.js";
import { formatCount, formatValue } from "./format.js";
import type { Frame, Label } from "./frame.js";
import type { Point } from "./labels.js";

/** Marks that get a label; of more, the latest ones. */
const LABELLED = 4;

export interface Mark {
  readonly change: Change;
  /** Where it is on the axis. */
  readonly x: number;
}

/** The changes of a run whose rows lie at `x`. */
export function marks(record: RunRecord, x: Float64Array): Mark[] {
  const steps = record.series("step");
  return (record.info.changes ?? []).flatMap((change) => {
    const row = steps.findIndex((step) => step >= change.step);
    return row < 0 ? [] : [{ change, x: x[row]! }];
  });
}

export function markShapes(marked: readonly Mark[], frame: Frame): Partial<Plotly.Shape>[] {
  return marked.map(({ x }) => frame.mark(x));
}

/** "lr 0.05 → 0.01 @ 3,438" beside each mark. */
export function markLabels(marked: readonly Mark[], frame: Frame): Label[] {
  const { trans, tokens } = frame.look;
  const names: Record<Change["kind"], string> = {
    learningRate: trans.__("lr"),
    momentum: trans.__("momentum"),
    weightDecay: trans.__("weight decay"),
  };
  return marked.slice(-LABELLED).map(({ change: { kind, from, to, step }, x }) => ({
    key: `mark ${step} ${kind}`,
    text: `${names[kind]} ${formatValue(from)} → ${formatValue(to)} @ ${formatCount(step)}`,
    color: tokens.reference,
    line: [],
    beside: frame.point(x, 1).x,
  }));
}

/** The marks' own lines, for labels to keep clear of. */
export function markLines(marked: readonly Mark[], frame: Frame): Point[][] {
  return marked.map(({ x }) => {
    const at = frame.point(x, 1).x;
    return [
      { x: at, y: frame.margin.t },
      { x: at, y: frame.size.height - frame.margin.b },
    ];
  });
}
