// The slider over the steps at which layers were measured: linear up to step 100, then logarithmic.
// At its right end it follows the run; moved away, it stays where it was put until "Live" is chosen.

import type { TranslationBundle } from "@jupyterlab/translation";
import { linearTicks } from "../charts/axis.js";
import { formatCount } from "../charts/format.js";
import { button, element, svg } from "./dom.js";
import type { Focus } from "./focus.js";

const KNEE = 100;
const LEFT = 12;
const RIGHT = 12;
const TRACK = 14;
const PLAY_MS = 100;

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

export class StepSlider {
  readonly node: HTMLElement;
  readonly #trans: TranslationBundle;
  readonly #focus: Focus;
  readonly #onChange: () => void;
  readonly #track: HTMLElement = element("div", "gb-Slider-track");
  readonly #live: HTMLButtonElement;
  readonly #play: HTMLButtonElement;
  #steps: readonly number[] = [];
  #playing: ReturnType<typeof setInterval> | undefined;

  constructor(trans: TranslationBundle, focus: Focus, onChange: () => void) {
    this.#trans = trans;
    this.#focus = focus;
    this.#onChange = onChange;
    this.#live = button("gb-Button gb-Slider-live", trans.__("Live"), () =>
      this.#choose(this.#steps.length - 1),
    );
    this.#play = button("gb-Slider-play", trans.__("Play"), () => this.#togglePlay(), playIcon(false));
    this.node = element("div", "gb-Slider", this.#play, this.#track, this.#live);
    this.#track.tabIndex = 0;
    this.#track.setAttribute("role", "slider");
    this.#track.setAttribute("aria-label", trans.__("Step"));
    this.#track.addEventListener("keydown", (event) => this.#key(event));
    this.#track.addEventListener("pointerdown", (event) => {
      this.#track.setPointerCapture(event.pointerId);
      this.#point(event);
    });
    this.#track.addEventListener("pointermove", (event) => {
      if (this.#track.hasPointerCapture(event.pointerId)) this.#point(event);
    });
  }

  /** Index into the samples of the one to show. */
  get index(): number {
    if (this.#focus.step === null) return this.#steps.length - 1;
    return nearest(this.#steps, this.#focus.step);
  }

  /** Shows the steps that have samples; `growing` while the run goes on. */
  update(steps: readonly number[], growing: boolean): void {
    this.#steps = steps;
    const following = this.#focus.step === null;
    this.#live.textContent = growing ? this.#trans.__("Live") : this.#trans.__("Last step");
    this.#live.setAttribute("aria-pressed", String(following));
    this.#live.classList.toggle("gb-mod-growing", growing);
    this.#render();
  }

  dispose(): void {
    this.#stop();
  }

  #choose(index: number): void {
    const last = this.#steps.length - 1;
    this.#focus.step = index >= last ? null : (this.#steps[Math.max(0, index)] ?? null);
    this.#onChange();
  }

  #key(event: KeyboardEvent): void {
    const move = KEYS[event.key];
    if (event.key === " ") this.#togglePlay();
    else if (move === undefined) return;
    else this.#choose(Math.min(Math.max(this.index + move, 0), this.#steps.length - 1));
    event.preventDefault();
    event.stopPropagation();
  }

  #point(event: PointerEvent): void {
    const box = this.#track.getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    const target = stepAt(Math.min(Math.max(share, 0), 1), this.#steps.at(-1) ?? 0);
    this.#stop();
    this.#choose(nearest(this.#steps, target));
  }

  #togglePlay(): void {
    if (this.#playing !== undefined) {
      this.#stop();
      return;
    }
    if (this.#focus.step === null) this.#choose(0);
    this.#playing = setInterval(() => {
      this.#choose(this.index + 1);
      if (this.#focus.step === null) this.#stop();
    }, PLAY_MS);
    this.#play.replaceChildren(playIcon(true));
  }

  #stop(): void {
    clearInterval(this.#playing);
    this.#playing = undefined;
    this.#play.replaceChildren(playIcon(false));
  }

  #render(): void {
    const width = this.#track.clientWidth;
    const last = this.#steps.at(-1);
    if (width < 80 || last === undefined) return;
    const shown = this.#steps[this.index] ?? last;
    const x = (step: number): number => LEFT + share(step, last) * (width - LEFT - RIGHT);
    const here = x(shown);
    const caption = this.#trans.__("step %1", formatCount(shown));
    const picture = svg(
      "svg",
      { width, height: 44, "aria-hidden": "true" },
      svg("path", { class: "gb-Slider-samples", d: ticksPath(this.#steps, x) }),
      svg("line", { class: "gb-Slider-rail", x1: LEFT, x2: width - RIGHT, y1: TRACK, y2: TRACK }),
      svg("line", { class: "gb-Slider-done", x1: LEFT, x2: here, y1: TRACK, y2: TRACK }),
      svg("circle", { class: "gb-Slider-thumb", cx: here, cy: TRACK, r: 7 }),
    );
    const half = 3.6 * caption.length;
    const captionX = Math.min(Math.max(here, half), width - half);
    picture.append(svg("text", { class: "gb-Slider-caption", x: captionX, y: 38 }, caption));
    for (const { step, at } of scale(last, x, width)) {
      const away = Math.abs(at - captionX) > half + 4 * formatCount(step).length + 6;
      if (away) picture.append(svg("text", { class: "gb-Slider-tick", x: at, y: 38 }, formatCount(step)));
    }
    this.#track.replaceChildren(picture);
    this.#track.setAttribute("aria-valuemin", "0");
    this.#track.setAttribute("aria-valuemax", String(last));
    this.#track.setAttribute("aria-valuenow", String(shown));
    this.#track.setAttribute("aria-valuetext", caption);
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
export function nearest(steps: readonly number[], target: number): number {
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

/** The steps to label, in order, as far apart as their texts need. */
function scale(last: number, x: (step: number) => number, width: number): { step: number; at: number }[] {
  const candidates =
    last <= KNEE
      ? linearTicks(last, 5, true).values
      : [0, 20, 40, 60, 80, ...[2, 3, 4, 5, 6].flatMap((e) => [10 ** e, 2 * 10 ** e, 5 * 10 ** e])];
  const fitting: { step: number; at: number }[] = [];
  let free = 0;
  for (const step of candidates) {
    const at = x(step);
    const half = 3.5 * formatCount(step).length;
    if (step > last || at - half < free || at + half > width) continue;
    fitting.push({ step, at });
    free = at + half + 8;
  }
  return fitting;
}

/** Small ticks above the track, at most one each three pixels. */
function ticksPath(steps: readonly number[], x: (step: number) => number): string {
  let path = "";
  let free = Number.NEGATIVE_INFINITY;
  for (const step of steps) {
    const at = x(step);
    if (at < free) continue;
    path += `M${at.toFixed(1)} ${TRACK - 9}v4`;
    free = at + 3;
  }
  return path;
}

function playIcon(playing: boolean): SVGElement {
  const shape = playing ? "M6 5h4v14H6zM14 5h4v14h-4z" : "M8 5v14l11-7z";
  return svg(
    "svg",
    { viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true" },
    svg("path", { d: shape }),
  );
}
