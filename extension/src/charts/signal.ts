// The charts of the question "Does the signal flow?": activations and gradients from layer to layer, at one step.

import type { LayerField, LayerInfo } from "gradbook/train/run";
import type * as Plotly from "plotly.js";
import type { RunRecord } from "../data/record.js";
import { decades } from "./axis.js";
import type { Figure, Size } from "./chart.js";
import { formatValue } from "./format.js";
import { Frame, finite, type Label, type Look, type Margin } from "./frame.js";
import type { Point } from "./labels.js";
import { rampColor } from "./tokens.js";

/** Standard deviation over all elements of a layer's output, or across the batch for each unit, averaged. */
export type Spread = "std" | "batchStd";

/** How runs beside the one on show are drawn, in order; more cannot be told apart. */
export const COMPARED_DASHES = ["dash", "dot", "dashdot"] as const;

/** A run at one of its samples. */
export interface Moment {
  readonly record: RunRecord;
  readonly sample: number;
}

const MARGIN: Margin = { l: 48, r: 12, t: 20, b: 26 };
/** The lower chart carries the names of the axis that both share. */
const TITLED: Margin = { ...MARGIN, b: 42 };
const COMPACT: Margin = { l: 42, r: 8, t: 18, b: 20 };

/** Range in which activations keep their size through many layers. */
const HEALTHY_SPREAD = [0.1, 1] as const;
/** The upper end of the axis of activations at least. */
const HEADROOM = 10;
/** Gradients within this factor of the output layer's count as healthy. */
const HEALTHY_FACTOR = 10;

/** Spread of each layer's activations, and their mean. */
export function forwardFigure(
  moment: Moment,
  compared: readonly Moment[],
  spread: Spread,
  look: Look,
  size: Size,
  compact = false,
): Figure {
  const { trans, tokens } = look;
  const color = lineColor(moment, look);
  const values = profile(moment, spread);
  const means = profile(moment, "mean").map(Math.abs);
  const others = compared.map((other) => profile(other, spread));
  const range = decades([...values, ...others.flat(), ...HEALTHY_SPREAD, HEADROOM], 3, [-2, 1]);
  const frame = begin(moment, look, size, compact ? COMPACT : MARGIN, "forward", range);
  // Means jump between large and almost zero: dashes on their own read better than a line.
  const meanDashes = {
    ...trace(means, color, 1),
    mode: "markers" as const,
    marker: {
      symbol: "line-ew-open" as const,
      size: dashLength(frame, values.length),
      color,
      line: { color, width: 1.5 },
    },
    hoverinfo: "skip" as const,
  };
  const data = [
    ...(compact ? [] : [meanDashes]),
    ...ghosts(others, look),
    signalTrace(moment, values, look, frame, describeForward(moment, look)),
  ];
  const points = frame.points(ordinals(values), values);
  const meanPoints = frame.points(ordinals(means), means);
  const otherPoints = others.map((other) => frame.points(ordinals(other), other));
  const band = bandParts(
    frame,
    HEALTHY_SPREAD,
    compact ? trans.__("healthy") : trans.__("healthy: 0.1 to 1"),
  );
  const annotations = frame.labels(
    [
      { key: "band", text: band.text, color: tokens.ok, line: band.edge, along: true },
      {
        key: "std",
        text: compared.length > 0 ? plain(moment.record.info.name) : trans.__("std"),
        color,
        line: inside(points, frame),
        along: true,
      },
      ...ghostLabels(compared, otherPoints, frame),
      {
        key: "mean",
        text: trans.__("– |mean|"),
        color,
        line: compact ? [] : inside(meanPoints, frame),
      },
    ],
    [
      points,
      ...otherPoints,
      ...meanPoints.map(({ x, y }) => [
        { x: x - 6, y },
        { x: x + 6, y },
      ]),
    ],
  );
  return {
    data,
    layout: frame.layout({
      xaxis: layerAxis(moment, frame, "numbers"),
      yaxis: frame.decadeTicks(),
      shapes: [band.shape],
      annotations,
      hovermode: "x",
    }),
  };
}

/** Norm of the loss gradient at each layer's input sum. */
export function backwardFigure(
  moment: Moment,
  compared: readonly Moment[],
  look: Look,
  size: Size,
  compact = false,
): Figure {
  const { trans, tokens } = look;
  const values = profile(moment, "gradientNorm");
  const others = compared.map((other) => profile(other, "gradientNorm"));
  const output = values.findLast((value) => value > 0 && Number.isFinite(value));
  const healthy = output ? ([output / HEALTHY_FACTOR, output * HEALTHY_FACTOR] as const) : undefined;
  const range = decades([...values, ...others.flat(), ...(healthy ?? [])], 3, [-4, 0]);
  const frame = begin(moment, look, size, compact ? COMPACT : TITLED, "backward", range);
  const data = [
    ...ghosts(others, look),
    signalTrace(moment, values, look, frame, describeBackward(moment, look)),
  ];
  const points = frame.points(ordinals(values), values);
  const otherPoints = others.map((other) => frame.points(ordinals(other), other));
  const healthyText = compact ? trans.__("healthy") : trans.__("healthy: within 10× of the output layer");
  const band = healthy && bandParts(frame, healthy, healthyText);
  const annotations = frame.labels(
    [
      { key: "band", text: band?.text ?? "", color: tokens.ok, line: band?.edge ?? [], along: true },
      {
        key: "gradient",
        text: compared.length > 0 ? plain(moment.record.info.name) : trans.__("gradient norm"),
        color: lineColor(moment, look),
        line: inside(points, frame),
        along: true,
      },
      ...ghostLabels(compared, otherPoints, frame),
    ],
    [points, ...otherPoints],
  );
  return {
    data,
    layout: frame.layout({
      xaxis: layerAxis(moment, frame, compact ? "numbers" : "kinds"),
      yaxis: frame.decadeTicks(),
      shapes: band ? [band.shape] : [],
      annotations,
      hovermode: "x",
    }),
  };
}

function begin(
  { record }: Moment,
  look: Look,
  size: Size,
  margin: Margin,
  name: string,
  range: readonly [number, number],
): Frame {
  const reach = look.axes.widen(`${record.info.id} ${name}`, range[0], range[1]);
  const layers = Math.max(1, record.info.layers.length);
  return new Frame(look, size, margin, [0.5, layers + 0.5], reach, true);
}

function profile({ record, sample }: Moment, field: LayerField): number[] {
  return record.profile(sample, field);
}

function ordinals(values: readonly unknown[]): number[] {
  return values.map((_, index) => index + 1);
}

function lineColor({ record }: Moment, { tokens }: Look): string {
  return record.lost ? tokens.past : tokens.run;
}

function trace(values: readonly number[], color: string, width: number) {
  return {
    type: "scatter" as const,
    mode: "lines" as const,
    x: ordinals(values),
    y: values.map((value) => (value > 0 ? value : Number.NaN)),
    line: { color, width },
    connectgaps: false,
  };
}

function ghosts(others: readonly (readonly number[])[], { tokens }: Look): Plotly.Data[] {
  return others.map((values, index) => {
    const color = tokens.compared[index]!;
    return {
      ...trace(values, color, 1.5),
      line: { color, width: 1.5, dash: COMPARED_DASHES[index]! },
      hoverinfo: "skip" as const,
    };
  });
}

function ghostLabels(
  compared: readonly Moment[],
  lines: readonly (readonly Point[])[],
  frame: Frame,
): Label[] {
  return compared.map(({ record }, index) => ({
    key: `compared ${record.info.id}`,
    text: plain(record.info.name),
    color: frame.look.tokens.compared[index]!,
    line: inside(lines[index]!, frame),
    along: true,
  }));
}

/** The run's own line, a marker a layer in the layer's colour. A zero has no logarithm: it sits on the lower edge. */
function signalTrace(
  moment: Moment,
  values: number[],
  look: Look,
  frame: Frame,
  notes: string[],
): Plotly.Data {
  const { tokens } = look;
  const floor = 10 ** frame.y[0];
  const ceiling = 10 ** frame.y[1];
  const depth = Math.max(1, values.length - 1);
  const edge = (value: number): boolean => value === 0 || value === Number.POSITIVE_INFINITY;
  return {
    ...trace(values, lineColor(moment, look), 2),
    y: values.map((value) => (value === 0 ? floor : Math.min(value, ceiling))),
    mode: values.length > 60 ? "lines" : "lines+markers",
    cliponaxis: false,
    marker: {
      size: values.length > 24 ? 6 : 8,
      color: values.map((value, index) =>
        edge(value) ? tokens.sick : rampColor(tokens.layers, index / depth),
      ),
      symbol: values.map((value) => (edge(value) ? "square" : "circle")),
      line: { color: tokens.background, width: 1 },
    },
    customdata: notes,
    hovertemplate: "%{customdata}<extra></extra>",
  };
}

function describe({ record, sample }: Moment, fields: readonly (readonly [LayerField, string])[]): string[] {
  return record.info.layers.map((layer, index) => {
    const parts = fields.flatMap(([field, name]) => {
      const value = record.layer(sample, index, field);
      if (Number.isNaN(value)) return [];
      return field === "zeros"
        ? [`${name} ${(100 * value).toFixed(0)} %`]
        : [`${name} ${formatValue(value)}`];
    });
    return [`<b>${index + 1}</b> ${plain(layer.label)} (${plain(layer.path)})`, ...parts].join("<br>");
  });
}

function describeForward(moment: Moment, { trans }: Look): string[] {
  return describe(moment, [
    ["std", trans.__("std")],
    ["batchStd", trans.__("std across the batch")],
    ["mean", trans.__("mean")],
    ["zeros", trans.__("zeros")],
  ]);
}

function describeBackward(moment: Moment, { trans }: Look): string[] {
  return describe(moment, [
    ["gradientNorm", trans.__("gradient norm")],
    ["weightGradientNorm", trans.__("gradient norm of its parameters")],
  ]);
}

function bandParts(frame: Frame, [low, high]: readonly [number, number], text: string) {
  const shape: Partial<Plotly.Shape> = {
    type: "rect",
    xref: "paper",
    x0: 0,
    x1: 1,
    y0: low,
    y1: high,
    fillcolor: frame.look.tokens.band,
    line: { width: 0 },
    layer: "below",
  };
  return { shape, text, edge: [frame.point(frame.x[0], high), frame.point(frame.x[1], high)] };
}

/** Pixels from end to end: short enough to stay apart from layer to layer. */
function dashLength({ size, margin }: Frame, layers: number): number {
  return Math.min(12, (0.5 * (size.width - margin.l - margin.r)) / layers);
}

/** The part of a line that lies in the plot, with zeros left out. */
function inside(points: readonly Point[], frame: Frame): Point[] {
  const bottom = frame.size.height - frame.margin.b;
  return finite(points).filter(({ y }) => y >= 0 && y <= bottom);
}

/** Layers by number, the last one of a classifier as "out"; with "kinds" also what they are, as far as there is room. */
function layerAxis({ record }: Moment, frame: Frame, names: "numbers" | "kinds"): Partial<Plotly.LayoutAxis> {
  const { layers, classes } = record.info;
  const { size, margin, look } = frame;
  const each = (size.width - margin.l - margin.r) / Math.max(1, layers.length);
  const stride = [1, 2, 5, 10, 20, 50].find((step) => step * each >= 24) ?? 100;
  const labelled = layers
    .map((layer, index) => ({ layer, number: index + 1 }))
    .filter(({ number }) => number % stride === 0 || (stride > 2 && number === 1));
  const fits = (text: (layer: LayerInfo) => string): boolean =>
    layers.every((layer) => each >= 6 * text(layer).length + 6);
  const describe = [(layer: LayerInfo) => layer.label, (layer: LayerInfo) => layer.kind].find(fits);
  const second = names === "kinds" ? describe : undefined;
  const name = (number: number): string =>
    number === layers.length && classes !== undefined ? look.trans.__("out") : String(number);
  return {
    tickmode: "array",
    tickvals: labelled.map(({ number }) => number),
    ticktext: labelled.map(
      ({ layer, number }) => name(number) + (second ? `<br>${plain(second(layer))}` : ""),
    ),
    ...(names === "kinds" && !second ? frame.title(look.trans.__("layer")) : {}),
  };
}

/** Plotly reads a little HTML in texts; names are only names. */
function plain(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
