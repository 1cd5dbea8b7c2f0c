// The slider over the steps at which layers were measured: linear up to step 100, then logarithmic.
// At its right end it follows the run; moved away, it stays where it was put until "Live" is chosen.

import type { TranslationBundle } from "@jupyterlab/translation";
import { formatCount } from "../charts/format.js";
import { TICK_SIZE } from "../charts/frame.js";
import type { Tokens } from "../charts/tokens.js";
import { button, element, svg } from "./dom.js";
import type { Focus } from "./focus.js";
import { Scrub, share, stepTicks } from "./scrub.js";

/** Pixels at both ends of the track. */
const MARGIN = 12;
const TRACK = 14;
/** Height of the track with its numbers, which are below it by so many pixels, in small type. */
const HEIGHT = 44;
const NUMBERS = 24;
const PLAY_MS = 100;

export class StepSlider {
  readonly node: HTMLElement;
  readonly #trans: TranslationBundle;
  readonly #focus: Focus;
  readonly #scrub: Scrub;
  readonly #track: HTMLElement = element("div", "gb-Slider-track");
  readonly #live: HTMLButtonElement;
  readonly #play: HTMLButtonElement;
  #playing: ReturnType<typeof setInterval> | undefined;

  constructor(trans: TranslationBundle, focus: Focus, onChange: () => void) {
    this.#trans = trans;
    this.#focus = focus;
    this.#scrub = new Scrub(this.#track, trans.__("Step"), {
      focus,
      margin: MARGIN,
      onChange,
      onPoint: () => this.#stop(),
    });
    this.#live = button("gb-Button gb-Slider-live", trans.__("Live"), () =>
      this.#scrub.choose(Number.POSITIVE_INFINITY),
    );
    this.#play = button("gb-Slider-play", trans.__("Play"), () => this.#togglePlay(), playIcon(false));
    this.node = element("div", "gb-Slider", this.#play, this.#track, this.#live);
    this.#track.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      this.#togglePlay();
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** Index into the samples of the one to show. */
  get index(): number {
    return this.#scrub.index;
  }

  /** Shows the steps that have samples; `growing` while the run goes on. */
  update(steps: readonly number[], growing: boolean, { tickSize, noteSize }: Tokens): void {
    this.#scrub.steps = steps;
    const following = this.#focus.step === null;
    this.#live.textContent = growing ? this.#trans.__("Live") : this.#trans.__("Last step");
    this.#live.setAttribute("aria-pressed", String(following));
    this.#live.classList.toggle("gb-mod-growing", growing);
    this.#render(tickSize, noteSize);
  }

  dispose(): void {
    this.#stop();
  }

  #togglePlay(): void {
    if (this.#playing !== undefined) {
      this.#stop();
      return;
    }
    if (this.#focus.step === null) this.#scrub.choose(0);
    this.#playing = setInterval(() => {
      this.#scrub.choose(this.index + 1);
      if (this.#focus.step === null) this.#stop();
    }, PLAY_MS);
    this.#play.replaceChildren(playIcon(true));
  }

  #stop(): void {
    clearInterval(this.#playing);
    this.#playing = undefined;
    this.#play.replaceChildren(playIcon(false));
  }

  #render(tickSize: number, noteSize: number): void {
    const width = this.#track.clientWidth;
    const { steps } = this.#scrub;
    const last = steps.at(-1);
    if (width < 80 || last === undefined) return;
    const shown = steps[this.index] ?? last;
    const x = (step: number): number => MARGIN + share(step, last) * (width - 2 * MARGIN);
    const here = x(shown);
    const caption = this.#trans.__("step %1", formatCount(shown));
    const picture = svg(
      "svg",
      { width, height: HEIGHT + 2 * (tickSize - TICK_SIZE), "aria-hidden": "true" },
      svg("path", { class: "gb-Slider-samples", d: ticksPath(steps, x) }),
      svg("line", { class: "gb-Slider-rail", x1: MARGIN, x2: width - MARGIN, y1: TRACK, y2: TRACK }),
      svg("line", { class: "gb-Slider-done", x1: MARGIN, x2: here, y1: TRACK, y2: TRACK }),
      svg("circle", { class: "gb-Slider-thumb", cx: here, cy: TRACK, r: 7 }),
    );
    const baseline = TRACK + NUMBERS + (tickSize - TICK_SIZE);
    const half = 0.32 * noteSize * caption.length;
    const captionX = Math.min(Math.max(here, half), width - half);
    picture.append(svg("text", { class: "gb-Slider-caption", x: captionX, y: baseline }, caption));
    for (const { step, at } of stepTicks(last, width, MARGIN, tickSize)) {
      const away = Math.abs(at - captionX) > half + 0.36 * tickSize * formatCount(step).length + 6;
      if (away)
        picture.append(svg("text", { class: "gb-Slider-tick", x: at, y: baseline }, formatCount(step)));
    }
    this.#track.replaceChildren(picture);
    this.#scrub.announce(caption);
  }
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
