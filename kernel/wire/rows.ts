// The steps of one run, in memory: all of them up to a bound; beyond it every second older row is dropped, again and again, so
// that any length of training keeps its whole curve. Rows with validation values are few and stay.

import { stepColumn } from "gradbook/train/run";

const VALIDATION = [stepColumn("validationLoss"), stepColumn("validationAccuracy")];

export class RowStore {
  readonly width: number;
  readonly #bound: number;
  #values: Float32Array;
  #count = 0;
  #seen = 0;
  #stride = 1;

  /** `width`: numbers in a row; `bound`: most rows that are kept. */
  constructor(width: number, bound: number) {
    this.width = width;
    this.#bound = bound;
    this.#values = new Float32Array(width * 64);
  }

  get count(): number {
    return this.#count;
  }

  /** The rows, one after the other; valid until the next `add`. */
  get values(): Float32Array {
    return this.#values.subarray(0, this.#count * this.width);
  }

  /** Adds whole rows; numbers that do not fill a row are ignored. */
  add(rows: Float32Array): void {
    for (let at = 0; at + this.width <= rows.length; at += this.width) {
      const row = rows.subarray(at, at + this.width);
      if (this.#seen++ % this.#stride === 0 || hasValidation(row)) this.#append(row);
    }
  }

  #append(row: Float32Array): void {
    if (this.#count === this.#bound) this.#thin();
    if ((this.#count + 1) * this.width > this.#values.length) {
      const larger = new Float32Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values.set(row, this.#count++ * this.width);
  }

  #thin(): void {
    this.#stride *= 2;
    const thinned = thin(this.values, this.width, this.#count >> 1);
    this.#values.set(thinned);
    this.#count = thinned.length / this.width;
  }
}

/** At most `limit` rows, evenly chosen, the first one, the last one and (as far as they are few) those with validation values among them. */
export function thin(rows: Float32Array, width: number, limit: number): Float32Array {
  const count = rows.length / width;
  if (count <= limit) return rows;
  const chosen = new Set<number>();
  for (let row = 0; row < count; row++) {
    if (chosen.size < limit >> 1 && hasValidation(rows.subarray(row * width, (row + 1) * width)))
      chosen.add(row);
  }
  const even = limit - chosen.size;
  for (let i = 0; i < even; i++) chosen.add(Math.round((i * (count - 1)) / Math.max(1, even - 1)));
  const kept = [...chosen].sort((a, b) => a - b);
  const thinned = new Float32Array(kept.length * width);
  kept.forEach((row, at) => {
    thinned.set(rows.subarray(row * width, (row + 1) * width), at * width);
  });
  return thinned;
}

function hasValidation(row: Float32Array): boolean {
  return VALIDATION.some((column) => Number.isFinite(row[column]));
}
