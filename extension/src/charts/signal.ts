// The charts of the question "Does the signal flow?": activations and gradients from layer to layer, at one step.

import type { LayerField, LayerInfo } from "gradbook/train/run";
import type * as Plotly from "plotly.js";
import type { RunRecord } from "../data/record.js";
import { decades } from "./axis.js";
import type { Figure, Size } from "./chart.js";
import { formatValue, plain } from "./format.js";
import { Frame, finite, type Label, type Look, lineColor, type Margin } from "./frame.js";
import type { Point } from "./labels.js";
import { rampColor } from "./tokens.js";

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
/** The upper chart, where there is no height for its numbers. */
const UNLABELLED: Margin = { ...MARGIN, b: 8 };
const COMPACT: Margin = { l: 42, r: 8, t: 18, b: 20 };

/** How much of it is shown. */
export interface SignalOptions {
  /** The conclusions drawn from the numbers, too: "÷ 7.2 each layer". */
  readonly answer?: boolean;
  /** Little height: the upper chart of two shares the lower one's numbers. */
  readonly small?: boolean;
  /** A picture in a cell. */
  readonly compact?: boolean;
}

/** Range in which activations keep their size through many layers. */
const HEALTHY_SPREAD = [0.1, 1] as const;
/** The upper end of the axis of activations at least. */
const HEADROOM = 10;
/** Gradients within this factor of the output layer's count as healthy. */
const HEALTHY_FACTOR = 10;

/** Below this part of values around 1, float32 keeps no digits: half a unit in the last place of 1. */
const FLOAT32_NOISE = 2 ** -24;
/** So near to it, a value is noise for the most part. */
const NOISY = 8 * FLOAT32_NOISE;
/** A factor from layer to layer is worth naming from here on, either way. */
const NOTABLE_FACTOR = 2;

/** Spread of each layer's activations: across the batch for each unit, averaged; or over all values where a batch is one. */
export function forwardFigure(
  moment: Moment,
  compared: readonly Moment[],
  look: Look,
  size: Size,
  { answer = false, small = false, compact = false }: SignalOptions = {},
): Figure {
  const { trans, tokens } = look;
  const color = lineColor(moment.record, tokens);
  const field = spreadField(moment);
  const values = profile(moment, field);
  const others = compared.map((other) => profile(other, field));
  const range = decades([...values, ...others.flat(), ...HEALTHY_SPREAD, HEADROOM], 3, [-2, 1]);
  const margin = compact ? COMPACT : small ? UNLABELLED : MARGIN;
  const frame = begin(moment, look, size, margin, "forward", range);
  const data = [
    ...ghosts(compared, others, look),
    signalTrace(moment, values, look, frame, describeForward(moment, look)),
  ];
  const points = frame.points(ordinals(values), values);
  const otherPoints = others.map((other) => frame.points(ordinals(other), other));
  const healthy = compact ? trans.__("healthy") : trans.__("healthy: 0.1 to 1");
  const band = bandParts(frame, HEALTHY_SPREAD, healthy);
  const noise = frame.y[0] < Math.log10(FLOAT32_NOISE);
  const noiseLine = noise
    ? [frame.point(frame.x[0], FLOAT32_NOISE), frame.point(frame.x[1], FLOAT32_NOISE)]
    : [];
  const outputs = moment.record.info.classes === undefined ? 0 : 1;
  const annotations = frame.labels(
    [
      { key: "band", text: band.text, color: tokens.ok, line: band.edge, along: true },
      { key: "run", text: plain(moment.record.info.name), color, line: inside(points, frame), along: true },
      ...ghostLabels(compared, otherPoints, frame),
      {
        key: "factor",
        text: answer && !compact ? factorText(values.slice(0, values.length - outputs), look) : "",
        color: tokens.ink,
        line: inside(points, frame),
        along: true,
      },
      {
        key: "noise",
        text: compact ? "" : trans.__("float32 rounding noise below"),
        color: tokens.reference,
        line: noiseLine,
        along: true,
      },
    ],
    [points, ...otherPoints, noiseLine],
  );
  return {
    data,
    layout: frame.layout({
      xaxis: small ? { showticklabels: false } : layerAxis(moment, frame, "numbers"),
      yaxis: frame.decadeTicks(),
      shapes: [band.shape, ...(noise ? [frame.reference(FLOAT32_NOISE, "dash")] : [])],
      annotations,
      hovermode: "x",
      spikes: compact,
    }),
  };
}

/** Which spread can be shown: a batch of one example has none across it. */
export function spreadField(moment: Moment): "batchStd" | "std" {
  return profile(moment, "batchStd").some((value) => value > 0) ? "batchStd" : "std";
}

/** "÷ 7.2 each layer": the geometric mean over the layers above float32's noise; empty where it is near 1. */
export function factorText(values: readonly number[], { trans }: Look): string {
  const end = values.findIndex((value) => !(value > NOISY) || !Number.isFinite(value));
  const used = end < 0 ? values : values.slice(0, end);
  if (used.length < 3) return "";
  const factor = (used.at(-1)! / used[0]!) ** (1 / (used.length - 1));
  if (factor < NOTABLE_FACTOR && factor > 1 / NOTABLE_FACTOR) return "";
  return factor < 1
    ? trans.__("÷ %1 each layer", (1 / factor).toPrecision(2))
    : trans.__("× %1 each layer", factor.toPrecision(2));
}

/** Norm of the loss gradient at each layer's input sum. */
export function backwardFigure(
  moment: Moment,
  compared: readonly Moment[],
  look: Look,
  size: Size,
  { answer = false, compact = false }: SignalOptions = {},
): Figure {
  const { trans, tokens } = look;
  const values = profile(moment, "gradientNorm");
  const others = compared.map((other) => profile(other, "gradientNorm"));
  const output = values.findLast((value) => value > 0 && Number.isFinite(value));
  const healthy = output ? ([output / HEALTHY_FACTOR, output * HEALTHY_FACTOR] as const) : undefined;
  const range = decades([...values, ...others.flat(), ...(healthy ?? [])], 3, [-4, 0]);
  const frame = begin(moment, look, size, compact ? COMPACT : TITLED, "backward", range);
  const data = [
    ...ghosts(compared, others, look),
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
        text: plain(moment.record.info.name),
        color: lineColor(moment.record, tokens),
        line: inside(points, frame),
        along: true,
      },
      ...ghostLabels(compared, otherPoints, frame),
      {
        key: "factor",
        text: answer && !compact ? factorText([...values].reverse(), look) : "",
        color: tokens.ink,
        line: inside(points, frame),
        along: true,
      },
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
      spikes: compact,
    }),
  };
}

/** The layer that is nearest to a pixel of a chart `width` pixels wide, and where its line is. */
export function layerAt(
  { info }: RunRecord,
  pixel: number,
  width: number,
  scale: number,
): { layer: number; x: number } | undefined {
  const left = MARGIN.l * scale;
  const each = (width - left - MARGIN.r * scale) / Math.max(1, info.layers.length);
  const layer = Math.floor((pixel - left) / each);
  if (!info.layers[layer]) return undefined;
  return { layer, x: left + (layer + 0.5) * each };
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

function ghosts(
  compared: readonly Moment[],
  others: readonly (readonly number[])[],
  { tokens }: Look,
): Plotly.Data[] {
  return others.map((values, index) => {
    const color = tokens.compared[index]!;
    return {
      ...trace(values, color, tokens.strokeGhost),
      line: { color, width: tokens.strokeGhost, dash: COMPARED_DASHES[index]! },
      name: compared[index]!.record.info.name,
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
    ...trace(values, lineColor(moment.record, tokens), tokens.stroke),
    y: values.map((value) => (value === 0 ? floor : Math.min(value, ceiling))),
    mode: values.length > 60 ? "lines" : "lines+markers",
    cliponaxis: false,
    marker: {
      size: values.length > 24 ? tokens.marker - 1 : tokens.marker + 1,
      color: values.map((value, index) =>
        edge(value) ? tokens.sick : rampColor(tokens.layers, index / depth),
      ),
      symbol: values.map((value) => (edge(value) ? "square" : "circle")),
      line: { color: tokens.background, width: 1 },
    },
    name: moment.record.info.name,
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
    ["batchStd", trans.__("std across the batch")],
    ["std", trans.__("std of all values")],
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
  const stride = [1, 2, 5, 10, 20, 50].find((step) => step * each >= frame.scale(24)) ?? 100;
  const labelled = layers
    .map((layer, index) => ({ layer, number: index + 1 }))
    .filter(({ number }) => number % stride === 0 || (stride > 2 && number === 1));
  const fits = (text: (layer: LayerInfo) => string): boolean =>
    layers.every((layer) => each >= frame.scale(6 * text(layer).length + 6));
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
