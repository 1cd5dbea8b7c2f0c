// Everything a training run needs to go on exactly as if it had not been interrupted, in one file.

import { load, save } from "../../data/files/index.js";
import { DataLoader } from "../../data/loader.js";
import type { OptimizerState } from "../../optim/optimizer.js";
import type { SchedulerState } from "../../optim/schedule/scheduler.js";
import { defaultGenerator } from "../../tensor/random/default.js";
import type { Generator, GeneratorState } from "../../tensor/random/generator.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { BestState } from "./best.js";
import type { Batches, EpochRecord } from "./options.js";

/** The contents of a checkpoint of `fit`. `model` and `optimizer` are state dicts as they are, for use without `fit`. */
export interface Checkpoint extends Reached {
  readonly version: 1;
  readonly model: Readonly<Record<string, Tensor>>;
  readonly optimizer: OptimizerState;
  readonly schedulers: { readonly step: SchedulerState | null; readonly epoch: SchedulerState | null };
}

/** How far a run of `fit` has come. */
export interface Reached {
  /** The epoch that goes on, from 1 on, the batches of it that are done, and the optimizer's steps so far. */
  readonly epoch: number;
  readonly batch: number;
  readonly step: number;
  /** Of each generator: its state now, and at the start of the epoch, which the order of its batches follows from. */
  readonly random: readonly { readonly now: GeneratorState; readonly epochStart: GeneratorState }[];
  /** What loss and metrics have added up in the epoch. */
  readonly running: Readonly<Record<string, Record<string, Tensor>>>;
  readonly history: readonly EpochRecord<Record<never, never>>[];
  readonly best: BestState;
}

/** All generators that a run draws from, each once: the default one, the loader's, and others. */
export function generatorsOf(batches: Batches, others: readonly Generator[] = []): readonly Generator[] {
  const own = batches instanceof DataLoader ? batches.generators : [];
  return [...new Set([defaultGenerator, ...own, ...others])];
}

export function statesOf(generators: readonly Generator[]): GeneratorState[] {
  return generators.map((generator) => generator.getState());
}

export function setStates(generators: readonly Generator[], states: readonly GeneratorState[]): void {
  if (generators.length !== states.length) {
    throw new Error(
      `fit: the checkpoint has ${states.length} generators and the run ${generators.length}; resume with the loader and the ` +
        "generators that it was made with",
    );
  }
  for (const [i, generator] of generators.entries()) generator.setState(states[i]!);
}

/** A pass over the batches without the first ones. Generators have then drawn what the whole pass draws before that. */
export async function passFrom(batches: Batches, first: number): Promise<Batches> {
  if (batches instanceof DataLoader) return batches.startingAt(first) as Batches;
  const iterator =
    Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
  for (let i = 0; i < first; i++) await iterator.next();
  return {
    async *[Symbol.asyncIterator]() {
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    },
  };
}

export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await save(checkpoint, path);
}

/** The checkpoint in a file; undefined where there is no such file. */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  const found = await load<Checkpoint>(path).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  if (found.version !== 1) {
    throw new Error(
      `fit: ${path} is not a checkpoint of fit; load a state dict with model.loadStateDict(await gb.load(...))`,
    );
  }
  return found;
}
