// Where the passes over loaders stand, so that a training can be taken up again in the middle of one.

import { defaultGenerator } from "../tensor/random/default.js";
import type { Generator, GeneratorState } from "../tensor/random/generator.js";

/** What can be passed over again, without its first batches. */
export interface Passable {
  readonly dataset: unknown;
  /** Batches in a pass. */
  readonly length: number;
  readonly generators: readonly Generator[];
  startingAt(first: number): AsyncIterable<unknown> & Iterable<unknown>;
}

/** One pass over a loader, as far as it has come. */
export class Pass {
  readonly loader: Passable;
  readonly generators: readonly Generator[];
  /** States of the generators before anything was drawn for this pass. */
  readonly start: readonly GeneratorState[];
  /** Batches that have been handed out. */
  batches: number;

  /** A pass that begins now, with batch number `first`. */
  constructor(loader: Passable, first: number) {
    this.loader = loader;
    this.generators = [...new Set([defaultGenerator, ...loader.generators])];
    this.start = this.generators.map((generator) => generator.getState());
    this.batches = first;
  }

  /** A batch is handed out now. */
  give(): void {
    this.batches++;
    latest = this;
    given++;
  }
}

let latest: Pass | undefined;
let given = 0;

/** How many batches all loaders have handed out. */
export function batchesGiven(): number {
  return given;
}

/** The pass that has handed out the last batch. */
export function latestPass(): Pass | undefined {
  return latest;
}
