// What was sampled of the layers of one run, in memory: every sample, with its histograms, up to a bound in bytes; beyond it
// every second one of the older samples is dropped.

import { BINS, histogramBlock, histogramOffset, type Quantity } from "gradbook/train/histograms";
import { sampleLength } from "gradbook/train/run";

interface Sample {
  readonly row: Float32Array;
  /** Empty: there are none of this step. */
  readonly histograms: Uint8Array;
}

export class SampleStore {
  readonly #width: number;
  readonly #block: number;
  readonly #bound: number;
  #samples: Sample[] = [];
  #bytes = 0;

  /** `bound`: most bytes that are kept. */
  constructor(layers: number, bound: number) {
    this.#width = sampleLength(layers);
    this.#block = histogramBlock(layers);
    this.#bound = bound;
  }

  get count(): number {
    return this.#samples.length;
  }

  /** The rows, one after the other. */
  get values(): Float32Array {
    const all = new Float32Array(this.#samples.length * this.#width);
    this.#samples.forEach(({ row }, i) => {
      all.set(row, i * this.#width);
    });
    return all;
  }

  /** Adds whole rows, each with its block of `histograms`, which may also be empty. */
  add(rows: Float32Array, histograms: Uint8Array): void {
    for (let i = 0; (i + 1) * this.#width <= rows.length; i++) {
      const row = rows.slice(i * this.#width, (i + 1) * this.#width);
      const block = histograms.slice(i * this.#block, (i + 1) * this.#block);
      this.#samples.push({ row, histograms: block });
      this.#bytes += row.byteLength + block.byteLength;
    }
    while (this.#bytes > this.#bound && this.#samples.length > 2) this.#thin();
  }

  /** The histograms of one quantity of a layer at the steps after `since`: BINS bytes a step. */
  histograms(layer: number, quantity: Quantity, since: number): { steps: number[]; bytes: Uint8Array } {
    const found = this.#samples.filter(({ row, histograms }) => row[0]! > since && histograms.length > 0);
    const bytes = new Uint8Array(found.length * BINS);
    const at = histogramOffset(layer, quantity);
    found.forEach(({ histograms }, i) => {
      bytes.set(histograms.subarray(at, at + BINS), i * BINS);
    });
    return { steps: found.map(({ row }) => row[0]!), bytes };
  }

  /** The newest one stays, and the first: it shows the network as it was initialised. */
  #thin(): void {
    const last = this.#samples.length - 1;
    this.#samples = this.#samples.filter((_, i) => i === 0 || (last - i) % 2 === 0);
    this.#bytes = this.#samples.reduce(
      (sum, { row, histograms }) => sum + row.byteLength + histograms.byteLength,
      0,
    );
  }
}
