// The charts of the question "Which one learns faster?": the losses and accuracies of several runs over shared steps.

import type { StepField } from "gradbook/train/run";
import type * as Plotly from "plotly.js";
import type { RunRecord } from "../data/record.js";
import {
  decimate,
  type Line,
  largest,
  last,
  measured,
  quantile,
  smooth,
  smoothingWindow,
} from "../data/series.js";
import { linearTicks } from "./axis.js";
import type { Figure, Size } from "./chart.js";
import { plain } from "./format.js";
import { Frame, finite, type Label, type Look, type Margin, TICK_SIZE, widened } from "./frame.js";
import type { Tokens } from "./tokens.js";

/** A run in a race, with what was expected of it: a loss at each of some steps. */
export interface Racer {
  readonly record: RunRecord;
  readonly sketch?: Line;
}

/** A race's figure, and the frame that turns the pointer's place into a step and a loss. */
export interface RaceFigure extends Figure {
  readonly frame: Frame;
}

const MARGIN: Margin = { l: 32, r: 20, t: 8, b: 40 };
/** Steps that the axis shows at least. */
const FEWEST_STEPS = 100;
const DASHES = ["solid", "dash", "dot", "dashdot"] as const;
const SYMBOLS = ["circle", "square", "diamond", "triangle-up"] as const;

export interface LaneStyle {
  readonly color: string;
  readonly dash: (typeof DASHES)[number];
  readonly symbol: (typeof SYMBOLS)[number];
}

/** Hue and dash of the run in a lane; runs beyond the fourth are grey. */
function laneStyle(lane: number, tokens: Tokens): LaneStyle {
  const colors = [tokens.run, ...tokens.compared];
  return {
    color: colors[lane] ?? tokens.past,
    dash: DASHES[lane] ?? "solid",
    symbol: SYMBOLS[lane] ?? "circle",
  };
}

/** Training losses, smoothed; with `hidden` only the empty axes and what was sketched on them. */
export function raceLossFigure(
  racers: readonly Racer[],
  look: Look,
  size: Size,
  hidden: boolean,
): RaceFigure {
  const { tokens, trans } = look;
  const classes = racers[0]?.record.info.classes;
  const guess = classes ? Math.log(classes) : Number.NaN;
  const lines = racers.map(({ record }) => {
    const steps = record.series("step");
    const loss = record.series("loss");
    return { steps, loss, smoothed: smooth(steps, loss, smoothingWindow(record.lastStep)) };
  });
  const tops = lines.map(({ loss, smoothed }) => Math.max(largest(smoothed, 0), quantile(loss, 0.9) || 0));
  const top = Math.max(...(hidden ? [] : tops), Number.isNaN(guess) ? 0 : 1.1 * guess) || 1;
  const frame = begin(racers, look, size, "loss", (up) =>
    widened(look, `${raceKey(racers)} loss`, top, (max) => linearTicks(max, up)),
  );
  const shown = hidden ? [] : lines;
  const data: Plotly.Data[] = [
    ...racers.flatMap(({ sketch }, lane) => (sketch ? [sketchTrace(sketch, lane, tokens)] : [])),
    ...shown.map(({ steps, loss }, lane) => ({
      ...trace(decimate(steps, loss, frame.pointLimit), laneStyle(lane, tokens).color, tokens.strokeRaw),
      opacity: tokens.rawAlpha,
      hoverinfo: "skip" as const,
    })),
    ...shown.map(({ steps, smoothed }, lane) => {
      const { color, dash } = laneStyle(lane, tokens);
      return {
        ...trace(decimate(steps, smoothed, frame.pointLimit), color, tokens.stroke),
        line: { color, width: tokens.stroke, dash },
        name: racers[lane]!.record.info.name,
        hovertemplate: `${plain(racers[lane]!.record.info.name)} %{y:.4~g}<extra></extra>`,
      };
    }),
  ];
  const drawn = shown.map(({ steps, smoothed }) => frame.points(steps, smoothed));
  const sketches = racers.map(({ sketch }) => (sketch ? frame.points(sketch.x, sketch.y) : []));
  const level = Number.isNaN(guess) ? [] : [frame.point(frame.x[0], guess), frame.point(frame.x[1], guess)];
  const labels: Label[] = [
    {
      key: "guess",
      text: trans.__("ln %1, guessing", classes ?? 0),
      color: tokens.reference,
      line: level,
    },
    ...racers.map(({ record }, lane) => ({
      key: `run ${lane}`,
      text: hidden ? trans.__("your %1", record.info.name) : plain(record.info.name),
      color: laneStyle(lane, tokens).color,
      line: finite((hidden ? sketches[lane] : drawn[lane]) ?? []),
      along: true,
    })),
  ];
  const shapes = Number.isNaN(guess) ? [] : [frame.reference(guess, "dash")];
  return {
    data,
    layout: layout(frame, frame.labels(labels, [...drawn, ...sketches, level]), shapes),
    frame,
  };
}

/** Validation accuracies in percent; without a validation set those of the training batches, smoothed. */
export function raceAccuracyFigure(
  racers: readonly Racer[],
  look: Look,
  size: Size,
  hidden: boolean,
): Figure {
  const { tokens } = look;
  const field = accuracyField(racers.map(({ record }) => record));
  const frame = begin(racers, look, size, "accuracy", (up) => ({
    range: [0, 100],
    values: up < 4 ? [0, 50, 100] : [0, 25, 50, 75, 100],
  }));
  const lines = hidden ? [] : racers.map(({ record }) => accuracyLine(record, field));
  const data = lines.map((line, lane) => {
    const { color, dash, symbol } = laneStyle(lane, tokens);
    const marked = field === "validationAccuracy" && line.x.length <= 60;
    const points = marked ? line : decimate(line.x, line.y, frame.pointLimit);
    return {
      ...trace(points, color, tokens.stroke),
      mode: marked ? ("lines+markers" as const) : ("lines" as const),
      // a marker at 0 or 100 is drawn whole
      cliponaxis: !marked,
      line: { color, width: tokens.stroke, dash },
      marker: {
        size: tokens.marker - 1,
        symbol,
        color: tokens.background,
        line: { color, width: 1.5 },
      },
      name: racers[lane]!.record.info.name,
      hovertemplate: `${plain(racers[lane]!.record.info.name)} %{y:.1f} %<extra></extra>`,
    };
  });
  const drawn = lines.map((line) => frame.points(line.x, line.y));
  const labels = drawn.map((line, lane) => ({
    key: `run ${lane}`,
    text: plain(racers[lane]!.record.info.name),
    color: laneStyle(lane, tokens).color,
    line: finite(line),
    along: true,
  }));
  return { data, layout: layout(frame, frame.labels(labels, drawn), []) };
}

export type AccuracyField = "validationAccuracy" | "accuracy";

/** What can be compared in all runs. */
export function accuracyField(records: readonly RunRecord[]): AccuracyField {
  const has = (record: RunRecord, field: StepField): boolean => Number.isFinite(last(record.series(field)));
  return records.every((record) => has(record, "validationAccuracy")) ? "validationAccuracy" : "accuracy";
}

/** A run's accuracy in percent over its steps; that of the batches is smoothed. */
export function accuracyLine(record: RunRecord, field: AccuracyField): Line {
  const steps = record.series("step");
  const percent = record.series(field).map((value) => 100 * value);
  const values = field === "accuracy" ? smooth(steps, percent, smoothingWindow(record.lastStep)) : percent;
  return measured(steps, values);
}

function begin(
  racers: readonly Racer[],
  look: Look,
  size: Size,
  name: string,
  yTicks: (up: number) => { range: readonly [number, number]; values: readonly number[] },
): RacingFrame {
  const scale = look.tokens.tickSize / TICK_SIZE;
  const across = Math.max(2, Math.min(4, Math.floor((size.width - MARGIN.l * scale) / (70 * scale))));
  const reach = Math.max(FEWEST_STEPS, ...racers.map(({ record }) => record.lastStep));
  const x = widened(look, `${raceKey(racers)} ${name} steps`, reach, (max) => linearTicks(max, across, true));
  const room = (size.height - scale * (MARGIN.t + MARGIN.b)) / (36 * scale);
  const y = yTicks(Math.max(2, Math.min(6, Math.floor(room))));
  return new RacingFrame(look, size, x, y);
}

/** A frame that knows its ticks. */
class RacingFrame extends Frame {
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];

  constructor(
    look: Look,
    size: Size,
    x: { range: readonly [number, number]; values: readonly number[] },
    y: { range: readonly [number, number]; values: readonly number[] },
  ) {
    super(look, size, MARGIN, x.range, y.range);
    this.xTicks = x.values;
    this.yTicks = y.values;
  }
}

function layout(
  frame: RacingFrame,
  annotations: Partial<Plotly.Annotation>[],
  shapes: Partial<Plotly.Shape>[],
): Partial<Plotly.Layout> {
  const { trans } = frame.look;
  return frame.layout({
    xaxis: {
      ...frame.ticks(frame.xTicks),
      ...frame.title(trans.__("step")),
      unifiedhovertitle: { text: trans.__("step %1", "%{x:,d}") },
    },
    yaxis: frame.sideTicks(frame.yTicks),
    annotations,
    shapes,
    hovermode: "x unified",
  });
}

function trace({ x, y }: Line, color: string, width: number) {
  return {
    type: "scatter" as const,
    mode: "lines" as const,
    x: [...x],
    y: [...y],
    line: { color, width },
    connectgaps: false,
  };
}

/** What was expected: pale and thick. */
function sketchTrace(sketch: Line, lane: number, tokens: Tokens): Plotly.Data {
  return {
    ...trace(sketch, laneStyle(lane, tokens).color, 3 * tokens.stroke),
    opacity: 0.3,
    hoverinfo: "skip" as const,
  };
}

function raceKey(racers: readonly Racer[]): string {
  return racers.map(({ record }) => record.info.id).join(" ");
}
