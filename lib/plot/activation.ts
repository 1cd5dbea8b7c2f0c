// An activation function with its derivative, its flat regions, and a tangent that a slider moves: figures 11-1 to 11-4 of the
// chapter, alive.

import { Module } from "../module/index.js";
import { functional as F } from "../nn/index.js";
import { checkNames } from "../tensor/arguments.js";
import { linspace } from "../tensor/create.js";
import { Tensor } from "../tensor/tensor.js";
import { Figure, HUES, WARNING } from "./figure.js";
import { short } from "./short.js";

export interface ActivationPlotOptions {
  /** The least input shown (-6). */
  from?: number;
  /** The largest input shown (6). */
  to?: number;
  /** Where the tangent touches at first (1). */
  at?: number;
}

const POINTS = 481;
/** Inputs at which the slider can put the tangent. */
const STOPS = 49;
/** Half the length of the tangent along x, as a share of the range. */
const REACH = 0.15;
/** Where the derivative is below this share of its largest value, next to nothing is learnt: for the sigmoid that is where its value
 *  is under 0.02 or over 0.98, for tanh where it is beyond 0.96. */
const FLAT = 0.08;

type ElementwiseFunction = (x: Tensor) => Tensor;

/** A function of single elements with its derivative: the tangent follows the slider, regions in which it is flat are tinted.
 *  `f`: a name in `F` ("sigmoid"), a function of a tensor, or a layer. The derivative is autograd's.
 *
 *  @example
 *  plot.activation("sigmoid", { from: -8, to: 8 });
 *  plot.activation((x) => x.tanh().mul(2));
 *  plot.activation(nn.SELU()) */
export function activation(f: string | ElementwiseFunction, options?: ActivationPlotOptions): Figure;
export function activation(layer: Module, options?: ActivationPlotOptions): Figure;
export function activation(
  f: string | ElementwiseFunction | Module,
  options: ActivationPlotOptions = {},
): Figure {
  checkNames("plot.activation", options, ["from", "to", "at"]);
  const { from = -6, to = 6, at = 1 } = options;
  if (!(from < to)) throw new RangeError(`plot.activation: from must be below to, got ${from} and ${to}`);
  const name = nameOf(f);
  const x = linspace(from, to, POINTS).requiresGrad_();
  const y = functionOf(f)(x);
  if (!(y instanceof Tensor) || y.ndim !== 1 || y.shape[0] !== POINTS) {
    throw new TypeError(`plot.activation: ${name} must give one value for each element`);
  }
  y.sum().backward();
  const [xs, values, slopes] = [x, y, x.grad!].map((t) => [...t.toTypedArray()].map(Number));
  const curve = { xs: xs!, values: values!, slopes: slopes! };
  const flat = flatRegions(curve);
  const stops = Array.from({ length: STOPS }, (_, i) => from + (i * (to - from)) / (STOPS - 1));
  const first = nearest(stops, at);
  const tangents = stops.map((stop) => tangentAt(curve, stop, REACH * (to - from)));
  const line = (label: string, color: string, ys: readonly number[], dash: string) =>
    ({ type: "scatter", mode: "lines", name: label, x: curve.xs, y: ys, line: { color, dash } }) as const;
  return new Figure(
    {
      data: [
        line(name, HUES[0], curve.values, "solid"),
        line("derivative", HUES[1], curve.slopes, "dash"),
        {
          type: "scatter",
          mode: "lines+markers",
          name: "tangent",
          ...tangents[first]!,
          line: { color: HUES[2], dash: "solid" },
          marker: { size: [0, 9, 0] },
        },
      ],
      layout: {
        title: { text: `${name} and its derivative` },
        xaxis: { title: { text: "input" }, range: [from, to] },
        shapes: flat.map(([start, end]) => ({
          type: "rect",
          xref: "x",
          yref: "paper",
          x0: start,
          x1: end,
          y0: 0,
          y1: 1,
          fillcolor: WARNING,
          opacity: 0.08,
          line: { width: 0 },
          layer: "below",
        })),
        margin: { l: 56, r: 16, t: 40, b: 96 },
        // where activation functions are low; the slider is below the figure
        legend: { x: 0.02, y: 0.98, xanchor: "left", yanchor: "top", bgcolor: "transparent" },
        sliders: [
          {
            active: first,
            currentvalue: { prefix: "tangent at " },
            pad: { t: 36 },
            steps: stops.map((stop, i) => ({
              label: short(stop),
              method: "animate",
              args: [
                [String(i)],
                { mode: "immediate", frame: { duration: 0, redraw: false }, transition: { duration: 0 } },
              ],
            })),
          },
        ],
      },
      frames: tangents.map((tangent, i) => ({ name: String(i), data: [tangent], traces: [2] })),
    },
    describe(name, curve, flat),
  );
}

interface Curve {
  readonly xs: readonly number[];
  readonly values: readonly number[];
  readonly slopes: readonly number[];
}

function nameOf(f: string | ElementwiseFunction | Module): string {
  if (typeof f === "string") return f;
  return f instanceof Module ? f.constructor.name : f.name || "f";
}

function functionOf(f: string | ElementwiseFunction | Module): ElementwiseFunction {
  if (typeof f !== "string") return f as ElementwiseFunction;
  const known = (F as unknown as Readonly<Record<string, unknown>>)[f];
  if (typeof known !== "function") {
    throw new RangeError(
      `plot.activation: there is no F.${f}; pass the name of one, such as "relu" or "gelu", a function, or a layer`,
    );
  }
  return known as ElementwiseFunction;
}

/** From where to where the derivative is small beside its largest value. */
function flatRegions({ xs, slopes }: Curve): [number, number][] {
  const steepest = slopes.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);
  const regions: [number, number][] = [];
  let before = false;
  xs.forEach((x, i) => {
    const isFlat = Math.abs(slopes[i]!) < FLAT * steepest;
    if (isFlat && before) regions.at(-1)![1] = x;
    else if (isFlat) regions.push([x, x]);
    before = isFlat;
  });
  // a single point is a maximum or minimum
  return regions.filter(([start, end]) => end - start > 0.01 * (xs.at(-1)! - xs[0]!));
}

function tangentAt(curve: Curve, at: number, reach: number): { x: number[]; y: number[] } {
  const i = nearest(curve.xs, at);
  const [x, y, slope] = [curve.xs[i]!, curve.values[i]!, curve.slopes[i]!];
  return { x: [x - reach, x, x + reach], y: [y - reach * slope, y, y + reach * slope] };
}

function nearest(values: readonly number[], wanted: number): number {
  return values.reduce(
    (best, value, i) => (Math.abs(value - wanted) < Math.abs(values[best]! - wanted) ? i : best),
    0,
  );
}

function describe(name: string, { xs, values, slopes }: Curve, flat: readonly [number, number][]): string {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const regions = flat.map(([start, end]) => `${short(start)} to ${short(end)}`).join(", ");
  return [
    `${name} for inputs from ${short(xs[0]!)} to ${short(xs.at(-1)!)}: values ${short(least)} to ${short(most)}`,
    `  derivative ${short(Math.min(...slopes))} to ${short(Math.max(...slopes))}`,
    `  flat: ${regions === "" ? "nowhere" : regions}`,
  ].join("\n");
}
