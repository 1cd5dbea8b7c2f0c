// A figure for teaching: plotly's data, shown interactively in a notebook, with a picture and a text for places that cannot.

import { displaysAs, printsAs } from "../tensor/printing.js";
import { drawing } from "./drawing.js";

/** A trace as plotly takes it; what is read here is named. */
export interface Trace {
  readonly type: "scatter" | "heatmap" | "contour" | "image" | "bar";
  readonly name?: string;
  readonly x?: readonly (number | string)[];
  readonly y?: readonly (number | string)[];
  readonly z?: readonly unknown[];
  readonly [option: string]: unknown;
}

/** What plotly needs to draw: `Plotly.newPlot(element, figure)`. */
export interface FigureData {
  readonly data: readonly Trace[];
  readonly layout: Readonly<Record<string, unknown>>;
  readonly frames?: readonly Readonly<Record<string, unknown>>[];
}

/** Hues that the colour-blind can tell apart (Okabe and Ito), in the order in which they are used. */
export const HUES = ["#0072b2", "#d55e00", "#009e73", "#aa3a7c", "#56b4e9", "#e69f00", "#6b7280"] as const;
/** Marks what is flat, wrong or beyond its limits. */
export const WARNING = "#d55e00";

/** Names below the figure: beside it they would take half of the width from it where a notebook is narrow. */
const BELOW = {
  orientation: "h",
  yref: "container",
  y: 0,
  yanchor: "bottom",
  x: 0,
  xanchor: "left",
} as const;

/** An interactive figure. As the last value of a cell it is drawn by plotly; it prints as a few lines of text.
 *
 *  @example
 *  const figure = plot.activation("tanh");
 *  figure.data[0]?.name // -> 'tanh' */
export class Figure implements FigureData {
  readonly data: readonly Trace[];
  readonly layout: Readonly<Record<string, unknown>>;
  readonly frames?: readonly Readonly<Record<string, unknown>>[];
  readonly #text: string;

  /** `text`: what the figure says, in words and numbers. */
  constructor({ data, layout, frames }: FigureData, text: string) {
    this.data = data;
    this.layout = { margin: { l: 56, r: 16, t: 40, b: 44 }, legend: BELOW, ...layout };
    if (frames !== undefined) this.frames = frames;
    this.#text = text;
  }

  /** What the figure says, in words and numbers.
   *  @example plot.compare({ SGD: [3, 2, 1] }).toString() */
  toString(): string {
    return this.#text;
  }

  /** Plotly's data, as an object without a class.
   *  @example Object.keys(plot.compare({ SGD: [3, 2, 1] }).toJSON()) // -> [ 'data', 'layout' ] */
  toJSON(): FigureData {
    const { data, layout, frames } = this;
    return { data, layout, ...(frames && { frames }) };
  }
}

printsAs(Figure);
displaysAs(Figure, (figure) => {
  const svg = drawing(figure);
  return {
    "application/vnd.plotly.v1+json": figure.toJSON(),
    ...(svg !== undefined && { "image/svg+xml": svg }),
    "text/plain": figure.toString(),
  };
});
