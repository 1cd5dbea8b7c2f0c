// The charts of the question "Is it learning?": loss, accuracy and learning rate over steps, epochs or seconds.

import type * as Plotly from "plotly.js";
import type { RunRecord } from "../data/record.js";
import { decimate, largest, last, measured, quantile, smooth, smoothingWindow } from "../data/series.js";
import { decades, linearTicks } from "./axis.js";
import type { Figure, Size } from "./chart.js";
import { formatLoss, formatValue } from "./format.js";
import { Frame, finite, type Look, lineColor, type Margin, sideRoom, TICK_SIZE, widened } from "./frame.js";
import type { Point } from "./labels.js";
import { markLabels, markLines, markShapes, marks } from "./marks.js";

/** What the horizontal axis counts. */
export type Progress = "step" | "epoch" | "seconds";

/** How a loss is drawn. */
export interface LossOptions {
  /** A logarithmic axis; if unset, where the loss has exploded. */
  readonly log?: boolean;
  /** Little room: no titles, no notes. */
  readonly compact?: boolean;
  /** Hardly any height: no axis of steps. */
  readonly strip?: boolean;
}

const MARGIN: Margin = { l: 40, r: 24, t: 8, b: 40 };
const COMPACT: Margin = { l: 32, r: 24, t: 6, b: 22 };
const STRIP: Margin = { l: 32, r: 24, t: 4, b: 4 };
/** Rules of the diagnosis about values that are no numbers. */
const NOT_A_NUMBER: ReadonlySet<string> = new Set(["nan", "nan-input"]);
/** Width from which the line of single steps gets a label too. */
const ROOMY = 420;

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

/** A loss that has grown so many times over shows nothing on a linear axis but its largest values. */
const EXPLODED = 1e3;

export function hasExploded(record: RunRecord): boolean {
  const loss = record.series("loss");
  const first = loss.find((value) => value > 0);
  return first !== undefined && largest(loss, 0) > EXPLODED * first;
}

/** Loss of measured steps (pale), smoothed (bold) and on the validation set (circles), with ln(classes) for orientation. */
export function lossFigure(
  record: RunRecord,
  progress: Progress,
  look: Look,
  size: Size,
  { compact = false, strip = false, log = !strip && hasExploded(record) }: LossOptions = {},
): Figure {
  const { trans, tokens } = look;
  const loss = record.series("loss");
  const validation = record.series("validationLoss");
  const window = smoothingWindow(record.lastStep);
  // of values that differ by powers of ten the mean is the largest one's share
  const smoothed = log
    ? smooth(record.series("step"), loss.map(Math.log), window).map(Math.exp)
    : smooth(record.series("step"), loss, window);
  const guess = record.info.classes ? Math.log(record.info.classes) : Number.NaN;
  const top = Math.max(
    1.05 * largest(smoothed, 0),
    1.05 * largest(validation, 0),
    quantile(loss, 0.9) || 0,
    Number.isNaN(guess) ? 0 : 1.1 * guess,
  );
  const reach = log ? decades([...smoothed, ...validation], 1, [-1, 1]) : top || 1;
  const curves = begin(
    record,
    progress,
    look,
    size,
    strip ? STRIP : compact ? COMPACT : MARGIN,
    "loss",
    reach,
  );
  const { frame, x, color } = curves;
  const marked = marks(record, x);
  const each = decimate(x, loss, frame.pointLimit);
  const broken = brokenAt(record, x, smoothed);
  const data = [
    { ...line(each, color, tokens.strokeRaw), opacity: tokens.rawAlpha, hoverinfo: "skip" as const },
    {
      ...line(decimate(x, smoothed, frame.pointLimit), color, tokens.stroke),
      name: trans.__("training"),
      mode: record.count < 3 ? ("lines+markers" as const) : ("lines" as const),
      hovertemplate: hover(trans.__("training")),
    },
    {
      ...circles(measured(x, validation), color, look),
      name: trans.__("validation"),
      hovertemplate: hover(trans.__("validation")),
    },
    ...(broken ? [square(broken, look)] : []),
  ];
  const trained = frame.points(x, smoothed);
  const validated = measured(x, validation);
  const validatedPoints = frame.points(validated.x, validated.y);
  const level = Number.isNaN(guess) ? [] : [frame.point(frame.x[0], guess), frame.point(frame.x[1], guess)];
  const roomy = !compact && size.width >= frame.scale(ROOMY);
  const annotations = frame.labels(
    [
      {
        key: "guess",
        text: trans.__("guessing: ln %1 = %2", record.info.classes ?? 0, guess.toFixed(3)),
        color: tokens.reference,
        line: compact ? [] : level,
        along: true,
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
      ...(compact ? [] : markLabels(marked, frame)),
      {
        key: "each",
        text: roomy && each.x.length > 20 ? trans.__("| training, single steps") : "",
        color,
        line: middle(frame.points(each.x, each.y)),
        along: true,
      },
    ],
    [trained, validatedPoints, level, ...markLines(marked, frame)],
  );
  const shapes = [
    ...(Number.isNaN(guess) ? [] : [frame.reference(guess, "dash")]),
    ...markShapes(marked, frame),
    ...(broken ? [frame.mark(broken.x, tokens.sick)] : []),
  ];
  return { data, layout: frame.layout({ ...curves.axes, annotations, shapes }) };
}

/** Accuracy of the training batches (smoothed) and of the validation set, in percent. */
export function accuracyFigure(record: RunRecord, progress: Progress, look: Look, size: Size): Figure {
  const { trans, tokens } = look;
  const curves = begin(record, progress, look, size, MARGIN, "accuracy", 100);
  const { frame, x, color } = curves;
  const marked = marks(record, x);
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
      ...line(decimate(x, smoothed, frame.pointLimit), color, tokens.stroke),
      name: trans.__("training"),
      hovertemplate: hover(trans.__("training"), " %"),
    },
    {
      ...circles(validated, color, look),
      name: trans.__("validation"),
      hovertemplate: hover(trans.__("validation"), " %"),
    },
  ];
  const trained = frame.points(x, smoothed);
  const validatedPoints = frame.points(validated.x, validated.y);
  const guess = record.info.classes ? 100 / record.info.classes : Number.NaN;
  const level = Number.isNaN(guess) ? [] : [frame.point(frame.x[0], guess), frame.point(frame.x[1], guess)];
  const shown = last(validation);
  const hasValidation = validatedPoints.length > 0;
  const annotations = frame.labels(
    [
      { key: "guess", text: trans.__("guessing"), color: tokens.reference, line: level, along: true },
      {
        key: "value",
        text: hasValidation ? `○ ${shown.toFixed(1)}` : last(smoothed).toFixed(1),
        color,
        line: tail(hasValidation ? validatedPoints : trained),
        bold: true,
      },
    ],
    [trained, validatedPoints, level, ...markLines(marked, frame)],
  );
  if (!hasValidation && finite(trained).length === 0) {
    const { x: right, y: middle } = frame.point(frame.x[1], 62);
    annotations.push(frame.note(trans.__("not measured"), { x: right, y: middle }, tokens.inkQuiet));
  }
  const shapes = [
    ...(Number.isNaN(guess) ? [] : [frame.reference(guess, "dash")]),
    ...markShapes(marked, frame),
  ];
  return { data, layout: frame.layout({ ...curves.axes, annotations, shapes }) };
}

/** Learning rate on a logarithmic axis. */
export function rateFigure(record: RunRecord, progress: Progress, look: Look, size: Size): Figure {
  const { tokens } = look;
  const rates = record.series("learningRate");
  const range = decades(rates, 3, [-3, 0]);
  const curves = begin(record, progress, look, size, MARGIN, "rate", range);
  const { frame, x, color } = curves;
  const marked = marks(record, x);
  const points = measured(x, rates);
  const data = [
    {
      ...line(decimate(points.x, points.y, frame.pointLimit), color, tokens.stroke),
      line: { color, width: tokens.stroke, shape: "hv" as const },
      name: look.trans.__("Learning rate"),
      hovertemplate: hover(""),
    },
  ];
  const path = frame.points(points.x, points.y);
  const [first, now] = [formatValue(points.y[0] ?? Number.NaN), formatValue(last(rates))];
  const change = path.findIndex(({ y }) => y !== path[0]!.y);
  const start = change < 0 ? [] : path.slice(0, change);
  const room = (start.at(-1)?.x ?? 0) - (start[0]?.x ?? 0) > frame.scale(30);
  const annotations = frame.labels(
    [
      { key: "rate", text: now, color: tokens.ink, line: tail(path) },
      {
        key: "first",
        text: room ? first : "",
        color: tokens.ink,
        line: start.slice(0, 1),
        along: true,
      },
    ],
    [path, ...markLines(marked, frame)],
  );
  const shapes = markShapes(marked, frame);
  return { data, layout: frame.layout({ ...curves.axes, annotations, shapes }) };
}

/** Where on the axis each row of a run lies. */
function progressOf(record: RunRecord, progress: Progress): Float64Array {
  if (progress === "seconds") return record.series("seconds");
  const steps = record.series("step");
  const each = progress === "epoch" ? (record.info.stepsPerEpoch ?? 1) : 1;
  return each === 1 ? steps : steps.map((step) => step / each);
}

/** The last point before the loss was no number any more. A row without a loss alone tells nothing: not all are read. */
function brokenAt(
  record: RunRecord,
  x: Float64Array,
  smoothed: Float64Array,
): { x: number; y: number } | undefined {
  const { root, others = [] } = record.verdict ?? {};
  // NaN is often no cause, but what follows from one
  const found = [record.info.halted, root, ...(root?.consequences ?? []), ...others];
  const broken = found.find((one) => one && NOT_A_NUMBER.has(one.rule));
  if (!broken) return undefined;
  const steps = record.series("step");
  const good = smoothed.findLastIndex((value, row) => Number.isFinite(value) && steps[row]! <= broken.step);
  return good < 0 ? undefined : { x: x[good]!, y: smoothed[good]! };
}

function square({ x, y }: { x: number; y: number }, { tokens, trans }: Look): Plotly.Data {
  return {
    type: "scatter" as const,
    mode: "markers" as const,
    x: [x],
    y: [y],
    cliponaxis: false,
    marker: { symbol: "square" as const, size: tokens.marker + 3, color: tokens.sick },
    hovertemplate: `${trans.__("no number any more")}<extra></extra>`,
  };
}

/** Frame and axes; `top` is the largest value of a linear axis from 0, or the decades of a logarithmic one. */
function begin(
  record: RunRecord,
  progress: Progress,
  look: Look,
  size: Size,
  margin: Margin,
  name: string,
  top: number | readonly [number, number],
): Curves {
  const { trans, tokens } = look;
  const log = typeof top !== "number";
  const key = `${record.info.id} ${name}${log ? " log" : ""}`;
  const x = progressOf(record, progress);
  const scale = tokens.tickSize / TICK_SIZE;
  const across = Math.max(2, Math.floor((size.width - scale * margin.l) / (76 * scale)));
  const xTicks = widened(look, `${key} ${progress}`, last(x) || 1, (max) =>
    linearTicks(max, Math.min(5, across), progress !== "seconds"),
  );
  const room = (size.height - scale * (margin.t + margin.b)) / (36 * scale);
  const up = Math.max(2, Math.min(6, Math.floor(room)));
  const yTicks = log
    ? { range: look.axes.widen(key, top[0], top[1]), values: [] }
    : top === 100
      ? { range: [0, 100] as const, values: up < 4 ? [0, 50, 100] : [0, 25, 50, 75, 100] }
      : widened(look, key, top, (max) => linearTicks(max, up));
  const l = log ? margin.l : Math.max(margin.l, sideRoom(yTicks.values, look.tokens));
  const frame = new Frame(look, size, { ...margin, l }, xTicks.range, yTicks.range, log);
  const titles: Record<Progress, readonly [title: string, hover: string]> = {
    step: [trans.__("step"), trans.__("step %1", "%{x:,d}")],
    epoch: [trans.__("epoch"), trans.__("epoch %1", "%{x:.2f}")],
    seconds: [trans.__("seconds"), trans.__("%1 seconds", "%{x:.1f}")],
  };
  const [title, hoverTitle] = titles[progress];
  return {
    look,
    frame,
    x,
    color: lineColor(record, tokens),
    axes: {
      xaxis: {
        ...frame.ticks(xTicks.values),
        ...(margin === MARGIN ? frame.title(title) : {}),
        showticklabels: margin !== STRIP,
        unifiedhovertitle: { text: hoverTitle },
      },
      yaxis: log ? frame.decadeTicks() : frame.sideTicks(yTicks.values),
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
    ...line(points, color, look.tokens.strokeRaw),
    cliponaxis: false,
    mode: many ? ("lines" as const) : ("lines+markers" as const),
    marker: { size: look.tokens.marker - 1, color: look.tokens.background, line: { color, width: 1.5 } },
  };
}

function hover(name: string, unit = ""): string {
  return `${name} %{y:.4~g}${unit}<extra></extra>`;
}

/** The last eighth of a line, where its label goes. */
function tail(points: readonly Point[]): Point[] {
  return finite(points).slice(-Math.max(1, Math.ceil(points.length / 8)));
}

/** The middle of a line, for a label that names it and needs no end. */
function middle(points: readonly Point[]): Point[] {
  const part = finite(points);
  return part.slice(Math.floor(part.length / 4), Math.ceil((3 * part.length) / 4));
}
