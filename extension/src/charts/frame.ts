// What all charts share: the frame around the data (margins, axes, notes, labels) in the monitor's look.

import type { TranslationBundle } from "@jupyterlab/translation";
import type * as Plotly from "plotly.js";
import type { RunRecord } from "../data/record.js";
import { AxisMemory, decadeTicks, type Ticks } from "./axis.js";
import type { Size } from "./chart.js";
import { formatDecade, formatSideTick, formatTick } from "./format.js";
import {
  type Box,
  LABEL_HEIGHT,
  type LabelMemory,
  type LabelRequest,
  type Point,
  placeLabels,
} from "./labels.js";
import type { Tokens } from "./tokens.js";

/** What a chart is drawn with; the memories belong to one place on the page. */
export interface Look {
  readonly tokens: Tokens;
  readonly trans: TranslationBundle;
  readonly axes: AxisMemory;
  readonly labels: LabelMemory;
}

export function newMemories(): Pick<Look, "axes" | "labels"> {
  return { axes: new AxisMemory(), labels: new Map() };
}

/** Pixels around the plot area, for ticks of 11 px; a `Frame` widens them for larger ones. */
export interface Margin {
  readonly l: number;
  readonly r: number;
  readonly t: number;
  readonly b: number;
}

/** Size of a tick's text that margins and distances are meant for. */
export const TICK_SIZE = 11;
/** Size of a note's text that a label's height is meant for. */
const NOTE_SIZE = 12;
/** Pixels from the end of a line to a label behind it. */
const BEYOND = 6;

type Annotation = Partial<Plotly.Annotation>;
type Shape = Partial<Plotly.Shape>;

/** A label for a line: at its end or behind it or, with `along`, anywhere along it. No label for an empty text or line. */
export interface Label {
  readonly key: string;
  readonly text: string;
  readonly color: string;
  readonly line: readonly Point[];
  readonly bold?: boolean;
  readonly along?: boolean;
  /** Beside a vertical line at this pixel, at any height, instead of at a line. */
  readonly beside?: number;
}

/** The plot area of one chart: converts values to pixels and gives plotly's words for the parts around the data. */
export class Frame {
  readonly look: Look;
  readonly size: Size;
  readonly margin: Margin;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly log: boolean;

  /** With `log`, `y` holds exponents. */
  constructor(
    look: Look,
    size: Size,
    margin: Margin,
    x: readonly [number, number],
    y: readonly [number, number],
    log = false,
  ) {
    this.look = look;
    this.size = size;
    this.margin = scaled(margin, look.tokens);
    this.x = x;
    this.y = y;
    this.log = log;
  }

  /** Points a line can show: two a pixel column would already be more than the eye sees. */
  get pointLimit(): number {
    return Math.max(100, Math.min(800, Math.round(this.size.width - this.margin.l - this.margin.r)));
  }

  /** A distance for ticks of 11 px, widened for larger ones. */
  scale(pixels: number): number {
    return (pixels * this.look.tokens.tickSize) / TICK_SIZE;
  }

  point(x: number, y: number): Point {
    const { l, r, t, b } = this.margin;
    const value = this.log ? Math.log10(y) : y;
    return {
      x: l + ((x - this.x[0]) / (this.x[1] - this.x[0])) * (this.size.width - l - r),
      y: t + ((this.y[1] - value) / (this.y[1] - this.y[0])) * (this.size.height - t - b),
    };
  }

  points(x: ArrayLike<number>, y: ArrayLike<number>): Point[] {
    return Array.from({ length: y.length }, (_, i) => this.point(x[i]!, y[i]!));
  }

  layout(parts: {
    xaxis: Partial<Plotly.LayoutAxis>;
    yaxis: Partial<Plotly.LayoutAxis>;
    shapes?: Shape[];
    annotations?: Annotation[];
    hovermode: "x" | "x unified";
    /** Draws a line through what is hovered; false where something else does. */
    spikes?: boolean;
  }): Partial<Plotly.Layout> {
    const { tokens } = this.look;
    return {
      autosize: false,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      showlegend: false,
      dragmode: false,
      hovermode: parts.hovermode,
      hoverdistance: 40,
      spikedistance: -1,
      hoverlabel: {
        bgcolor: tokens.background,
        bordercolor: tokens.border,
        font: { size: tokens.noteSize, color: tokens.ink, family: tokens.font },
        align: "left",
        namelength: 0,
      },
      margin: { ...this.margin, pad: 0 },
      font: { family: tokens.font, size: tokens.tickSize, color: tokens.inkQuiet },
      shapes: parts.shapes ?? [],
      annotations: parts.annotations ?? [],
      xaxis: {
        ...this.#axis(),
        showgrid: false,
        showspikes: parts.spikes ?? true,
        range: [...this.x],
        ...parts.xaxis,
      },
      yaxis: { ...this.#axis(), range: [...this.y], type: this.log ? "log" : "linear", ...parts.yaxis },
    };
  }

  /** Ticks below a linear axis at given values. */
  ticks(values: readonly number[]): Partial<Plotly.LayoutAxis> {
    return { tickmode: "array", tickvals: [...values], ticktext: values.map(formatTick) };
  }

  /** Ticks beside a linear axis, in the margin. */
  sideTicks(values: readonly number[]): Partial<Plotly.LayoutAxis> {
    return { tickmode: "array", tickvals: [...values], ticktext: values.map(formatSideTick) };
  }

  /** Ticks of a logarithmic axis: whole decades, as many as have room. */
  decadeTicks(): Partial<Plotly.LayoutAxis> {
    const room = Math.max(2, Math.floor((this.size.height - this.margin.t - this.margin.b) / this.scale(28)));
    const exponents = decadeTicks(this.y[0], this.y[1], room + 1);
    return {
      tickmode: "array",
      tickvals: exponents.map((exponent) => 10 ** exponent),
      ticktext: exponents.map(formatDecade),
    };
  }

  title(text: string): Partial<Plotly.LayoutAxis> {
    const { tokens } = this.look;
    return {
      title: {
        text,
        standoff: 6 * (tokens.tickSize / TICK_SIZE),
        font: { size: tokens.tickSize, color: tokens.inkQuiet, family: tokens.font },
      },
    };
  }

  /** A horizontal line through the whole chart. */
  reference(y: number, dash: "dash" | "dot"): Shape {
    return {
      type: "line",
      xref: "paper",
      x0: 0,
      x1: 1,
      y0: y,
      y1: y,
      line: { color: this.look.tokens.reference, width: 1, dash },
    };
  }

  /** A vertical dotted line through the whole chart. */
  mark(x: number, color: string = this.look.tokens.reference): Shape {
    return {
      type: "line",
      yref: "paper",
      x0: x,
      x1: x,
      y0: 0,
      y1: 1,
      line: { color, width: 1, dash: "dot" },
    };
  }

  /** A text whose left or right end is at a pixel of the chart, centred on `pixel.y`. */
  note(text: string, pixel: Point, color: string, anchor: "left" | "right" = "right"): Annotation {
    const { tokens } = this.look;
    return {
      text,
      showarrow: false,
      xref: "paper",
      yref: "paper",
      x: 0,
      y: 1,
      xanchor: anchor,
      yanchor: "middle",
      xshift: pixel.x - this.margin.l,
      yshift: this.margin.t - pixel.y,
      font: { size: tokens.noteSize, color, family: tokens.font },
    };
  }

  /** Labels for lines, each in its line's colour, where the lines leave room. */
  labels(wanted: readonly Label[], obstacles: readonly (readonly Point[])[]): Annotation[] {
    const { l, r, t, b } = this.margin;
    const area = { left: l, top: t, right: this.size.width - r, bottom: this.size.height - b };
    const drawn = wanted.filter(({ line, text, beside }) => (line.length > 0 || beside) && text !== "");
    const height = Math.round((LABEL_HEIGHT * this.look.tokens.noteSize) / NOTE_SIZE);
    const requests = drawn.map(({ key, text, line, bold, along, beside }): LabelRequest => {
      const width = textWidth(text, this.look.tokens, bold);
      if (beside !== undefined)
        return { key, width, anchors: [], line, places: sides(beside, width, height, area) };
      const [first, last] = [line[0]!.x, line.at(-1)!.x];
      const places = along ? [1, 0.8, 0.6, 0.4, 0.2] : [1];
      const anchors = places.map((place) => first + place * (last - first));
      anchors.push(along ? first + width : last + BEYOND + width);
      return { key, width, anchors, line };
    });
    const boxes = placeLabels(requests, obstacles.map(finite), area, this.look.labels, height);
    return drawn.map(({ text, color, bold }, index) => {
      const box = boxes[index]!;
      const middle = { x: box.right, y: (box.top + box.bottom) / 2 };
      return this.note(bold ? `<b>${text}</b>` : text, middle, color);
    });
  }

  #axis(): Partial<Plotly.LayoutAxis> {
    const { tokens } = this.look;
    return {
      gridcolor: tokens.grid,
      gridwidth: 1,
      zeroline: false,
      showline: false,
      ticks: "outside",
      ticklen: 5,
      tickcolor: "rgba(0,0,0,0)",
      ticklabeloverflow: "allow",
      tickfont: { size: tokens.tickSize, color: tokens.inkQuiet, family: tokens.font },
      fixedrange: true,
      automargin: false,
      showspikes: false,
      spikecolor: tokens.axis,
      spikethickness: 1,
      spikedash: "solid",
      spikemode: "across",
      spikesnap: "data",
    };
  }
}

function scaled({ l, r, t, b }: Margin, { tickSize }: Tokens): Margin {
  const factor = tickSize / TICK_SIZE;
  return { l: l * factor, r: r * factor, t: t * factor, b: b * factor };
}

/** Places for a text beside a vertical line: left of it, then right, from a quarter of the height on. */
function sides(x: number, width: number, height: number, area: Box): Box[] {
  const rows = Math.max(1, Math.floor((area.bottom - area.top) / height));
  const tops = Array.from({ length: rows }, (_, row) => area.top + height * ((row + (rows >> 2)) % rows));
  const lefts = [x - 4 - width, x + 6].filter((left) => left >= area.left && left + width <= area.right);
  return lefts.flatMap((left) =>
    tops.map((top) => ({ left, right: left + width, top, bottom: top + height })),
  );
}

/** The colour of a run's line: a run that will not come back, or that a newer one has taken the place of, is grey. */
export function lineColor(record: RunRecord, tokens: Tokens): string {
  return record.lost || record.info.superseded ? tokens.past : tokens.run;
}

/** The points that have a place. */
export function finite(points: readonly Point[]): Point[] {
  return points.filter(({ y }) => Number.isFinite(y));
}

/** The range and ticks of a linear axis that has held `max` before and holds it still. */
export function widened(look: Look, key: string, max: number, ticks: (max: number) => Ticks): Ticks {
  return ticks(look.axes.widen(key, 0, ticks(max).range[1])[1]);
}

/** What the margin beside a linear axis needs for its ticks, before it is scaled. */
export function sideRoom(values: readonly number[], tokens: Tokens): number {
  const widest = Math.max(0, ...values.map((value) => textWidth(formatSideTick(value), tokens)));
  return Math.ceil((widest * TICK_SIZE) / tokens.noteSize) + 6;
}

let canvas: CanvasRenderingContext2D | null | undefined;

function textWidth(text: string, tokens: Tokens, bold = false): number {
  canvas ??= document.createElement("canvas").getContext("2d");
  if (!canvas) return 7 * text.length;
  canvas.font = `${bold ? "bold " : ""}${tokens.noteSize}px ${tokens.font}`;
  return canvas.measureText(text).width + 4;
}
