// What a training run was like, epoch by epoch: an array of records that prints as a table.

import type { DefaultMetrics, EpochRecord, Metrics } from "./options.js";

/** The records of all epochs. The best one, by the monitored value, has a star in the table.
 *  @example const history = await gb.train.fit(model, loader, { optimizer, lossFn, epochs: 2 });
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
    const header = [
      "epoch",
      ...names,
      ...(first.validation ? names.map((name) => `validation ${name}`) : []),
    ];
    const rows = this.map((record) => [
      `${record.epoch === this.bestEpoch ? "* " : ""}${record.epoch}`,
      ...names.map((name) => number(record, name)),
      ...(first.validation ? names.map((name) => number(record.validation, name)) : []),
      String(Number(record.learningRate.toPrecision(3))),
      record.seconds.toFixed(1),
    ]);
    return table([...header, "learning rate", "seconds"], rows);
  }
}

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

/** Columns aligned at the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => cell.padStart(widths[i]!)).join("  ");
  return [header, ...rows].map(line).join("\n");
}

Object.defineProperties(History.prototype, {
  [Symbol.for("nodejs.util.inspect.custom")]: {
    value(this: History): string {
      return this.toString();
    },
  },
  [Symbol.for("Jupyter.display")]: {
    value(this: History): Record<string, string> {
      return { "text/plain": this.toString() };
    },
  },
});
