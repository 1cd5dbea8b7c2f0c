// What a training run was like, epoch by epoch: an array of records that prints as a table.

import { printsAs } from "../../tensor/printing.js";
import type { DefaultMetrics, EpochRecord, Metrics } from "./options.js";

/** The records of all epochs. The best one, by the monitored value, has a star in the table.
 *  @example
 *  const history = await gb.train.fit(model, loader, { optimizer, lossFn, epochs: 2 });
 *  [history.length, history.stoppedEarly] // -> [ 2, false ] */
export class History<M extends Metrics = DefaultMetrics> extends Array<EpochRecord<M>> {
  /** The epoch with the best monitored value, from 1 on; 0 before the first. */
  bestEpoch = 0;
  /** True where early stopping or a callback ended the run. */
  stoppedEarly = false;

  // what is made from it (map, filter, ...) is an ordinary array
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** The record of the best epoch. */
  get best(): EpochRecord<M> | undefined {
    return this.find(({ epoch }) => epoch === this.bestEpoch);
  }

  override toString(): string {
    const first = this[0];
    if (first === undefined) return "no epochs";
    const names = measured(first);
    const validated = first.validation ? names : [];
    const header = ["epoch", ...names, ...validated, first.validation ? "rate" : "learning rate", "seconds"];
    const groups = first.validation
      ? ["", ...names.map(() => "training"), ...names.map(() => "validation"), "learning", ""]
      : undefined;
    const rows = this.map((record) => [
      `${record.epoch === this.bestEpoch ? "* " : ""}${record.epoch}`,
      ...names.map((name) => number(record, name)),
      ...validated.map((name) => number(record.validation, name)),
      rate(record.learningRate),
      record.seconds.toFixed(1),
    ]);
    return table(header, rows, groups);
  }
}

/** Spaces between two columns. */
const GUTTER = 2;

/** The names of what was measured: the loss first, then the metrics that apply. */
export function measured(record: object): string[] {
  const own = new Set(["loss", "epoch", "epochs", "validation", "learningRate", "seconds"]);
  const metrics = Object.entries(record).filter(([name, value]) => !own.has(name) && !Number.isNaN(value));
  return ["loss", ...metrics.map(([name]) => name)];
}

function number(values: object | undefined, name: string): string {
  const value = (values as Readonly<Record<string, number>> | undefined)?.[name];
  return value === undefined ? "" : measure(value);
}

/** A loss or a metric in a table: four places, or a power of ten where the training has exploded. */
export function measure(value: number): string {
  return Math.abs(value) >= 1e6 ? value.toExponential(3) : value.toFixed(4);
}

/** Three digits; a power of ten where they would stand far behind the point: 0.05, 2.68e-6. */
function rate(value: number): string {
  const digits = Number(value.toPrecision(3));
  return digits !== 0 && digits < 1e-3 ? digits.toExponential() : String(digits);
}

/** Columns aligned at the right. `groups`: what stands above each column, once for neighbours that have it in common. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  groups: readonly string[] = header.map(() => ""),
): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  let above = "";
  let reach = -GUTTER;
  for (const [i, group] of groups.entries()) {
    reach += GUTTER + widths[i]!;
    if (group === "" || group === groups[i + 1]) continue;
    const missing = Math.max(0, above.length + GUTTER + group.length - reach);
    widths[i]! += missing;
    reach += missing;
    above = above.padEnd(reach - group.length) + group;
  }
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => cell.padStart(widths[i]!)).join(" ".repeat(GUTTER));
  return [...(above === "" ? [] : [above]), ...[header, ...rows].map(line)].join("\n");
}

printsAs(History);
