// How fast micro-kernels and the system's BLAS are on this processor: measured once and kept on disk, so that every process
// decides alike, and the same training gives the same bits in the next one. One file of JSON for each processor and version of
// V8. Several processes may write it at once: each puts a whole file in the place of the old one, with what it has found in it,
// so that at worst something is measured again.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Counted up when the micro-kernels, or how they are measured, change. */
const VERSION = 2;

/** Below the project that this file is a part of; where Gradbook is an installed package, beside the packages. */
export const RATES_FOLDER: string = fileURLToPath(
  new URL("../../../../.gradbook/cache/wasm/", import.meta.url),
);

/** Something whose speed is compared. */
export interface Contender {
  readonly name: string;
  /** Floating-point operations of a run. */
  readonly operations: number;
  readonly run: () => void;
}

/** Contenders run in turns, so often, each time for so many milliseconds: who shares the machine for longer than a turn slows them
 *  all alike, and who does for a moment falls out, because the fastest run of each counts. */
const ROUNDS = 5;
const TURN_MS = 1;
/** What the fastest run of a middling round may be slower than that of the best one, on a machine that was left alone. */
const QUIET = 0.9;

let rates: Rates | undefined;

/** Those of this process. */
export function measuredRates(): Rates {
  rates ??= new Rates();
  return rates;
}

/** Rates of what has been compared with each other: those of different times say nothing about who is faster. */
export class Rates {
  readonly #folder: string;
  readonly #now: () => number;
  readonly #known: Map<string, readonly number[]>;

  /** `now`: a clock in milliseconds. */
  constructor(folder: string = RATES_FOLDER, now: () => number = () => performance.now()) {
    this.#folder = folder;
    this.#now = now;
    this.#known = new Map(Object.entries(this.#onDisk()));
  }

  /** Billions of floating-point operations a second on one core, of each of these in their order. They are kept on disk if the
   *  machine was left alone while they were measured: else the next process may know better. */
  compare(contenders: readonly Contender[]): readonly number[] {
    const names = contenders.map(({ name }) => name).join("; ");
    const known = this.#known.get(names);
    if (known?.length === contenders.length) return known;
    const turns: number[][] = contenders.map(() => []);
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, contender] of contenders.entries()) turns[i]!.push(this.#leastTime(contender));
    for (const times of turns) times.sort((one, other) => one - other);
    const found = contenders.map(({ operations }, i) => operations / turns[i]![0]! / 1e6);
    this.#known.set(names, found);
    const quiet = turns.every((times) => times[0]! >= QUIET * times[Math.floor(ROUNDS / 2)]!);
    if (quiet) this.#write({ ...this.#onDisk(), [names]: found });
    return found;
  }

  /** Milliseconds that a run takes at best in a turn. */
  #leastTime({ run }: Contender): number {
    let start = this.#now();
    const until = start + TURN_MS;
    let least = Number.POSITIVE_INFINITY;
    while (start < until) {
      run();
      const end = this.#now();
      least = Math.min(least, end - start);
      start = end;
    }
    return least;
  }

  get #machine(): object {
    return { version: VERSION, processor: cpus()[0]?.model ?? process.arch, v8: process.versions.v8 };
  }

  get #path(): string {
    const hash = createHash("sha256").update(JSON.stringify(this.#machine));
    return join(this.#folder, `rates-${hash.digest("hex").slice(0, 16)}.json`);
  }

  /** Nothing where the file is missing, or not one of ours. */
  #onDisk(): Record<string, readonly number[]> {
    try {
      const { rates } = JSON.parse(readFileSync(this.#path, "utf8")) as { rates: Record<string, unknown> };
      const entries = Object.entries(rates);
      return Object.fromEntries(
        entries.filter((entry): entry is [string, number[]] => {
          const [, found] = entry;
          return Array.isArray(found) && found.every((rate) => typeof rate === "number" && rate > 0);
        }),
      );
    } catch {
      return {};
    }
  }

  /** Where nothing can be written, nothing is kept. */
  #write(rates: Record<string, readonly number[]>): void {
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
