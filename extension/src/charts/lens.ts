// The figure of the Layer lens: an activation function with the histogram of its inputs beneath it, on the same axis, and
// that of its outputs beside it. Flat regions are tinted, and what falls into them is drawn in the colour of trouble.

import { svg } from "../panel/dom.js";
import { type Activation, flatOutputs, isFlat } from "./activations.js";
import type { AxisMemory } from "./axis.js";
import type { Size } from "./chart.js";
import { formatTick, formatValue } from "./format.js";
import type { Look } from "./frame.js";
import { type Histogram, niceReach, percentTop, reachOf, rebin } from "./histogram.js";
import { tableOf } from "./table.js";

/** One layer at one step. */
export interface LensMoment {
  /** Of the layer in its run: axes remember under it how far they have reached. */
  readonly key: string;
  readonly activation: Activation | undefined;
  /** Of the values that enter the activation, and of those that leave it. */
  readonly inputs: Histogram | undefined;
  readonly outputs: Histogram | undefined;
}

/** What the axes show. */
export interface LensScale {
  /** Inputs from -x to x. */
  readonly x: number;
  readonly y: readonly [low: number, high: number];
  /** Ends of the axes of percentages. */
  readonly inputTop: number;
  readonly outputTop: number;
}

interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const BINS = 64;
/** Axes hold this share of the values; the rest is in their outermost bins. */
const HELD = 0.96;
/** Room above and below the range of the outputs, as a part of it. */
const PADDING = 0.02;
/** Part of a bin's width that its bar fills. */
const BAR = 0.86;
const CURVE_POINTS = 200;
/** Bins in a table. */
const TABLE_BINS = 16;

/** The axes for a moment; each only widens over the moments of one key. */
export function lensScale({ key, activation, inputs, outputs }: LensMoment, axes: AxisMemory): LensScale {
  const wide = (name: string, low: number, high: number): readonly [number, number] =>
    axes.widen(`${key} ${name}`, low, high);
  const reach = Math.max(inputs ? reachOf(inputs, HELD) : 0, activation?.reach ?? 0);
  // the outermost bins hold everything beyond: there the axis ends
  const end = inputs ? lastEdge(inputs) : Number.POSITIVE_INFINITY;
  const [, x] = wide("x", 0, Math.min(niceReach(reach), end));
  const y = wide("y", ...outputRange(activation, x, outputs ? reachOf(outputs, HELD) : 0));
  const highest = (values: Histogram | undefined, low: number, high: number): number =>
    values ? Math.max(...rebin(values, low, high, BINS)) : 0;
  const [, inputTop] = wide("inputs", 0, percentTop(highest(inputs, -x, x)));
  const [, outputTop] = wide("outputs", 0, percentTop(highest(outputs, ...y)));
  return { x, y, inputTop, outputTop };
}

const lastEdge = ({ edges }: Histogram): number => edges[edges.length - 1]!;

function outputRange(
  activation: Activation | undefined,
  x: number,
  reach: number,
): readonly [low: number, high: number] {
  if (activation?.bounds) return activation.bounds;
  if (!activation) return [-niceReach(reach), niceReach(reach)];
  const values = curve(activation, x).map(([, a]) => a);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return [Math.min(low, 0), Math.max(high, Number.MIN_VALUE)];
}

function curve(activation: Activation, x: number): (readonly [z: number, a: number])[] {
  return Array.from({ length: CURVE_POINTS + 1 }, (_, i) => {
    const z = x * ((2 * i) / CURVE_POINTS - 1);
    return [z, activation.value(z)] as const;
  });
}

/** Draws the figure into `node`. */
export function drawLens(node: Element, moment: LensMoment, look: Look, size: Size): void {
  const scale = lensScale(moment, look.axes);
  const { tickSize } = look.tokens;
  const areas = layout(size, tickSize);
  const root = svg("svg", { ...size, "aria-hidden": "true", class: "gb-Lens-figure" });
  const painter = new Painter(root, moment, scale, look);
  painter.curve(areas.curve);
  painter.inputs(areas.inputs);
  painter.outputs(areas.outputs);
  node.replaceChildren(root);
}

/** The same as two tables: the shares of the inputs and of the outputs, in some equal bins. */
export function lensTables(moment: LensMoment, look: Look): HTMLTableElement[] {
  const { trans } = look;
  const { x, y } = lensScale(moment, look.axes);
  const table = (histogram: Histogram | undefined, low: number, high: number, name: string, axis: string) => {
    const width = (high - low) / TABLE_BINS;
    const shares = histogram ? Array.from(rebin(histogram, low, high, TABLE_BINS)) : [];
    const places = shares.map((_, i) => low + i * width);
    const series = { name, x: places, y: shares.map((share) => 100 * share) };
    return tableOf({ data: [series], layout: { xaxis: { title: { text: axis } } } });
  };
  return [
    table(moment.inputs, -x, x, trans.__("% of inputs"), trans.__("input z")),
    table(moment.outputs, ...y, trans.__("% of outputs"), trans.__("output")),
  ];
}

/** Where the three parts lie, in pixels; text needs more room where it is larger. */
function layout({ width, height }: Size, tick: number): { curve: Area; inputs: Area; outputs: Area } {
  const [left, right, top, bottom] = [3.4 * tick, tick, 8, 3.7 * tick];
  const across = width - left - right;
  const down = height - top - bottom;
  const split = left + 0.72 * across;
  const aside = left + 0.79 * across;
  // between the curve and the inputs their caption has a line
  const gap = Math.max(0.08 * down, 1.7 * tick);
  return {
    curve: { left, right: split, top, bottom: top + 0.58 * down },
    inputs: { left, right: split, top: top + 0.58 * down + gap, bottom: top + down },
    outputs: { left: aside, right: width - right, top, bottom: top + 0.58 * down },
  };
}

class Painter {
  readonly #root: SVGElement;
  readonly #moment: LensMoment;
  readonly #scale: LensScale;
  readonly #look: Look;

  constructor(root: SVGElement, moment: LensMoment, scale: LensScale, look: Look) {
    this.#root = root;
    this.#moment = moment;
    this.#scale = scale;
    this.#look = look;
  }

  curve(area: Area): void {
    const { activation } = this.#moment;
    const [low, high] = this.#scale.y;
    for (const value of this.#ticks(area, [low, high])) {
      const y = this.#y(area, value);
      this.#line("gb-Lens-grid", area.left, y, area.right, y);
      this.#text("gb-Lens-tick gb-mod-end", area.left - 7, y, signed(value));
    }
    this.#verticals(area);
    if (!activation) return;
    this.#tint(area);
    const points = curve(activation, this.#scale.x).map(
      ([z, a]) => `${this.#x(area, z).toFixed(1)} ${this.#y(area, a).toFixed(1)}`,
    );
    this.#root.append(svg("path", { class: "gb-Lens-curve", d: `M${points.join("L")}` }));
    this.#words(area, activation);
  }

  inputs(area: Area): void {
    const { inputs, activation } = this.#moment;
    const { x, inputTop } = this.#scale;
    for (const percent of [0, inputTop / 2, inputTop]) {
      const y = down(area, percent / inputTop);
      this.#line("gb-Lens-grid", area.left, y, area.right, y);
      this.#text("gb-Lens-tick gb-mod-end", area.left - 7, y, String(percent));
    }
    this.#verticals(area);
    this.#tint(area);
    if (inputs) {
      const shares = rebin(inputs, -x, x, BINS);
      const step = (area.right - area.left) / BINS;
      this.#bars(
        shares,
        (i) => Boolean(activation) && isFlat(activation!, x * ((2 * (i + 0.5)) / BINS - 1)),
        (i, share) => {
          const top = down(area, Math.min((100 * share) / inputTop, 1));
          return rectangle(area.left + i * step, top, BAR * step, area.bottom - top);
        },
      );
    }
    const beyond = this.#beyond();
    // where text is large there is room for three numbers only
    const parts = area.right - area.left < this.#em(20) ? [-1, 0, 1] : [-1, -0.5, 0, 0.5, 1];
    for (const part of parts) {
      const value = part * x;
      const sign = Math.abs(part) === 1 && beyond ? (part < 0 ? "≤ " : "≥ ") : "";
      const text = sign + signed(value);
      this.#text("gb-Lens-tick gb-mod-middle", this.#x(area, value), area.bottom + this.#em(1.4), text);
    }
    const middle = (area.left + area.right) / 2;
    this.#text(
      "gb-Lens-tick gb-mod-middle",
      middle,
      area.bottom + this.#em(2.9),
      this.#look.trans.__("input z"),
    );
    this.#text("gb-Lens-tick", area.left, area.top - this.#em(0.85), this.#look.trans.__("% of inputs"));
  }

  outputs(area: Area): void {
    const { outputs, activation } = this.#moment;
    const { y, outputTop } = this.#scale;
    const flats = activation ? flatOutputs(activation) : [];
    for (const value of this.#ticks(area, y)) {
      const at = this.#y(area, value);
      this.#line("gb-Lens-grid", area.left, at, area.right, at);
    }
    for (const [low, high] of flats) {
      const [top, bottom] = [this.#y(area, Math.min(high, y[1])), this.#y(area, Math.max(low, y[0]))];
      const height = Math.max(bottom - top, 4);
      this.#root.append(
        svg("path", {
          class: "gb-Lens-flat",
          d: rectangle(area.left, bottom - height, area.right - area.left, height),
        }),
      );
    }
    if (outputs) {
      const shares = rebin(outputs, ...y, BINS);
      const step = (this.#y(area, y[0]) - this.#y(area, y[1])) / BINS;
      const width = (y[1] - y[0]) / BINS;
      const touches = (i: number): boolean =>
        flats.some(
          ([low, high]) =>
            y[0] + (i + 0.5) * width >= low - width / 2 && y[0] + (i + 0.5) * width <= high + width / 2,
        );
      this.#bars(shares, touches, (i, share) => {
        const length = Math.min((100 * share) / outputTop, 1) * (area.right - area.left);
        const bottom = this.#y(area, y[0]) - i * step;
        return rectangle(area.left, bottom - (step * (1 + BAR)) / 2, length, BAR * step);
      });
    }
    for (const [percent, at] of [
      [0, area.left],
      [outputTop, area.right],
    ] as const) {
      this.#text("gb-Lens-tick gb-mod-middle", at, area.bottom + this.#em(1.4), String(percent));
    }
    // a word a line where the area is narrow: what reaches out of it lies over the inputs
    const caption = this.#look.trans.__("% of outputs");
    const middle = (area.left + area.right) / 2;
    const narrow = 0.55 * this.#em(caption.length) > area.right - area.left + this.#em(2);
    const lines = narrow ? caption.split(/ (?=\S+$)/) : [caption];
    for (const [i, line] of lines.entries())
      this.#text("gb-Lens-tick gb-mod-middle", middle, area.bottom + this.#em(2.9 + 1.2 * i), line);
  }

  /** Bars as two paths, so that a thousand moments a minute cost little. */
  #bars(
    shares: Float64Array,
    flat: (bin: number) => boolean,
    bar: (bin: number, share: number) => string,
  ): void {
    let [plain, sick] = ["", ""];
    shares.forEach((share, i) => {
      if (!(share > 0)) return;
      if (flat(i)) sick += bar(i, share);
      else plain += bar(i, share);
    });
    this.#root.append(
      svg("path", { class: "gb-Lens-bar", d: plain }),
      svg("path", { class: "gb-Lens-bar gb-mod-flat", d: sick }),
    );
  }

  #tint(area: Area): void {
    const { x } = this.#scale;
    for (const [low, high] of this.#moment.activation?.flat ?? []) {
      const [left, right] = [Math.max(low, -x), Math.min(high, x)];
      if (left >= right) continue;
      const from = this.#x(area, left);
      this.#root.append(
        svg("path", {
          class: "gb-Lens-flat",
          d: rectangle(from, area.top, this.#x(area, right) - from, area.bottom - area.top),
        }),
      );
    }
  }

  /** The function's name at the left, and "flat" in each tinted region that has room, away from the curve. */
  #words(area: Area, activation: Activation): void {
    const { x, y } = this.#scale;
    const { trans } = this.#look;
    const height = (value: number): number => (value - y[0]) / (y[1] - y[0] || 1);
    const free = (z: number, wish: number): number =>
      Math.abs(height(activation.value(z)) - wish) < 0.12 ? 1 - wish : wish;
    this.#text("gb-Lens-name", area.left + 7, down(area, free(-0.9 * x, 0.86)), activation.symbol);
    for (const [low, high] of activation.flat) {
      const [left, right] = [this.#x(area, Math.max(low, -x)), this.#x(area, Math.min(high, x))];
      if (right - left < this.#em(3)) continue;
      const atLeft = low < -x;
      const place = atLeft ? free(-0.9 * x, 0.32) : free(0.9 * x, 0.14);
      this.#text(
        atLeft ? "gb-Lens-flatName" : "gb-Lens-flatName gb-mod-end",
        atLeft ? left + 7 : right - 7,
        down(area, place),
        trans.__("flat"),
      );
    }
  }

  #verticals(area: Area): void {
    for (const part of [-0.5, 0, 0.5]) {
      const x = this.#x(area, part * this.#scale.x);
      this.#line("gb-Lens-grid", x, area.top, x, area.bottom);
    }
  }

  /** Both ends and the middle, or 0; a lower end that is hardly below 0, as SiLU's, is left out. */
  #ticks({ top, bottom }: Area, [low, high]: readonly [number, number]): number[] {
    if (low >= 0 || high <= 0) return [low, (low + high) / 2, high];
    const below = (-low / (high - low)) * (bottom - top);
    return below < this.#em(1.3) ? [0, high] : [low, 0, high];
  }

  /** Whether inputs lie outside the axis. */
  #beyond(): boolean {
    const { inputs } = this.#moment;
    if (inputs === undefined) return false;
    const { x } = this.#scale;
    const outermost = Math.max(inputs.shares[0]!, inputs.shares[inputs.shares.length - 1]!);
    return reachOf(inputs, 1) > x * (1 + 1e-6) || (x >= lastEdge(inputs) && outermost > 0);
  }

  #x(area: Area, z: number): number {
    const { x } = this.#scale;
    return area.left + ((z + x) / (2 * x)) * (area.right - area.left);
  }

  #y(area: Area, a: number): number {
    const [low, high] = this.#scale.y;
    const share = (a - low) / (high - low || 1);
    return down(area, PADDING + (1 - 2 * PADDING) * share);
  }

  #em(lines: number): number {
    return lines * this.#look.tokens.tickSize;
  }

  #line(name: string, x1: number, y1: number, x2: number, y2: number): void {
    this.#root.append(svg("line", { class: name, x1, y1, x2, y2 }));
  }

  #text(name: string, x: number, y: number, text: string): void {
    this.#root.append(svg("text", { class: name, x, y, dy: "0.35em" }, text));
  }
}

/** The pixel at a height of an area, 0 at its bottom, 1 at its top. */
function down({ top, bottom }: Area, height: number): number {
  return bottom - height * (bottom - top);
}

function rectangle(x: number, y: number, width: number, height: number): string {
  return `M${x.toFixed(1)} ${y.toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h${(-width).toFixed(1)}z`;
}

/** A tick with a real minus sign; powers of ten where plain digits would be long. */
function signed(value: number): string {
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e4) ? formatValue(size) : formatTick(Number(size.toPrecision(3)));
  return value < 0 ? `−${text}` : text;
}
