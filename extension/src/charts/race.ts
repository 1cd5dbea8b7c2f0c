// The charts of the question "Which one learns faster?": the losses and accuracies of several runs over shared steps.

import type { StepField } from "gradbook/train/run";
import type * as Plotly from "plotly.js";
import type { Entry } from "../data/entry.js";
import type { RunRecord } from "../data/record.js";
import {
  decimate,
  type Line,
  largest,
  last,
  measured,
  medianLine,
  quantile,
  smooth,
  smoothingWindow,
} from "../data/series.js";
import { linearTicks } from "./axis.js";
import type { Figure, Size } from "./chart.js";
import { plain } from "./format.js";
import { Frame, finite, type Label, type Look, type Margin, TICK_SIZE, widened } from "./frame.js";
import type { Tokens } from "./tokens.js";

/** Who takes part in a race, with what was expected of it: a loss at each of some steps. */
export interface Racer extends Entry {
  readonly sketch?: Line;
}

/** How a racer is drawn: a bold line, and pale ones that it sums up. */
interface Drawn {
  readonly bold: Numbers;
  readonly pale: readonly Numbers[];
  /** The pale lines are single seeds, not the single steps of one run. */
  readonly seeds: boolean;
}

/** A line, in which NaN is not measured. */
interface Numbers {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** A race's figure, and the frame that turns the pointer's place into a step and a loss. */
export interface RaceFigure extends Figure {
  readonly frame: Frame;
}

const MARGIN: Margin = { l: 40, r: 20, t: 8, b: 40 };
/** Steps that the axis shows at least. */
const FEWEST_STEPS = 100;
const DASHES = ["solid", "dash", "dot", "dashdot"] as const;
/** How pale the lines of single seeds are: they must be told apart, single steps need not. */
const SEED_ALPHA = 0.5;
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
  const classes = racers[0]?.records[0]?.info.classes;
  const guess = classes ? Math.log(classes) : Number.NaN;
  const lines = racers.map(({ records }) => lossesOf(records));
  const tops = lines.map(({ bold, pale }) =>
    Math.max(largest(bold.y, 0), ...pale.map(({ y }) => quantile(y, 0.9) || 0)),
  );
  const top = Math.max(...(hidden ? [] : tops), Number.isNaN(guess) ? 0 : 1.1 * guess) || 1;
  const frame = begin(racers, look, size, "loss", (up) =>
    widened(look, `${raceKey(racers)} loss`, top, (max) => linearTicks(max, up)),
  );
  const shown = hidden ? [] : lines;
  const data: Plotly.Data[] = [
    ...racers.flatMap(({ sketch }, lane) => (sketch ? [sketchTrace(sketch, lane, tokens)] : [])),
    ...shown.flatMap((line, lane) => paleTraces(line, lane, look, frame)),
    ...shown.map(({ bold }, lane) => {
      const { color, dash } = laneStyle(lane, tokens);
      return {
        ...trace(decimate(bold.x, bold.y, frame.pointLimit), color, tokens.stroke),
        line: { color, width: tokens.stroke, dash },
        name: racers[lane]!.name,
        hovertemplate: `${plain(racers[lane]!.name)} %{y:.4~g}<extra></extra>`,
      };
    }),
  ];
  const drawn = shown.map(({ bold }) => frame.points(bold.x, bold.y));
  const sketches = racers.map(({ sketch }) => (sketch ? frame.points(sketch.x, sketch.y) : []));
  const level = Number.isNaN(guess) ? [] : [frame.point(frame.x[0], guess), frame.point(frame.x[1], guess)];
  const labels: Label[] = [
    {
      key: "guess",
      text: trans.__("ln %1, guessing", classes ?? 0),
      color: tokens.reference,
      line: level,
      along: true,
    },
    ...racers.map(({ name }, lane) => ({
      key: `run ${lane}`,
      text: hidden ? trans.__("your %1", name) : plain(name),
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
  const field = accuracyField(racers);
  const frame = begin(racers, look, size, "accuracy", (up) => ({
    range: [0, 100],
    values: up < 4 ? [0, 50, 100] : [0, 25, 50, 75, 100],
  }));
  const lines = hidden ? [] : racers.map((racer) => accuracyLine(racer, field));
  const seeds = racers.flatMap(({ records }, lane) => {
    const pale = hidden || records.length === 1 ? [] : records.map((record) => recordAccuracy(record, field));
    return pale.flatMap((line) => paleTraces({ bold: line, pale: [line], seeds: true }, lane, look, frame));
  });
  const medians = lines.map((line, lane) => {
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
      name: racers[lane]!.name,
      hovertemplate: `${plain(racers[lane]!.name)} %{y:.1f} %<extra></extra>`,
    };
  });
  const data: Plotly.Data[] = [...seeds, ...medians];
  const drawn = lines.map((line) => frame.points(line.x, line.y));
  const labels = drawn.map((line, lane) => ({
    key: `run ${lane}`,
    text: plain(racers[lane]!.name),
    color: laneStyle(lane, tokens).color,
    line: finite(line),
    along: true,
  }));
  return { data, layout: layout(frame, frame.labels(labels, drawn), []) };
}

export type AccuracyField = "validationAccuracy" | "accuracy";

/** What can be compared in all runs. */
export function accuracyField(entries: readonly Entry[]): AccuracyField {
  const has = (record: RunRecord, field: StepField): boolean => Number.isFinite(last(record.series(field)));
  const records = entries.flatMap((entry) => entry.records);
  return records.every((record) => has(record, "validationAccuracy")) ? "validationAccuracy" : "accuracy";
}

/** Accuracy in percent over the steps, the median of several seeds. */
export function accuracyLine({ records }: Entry, field: AccuracyField): Line {
  return medianLine(records.map((record) => recordAccuracy(record, field)));
}

/** Loss over the steps, smoothed, the median of several seeds. */
export function lossLine({ records }: Entry): Line {
  return medianLine(records.map(recordLoss));
}

function recordLoss(record: RunRecord): Line {
  const steps = record.series("step");
  return measured(steps, smooth(steps, record.series("loss"), smoothingWindow(record.lastStep)));
}

/** Of one run its steps and their smoothed line, with its gaps; of several seeds their smoothed lines and the median. */
function lossesOf(records: readonly RunRecord[]): Drawn {
  const [only] = records;
  if (records.length > 1 || only === undefined) {
    const pale = records.map(recordLoss);
    return { bold: medianLine(pale), pale, seeds: true };
  }
  const [x, y] = [only.series("step"), only.series("loss")];
  return { bold: { x, y: smooth(x, y, smoothingWindow(only.lastStep)) }, pale: [{ x, y }], seeds: false };
}

function paleTraces({ pale, seeds }: Drawn, lane: number, { tokens }: Look, frame: Frame): Plotly.Data[] {
  return pale.map(({ x, y }) => ({
    ...trace(decimate(x, y, frame.pointLimit), laneStyle(lane, tokens).color, tokens.strokeRaw),
    opacity: seeds ? SEED_ALPHA : tokens.rawAlpha,
    hoverinfo: "skip" as const,
  }));
}

/** A run's accuracy in percent; that of the batches is smoothed. */
function recordAccuracy(record: RunRecord, field: AccuracyField): Line {
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
  const reach = Math.max(
    FEWEST_STEPS,
    ...racers.flatMap(({ records }) => records.map(({ lastStep }) => lastStep)),
  );
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
  return racers.flatMap(({ records }) => records.map(({ info }) => info.id)).join(" ");
}
