// The axes of a figure that is drawn without plotly: where a value lies, and what is written beside it.

import type { FigureData, Trace } from "./figure.js";
import { logAxis } from "./log-axis.js";
import { short } from "./short.js";

type Value = number | string;

export interface Scale {
  /** Where a value lies, from 0 to 1. */
  readonly share: (value: Value) => number;
  readonly ticks: readonly (readonly [share: number, label: string])[];
  readonly title: string;
  /** Nothing is drawn of the axis. */
  readonly hidden: boolean;
  /** A unit is as long on this axis as on the other. */
  readonly square: boolean;
  /** Units, or categories, from end to end. */
  readonly span: number;
}

/** What is read of plotly's words for an axis. */
interface AxisLayout {
  readonly type?: string;
  readonly range?: readonly [number, number];
  readonly title?: { readonly text?: string };
  readonly rangemode?: string;
  readonly autorange?: unknown;
  readonly visible?: boolean;
  readonly scaleanchor?: string;
  readonly tickvals?: readonly number[];
  readonly ticktext?: readonly string[];
}

/** Ticks of a linear axis, about. */
const TICKS = 5;

/** The scale of one axis of a figure. */
export function scaleOf({ data, layout }: FigureData, axis: "x" | "y"): Scale {
  const words = (layout[`${axis}axis`] ?? {}) as AxisLayout;
  const categories = data.find(({ type }) => type === "heatmap" || type === "bar")?.[axis] as
    | Value[]
    | undefined;
  const shared = {
    title: words.title?.text ?? "",
    hidden: words.visible === false,
    square: words.scaleanchor !== undefined,
  };
  if (words.type === "category" || categories?.some((one) => typeof one === "string"))
    return { ...shared, ...categorical(categories ?? [], words) };
  // pictures have their first row at the top
  const isDown = axis === "y" && data.some(({ type }) => type === "image");
  return { ...shared, ...numeric(data, axis, words, isDown) };
}

type Places = Pick<Scale, "share" | "ticks" | "span">;

function categorical(names: readonly Value[], { autorange }: AxisLayout): Places {
  const isDown = autorange === "reversed";
  const share = (value: Value): number => {
    const at = (names.indexOf(value) + 0.5) / names.length;
    return isDown ? 1 - at : at;
  };
  return { share, ticks: names.map((name) => [share(name), String(name)] as const), span: names.length };
}

function numeric(data: readonly Trace[], axis: "x" | "y", words: AxisLayout, isDown: boolean): Places {
  const isLog = words.type === "log";
  const values = data.flatMap((trace) => valuesOf(trace, axis)).filter((value) => !isLog || value > 0);
  const at = (value: number): number => (isLog ? Math.log10(value) : value);
  const [low, high] = words.range ?? extent(words.rangemode === "tozero" ? [0, ...values] : values.map(at));
  const share = (value: Value): number => {
    const part = (at(Number(value)) - low) / (high - low);
    return isDown ? 1 - part : part;
  };
  const { tickvals, ticktext } = isLog && !words.tickvals ? (logAxis(values) as AxisLayout) : words;
  const wanted = (tickvals ?? nice(low, high)).map(
    (value, i) => [share(value), ticktext?.[i] ?? short(value)] as const,
  );
  const ticks = wanted.filter(([part]) => part > -1e-6 && part < 1 + 1e-6);
  return { share, ticks, span: high - low };
}

/** The values of a trace that an axis has to hold; a picture's points are squares around whole numbers. */
function valuesOf({ type, x, y, z, fill }: Trace, axis: "x" | "y"): number[] {
  if (type === "image") {
    const rows = z as readonly (readonly unknown[])[];
    return [-0.5, (axis === "x" ? rows[0]!.length : rows.length) - 0.5];
  }
  const values = ((axis === "x" ? x : y) ?? []).filter((value): value is number => Number.isFinite(value));
  const fromZero = axis === "y" && (type === "bar" || fill === "tozeroy");
  return fromZero ? [0, ...values] : values;
}

function extent(values: readonly number[]): readonly [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (low > high) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** Multiples of 1, 2 or 5 times a power of ten within a range. */
function nice(low: number, high: number): number[] {
  const rough = (high - low) / TICKS;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * ([1, 2, 5, 10].find((factor) => factor * decade >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  // 0.30000000000000004 is 0.3
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
