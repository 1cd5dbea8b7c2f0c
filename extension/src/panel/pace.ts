// Paces drawing: at most one draw per animation frame, a few a second, never more than a third of the time, and
// none while nobody looks.

import { drawn } from "../charts/chart.js";

/** Shortest time from one draw to the next: 8 a second. */
const INTERVAL_MS = 125;
/** Part of the time that drawing may take. */
const SHARE = 1 / 3;

export class Pace {
  readonly #draw: () => void;
  readonly #visible: () => boolean;
  readonly #wake = (): void => this.request();
  #earliest = 0;
  #frame: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wanted = false;

  constructor(draw: () => void, visible: () => boolean) {
    this.#draw = draw;
    this.#visible = visible;
    document.addEventListener("visibilitychange", this.#wake);
  }

  /** There is something new: draw when it is time. Call again when the widget becomes visible. */
  request(): void {
    this.#wanted = true;
    if (this.#frame !== undefined || this.#timer !== undefined) return;
    if (document.hidden || !this.#visible()) return;
    const wait = this.#earliest - performance.now();
    if (wait > 0) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.request();
      }, wait);
      return;
    }
    this.#frame = requestAnimationFrame(() => {
      this.#frame = undefined;
      this.#run();
    });
  }

  /** Draw at the next frame: somebody has pressed something. */
  now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#earliest = 0;
    this.request();
  }

  dispose(): void {
    document.removeEventListener("visibilitychange", this.#wake);
    clearTimeout(this.#timer);
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
  }

  #run(): void {
    if (!this.#wanted || !this.#visible()) return;
    this.#wanted = false;
    const start = performance.now();
    this.#draw();
    // Charts draw after this, in tasks of their own: their end is what counts.
    void drawn().then(() => {
      const cost = performance.now() - start;
      this.#earliest = start + Math.max(INTERVAL_MS, cost / SHARE);
      if (this.#wanted) this.request();
    });
    this.#earliest = start + INTERVAL_MS;
  }
}
