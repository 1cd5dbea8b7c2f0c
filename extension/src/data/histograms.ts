// The histograms of one run that somebody has looked at, and what has been asked for and has not come yet.

import { BINS, type Quantity } from "gradbook/train/histograms";
import type { AskHistograms, HistogramSeries } from "./record.js";

/** Time after which what has not come is asked for again. */
const RETRY_MS = 3_000;

interface Known {
  steps: number[];
  bytes: Uint8Array;
  /** When more was asked for; undefined: it has come. */
  asked: number | undefined;
}

export class Histograms {
  readonly #ask: AskHistograms;
  readonly #known = new Map<string, Known>();

  constructor(ask: AskHistograms) {
    this.#ask = ask;
  }

  /** What is known; asks for more if it ends before step `newest`. */
  get(layer: number, quantity: Quantity, newest: number): HistogramSeries {
    const known = this.#of(layer, quantity);
    const last = known.steps.at(-1) ?? -1;
    const waiting = known.asked !== undefined && performance.now() - known.asked < RETRY_MS;
    if (last < newest && !waiting) {
      known.asked = performance.now();
      this.#ask(layer, quantity, last);
    }
    return known;
  }

  add(layer: number, quantity: Quantity, steps: readonly number[], bytes: Uint8Array): void {
    const known = this.#of(layer, quantity);
    known.asked = undefined;
    // an answer that comes twice has nothing new
    const last = known.steps.at(-1) ?? -1;
    const first = steps.findIndex((step) => step > last);
    if (first < 0) return;
    const all = new Uint8Array(known.bytes.length + (steps.length - first) * BINS);
    all.set(known.bytes);
    all.set(bytes.subarray(first * BINS, steps.length * BINS), known.bytes.length);
    known.steps = [...known.steps, ...steps.slice(first)];
    known.bytes = all;
  }

  #of(layer: number, quantity: Quantity): Known {
    const key = `${layer} ${quantity}`;
    const known = this.#known.get(key) ?? { steps: [], bytes: new Uint8Array(0), asked: undefined };
    this.#known.set(key, known);
    return known;
  }
}
