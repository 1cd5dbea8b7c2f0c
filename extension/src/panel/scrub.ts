// Choosing one of the steps at which layers were measured, with the pointer or the keyboard, on anything as wide as the
// run: the slider, the map of the outputs. Linear up to step 100, then logarithmic.

import { linearTicks } from "../charts/axis.js";
import { formatCount } from "../charts/format.js";
import type { Focus } from "./focus.js";

const KNEE = 100;

/** Keys and how many samples they move by; infinity goes to an end. */
const KEYS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

export interface Scrubbing {
  readonly focus: Focus;
  /** Pixels at the left and the right of the element that are not part of the scale. */
  readonly margin: number;
  readonly onChange: () => void;
  /** The pointer has been put down. */
  readonly onPoint?: () => void;
}

export class Scrub {
  /** The steps that have samples, ascending. */
  steps: readonly number[] = [];
  readonly #node: HTMLElement;
  readonly #with: Scrubbing;

  constructor(node: HTMLElement, label: string, scrubbing: Scrubbing) {
    this.#node = node;
    this.#with = scrubbing;
    node.tabIndex = 0;
    node.setAttribute("role", "slider");
    node.setAttribute("aria-label", label);
    this.announce("");
    node.addEventListener("keydown", (event) => this.#key(event));
    node.addEventListener("pointerdown", (event) => {
      node.setPointerCapture(event.pointerId);
      this.#point(event);
    });
    node.addEventListener("pointermove", (event) => {
      if (node.hasPointerCapture(event.pointerId)) this.#point(event);
    });
  }

  /** Index of the sample to show. */
  get index(): number {
    const { step } = this.#with.focus;
    return step === null ? this.steps.length - 1 : nearest(this.steps, step);
  }

  /** Shows a sample; the last one means to follow the run. */
  choose(index: number): void {
    const last = this.steps.length - 1;
    this.#with.focus.step = index >= last ? null : (this.steps[Math.max(0, index)] ?? null);
    this.#with.onChange();
  }

  /** Tells assistive technology where it is; `text` is how a step is spoken of. */
  announce(text: string): void {
    const last = this.steps.at(-1) ?? 0;
    const values = { min: this.steps[0] ?? 0, max: last, now: this.steps[this.index] ?? last, text };
    for (const [name, value] of Object.entries(values)) {
      this.#node.setAttribute(`aria-value${name}`, String(value));
    }
  }

  #key(event: KeyboardEvent): void {
    const move = KEYS[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    this.choose(Math.min(Math.max(this.index + move, 0), this.steps.length - 1));
    event.preventDefault();
    event.stopPropagation();
  }

  #point(event: PointerEvent): void {
    const { margin, onPoint } = this.#with;
    const box = this.#node.getBoundingClientRect();
    const part = (event.clientX - box.left - margin) / (box.width - 2 * margin);
    onPoint?.();
    this.choose(nearest(this.steps, stepAt(Math.min(Math.max(part, 0), 1), this.steps.at(-1) ?? 0)));
  }
}

/** Where a step lies between 0 and 1. */
export function share(step: number, last: number): number {
  if (last <= KNEE) return last > 0 ? step / last : 1;
  return step <= KNEE ? step / (2 * KNEE) : 0.5 + (0.5 * Math.log(step / KNEE)) / Math.log(last / KNEE);
}

/** Inverse of `share`. */
export function stepAt(position: number, last: number): number {
  if (last <= KNEE) return position * last;
  return position <= 0.5 ? 2 * KNEE * position : KNEE * (last / KNEE) ** (2 * position - 1);
}

/** Index of the entry of an ascending list that is nearest to `target`. */
export function nearest(steps: ArrayLike<number>, target: number): number {
  let low = 0;
  let high = steps.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]! < target) low = middle + 1;
    else high = middle;
  }
  const closerBelow = low > 0 && target - steps[low - 1]! <= steps[low]! - target;
  return closerBelow ? low - 1 : low;
}

/** The steps to label on an axis of `width` pixels, in order, as far apart as texts of this size need. */
export function stepTicks(
  last: number,
  width: number,
  margin: number,
  textSize: number,
): { step: number; at: number }[] {
  const candidates =
    last <= KNEE
      ? linearTicks(last, 5, true).values
      : [0, 20, 40, 60, 80, ...[2, 3, 4, 5, 6].flatMap((e) => [10 ** e, 2 * 10 ** e, 5 * 10 ** e])];
  const fitting: { step: number; at: number }[] = [];
  let free = 0;
  for (const step of candidates) {
    const at = margin + share(step, last) * (width - 2 * margin);
    const half = 0.32 * textSize * formatCount(step).length;
    if (step > last || at - half < free || at + half > width) continue;
    fitting.push({ step, at });
    free = at + half + 8;
  }
  return fitting;
}
