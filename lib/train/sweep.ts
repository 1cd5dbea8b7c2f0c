// Trying several settings and comparing what comes out.

import { refuse } from "../tensor/arguments.js";
import { printsAs } from "../tensor/printing.js";
import { defaultGenerator } from "../tensor/random/default.js";
import { table } from "./fit/history.js";

export interface Trial<C> {
  readonly candidate: C;
  /** NaN where the run failed. */
  readonly score: number;
  readonly seconds: number;
  /** Why it failed. */
  readonly error?: string;
}

export interface SweepOptions {
  /** Which score is better: "lower" (default, for losses) or "higher". */
  better?: "lower" | "higher";
}

/** The trials of a sweep, in the order of the candidates; prints as a table with a star at the best one.
 *  @example
 *  const search = await gb.train.sweep([1, 2, 3], (n) => (n - 2) ** 2);
 *  [search.best?.candidate, search.trials.length] // -> [ 2, 3 ] */
export class Sweep<C> {
  readonly trials: readonly Trial<C>[];
  /** The trial with the best score; undefined where none has a finite one. */
  readonly best: Trial<C> | undefined;

  constructor(trials: readonly Trial<C>[], higher: boolean) {
    this.trials = trials;
    const finite = trials.filter(({ score }) => Number.isFinite(score));
    this.best = finite.toSorted((a, b) => (higher ? b.score - a.score : a.score - b.score))[0];
  }

  toString(): string {
    const rows = this.trials.map((trial) => [
      `${trial === this.best ? "* " : ""}${describe(trial.candidate)}`,
      trial.error === undefined ? String(Number(trial.score.toPrecision(5))) : "failed",
      trial.seconds.toFixed(1),
    ]);
    const failures = this.trials.flatMap(({ candidate, error }) =>
      error === undefined ? [] : [`${describe(candidate)} failed: ${error}`],
    );
    return [table(["candidate", "score", "seconds"], rows), ...failures].join("\n");
  }
}

const describe = (candidate: unknown): string =>
  typeof candidate === "object" ? JSON.stringify(candidate) : String(candidate);

printsAs(Sweep);

/** Runs `run` once for each candidate (learning rates, depths, anything) and compares the scores that it gives. Every run starts with
 *  the default generator as it is now: with the same weights and batches. A run that throws, such as `fit` where the loss is not
 *  finite, is a failed trial and not the end.
 *
 * ```ts
 * const search = await gb.train.sweep([0.1, 1, 10], (lr) => (lr - 2) ** 2);
 * search.best?.candidate // -> 1
 * ``` */
export async function sweep<C>(
  candidates: Iterable<C>,
  run: (candidate: C) => number | Promise<number>,
  options: SweepOptions = {},
): Promise<Sweep<C>> {
  if (typeof run !== "function") refuse(run, sweep, "a function that gives a score for a candidate");
  const start = defaultGenerator.getState();
  const trials: Trial<C>[] = [];
  for (const candidate of candidates) {
    defaultGenerator.setState(start);
    const began = performance.now();
    const seconds = (): number => (performance.now() - began) / 1000;
    try {
      trials.push({ candidate, score: await run(candidate), seconds: seconds() });
    } catch (error) {
      if ((error as Error).name === "Interrupted") throw error;
      trials.push({ candidate, score: Number.NaN, seconds: seconds(), error: (error as Error).message });
    }
  }
  return new Sweep(trials, options.better === "higher");
}
