// Progress bars: drawn in one place that is updated, as HTML and as text.

import { escapeHtml } from "gradbook/tensor/html";
import { LIMITS } from "../../limits.js";

export interface ProgressOptions {
  /** Stands before the bar. */
  label?: string;
}

/** Shows MIME data; the first call makes a place for it, the later ones use it again. */
export type Shower = (data: Record<string, string>) => void;

const BAR = 20;

/** A bar that counts up to a total, if that is known: by `advance()`, or as a loop goes through the numbers below the total.
 *  @example
 *  const bar = display.progress(3, { label: "epochs" });
 *  bar.advance(2);
 *  bar.value // -> 2 */
export class Progress implements Iterable<number> {
  readonly total: number | undefined;
  readonly #label: string;
  readonly #show: Shower;
  readonly #start = performance.now();
  #value = 0;
  #shownAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(total: number | undefined, { label = "" }: ProgressOptions, show: Shower) {
    this.total = total;
    this.#label = label;
    this.#show = show;
    this.#draw();
  }

  /** How much is done; can be set. */
  get value(): number {
    return this.#value;
  }
  set value(value: number) {
    this.#value = value;
    const wait = this.#shownAt + LIMITS.progressMilliseconds - performance.now();
    if (wait <= 0 || value === this.total) this.#draw();
    // what is left to be shown is shown even if nothing more happens
    else this.#timer ??= setTimeout(() => this.#draw(), wait);
  }

  /** Adds to what is done. */
  advance(by = 1): void {
    this.value += by;
  }

  /** The whole numbers from 0 to the total, without it; each is counted when the loop asks for the next. */
  *[Symbol.iterator](): IterableIterator<number> {
    const { total } = this;
    if (total === undefined) {
      throw new TypeError(
        "display.progress: a loop needs to know how far; write display.progress(100), or display.progress(list)",
      );
    }
    try {
      for (let i = 0; i < total; i++) {
        yield i;
        this.advance();
      }
    } finally {
      this.flush();
    }
  }

  /** Shows what has not been shown yet. */
  flush(): void {
    if (this.#timer !== undefined) this.#draw();
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#shownAt = performance.now();
    const { total } = this;
    const done =
      total === undefined ? undefined : Math.min(1, Math.max(0, total === 0 ? 1 : this.#value / total));
    const seconds = (this.#shownAt - this.#start) / 1000;
    const counted = `${count(this.#value)}${total === undefined ? "" : `/${count(total)}`}`;
    const left =
      done === undefined || done === 0 || done === 1 ? "" : `, ${time((seconds * (1 - done)) / done)} left`;
    const facts = `${done === undefined ? "" : `${Math.floor(100 * done)} % `}${counted}, ${time(seconds)}${left}`;
    const label = this.#label === "" ? "" : `${this.#label} `;
    const full = Math.round(BAR * (done ?? 0));
    const bar = done === undefined ? "" : `[${"#".repeat(full)}${"-".repeat(BAR - full)}] `;
    const value = done === undefined ? "" : ` value="${done}"`;
    this.#show({
      "text/html": `<div>${escapeHtml(label)}<progress${value} max="1" style="width:16em;vertical-align:middle" aria-label="${escapeHtml(this.#label || "progress")}"></progress> ${facts}</div>`,
      "text/plain": `${label}${bar}${facts}`,
    });
  }
}

// As the last value of a cell it is shown already.
Object.defineProperty(Progress.prototype, Symbol.for("Jupyter.display"), { value: () => undefined });

/** Goes through `items` and counts them; with `for await` as they come. */
export function counted<T>(items: Iterable<T> | AsyncIterable<T>, bar: Progress): Counted<T> {
  return {
    *[Symbol.iterator]() {
      if (!(Symbol.iterator in items))
        throw new TypeError("display.progress: these items come with `for await`");
      try {
        for (const item of items) {
          yield item;
          bar.advance();
        }
      } finally {
        bar.flush();
      }
    },
    async *[Symbol.asyncIterator]() {
      try {
        for await (const item of items) {
          yield item;
          bar.advance();
        }
      } finally {
        bar.flush();
      }
    },
  };
}

/** For both kinds of loop. */
export interface Counted<T> extends Iterable<T>, AsyncIterable<T> {}

/** How many items there are, where that can be told without going through them. */
export function lengthOf(items: object): number | undefined {
  const { length, size } = items as { length?: unknown; size?: unknown };
  return [length, size].find((value) => typeof value === "number");
}

const count = (value: number): string => value.toLocaleString("en-US");

function time(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(Math.floor(seconds % 60)).padStart(2, "0")} min`;
}
