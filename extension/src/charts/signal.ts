// The charts of the question "Does the signal flow?": activations and gradients from layer to layer, at one step.

import type { LayerField } from "gradbook/train/run";
import type * as Plotly from "plotly.js";
import type { RunRecord } from "../data/record.js";
import { decades } from "./axis.js";
import type { Figure, Size } from "./chart.js";
import { formatValue } from "./format.js";
import { Frame, type Look, type Margin } from "./frame.js";
import { rampColor } from "./tokens.js";

/** Standard deviation over all elements of a layer's output, or across the batch for each unit, averaged. */
export type Spread = "std" | "batchStd";

/** A run at one of its rows. */
export interface Moment {
  readonly record: RunRecord;
  readonly row: number;
}

const MARGIN: Margin = { l: 48, r: 12, t: 20, b: 26 };
const COMPACT: Margin = { l: 36, r: 8, t: 18, b: 20 };

/** Range in which activations keep their size through many layers. */
const HEALTHY_SPREAD = [0.1, 1] as const;
/** Gradients within this factor of the output layer's count as healthy. */
const HEALTHY_FACTOR = 10;

/** Spread of each layer's activations, and their mean. */
export function forwardFigure(
  moment: Moment,
  compared: Moment | undefined,
  spread: Spread,
  look: Look,
  size: Size,
  compact = false,
): Figure {
  const { trans, tokens } = look;
  const values = profile(moment, spread);
  const means = profile(moment, "mean").map(Math.abs);
  const other = compared ? profile(compared, spread) : [];
  const range = decades([...values, ...other, ...HEALTHY_SPREAD], 3, [-2, 1]);
  const frame = begin(moment, look, size, compact, "forward", range);
  const meanLine = {
    ...trace(means, lineColor(moment, look), 1),
    line: { color: lineColor(moment, look), width: 1, dash: "dot" as const },
    hoverinfo: "skip" as const,
  };
  const data = [
    ...(compact ? [] : [meanLine]),
    ...ghost(other, look),
    signalTrace(moment, values, look, frame, describeForward(moment, look)),
  ];
  const points = frame.points(ordinals(values), values);
  const meanPoints = frame.points(ordinals(means), means);
  const otherPoints = frame.points(ordinals(other), other);
  const band = bandParts(frame, HEALTHY_SPREAD, trans.__("healthy: 0.1 to 1"));
  const color = lineColor(moment, look);
  const annotations = frame.labels(
    [
      { key: "band", text: band.text, color: tokens.ok, line: band.edge },
      { key: "std", text: trans.__("std"), color, line: inside(points, frame) },
      {
        key: "mean",
        text: trans.__("⋯ |mean|"),
        color,
        line: compact ? [] : inside(meanPoints, frame),
      },
      {
        key: "compared",
        text: compared?.record.info.name ?? "",
        color: tokens.compared,
        line: inside(otherPoints, frame),
      },
    ],
    [points, otherPoints, compact ? [] : meanPoints].map((line) =>
      line.filter(({ y }) => Number.isFinite(y)),
    ),
  );
  return {
    data,
    layout: frame.layout({
      xaxis: layerAxis(moment, frame, size, compact),
      yaxis: frame.decadeTicks(),
      shapes: [band.shape],
      annotations,
    }),
  };
}

/** Norm of the loss gradient at each layer's output. */
export function backwardFigure(
  moment: Moment,
  compared: Moment | undefined,
  look: Look,
  size: Size,
  compact = false,
): Figure {
  const { trans, tokens } = look;
  const values = profile(moment, "gradientNorm");
  const other = compared ? profile(compared, "gradientNorm") : [];
  const output = values.findLast((value) => value > 0 && Number.isFinite(value));
  const healthy = output ? ([output / HEALTHY_FACTOR, output * HEALTHY_FACTOR] as const) : undefined;
  const range = decades([...values, ...other, ...(healthy ?? [])], 3, [-4, 0]);
  const frame = begin(moment, look, size, compact, "backward", range);
  const data = [
    ...ghost(other, look),
    signalTrace(moment, values, look, frame, describeBackward(moment, look)),
  ];
  const points = frame.points(ordinals(values), values);
  const otherPoints = frame.points(ordinals(other), other);
  const band = healthy && bandParts(frame, healthy, trans.__("healthy: within 10× of the output layer"));
  const annotations = frame.labels(
    [
      { key: "band", text: band?.text ?? "", color: tokens.ok, line: band?.edge ?? [] },
      {
        key: "gradient",
        text: trans.__("gradient norm"),
        color: lineColor(moment, look),
        line: inside(points, frame),
      },
      {
        key: "compared",
        text: compared?.record.info.name ?? "",
        color: tokens.compared,
        line: inside(otherPoints, frame),
      },
    ],
    [points, otherPoints].map((line) => line.filter(({ y }) => Number.isFinite(y))),
  );
  return {
    data,
    layout: frame.layout({
      xaxis: layerAxis(moment, frame, size, compact),
      yaxis: frame.decadeTicks(),
      shapes: band ? [band.shape] : [],
      annotations,
    }),
  };
}

function begin(
  { record }: Moment,
  look: Look,
  size: Size,
  compact: boolean,
  name: string,
  range: readonly [number, number],
): Frame {
  const reach = look.axes.widen(`${record.info.id} ${name}`, range[0], range[1]);
  const layers = Math.max(1, record.info.layers.length);
  return new Frame(look, size, compact ? COMPACT : MARGIN, [0.5, layers + 0.5], reach, true);
}

function profile({ record, row }: Moment, field: LayerField): number[] {
  return record.profile(row, field);
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

function ghost(values: readonly number[], { tokens }: Look): Plotly.Data[] {
  if (values.length === 0) return [];
  return [
    {
      ...trace(values, tokens.compared, 1.5),
      line: { color: tokens.compared, width: 1.5, dash: "dash" },
      hoverinfo: "skip",
    },
  ];
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

function describe({ record, row }: Moment, fields: readonly (readonly [LayerField, string])[]): string[] {
  return record.info.layers.map((layer, index) => {
    const parts = fields.flatMap(([field, name]) => {
      const value = record.layer(row, index, field);
      return Number.isNaN(value) ? [] : [`${name} ${formatValue(value)}`];
    });
    return [`<b>${plain(layer.path)}</b> ${plain(layer.label)}`, ...parts].join("<br>");
  });
}

function describeForward(moment: Moment, { trans }: Look): string[] {
  return describe(moment, [
    ["std", trans.__("std")],
    ["batchStd", trans.__("std across the batch")],
    ["mean", trans.__("mean")],
    ["zeros", trans.__("share of zeros")],
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

/** The part of a line that lies in the plot, with zeros left out. */
function inside(points: readonly { x: number; y: number }[], frame: Frame): { x: number; y: number }[] {
  const bottom = frame.size.height - frame.margin.b;
  return points.filter(({ y }) => Number.isFinite(y) && y >= 0 && y <= bottom);
}

/** Layers by their path in the model, with their kind below where there is room. */
function layerAxis(
  { record }: Moment,
  frame: Frame,
  size: Size,
  compact: boolean,
): Partial<Plotly.LayoutAxis> {
  const { layers } = record.info;
  const each = (size.width - frame.margin.l - frame.margin.r) / Math.max(1, layers.length);
  const longest = Math.max(...layers.map(({ path }) => path.length), 1);
  const stride = [1, 2, 5, 10, 20, 50].find((step) => step * each >= 8 * longest + 6) ?? 100;
  const roomForKinds = !compact && stride === 1 && layers.every(({ kind }) => each >= 6.4 * kind.length + 4);
  const shown = layers.map((layer, index) => ({ layer, index })).filter(({ index }) => index % stride === 0);
  return {
    tickmode: "array",
    tickvals: shown.map(({ index }) => index + 1),
    ticktext: shown.map(({ layer }) => plain(layer.path) + (roomForKinds ? ` ${plain(layer.kind)}` : "")),
    showspikes: true,
    zeroline: false,
  };
}

/** Plotly reads a little HTML in texts; names are only names. */
function plain(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
