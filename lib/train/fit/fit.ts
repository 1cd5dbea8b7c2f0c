// The training loop, for those who do not want to write it themselves.

import type { Module } from "../../module/module.js";
import * as utils from "../../nn/clip.js";
import type { GroupOptions, Optimizer } from "../../optim/optimizer.js";
import { checkNames, refuse } from "../../tensor/arguments.js";
import type { Generator, GeneratorState } from "../../tensor/random/generator.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type Rewound, watcherOf } from "../watch.js";
import { Best, snapshot } from "./best.js";
import {
  type Checkpoint,
  generatorsOf,
  passFrom,
  type Reached,
  readCheckpoint,
  setStates,
  statesOf,
  writeCheckpoint,
} from "./checkpoint.js";
import { evaluate, Measuring } from "./evaluate.js";
import { History, measured } from "./history.js";
import type { Batches, DefaultMetrics, EpochRecord, FitContext, FitOptions, Metrics } from "./options.js";
import { Progress } from "./progress.js";

/** Trains a model: forward, loss, backward, step, for all batches of all epochs. Gives the history, which prints as a table.
 *
 *  Loss and metrics of the training batches add up on the device while the model changes. An epoch whose loss is not finite ends
 *  the training with an error, and the model gets back what it was before that epoch. Stopping the cell leaves the model as the
 *  last finished step left it. A checkpoint holds everything (parameters, optimizer, schedules, generators, the place in the
 *  data): a run that goes on from it ends with the same bits as one that was never interrupted.
 *
 * ```ts
 * manualSeed(42);
 * const x = tensor.randn(64, 2);
 * const set = new gb.data.TensorDataset(x, x.sum(1, { keepdim: true }));
 * const model = nn.Linear(2, 1);
 * const history = await gb.train.fit(model, gb.data.DataLoader(set, { batchSize: 8, shuffle: true }), {
 *   optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
 *   lossFn: nn.MSELoss(),
 *   epochs: 3,
 * });
 * history.length // -> 3
 * ``` */
export async function fit<O extends GroupOptions, M extends Metrics = DefaultMetrics>(
  model: Module,
  batches: Batches,
  options: FitOptions<O, M>,
): Promise<History<M>> {
  return new Fitting(model, batches, options).run();
}

/** The line that `fit` prints for an epoch. */
function report(record: EpochRecord<Metrics>): void {
  const { epoch, epochs, validation, seconds } = record;
  const values = (of: object): string =>
    measured(record)
      .map((name) => `${name} ${(of as Record<string, number>)[name]!.toFixed(4)}`)
      .join(", ");
  const after = validation === undefined ? "" : `, validation ${values(validation)}`;
  console.log(`epoch ${epoch}/${epochs}: ${values(record)}${after} (${seconds.toFixed(1)} s)`);
}

const OPTION_NAMES = [
  "optimizer",
  "lossFn",
  "epochs",
  "validation",
  "metrics",
  "accumulate",
  "clipGradNorm",
  "clipGradValue",
  "schedulers",
  "monitor",
  "earlyStopping",
  "checkpoint",
  "from",
  "callbacks",
  "log",
] as const;

/** Options without which nothing can be trained, and names that nobody reads: in a notebook errors of types are only warnings. */
function checkGiven(options: object): void {
  const { optimizer, lossFn, epochs } = options as Partial<FitOptions<GroupOptions, Metrics>>;
  if (typeof optimizer?.step !== "function")
    refuse(optimizer, fit, "{ optimizer }, made with model.parameters()");
  if (typeof lossFn !== "function") refuse(lossFn, fit, "{ lossFn }, such as nn.CrossEntropyLoss()");
  checkNames(fit, options as FitOptions<GroupOptions, Metrics>, OPTION_NAMES);
  if (!Number.isInteger(epochs) || epochs! < 0) refuse(epochs, fit, "{ epochs }, a whole number");
}

/** One run of `fit`. */
class Fitting<O extends GroupOptions, M extends Metrics> {
  private readonly history = new History<M>();
  private readonly measuring: Measuring<M>;
  private readonly best: Best;
  private readonly progress: Progress;
  private readonly generators: readonly Generator[];
  /** Batches in an epoch, if that is known. */
  private readonly length: number | undefined;
  private epoch = 1;
  /** Batches of the epoch that are done. */
  private batch = 0;
  private step = 0;
  private epochStart: readonly GeneratorState[] = [];
  private stopped = false;

  private readonly model: Module;
  private readonly batches: Batches;
  private readonly options: FitOptions<O, M>;

  constructor(model: Module, batches: Batches, options: FitOptions<O, M>) {
    const { metrics, monitor = "loss", earlyStopping, accumulate = 1, checkpoint } = options;
    checkGiven(options);
    if (!Number.isInteger(accumulate) || accumulate < 1) {
      throw new RangeError(`fit: accumulate must be a whole number of at least 1, got ${accumulate}`);
    }
    if (metrics !== undefined && monitor !== "loss" && !(monitor in metrics)) {
      const known = ["loss", ...Object.keys(metrics)].join(", ");
      throw new RangeError(`fit: monitor is "${monitor}", which is not measured; there are ${known}`);
    }
    this.model = model;
    this.batches = batches;
    this.options = options;
    this.measuring = new Measuring(metrics);
    this.best = new Best(this.measuring.prefersHigher(monitor), earlyStopping?.minDelta ?? 0);
    const { length } = batches as { length?: unknown };
    this.length = typeof length === "number" ? length : undefined;
    this.progress = new Progress(this.length, options.log === null);
    this.generators = generatorsOf(batches, checkpoint?.generators);
  }

  async run(): Promise<History<M>> {
    const { model, options } = this;
    if (options.from !== undefined) this.goOn(options.from);
    else if (options.checkpoint?.resume) await this.resume(options.checkpoint.path);
    watcherOf(model)?.keepAlso(() => this.reached());
    try {
      while (this.epoch <= options.epochs && !this.stopped) await this.runEpoch();
    } finally {
      watcherOf(model)?.keepAlso(undefined);
      // an interrupted step has used its gradients
      options.optimizer.zeroGrad();
      this.progress.end(this.history.length);
    }
    this.history.stoppedEarly = this.stopped;
    if (options.earlyStopping?.restoreBest ?? true) this.best.restore(model);
    return this.history;
  }

  private async runEpoch(): Promise<void> {
    const start = performance.now();
    const { model, options } = this;
    const before = snapshot(model);
    model.train();
    if (this.batch === 0) {
      this.measuring.reset();
      this.epochStart = statesOf(this.generators);
      for (const callback of options.callbacks ?? []) await callback.onEpochStart?.(this.context());
    }
    for await (const [inputs, targets] of await this.pass()) {
      this.train(inputs, targets);
      this.progress.tick(this.epoch, options.epochs, this.batch);
      if (this.isDue()) await this.save();
      if (this.stopped) break;
    }
    if (this.pending > 0) this.update();
    await this.endEpoch(start, before);
  }

  /** The batches of this epoch that are not done. */
  private async pass(): Promise<Batches> {
    if (this.batch === 0) return this.batches;
    const now = statesOf(this.generators);
    setStates(this.generators, this.epochStart);
    const rest = await passFrom(this.batches, this.batch);
    setStates(this.generators, now);
    return rest;
  }

  /** Batches whose gradients wait for a step. */
  private get pending(): number {
    return this.batch % (this.options.accumulate ?? 1);
  }

  private train(inputs: Tensor, targets: Tensor): void {
    const { accumulate = 1, lossFn } = this.options;
    const output = this.model(inputs) as Tensor;
    const loss = lossFn(output, targets);
    this.measuring.update(output, targets, loss);
    // the last group of an epoch may be a smaller one
    const left = this.length === undefined ? accumulate : this.length - (this.batch - this.pending);
    const group = Math.min(accumulate, left);
    (group === 1 ? loss : loss.div(group)).backward();
    this.batch++;
    if (this.pending === 0) this.update();
  }

  private update(): void {
    const { optimizer, schedulers, clipGradNorm, clipGradValue, callbacks } = this.options;
    const parameters = optimizer.paramGroups.flatMap(({ params }) => params);
    if (clipGradNorm !== undefined) utils.clipGradNorm_(parameters, clipGradNorm);
    if (clipGradValue !== undefined) utils.clipGradValue_(parameters, clipGradValue);
    optimizer.step();
    optimizer.zeroGrad();
    this.step++;
    schedulers?.step?.step();
    for (const callback of callbacks ?? []) callback.onStep?.(this.context());
  }

  private context(): FitContext {
    const { model, options, epoch, step } = this;
    return {
      model,
      optimizer: options.optimizer as unknown as Optimizer<GroupOptions>,
      epoch,
      step,
      stop: () => {
        this.stopped = true;
      },
    };
  }

  private async endEpoch(start: number, before: Readonly<Record<string, Tensor>>): Promise<void> {
    const { model, options } = this;
    const { optimizer, validation, lossFn, metrics, log = report as never } = options;
    const values = await this.measuring.read();
    this.requireFinite(values.loss, before);
    const validated = validation && (await evaluate(model, validation, lossFn, metrics && { metrics }));
    const record = {
      epoch: this.epoch,
      epochs: options.epochs,
      ...values,
      ...(validated && { validation: validated }),
      learningRate: optimizer.paramGroups[0]!.lr,
      seconds: (performance.now() - start) / 1000,
    } as EpochRecord<M>;
    if (validated) {
      const { loss, accuracy } = validated as Record<string, number>;
      watcherOf(model)?.report({ validationLoss: loss!, ...(accuracy && { validationAccuracy: accuracy }) });
    }
    this.history.push(record);
    this.judge((validated ?? values)[options.monitor ?? "loss"]);
    log?.(record);
    const context = this.context();
    for (const callback of options.callbacks ?? []) await callback.onEpochEnd?.(context, record);
    this.epoch++;
    this.batch = 0;
    const { path, everyEpochs = 1 } = options.checkpoint ?? {};
    const last = this.stopped || this.epoch > options.epochs;
    if (path !== undefined && (last || (this.epoch - 1) % everyEpochs === 0)) await this.save();
  }

  private requireFinite(loss: number, before: Readonly<Record<string, Tensor>>): void {
    if (Number.isFinite(loss)) return;
    this.model.loadStateDict(before);
    throw new Error(
      `fit: the training loss of epoch ${this.epoch} is ${loss}. The model has been put back to what it was before that epoch. ` +
        "Try a smaller learning rate, clipGradNorm: 1, or look for NaN in the data",
    );
  }

  /** Looks at the monitored value of the epoch: is it the best one, is it time to stop, what is the next learning rate? */
  private judge(value: number): void {
    const { earlyStopping, schedulers } = this.options;
    const keeps = earlyStopping !== undefined && (earlyStopping.restoreBest ?? true);
    this.best.look(value, this.epoch, keeps ? this.model : undefined);
    this.history.bestEpoch = this.best.epoch;
    if (earlyStopping !== undefined && this.best.waited >= earlyStopping.patience) this.stopped = true;
    schedulers?.epoch?.step(value);
  }

  /** Whether a checkpoint inside the epoch is due. */
  private isDue(): boolean {
    const { everySteps } = this.options.checkpoint ?? {};
    return everySteps !== undefined && this.pending === 0 && this.step % everySteps === 0;
  }

  private async save(): Promise<void> {
    const { model, options } = this;
    const { optimizer, schedulers, checkpoint } = options;
    await writeCheckpoint(checkpoint!.path, {
      version: 1,
      model: model.stateDict(),
      optimizer: optimizer.stateDict(),
      schedulers: {
        step: schedulers?.step?.stateDict() ?? null,
        epoch: schedulers?.epoch?.stateDict() ?? null,
      },
      ...this.reached(),
    });
  }

  /** How far it has come. */
  private reached(): Reached {
    const { epoch, batch, step } = this;
    return {
      epoch,
      batch,
      step,
      random: statesOf(this.generators).map((now, i) => ({ now, epochStart: this.epochStart[i]! })),
      running: this.measuring.stateDict(),
      history: [...this.history] as unknown as Checkpoint["history"],
      best: this.best.state,
    };
  }

  /** Goes on from a step of a watched run. */
  private goOn({ fitted }: Pick<Rewound<unknown>, "fitted">): void {
    if (fitted === undefined) {
      throw new Error(
        "fit: `from` is for runs of fit; go on with a loop over its batches as the run itself had one",
      );
    }
    const reached = fitted as Reached;
    this.takeUp(reached);
    // in the middle of an epoch they stand where the step has left them
    if (reached.batch === 0) setStates(this.generators, this.epochStart);
  }

  private async resume(path: string): Promise<void> {
    const found = await readCheckpoint(path);
    if (found === undefined) return;
    const { model, options } = this;
    model.loadStateDict(found.model);
    options.optimizer.loadStateDict(found.optimizer);
    for (const when of ["step", "epoch"] as const) {
      const state = found.schedulers[when];
      if (state !== null) options.schedulers?.[when]?.loadStateDict(state);
    }
    setStates(
      this.generators,
      found.random.map(({ now }) => now),
    );
    this.takeUp(found);
  }

  private takeUp(found: Reached): void {
    this.epoch = found.epoch;
    this.batch = found.batch;
    this.step = found.step;
    this.epochStart = found.random.map(({ epochStart }) => epochStart);
    this.measuring.loadStateDict(found.running);
    this.history.push(...(found.history as unknown as EpochRecord<M>[]));
    this.best.state = found.best;
    this.history.bestEpoch = found.best.epoch;
    const { patience } = this.options.earlyStopping ?? {};
    this.stopped = patience !== undefined && this.best.waited >= patience;
  }
}
