// Several ways to train side by side: on the same batches at the same time, to see which learns faster, and why.

import { Module } from "../module/module.js";
import type { GroupOptions, Optimizer } from "../optim/optimizer.js";
import { checkNames, refuse } from "../tensor/arguments.js";
import { printsAs } from "../tensor/printing.js";
import { defaultGenerator } from "../tensor/random/default.js";
import type { GeneratorState } from "../tensor/random/generator.js";
import type { Tensor } from "../tensor/tensor.js";
import { evaluate, Measuring } from "./fit/evaluate.js";
import { measure, table } from "./fit/history.js";
import type { Batches, DefaultMetrics, LossFunction, Values } from "./fit/options.js";
import { type Watcher, watch } from "./watch.js";

export interface RaceOptions<M extends Module> {
  /** Makes the optimizer of a lane. */
  optimizer: (model: M, lane: string) => Optimizer<GroupOptions>;
  lossFn: LossFunction;
  /** Passes over the batches (1). */
  epochs?: number;
  /** Ends the race after so many steps, whatever the epochs. */
  steps?: number;
  /** Looked at after each epoch, in evaluation mode. */
  validation?: Batches;
  /** What every lane starts with, and the order of the batches follows from (42). */
  seed?: number;
  /** Runs every variant so many times (1), with `seed`, `seed + 1` and so on, all on the same batches: one seed is one race. Results
   *  are then told by their medians. */
  seeds?: number;
  /** What the data is, to be shown with the runs. */
  dataset?: string;
}

/** One of the runs of a race. */
export interface Lane<M extends Module> {
  readonly seed: number;
  readonly model: M;
  readonly optimizer: Optimizer<GroupOptions>;
  readonly watcher: Watcher;
  /** Of each epoch: loss and accuracy of its batches, each measured before its step. */
  readonly training: readonly Values<DefaultMetrics>[];
  /** Of each epoch, where there is a validation set. */
  readonly validation: readonly Values<DefaultMetrics>[];
}

/** Where a lane runs: of which race, as which of its variants, with which seed. */
interface Place {
  readonly race: string;
  readonly variant: string;
  readonly lane: number;
  readonly seed: number;
  /** Which of several seeds it is; undefined if there is only one. */
  readonly number: number | undefined;
}

/** A lane while it runs, with random numbers of its own. */
class Runner<M extends Module> implements Lane<M> {
  readonly seed: number;
  readonly model: M;
  readonly optimizer: Optimizer<GroupOptions>;
  readonly watcher: Watcher;
  readonly training: Values<DefaultMetrics>[] = [];
  readonly validation: Values<DefaultMetrics>[] = [];
  private readonly measuring = new Measuring<DefaultMetrics>(undefined);
  private readonly lossFn: LossFunction;
  private random: GeneratorState;

  constructor(place: Place, build: (seed: number) => M, { optimizer, lossFn, dataset }: RaceOptions<M>) {
    const { race: id, variant, lane, seed, number } = place;
    defaultGenerator.manualSeed(seed);
    this.seed = seed;
    this.model = build(seed);
    this.optimizer = optimizer(this.model, variant);
    this.lossFn = lossFn;
    const name = number === undefined ? variant : `${variant} · seed ${seed}`;
    this.watcher = watch(this.model, { name, ...(dataset !== undefined && { dataset }) });
    this.watcher.change({ race: { id, lane, ...(number !== undefined && { repeat: { variant, number } }) } });
    this.random = defaultGenerator.getState();
  }

  step(inputs: Tensor, targets: Tensor): void {
    defaultGenerator.setState(this.random);
    const output = (this.model as Module)(inputs) as Tensor;
    const loss = this.lossFn(output, targets);
    this.measuring.update(output, targets, loss);
    loss.backward();
    this.optimizer.step();
    this.optimizer.zeroGrad();
    this.random = defaultGenerator.getState();
  }

  async endEpoch(validation: Batches | undefined): Promise<void> {
    this.training.push(await this.measuring.read());
    this.measuring.reset();
    if (validation === undefined) return;
    const values = await evaluate(this.model, validation, this.lossFn);
    this.validation.push(values);
    const { loss, accuracy } = values;
    this.watcher.report({ validationLoss: loss, ...(accuracy && { validationAccuracy: accuracy }) });
  }
}

/** The lanes of a race by their names; prints as a table.
 *  @example
 *  const loader = [[x, labels]] as [gb.Tensor, gb.Tensor][];
 *  const result = await gb.train.race({ small: () => nn.Linear(4, 3) }, loader, {
 *    optimizer: (net) => new optim.SGD(net.parameters(), { lr: 0.1 }),
 *    lossFn,
 *  });
 *  result.lanes.small.training.length // -> 1 */
export class RaceResult<N extends string, M extends Module> {
  /** Of each variant; with several seeds that of the first. */
  readonly lanes: Readonly<Record<N, Lane<M>>>;
  /** Of each variant all lanes, one a seed. */
  readonly repeats: Readonly<Record<N, readonly Lane<M>[]>>;

  constructor(repeats: Readonly<Record<N, readonly Lane<M>[]>>) {
    this.repeats = repeats;
    const first = Object.entries<readonly Lane<M>[]>(repeats).map(([name, [lane]]) => [name, lane]);
    this.lanes = Object.fromEntries(first) as Record<N, Lane<M>>;
  }

  /** The last epoch's loss and accuracy of each variant, medians over its seeds. */
  toString(): string {
    const all = Object.entries<readonly Lane<M>[]>(this.repeats);
    const rows = all.map(([name, lanes]) => [
      name,
      ...cells(lanes.map(({ training }) => training.at(-1))),
      ...(lanes[0]!.validation.length > 0 ? cells(lanes.map(({ validation }) => validation.at(-1))) : []),
    ]);
    const measures = ["loss", "accuracy"];
    const groups = ["", "training", "training", "validation", "validation"];
    const text =
      rows[0]!.length === 3
        ? table(["", ...measures], rows)
        : table(["", ...measures, ...measures], rows, groups);
    const seeds = all[0]![1].length;
    return seeds === 1 ? text : `${text}\nmedians of ${seeds} seeds`;
  }
}

const cells = (epochs: readonly (Values<DefaultMetrics> | undefined)[]): string[] =>
  (["loss", "accuracy"] as const).map((name) =>
    measure(median(epochs.map((values) => values?.[name] ?? Number.NaN))),
  );

/** Of an even number of values the mean of the two in the middle; a value that is none is the worst. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => (Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : a - b));
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

printsAs(RaceResult);

const OPTION_NAMES = [
  "optimizer",
  "lossFn",
  "epochs",
  "steps",
  "validation",
  "seed",
  "seeds",
  "dataset",
] as const;

function checkRace(variants: object, options: object): void {
  const builders: [string, unknown][] = Object.entries(variants);
  if (builders.length === 0)
    throw new RangeError("race: got no variants; pass { name: (seed) => model, ... }");
  for (const [name, build] of builders) {
    if (typeof build === "function" && !(build instanceof Module)) continue;
    refuse(build, race, `functions that make a model, as in { ${name}: (seed) => nn.Linear(2, 1) }`);
  }
  const { optimizer, lossFn } = (options ?? {}) as Partial<RaceOptions<Module>>;
  if (typeof optimizer !== "function")
    refuse(optimizer, race, "{ optimizer }, a function that makes one for a model, after the batches");
  if (typeof lossFn !== "function") refuse(lossFn, race, "{ lossFn }, such as nn.CrossEntropyLoss()");
  checkNames(race, options as RaceOptions<Module>, OPTION_NAMES);
}

/** Trains several models in lockstep on the same batches: one step of each, then the next batch. Every lane starts with the same
 *  seed (or with one of several) and has random numbers of its own, so that it does what it would do alone (up to rounding),
 *  whatever runs beside it. The monitor shows the lanes on its screen Race. Pausing one pauses all; stopping one ends the race.
 *
 * ```ts
 * const set = new gb.data.TensorDataset(tensor.randn(32, 4), tensor.randint(0, 3, [32]));
 * const net = (initialize: (weight: gb.Tensor) => void) => {
 *   const layer = nn.Linear(4, 3);
 *   initialize(layer.weight);
 *   return layer;
 * };
 * const result = await gb.train.race(
 *   { he: () => net(init.kaimingNormal_), zeros: () => net(init.zeros_) },
 *   gb.data.DataLoader(set, { batchSize: 8, shuffle: true }),
 *   { optimizer: (model) => new optim.SGD(model.parameters(), { lr: 0.1 }), lossFn: nn.CrossEntropyLoss(), epochs: 2, seeds: 3 },
 * );
 * [result.lanes.he.watcher.steps, result.repeats.he.length] // -> [ 8, 3 ]
 * ``` */
export async function race<N extends string, M extends Module>(
  variants: Readonly<Record<N, (seed: number) => M>>,
  batches: Batches,
  options: RaceOptions<M>,
): Promise<RaceResult<N, M>> {
  checkRace(variants, options);
  const { seed = 42, seeds = 1, epochs = 1, steps = Number.POSITIVE_INFINITY, validation } = options;
  const id = crypto.randomUUID();
  const entries = Object.entries<(seed: number) => M>(variants);
  if (!(Number.isInteger(seeds) && seeds > 0))
    throw new RangeError(`race: seeds must be a whole number of 1 or more, got ${seeds}`);
  const repeats = entries.map(([variant, build], lane) => {
    const runners = Array.from({ length: seeds }, (_, i) => {
      const place: Place = { race: id, variant, lane, seed: seed + i, number: seeds > 1 ? i : undefined };
      return new Runner(place, build, options);
    });
    return [variant, runners] as const;
  });
  const lanes = repeats.flatMap(([, runners]) => runners);
  defaultGenerator.manualSeed(seed);
  let taken = 0;
  for (let epoch = 0; epoch < epochs && taken < steps; epoch++) {
    for await (const [inputs, targets] of batches) {
      const drawn = defaultGenerator.getState();
      for (const lane of lanes) lane.step(inputs, targets);
      defaultGenerator.setState(drawn);
      if (++taken >= steps) break;
    }
    // a validation set that is shuffled must not change the order of the next batches
    const drawn = defaultGenerator.getState();
    for (const lane of lanes) {
      await lane.endEpoch(validation);
      defaultGenerator.setState(drawn);
    }
  }
  for (const { watcher } of lanes) watcher.finish();
  return new RaceResult(Object.fromEntries(repeats) as unknown as Record<N, readonly Lane<M>[]>);
}
