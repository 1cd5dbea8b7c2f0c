// The strip at the foot of the Layer lens: a layer's outputs over the steps, and the step on show as a line to drag.

import type { TranslationBundle } from "@jupyterlab/translation";
import type { Activation } from "../../charts/activations.js";
import type { Size } from "../../charts/chart.js";
import { formatCount, formatTick, formatValue } from "../../charts/format.js";
import { columnSamples, type HeatRows, heatPixels, rampTable } from "../../charts/heatmap.js";
import { type History, histogramAt, rebin } from "../../charts/histogram.js";
import type { Tokens } from "../../charts/tokens.js";
import { element, heading } from "../dom.js";
import type { Focus } from "../focus.js";
import { Scrub, share, stepTicks } from "../scrub.js";

/** Rows of a map whose values have bounds. */
const BOUNDED_ROWS = 32;
/** Bins with less than this share in every sample are cut off at the ends. */
const RARE = 0.002;
/** Of the shares of a cell: this part of them is darker than the darkest colour. */
const DARKEST = 0.995;

/** What the map is drawn from. */
export interface HistoryView {
  readonly key: string;
  readonly history: History;
  readonly activation: Activation | undefined;
}

/** Rows from the bottom up, and the values to write beside them: places from 0 at the bottom to 1. */
interface Rows extends HeatRows {
  readonly ticks: readonly (readonly [place: number, value: number])[];
}

export class HistoryStrip {
  readonly node: HTMLElement;
  readonly #trans: TranslationBundle;
  readonly #scrub: Scrub;
  readonly #unit: HTMLElement;
  readonly #map: HTMLElement = element("div", "gb-History-map");
  readonly #canvas: HTMLCanvasElement = element("canvas", "");
  readonly #line: HTMLElement = element("div", "gb-History-line");
  readonly #left: HTMLElement = element("div", "gb-History-values");
  readonly #below: HTMLElement = element("div", "gb-History-steps");
  #drawn = "";

  constructor(trans: TranslationBundle, focus: Focus, onChange: () => void) {
    this.#trans = trans;
    const title = heading(trans.__("Outputs over time"));
    this.#unit = title.unit;
    this.#map.append(this.#canvas, this.#line);
    this.#scrub = new Scrub(this.#map, trans.__("Step"), { focus, margin: 0, onChange });
    this.node = element(
      "section",
      "gb-History",
      title.node,
      element("div", "gb-History-frame", this.#left, this.#map, this.#below),
    );
  }

  /** Size of the map, in pixels. */
  get size(): Size {
    return { width: this.#map.clientWidth, height: this.#map.clientHeight };
  }

  /** Shows the steps that have samples, the one on show, and the histograms where they are known. */
  draw(
    steps: readonly number[],
    shown: number,
    view: HistoryView | undefined,
    { width, height }: Size,
    tokens: Tokens,
  ): void {
    this.#scrub.steps = steps;
    if (width < 40 || height < 10) return;
    const dark = luminance(tokens.density[0]!) < luminance(tokens.density.at(-1)!);
    const density = dark ? this.#trans.__("lighter = more outputs") : this.#trans.__("darker = more outputs");
    const isLog = view !== undefined && !view.activation?.bounds;
    this.#unit.textContent = isLog ? `${density} · ${this.#trans.__("log scale")}` : density;
    const last = steps.at(-1) ?? 0;
    this.#line.style.left = `${(100 * share(shown, last)).toFixed(3)}%`;
    this.#scrub.announce(this.#trans.__("step %1", formatCount(shown)));
    const length = view?.history.steps.length ?? 0;
    const drawn = [view?.key, length, last, width, height, tokens.tickSize, ...tokens.density].join();
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#drawSteps(last, width, tokens);
    this.#drawMap(view, last, width, height, tokens);
  }

  #drawMap(view: HistoryView | undefined, last: number, width: number, height: number, tokens: Tokens): void {
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#left.replaceChildren();
    if (!view || view.history.steps.length === 0) return;
    const rows = view.activation?.bounds ? boundedRows(view, view.activation.bounds) : binRows(view);
    const columns = columnSamples(view.history.steps, width, (step) => share(step, last));
    const full = darkest(rows, columns);
    const pixels = heatPixels(rows, columns, height, full, rampTable(tokens.density));
    this.#canvas.getContext("2d")?.putImageData(new ImageData(pixels, width, height), 0, 0);
    for (const [place, value] of rows.ticks) {
      const tick = element("span", "", written(value));
      tick.style.bottom = `${(100 * place).toFixed(2)}%`;
      this.#left.append(tick);
    }
  }

  #drawSteps(last: number, width: number, tokens: Tokens): void {
    const first = element("span", "gb-mod-first", this.#trans.__("step %1", "0"));
    const final = element("span", "gb-mod-last", formatCount(last));
    const room = (text: string): number => 0.65 * tokens.tickSize * (text.length + 2);
    const [start, end] = [room(first.textContent), width - room(final.textContent)];
    const ticks = stepTicks(last, width, 0, tokens.tickSize).filter(({ at }) => at > start && at < end);
    const middle = ticks.map(({ step, at }) => {
      const tick = element("span", "", formatCount(step));
      tick.style.left = `${at}px`;
      return tick;
    });
    this.#below.replaceChildren(first, ...middle, ...(last > 0 ? [final] : []));
  }
}

/** Values between bounds on a linear axis. */
function boundedRows({ history }: HistoryView, [low, high]: readonly [number, number]): Rows {
  return {
    count: BOUNDED_ROWS,
    at: (sample) => rebin(histogramAt(history, sample), low, high, BOUNDED_ROWS),
    ticks: [
      [0, low],
      [0.5, (low + high) / 2],
      [1, high],
    ],
  };
}

/** Values without bounds on the bins' own scale, one row a bin, as far as there are any. */
function binRows({ history }: HistoryView): Rows {
  const [first, last] = occupied(history);
  const count = last - first + 1;
  const zero = (history.edges.length - 1) / 2;
  const middle = first < zero && zero <= last ? zero : Math.round((first + last) / 2);
  return {
    count,
    at: (sample) => Array.from(histogramAt(history, sample).shares).slice(first, last + 1),
    ticks: [first, middle, last + 1].map((bin) => [(bin - first) / count, history.edges[bin]!] as const),
  };
}

/** The first and the last bin that ever matter, the same at both sides of zero if both have any. */
function occupied({ shares, edges }: History): readonly [number, number] {
  const bins = edges.length - 1;
  let first = bins - 1;
  let last = 0;
  for (let i = 0; i < shares.length; i++) {
    if (shares[i]! < RARE) continue;
    first = Math.min(first, i % bins);
    last = Math.max(last, i % bins);
  }
  return first <= last ? [first, last] : [0, bins - 1];
}

/** The share that gets the darkest colour. */
function darkest(rows: HeatRows, columns: Int32Array): number {
  const samples = [...new Set(columns)];
  const some = samples.filter((_, i) => i % Math.ceil(samples.length / 64) === 0);
  const values = some.flatMap((sample) => Array.from(rows.at(sample))).sort((a, b) => a - b);
  return values[Math.floor(DARKEST * (values.length - 1))] || 1;
}

function written(value: number): string {
  const size = Math.abs(value);
  const text = size >= 1e-3 && size < 1e4 ? formatTick(Number(size.toPrecision(2))) : formatValue(size);
  return value < 0 ? `−${text}` : text;
}

function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
