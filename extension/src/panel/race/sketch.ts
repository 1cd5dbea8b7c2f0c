// What somebody expects a loss to do, drawn before it is shown: with the pointer, or with arrow keys in eight points.

import type { TranslationBundle } from "@jupyterlab/translation";
import type { Frame } from "../../charts/frame.js";
import type { Line } from "../../data/series.js";
import { element } from "../dom.js";

/** Heights that a drawn line is kept in, from the first to the last step of the axis. */
const COLUMNS = 64;
/** Points that the arrow keys move. */
const POINTS = 8;
/** Part of the axis that one press of a key moves a point by. */
const NUDGE = 0.05;

/** A drawn line: a loss for each column, NaN where nothing was drawn. */
export class Sketch {
  readonly #heights = new Float64Array(COLUMNS + 1).fill(Number.NaN);

  get drawn(): boolean {
    return this.#heights.some(Number.isFinite);
  }

  clear(): void {
    this.#heights.fill(Number.NaN);
  }

  /** Draws straight from one place to another; places are parts of the axis from 0 to 1. */
  stroke(from: number, start: number, to: number, end: number): void {
    const [a, b] = [Math.round(from * COLUMNS), Math.round(to * COLUMNS)];
    for (let column = Math.min(a, b); column <= Math.max(a, b); column++) {
      const part = a === b ? 1 : (column - a) / (b - a);
      this.#heights[column] = start + part * (end - start);
    }
  }

  /** Height at a part of the axis, or NaN. */
  at(part: number): number {
    return this.#heights[Math.round(part * COLUMNS)]!;
  }

  /** As points over steps. */
  line([first, last]: readonly [number, number]): Line {
    const columns = [...this.#heights.keys()].filter((column) => Number.isFinite(this.#heights[column]));
    return {
      x: columns.map((column) => first + (column / COLUMNS) * (last - first)),
      y: columns.map((column) => this.#heights[column]!),
    };
  }
}

/** A transparent sheet over a chart that takes the drawing. */
export class SketchPad {
  readonly node: HTMLElement = element("div", "gb-Sketch");
  /** The chart below it, as it was drawn last. */
  frame: Frame | undefined;
  /** What is drawn on. */
  sketch: Sketch | undefined;
  readonly #trans: TranslationBundle;
  readonly #onChange: () => void;
  #last: { part: number; height: number } | undefined;
  #point = 0;

  constructor(trans: TranslationBundle, onChange: () => void) {
    this.#trans = trans;
    this.#onChange = onChange;
    this.node.tabIndex = 0;
    this.node.setAttribute("role", "slider");
    this.node.setAttribute("aria-valuenow", "0");
    this.node.setAttribute("aria-valuetext", trans.__("nothing drawn yet"));
    this.node.setAttribute("aria-orientation", "vertical");
    this.node.setAttribute(
      "aria-label",
      trans.__("The loss you expect: left and right choose one of eight points, up and down move it"),
    );
    this.node.addEventListener("pointerdown", (event) => {
      this.node.setPointerCapture(event.pointerId);
      this.#last = undefined;
      this.#draw(event);
    });
    this.node.addEventListener("pointermove", (event) => {
      if (this.node.hasPointerCapture(event.pointerId)) this.#draw(event);
    });
    this.node.addEventListener("keydown", (event) => this.#key(event));
  }

  #draw(event: PointerEvent): void {
    const { frame, sketch } = this;
    if (!frame || !sketch) return;
    const box = this.node.getBoundingClientRect();
    const { l, r, t, b } = frame.margin;
    const part = within((event.clientX - box.left - l) / (box.width - l - r));
    const up = within(1 - (event.clientY - box.top - t) / (box.height - t - b));
    const height = frame.y[0] + up * (frame.y[1] - frame.y[0]);
    const from = this.#last ?? { part, height };
    sketch.stroke(from.part, from.height, part, height);
    this.#last = { part, height };
    this.#onChange();
  }

  #key(event: KeyboardEvent): void {
    const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const { frame, sketch } = this;
    if ((across === undefined && up === undefined) || !frame || !sketch) return;
    const [low, high] = frame.y;
    if (!sketch.drawn) sketch.stroke(0, 0.8 * high, 1, 0.8 * high);
    if (across) this.#point = Math.min(Math.max(this.#point + across, 0), POINTS - 1);
    if (up)
      this.#move(sketch, Math.min(Math.max(this.#height(sketch) + up * NUDGE * (high - low), low), high));
    this.#announce(frame, sketch);
    this.#onChange();
    event.preventDefault();
    event.stopPropagation();
  }

  #height(sketch: Sketch): number {
    return sketch.at(this.#point / (POINTS - 1));
  }

  /** Moves the chosen point, with the line to its neighbours. */
  #move(sketch: Sketch, height: number): void {
    const here = this.#point / (POINTS - 1);
    for (const side of [-1, 1]) {
      const there = (this.#point + side) / (POINTS - 1);
      if (there < 0 || there > 1) continue;
      const other = sketch.at(there);
      sketch.stroke(there, Number.isNaN(other) ? height : other, here, height);
    }
  }

  #announce(frame: Frame, sketch: Sketch): void {
    const step = Math.round(frame.x[0] + (this.#point / (POINTS - 1)) * (frame.x[1] - frame.x[0]));
    const height = this.#height(sketch);
    const values = {
      min: frame.y[0],
      max: frame.y[1],
      now: height,
      text: this.#trans.__("step %1, loss %2", step, height.toFixed(2)),
    };
    for (const [name, value] of Object.entries(values))
      this.node.setAttribute(`aria-value${name}`, String(value));
  }
}

function within(part: number): number {
  return Math.min(Math.max(part, 0), 1);
}
