// One moment of a training, between two steps: everything that the steps after it follow from.

import { batchesGiven, latestPass, type Pass, type Passable } from "../../data/pass.js";
import type { Module } from "../../module/module.js";
import type { GroupOptions, Optimizer, OptimizerState } from "../../optim/optimizer.js";
import { type LRScheduler, type SchedulerState, schedulesOf } from "../../optim/schedule/scheduler.js";
import { defaultGenerator } from "../../tensor/random/default.js";
import type { Generator, GeneratorState } from "../../tensor/random/generator.js";
import { isCurrent, session } from "../../tensor/session.js";
import type { Tensor } from "../../tensor/tensor.js";
import { Copies, tensorsIn } from "./copies.js";

type AnyOptimizer = Optimizer<GroupOptions>;

/** The random numbers to come, and the place in the data. */
export interface Place {
  readonly generators: readonly Generator[];
  readonly states: readonly GeneratorState[];
  /** The pass that is under way, if batches come from a loader. */
  readonly pass:
    | {
        readonly loader: Passable;
        readonly generators: readonly Generator[];
        readonly start: readonly GeneratorState[];
        /** Batches that are done. */
        readonly batches: number;
      }
    | undefined;
}

const statesOf = (generators: readonly Generator[]): GeneratorState[] =>
  generators.map((generator) => generator.getState());

function setStates(generators: readonly Generator[], states: readonly GeneratorState[]): void {
  for (const [i, generator] of generators.entries()) generator.setState(states[i]!);
}

/** Follows where a training stands in its data. */
export class Places {
  /** What the batches come from. */
  loader: Passable | undefined;
  private given = batchesGiven();
  private readonly initially = statesOf([defaultGenerator]);

  /** Between two steps, before anything is drawn for the next one. Only if it is `wanted`. */
  after(wanted: boolean): Place | undefined {
    const pass = this.pass();
    this.given = batchesGiven();
    if (!wanted) return undefined;
    const generators = pass?.generators ?? [defaultGenerator];
    return placeOf(generators, statesOf(generators), pass, pass?.batches ?? 0);
  }

  /** Before the first step, when its batch has been handed out: where the pass began. */
  before(): Place {
    const pass = this.pass();
    return pass === undefined
      ? placeOf([defaultGenerator], this.initially, undefined, 0)
      : placeOf(pass.generators, pass.start, pass, 0);
  }

  /** The pass that this training takes its batches from: one that has handed out some since the last step. */
  private pass(): Pass | undefined {
    const pass = batchesGiven() > this.given ? latestPass() : undefined;
    this.loader = pass?.loader ?? this.loader;
    return pass;
  }
}

function placeOf(
  generators: readonly Generator[],
  states: readonly GeneratorState[],
  pass: Pass | undefined,
  batches: number,
): Place {
  return {
    generators,
    states,
    pass: pass && { loader: pass.loader, generators: pass.generators, start: pass.start, batches },
  };
}

/** What a training consists of. */
export interface Training {
  readonly model: Module;
  readonly optimizers: readonly AnyOptimizer[];
  /** More to keep with each moment: what `fit` adds up. */
  readonly more?: () => unknown;
}

interface OptimizerMoment {
  readonly optimizer: OptimizerState;
  readonly schedules: readonly SchedulerState[];
}

/** Everything that the steps from `step` on follow from: parameters, buffers, optimizers, schedules, generators, the place in the
 *  data. */
export class Moment {
  readonly step: number;
  /** It is one of `fit`. */
  readonly fitted: boolean;
  private readonly place: Place;
  private readonly session = session();
  private readonly model: Copies<{
    readonly state: Readonly<Record<string, Tensor>>;
    readonly more: unknown;
  }>;
  private readonly optimizers: Copies<OptimizerMoment>[];

  /** The present one. */
  constructor(step: number, { model, optimizers, more }: Training, place: Place) {
    this.step = step;
    this.fitted = more !== undefined;
    this.place = place;
    this.model = new Copies({ state: model.stateDict(), more: more?.() });
    this.optimizers = optimizers.map(momentOf);
  }

  /** Another optimizer has come to light, which has not changed anything yet. */
  add(optimizer: AnyOptimizer): void {
    this.optimizers.push(momentOf(optimizer));
  }

  /** Brings the copies home from the device. Gives false where they could not be computed. */
  bringHome(): boolean {
    return [this.model, ...this.optimizers].every((copies) => copies.bringHome());
  }

  /** True where the device that the copies were on is gone. */
  get lost(): boolean {
    return !isCurrent(this.session) && ![this.model, ...this.optimizers].every(({ home }) => home);
  }

  /** Puts a training back to this moment: the one it was taken of, or a copy with the same optimizers in the same order. Gives
   *  what `more` gave. */
  restore(
    { model, optimizers }: Training,
    schedules: readonly (readonly LRScheduler[])[] = optimizers.map(schedulesOf),
  ): unknown {
    const values = this.model.values();
    const tensors = [...model.parameters(), ...model.buffers()];
    // where the device has been lost, the places of the old values are gone
    if (!isCurrent(this.session)) for (const { storage } of tensors) storage.base = undefined;
    model.loadStateDict(values.state);
    for (const [i, copies] of this.optimizers.entries()) {
      const [optimizer, moment] = [optimizers[i]!, copies.values()];
      optimizer.zeroGrad();
      // those that were made later were not there yet
      for (const [j, state] of moment.schedules.entries()) schedules[i]![j]?.loadStateDict(state);
      optimizer.loadStateDict(moment.optimizer);
    }
    // computed, as they were when this step was taken first: then its plan is the same one, and its results are the same bits
    const states = optimizers.map((optimizer) => optimizer.stateDict());
    session().evaluate(tensorsIn([tensors, states]).map(({ storage }) => storage.node));
    setStates(this.place.generators, this.place.states);
    return values.more;
  }

  /** The batches of the pass that are left, the generators going on from this moment. Undefined where batches do not come from a
   *  loader. */
  batches(): (AsyncIterable<unknown> & Iterable<unknown>) | undefined {
    const { pass, generators, states } = this.place;
    if (pass === undefined) return undefined;
    setStates(pass.generators, pass.start);
    const rest = pass.loader.startingAt(pass.batches);
    if (pass.batches > 0) setStates(generators, states);
    return rest;
  }
}

function momentOf(optimizer: AnyOptimizer): Copies<OptimizerMoment> {
  return new Copies({
    optimizer: optimizer.stateDict(),
    schedules: schedulesOf(optimizer).map((schedule) => structuredClone(schedule.stateDict())),
  });
}
