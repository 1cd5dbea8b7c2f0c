// How fast micro-kernels and the system's BLAS are on this processor: measured once and kept on disk, so that every process
// decides alike, and the same training gives the same bits in the next one. One file of JSON for each processor and version of
// V8. Several processes may write it at once: each puts a whole file in the place of the old one, with what it has found in it,
// so that at worst a rate is measured again.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Counted up when the micro-kernels, or how they are measured, change. */
const VERSION = 1;

/** Below the project that this file is a part of; where Gradbook is an installed package, beside the packages. */
export const RATES_FOLDER: string = fileURLToPath(
  new URL("../../../../.gradbook/cache/wasm/", import.meta.url),
);

/** Milliseconds for which a run is repeated: longer than what disturbs it for a moment. */
const WINDOW_MS = 3;

/** Milliseconds that `run` takes at best. */
export function leastTime(run: () => void): number {
  const until = performance.now() + WINDOW_MS;
  let least = Number.POSITIVE_INFINITY;
  for (let start = performance.now(); start < until; ) {
    run();
    const now = performance.now();
    least = Math.min(least, now - start);
    start = now;
  }
  return least;
}

/** How far two measurements may be apart on a quiet machine. */
const QUIET = 0.9;

let rates: Rates | undefined;

/** Those of this process. */
export function measuredRates(): Rates {
  rates ??= new Rates();
  return rates;
}

/** Billions of floating-point operations a second on one core, by name. */
export class Rates {
  readonly #folder: string;
  readonly #known: Map<string, number>;

  constructor(folder: string = RATES_FOLDER) {
    this.#folder = folder;
    this.#known = new Map(Object.entries(this.#onDisk()));
  }

  /** The rate of this name, or the better of two that `measure` finds. It is kept on disk if they agree: else the machine was busy,
   *  and the next process may know better. */
  of(name: string, measure: () => number): number {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const [one, other] = [measure(), measure()];
    const rate = Math.max(one, other);
    this.#known.set(name, rate);
    if (Math.min(one, other) >= QUIET * rate) this.#write({ ...this.#onDisk(), [name]: rate });
    return rate;
  }

  get #machine(): object {
    return { version: VERSION, processor: cpus()[0]?.model ?? process.arch, v8: process.versions.v8 };
  }

  get #path(): string {
    const hash = createHash("sha256").update(JSON.stringify(this.#machine));
    return join(this.#folder, `rates-${hash.digest("hex").slice(0, 16)}.json`);
  }

  /** Nothing where the file is missing, or not one of ours. */
  #onDisk(): Record<string, number> {
    try {
      const { rates } = JSON.parse(readFileSync(this.#path, "utf8")) as { rates: Record<string, unknown> };
      const entries = Object.entries(rates);
      return Object.fromEntries(
        entries.filter((entry): entry is [string, number] => typeof entry[1] === "number" && entry[1] > 0),
      );
    } catch {
      return {};
    }
  }

  /** Where nothing can be written, nothing is kept. */
  #write(rates: Record<string, number>): void {
    const own = `${this.#path}.${process.pid}`;
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(own, `${JSON.stringify({ ...this.#machine, rates }, undefined, 2)}\n`);
      renameSync(own, this.#path);
    } catch {
      // a full or read-only disk: measured again by the next process
    }
  }
}
