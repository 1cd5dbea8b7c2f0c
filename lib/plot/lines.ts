// Numbers over steps: learning-rate schedules, and runs beside one another.

import { checkNames } from "../tensor/arguments.js";
import { Figure, HUES } from "./figure.js";
import { logAxis } from "./log-axis.js";
import { short } from "./short.js";

export interface ScheduleOptions {
  /** How many steps to look ahead, for schedules given as such (100). */
  steps?: number;
  /** A logarithmic axis of rates (false). */
  log?: boolean;
}

/** Anything that can tell its next rates, as every scheduler in `optim.lrScheduler` can. */
export interface Previewable {
  preview(steps: number): number[];
}

/** The learning rate at each step, for one schedule or several by name: schedulers, which are not moved, or lists of rates.
 *
 *  @example
 *  const optimizer = new optim.SGD([new nn.Parameter(tensor.zeros(1))], { lr: 0.1 });
 *  plot.schedule({ "every 30": new optim.lrScheduler.StepLR(optimizer, 30), constant: Array(100).fill(0.1) }) */
export function schedule(
  schedules: Previewable | readonly number[] | Readonly<Record<string, Previewable | readonly number[]>>,
  options: ScheduleOptions = {},
): Figure {
  checkNames("plot.schedule", options, ["steps", "log"]);
  const { steps = 100, log = false } = options;
  const isOne = Array.isArray(schedules) || typeof (schedules as Previewable).preview === "function";
  const named = (isOne ? { "learning rate": schedules } : schedules) as Record<
    string,
    Previewable | number[]
  >;
  const rates = Object.fromEntries(
    Object.entries(named).map(([name, one]) => [name, Array.isArray(one) ? one : one.preview(steps)]),
  );
  return lines("plot.schedule", rates, { title: "Learning rate", quantity: "learning rate", log });
}

export interface CompareOptions {
  title?: string;
  /** What the numbers are ("loss"). */
  quantity?: string;
  /** A logarithmic axis of values (false). */
  log?: boolean;
  /** What the numbers are counted by ("step"). */
  xTitle?: string;
  /** Where they stand: one place for each number; 0, 1, 2, ... by default. */
  x?: readonly number[];
  /** A logarithmic axis of places (false). */
  xLog?: boolean;
  /** Weight of the past in an exponential average without bias, 0 (as they are) to below 1, as in Adam's first moment (0). */
  smooth?: number;
}

/** Numbers of several runs over their steps, on shared axes; or over anything else: layers, inputs, learning rates.
 *
 *  @example
 *  plot.compare({ He: [2.3, 1.1, 0.7], Glorot: [2.3, 1.6, 1.2] }, { quantity: "loss", smooth: 0.5 });
 *  plot.compare({ SGD: [1.9, 0.6, 2.3] }, { x: [0.01, 0.1, 1], xTitle: "learning rate", xLog: true }) */
export function compare(
  runs: Readonly<Record<string, readonly number[]>>,
  options: CompareOptions = {},
): Figure {
  checkNames("plot.compare", options, ["title", "quantity", "log", "xTitle", "x", "xLog", "smooth"]);
  return lines("plot.compare", runs, options);
}

function lines(
  what: string,
  series: Readonly<Record<string, readonly number[]>>,
  options: CompareOptions,
): Figure {
  const { title = "Comparison", quantity = "loss", log = false, smooth = 0 } = options;
  const { xTitle = "step", x, xLog = false } = options;
  if (!(smooth >= 0 && smooth < 1)) {
    throw new RangeError(`${what}: smooth must be from 0 to below 1, got ${smooth}`);
  }
  const entries = Object.entries(series);
  if (entries.length === 0) throw new RangeError(`${what}: needs at least one list of numbers`);
  for (const [name, values] of entries) {
    if (!Array.isArray(values) || values.some((value) => typeof value !== "number")) {
      throw new TypeError(
        `${what}: ${name} must be a list of numbers; read tensors with .item() or .toArray()`,
      );
    }
    if (x !== undefined && x.length !== values.length) {
      throw new RangeError(`${what}: ${name} has ${values.length} numbers, but x has ${x.length} places`);
    }
  }
  return new Figure(
    {
      data: entries.map(([name, values], i) => ({
        type: "scatter",
        mode: "lines",
        name,
        x: x ?? [...values.keys()],
        y: smooth === 0 ? values : smoothed(values, smooth),
        line: { color: HUES[i % HUES.length], dash: i < HUES.length ? "solid" : "dash" },
      })),
      layout: {
        title: { text: title },
        xaxis: { title: { text: xTitle }, ...(xLog && logAxis(x ?? [])) },
        yaxis: {
          title: { text: quantity },
          ...(log
            ? logAxis(entries.flatMap(([, values]) => values))
            : { type: "linear", rangemode: "tozero" }),
        },
        showlegend: entries.length > 1,
      },
    },
    entries.map(([name, values]) => `${name}: ${said(values, xTitle)}`).join("\n"),
  );
}

function said(values: readonly number[], along: string): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return values.length === 0 ? "no values" : "no finite values";
  const lowest = finite.reduce((a, b) => Math.min(a, b));
  const highest = finite.reduce((a, b) => Math.max(a, b));
  const count = along === "step" ? `in ${values.length} steps` : `at ${values.length} places`;
  return `${short(values[0]!)} to ${short(values.at(-1)!)} ${count}, ${short(lowest)} to ${short(highest)}`;
}

/** s_t = b s_(t-1) + (1 - b) v_t, divided by 1 - b^t: without the pull to 0 at the start. Kingma and Ba 2015, section 3. */
function smoothed(values: readonly number[], weight: number): number[] {
  let sum = 0;
  return values.map((value, i) => {
    sum = weight * sum + (1 - weight) * value;
    return sum / (1 - weight ** (i + 1));
  });
}
