// The charts of the question "Is it learning?": loss, accuracy and learning rate over steps or seconds.

import type * as Plotly from "plotly.js";
import type { RunRecord } from "../data/record.js";
import { decimate, largest, last, measured, quantile, smooth, smoothingWindow } from "../data/series.js";
import { decades, linearTicks } from "./axis.js";
import type { Figure, Size } from "./chart.js";
import { formatLoss, formatValue } from "./format.js";
import { Frame, finite, type Look, type Margin, widened } from "./frame.js";
import type { Point } from "./labels.js";

/** What the horizontal axis counts. */
export type Progress = "step" | "seconds";

const MARGIN: Margin = { l: 40, r: 24, t: 8, b: 40 };
const COMPACT: Margin = { l: 32, r: 24, t: 6, b: 22 };

interface Curves {
  readonly look: Look;
  readonly frame: Frame;
  readonly x: Float64Array;
  readonly color: string;
  readonly axes: {
    xaxis: Partial<Plotly.LayoutAxis>;
    yaxis: Partial<Plotly.LayoutAxis>;
    hovermode: "x unified";
  };
}

/** Loss of each step (pale), smoothed (bold) and on the validation set (circles), with ln(classes) for orientation. */
export function lossFigure(
  record: RunRecord,
  progress: Progress,
  look: Look,
  size: Size,
  compact = false,
): Figure {
  const { trans } = look;
  const loss = record.series("loss");
  const validation = record.series("validationLoss");
  const smoothed = smooth(record.series("step"), loss, smoothingWindow(record.lastStep));
  const guess = record.info.classes ? Math.log(record.info.classes) : Number.NaN;
  const top = Math.max(
    1.05 * largest(smoothed, 0),
    1.05 * largest(validation, 0),
    quantile(loss, 0.9) || 0,
    Number.isNaN(guess) ? 0 : 1.1 * guess,
  );
  const curves = begin(record, progress, look, size, compact, "loss", top || 1);
  const { frame, x, color } = curves;
  const data = [
    {
      ...line(decimate(x, loss, frame.pointLimit), color, 1),
      opacity: look.tokens.rawAlpha,
      hoverinfo: "skip" as const,
    },
    {
      ...line(decimate(x, smoothed, frame.pointLimit), color, 2),
      mode: record.count < 3 ? ("lines+markers" as const) : ("lines" as const),
      hovertemplate: hover(trans.__("training")),
    },
    { ...circles(measured(x, validation), color, look), hovertemplate: hover(trans.__("validation")) },
  ];
  const trained = frame.points(x, smoothed);
  const validated = measured(x, validation);
  const validatedPoints = frame.points(validated.x, validated.y);
  const level = Number.isNaN(guess) ? [] : [frame.point(frame.x[0], guess), frame.point(frame.x[1], guess)];
  const annotations = frame.labels(
    [
      {
        key: "guess",
        text: trans.__("guessing: ln %1 = %2", record.info.classes ?? 0, guess.toFixed(3)),
        color: look.tokens.reference,
        line: compact ? [] : level,
      },
      {
        key: "training",
        text: trans.__("training %1", formatLoss(last(smoothed))),
        color,
        line: tail(trained),
      },
      {
        key: "validation",
        text: trans.__("○ validation %1", formatLoss(last(validation))),
        color,
        line: tail(validatedPoints),
      },
    ],
    [trained, validatedPoints, level],
  );
  const shapes = Number.isNaN(guess) ? [] : [frame.reference(guess, "dash")];
  return { data, layout: frame.layout({ ...curves.axes, annotations, shapes }) };
}

/** Accuracy of the training batches (smoothed) and of the validation set, in percent. */
export function accuracyFigure(record: RunRecord, progress: Progress, look: Look, size: Size): Figure {
  const { trans } = look;
  const curves = begin(record, progress, look, size, false, "accuracy", 100);
  const { frame, x, color } = curves;
  const percent = (values: Float64Array): Float64Array => values.map((value) => 100 * value);
  const smoothed = smooth(
    record.series("step"),
    percent(record.series("accuracy")),
    smoothingWindow(record.lastStep),
  );
  const validation = percent(record.series("validationAccuracy"));
  const validated = measured(x, validation);
  const data = [
    {
      ...line(decimate(x, smoothed, frame.pointLimit), color, 2),
      hovertemplate: hover(trans.__("training"), " %"),
    },
    { ...circles(validated, color, look), hovertemplate: hover(trans.__("validation"), " %") },
  ];
  const trained = frame.points(x, smoothed);
  const validatedPoints = frame.points(validated.x, validated.y);
  const guess = record.info.classes ? 100 / record.info.classes : Number.NaN;
  const level = Number.isNaN(guess) ? [] : [frame.point(frame.x[0], guess), frame.point(frame.x[1], guess)];
  const shown = last(validation);
  const hasValidation = validatedPoints.length > 0;
  const annotations = frame.labels(
    [
      { key: "guess", text: trans.__("guessing"), color: look.tokens.reference, line: level },
      {
        key: "value",
        text: (hasValidation ? `○ ${shown.toFixed(1)}` : last(smoothed).toFixed(1)) || "",
        color,
        line: tail(hasValidation ? validatedPoints : trained),
        bold: true,
      },
    ],
    [trained, validatedPoints, level],
  );
  const shapes = Number.isNaN(guess) ? [] : [frame.reference(guess, "dash")];
  return { data, layout: frame.layout({ ...curves.axes, annotations, shapes }) };
}

/** Learning rate on a logarithmic axis. */
export function rateFigure(record: RunRecord, progress: Progress, look: Look, size: Size): Figure {
  const rates = record.series("learningRate");
  const range = decades(rates, 3, [-3, 0]);
  const curves = begin(record, progress, look, size, false, "rate", range);
  const { frame, x, color } = curves;
  const points = measured(x, rates);
  const data = [
    {
      ...line(decimate(points.x, points.y, frame.pointLimit), color, 2),
      line: { color, width: 2, shape: "hv" as const },
      hovertemplate: hover(""),
    },
  ];
  const path = frame.points(points.x, points.y);
  const annotations = frame.labels(
    [{ key: "rate", text: formatValue(last(rates)), color: look.tokens.ink, line: tail(path) }],
    [path],
  );
  return { data, layout: frame.layout({ ...curves.axes, annotations }) };
}

/** Frame and axes; `top` is the largest value of a linear axis from 0, or the decades of a logarithmic one. */
function begin(
  record: RunRecord,
  progress: Progress,
  look: Look,
  size: Size,
  compact: boolean,
  name: string,
  top: number | readonly [number, number],
): Curves {
  const { trans, tokens } = look;
  const margin = compact ? COMPACT : MARGIN;
  const key = `${record.info.id} ${name}`;
  const x = record.series(progress);
  const across = Math.max(2, Math.floor((size.width - margin.l) / 76));
  const xTicks = widened(look, `${key} ${progress}`, last(x) || 1, (max) =>
    linearTicks(max, Math.min(5, across), progress === "step"),
  );
  const log = typeof top !== "number";
  const up = Math.max(2, Math.min(6, Math.floor((size.height - margin.t - margin.b) / 36)));
  const yTicks = log
    ? { range: look.axes.widen(key, top[0], top[1]), values: [] }
    : top === 100
      ? { range: [0, 100] as const, values: up < 4 ? [0, 50, 100] : [0, 25, 50, 75, 100] }
      : widened(look, key, top, (max) => linearTicks(max, up));
  const frame = new Frame(look, size, margin, xTicks.range, yTicks.range, log);
  const title = progress === "step" ? trans.__("step") : trans.__("seconds");
  const hoverTitle =
    progress === "step" ? trans.__("step %1", "%{x:,d}") : trans.__("%1 seconds", "%{x:.1f}");
  return {
    look,
    frame,
    x,
    color: record.lost ? tokens.past : tokens.run,
    axes: {
      xaxis: {
        ...frame.ticks(xTicks.values),
        ...(compact ? {} : frame.title(title)),
        unifiedhovertitle: { text: hoverTitle },
      },
      yaxis: log ? frame.decadeTicks() : frame.ticks(yTicks.values),
      hovermode: "x unified",
    },
  };
}

function line(points: { x: readonly number[]; y: readonly number[] }, color: string, width: number) {
  return {
    type: "scatter" as const,
    mode: "lines" as const,
    x: [...points.x],
    y: [...points.y],
    line: { color, width },
    connectgaps: false,
  };
}

function circles(points: { x: readonly number[]; y: readonly number[] }, color: string, look: Look) {
  const many = points.x.length > 60;
  return {
    ...line(points, color, 1),
    cliponaxis: false,
    mode: many ? ("lines" as const) : ("lines+markers" as const),
    marker: { size: 6, color: look.tokens.background, line: { color, width: 1.5 } },
  };
}

function hover(name: string, unit = ""): string {
  return `${name} %{y:.4~g}${unit}<extra></extra>`;
}

/** The last eighth of a line, where its label goes. */
function tail(points: readonly Point[]): Point[] {
  return finite(points).slice(-Math.max(1, Math.ceil(points.length / 8)));
}
