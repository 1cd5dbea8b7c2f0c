// watch(model): records what happens inside a network while it trains, without further code. The statistics are computed in
// the step's own plan and read one step later, so that nothing waits for them.

import type { Node } from "../graph/node.js";
import { type HookHandle, Module } from "../module/index.js";
import type { GroupOptions, Optimizer } from "../optim/optimizer.js";
import { checkNames, refuse } from "../tensor/arguments.js";
import { displaysAs, printsAs } from "../tensor/printing.js";
import { isGradEnabled } from "../tensor/scope.js";
import { session } from "../tensor/session.js";
import { isSoftmax } from "../tensor/softmax.js";
import type { Tensor } from "../tensor/tensor.js";
import { type WatchedLayer, watchedLayers } from "./layers.js";
import { type Report, RunRecorder, type WatchOptions } from "./recorder.js";
import type { Moment, Training } from "./rewind/moment.js";
import type { RunInfo } from "./run.js";
import { ControlDesk } from "./steer/desk.js";
import { deliver } from "./steer/mailbox.js";
import { setRate } from "./steer/steering.js";
import { Ears } from "./watch/listen.js";
import { Measurements } from "./watch/measurements.js";
import { ModeCount, withModes } from "./watch/modes.js";
import { describeOptimizer } from "./watch/optimizer.js";
import { SILENT_EXAMPLES } from "./watch/silence.js";
import { LayerTaps } from "./watch/taps.js";

type AnyOptimizer = Optimizer<GroupOptions>;

const watched = new WeakMap<Module, Watcher>();

/** Watches a model: its loss, its layers' activations and gradients go to the live plots from the next step on.
 *
 *  The loss is whatever `backward()` is called on; the optimizer is the one that steps the model's parameters. Watching a
 *  model again starts a new run.
 *
 *  While it trains, the run is judged by its record, and the monitor names what is wrong: `level: "hint"` says where to look
 *  instead, "off" nothing.
 *
 *  @example watch(model, { name: "He" }); */
export function watch(model: Module, options: WatchOptions = {}): Watcher {
  if (!(model instanceof Module)) refuse(model, watch, "a model first, as in watch(model, { name })");
  checkNames(watch, options, ["name", "dataset", "level", "snapshots", "stopOn"]);
  watched.get(model)?.finish();
  const watcher = new Watcher(model, options);
  watched.set(model, watcher);
  return watcher;
}

/** The watcher of a model, if it is being watched. */
export function watcherOf(model: Module): Watcher | undefined {
  const watcher = watched.get(model);
  return watcher?.active ? watcher : undefined;
}

/** Runs by their names. */
const runs = new Map<string, WeakRef<Watcher>>();

/** The watcher of the run with this name, ended or not. */
export function runNamed(name: string): Watcher {
  const watcher = runs.get(name)?.deref();
  if (watcher !== undefined) return watcher;
  const known = [...runs].filter(([, reference]) => reference.deref() !== undefined).map(([other]) => other);
  throw new RangeError(
    `there is no run named ${JSON.stringify(name)} whose model is still there; there are ${known.join(", ") || "none"}`,
  );
}

/** A training taken up again at an earlier step. */
export interface Rewound<B = [Tensor, Tensor]> {
  /** The step that comes next. */
  readonly step: number;
  /** What was left of the pass over the loader; nothing where batches do not come from a loader. */
  readonly batches: AsyncIterable<B> & Iterable<B>;
  /** Watches what comes now, as a new run. */
  readonly watcher: Watcher;
  /** What `fit` goes on with.
   *  @internal */
  readonly fitted: unknown;
}

/** Where a run comes from that goes on with an earlier one. */
interface Origin {
  readonly watcher: Watcher;
  readonly moment: Moment;
  readonly training: Training;
}

/** Watches one run of a model: see `watch`.
 *  @example
 *  const watcher = watch(model, { name: "example" });
 *  lossFn(model(x), labels).backward();
 *  optimizer.step();
 *  watcher.report({ validationLoss: 1.1 });
 *  watcher.finish();
 *  watcher.active // -> false */
export class Watcher {
  /** False once the run has ended. */
  active = true;
  private readonly layers: readonly WatchedLayer[];
  private readonly parameters: ReadonlySet<Tensor>;
  private readonly recorder: RunRecorder;
  private readonly measurements: Measurements;
  private readonly modes: ModeCount;
  private readonly desk: ControlDesk;
  private readonly handles: HookHandle[] = [];
  private readonly ears: Ears;
  private count = 0;
  /** Before this step there is nothing to do but to ask in each step whether it is to be measured, and to count it. So it is with most
   *  steps of a run. It is looked at anew at the end of all others. */
  private quietUntil = 0;
  private readonly taps: LayerTaps;
  private readonly options: WatchOptions;
  /** The optimizer that stepped last, and the number of its group with the first parameters of the model. */
  private trainer: { readonly optimizer: AnyOptimizer; readonly group: number } | undefined;

  /** Use `watch(model)`. */
  constructor(model: Module, options: WatchOptions, origin?: Origin) {
    this.options = options;
    this.layers = watchedLayers(model);
    const parameters = model.parameters();
    this.parameters = new Set(parameters);
    this.recorder = new RunRecorder(
      withModes(
        model,
        this.layers.map(({ info }) => info),
      ),
      options,
      {
        parameters: parameters.reduce((sum, parameter) => sum + parameter.numel(), 0),
        silentExamples: SILENT_EXAMPLES,
      },
    );
    this.measurements = new Measurements(this.layers, parameters, this.recorder);
    this.modes = new ModeCount(model, (modes) => this.recorder.setModes(modes));
    this.desk = new ControlDesk(model, this.layers, this, options);
    if (origin !== undefined) {
      const { watcher, moment, training } = origin;
      this.count = moment.step;
      this.desk.adopt(watcher.desk, moment, training);
      this.change({ forkedFrom: { run: watcher.run, step: moment.step }, snapshots: this.desk.ring.steps });
    }
    runs.set(this.info.name, new WeakRef(this));
    this.handles.push(
      model.tapForwardPre((module, inputs) => this.begin(module, inputs as readonly unknown[])),
      ...this.desk.attach(),
    );
    this.taps = new LayerTaps(model, this.layers, this.measurements, {
      others: () => this.desk.attachToLayers(),
      joined: (layers) => this.noteJoined(layers),
    });
    this.ears = new Ears(new WeakRef(this));
  }

  /** The number of the next step. */
  get steps(): number {
    return this.count;
  }

  /** The run's id in its record. */
  get run(): string {
    return this.info.id;
  }

  /** What is recorded of the run beside its numbers.
   *  @example watch(model, { name: "He" }).info.status // -> 'running' */
  get info(): RunInfo {
    return this.recorder.info;
  }

  /** Pauses the training loop in its next step, after backward() and before the parameters change: a breakpoint, in a notebook,
   *  where the monitor's Resume and Step go on from it. The loop's thread waits, also in a loop that awaits its batches; the
   *  stop button ends the wait. Elsewhere nobody could end it, and nothing happens.
   *
   *  @example
   *  const watcher = watch(model);
   *  if (loss.item() > 5) watcher.pause(); */
  pause(): void {
    this.desk.steering.ask("pause");
  }

  /** Goes on after a pause.
   *  @example watch(model).resume(); */
  resume(): void {
    this.desk.steering.ask("resume");
  }

  /** Takes one step, then pauses.
   *  @example watch(model).step(); */
  step(): void {
    this.desk.steering.ask("step");
  }

  /** Ends the training in its next step, before the parameters change: `optimizer.step()` throws an error named "Interrupted",
   *  which ends a cell like the stop button does. The model is as the last finished step left it.
   *
   *  @example
   *  const watcher = watch(model);
   *  if (Number.isNaN(loss.item())) watcher.stop(); */
  stop(): void {
    this.desk.steering.ask("stop");
  }

  /** Takes at most so many steps a second from now on; 0: full speed.
   *  @example watch(model).pace(100); */
  pace(stepsPerSecond: number): void {
    if (!(stepsPerSecond >= 0)) {
      throw new RangeError(`pace: must be 0 (full speed) or more steps a second, got ${stepsPerSecond}`);
    }
    this.desk.steering.ask("pace", stepsPerSecond);
  }

  /** Puts everything back to what it was before step `step`, or before the last step that there is a copy of at or before it (see
   *  the option `snapshots` of `watch`): parameters and buffers, the optimizer and its schedules, random numbers, the place in
   *  the data. Training goes on from there as a new run; `gb.train.fork` does the same beside the old model.
   *
   *  @example
   *  const watcher = watch(model, { snapshots: { every: 1 } });
   *  lossFn(model(x), labels).backward();
   *  optimizer.step();
   *  optimizer.zeroGrad();
   *  const before = watcher.rewind(0);
   *  [before.step, before.watcher.steps] // -> [ 0, 0 ] */
  rewind<B = [Tensor, Tensor]>(step: number, options: { lr?: number; name?: string } = {}): Rewound<B> {
    return this.goOnFrom(this.momentAt("rewind", step), this.training, options);
  }

  /** @internal */
  get training(): Training {
    return this.desk.training;
  }

  /** @internal */
  momentAt(what: string, step: number): Moment {
    const moment = this.desk.momentAt(step);
    if (moment !== undefined) return moment;
    const [first] = this.desk.ring.steps;
    throw new RangeError(
      first === undefined
        ? `${what}: no copies of this run are there; ask for some with watch(model, { snapshots: { every: 100 } })`
        : `${what}: there is no copy at or before step ${step}; the first is before step ${first}`,
    );
  }

  /** Takes up a training, this one or a copy, at a moment of this run.
   *  @internal */
  goOnFrom<B>(moment: Moment, training: Training, options: { lr?: number; name?: string }): Rewound<B> {
    if (training.model === this.desk.training.model) this.finish();
    const fitted = moment.restore(training);
    if (options.lr !== undefined) for (const optimizer of training.optimizers) setRate(optimizer, options.lr);
    const name = options.name ?? this.options.name;
    const own = { ...this.options, ...(name !== undefined && { name }) };
    const watcher = new Watcher(training.model, own, { watcher: this, moment, training });
    watched.set(training.model, watcher);
    const batches = (moment.batches() ?? []) as Rewound<B>["batches"];
    return { step: moment.step, batches, watcher, fitted };
  }

  /** @internal */
  change(change: Partial<RunInfo>): void {
    this.recorder.change(change);
  }

  /** Everything that the steps so far have measured, waiting for them.
   *  @internal */
  show(): void {
    session().client.synchronize();
    this.measurements.collect();
    this.recorder.reach(this.count - 1);
    this.recorder.send();
  }

  private get quiet(): boolean {
    return this.count < this.quietUntil;
  }

  /** Has the present step followed from beginning to end.
   *  @internal */
  wake(): void {
    this.rest(0);
  }

  private rest(until: number): void {
    this.quietUntil = until;
    this.ears.listenWithin(!this.quiet);
  }

  /** @internal */
  beforeUpdate(optimizer: AnyOptimizer): void {
    if (this.groupOf(optimizer) === undefined) return;
    try {
      this.desk.beforeUpdate(optimizer);
    } catch (error) {
      // the step will not be taken
      this.measurements.drop();
      throw error;
    }
  }

  /** What else to keep with each copy of the training.
   *  @internal */
  keepAlso(more: (() => unknown) | undefined): void {
    this.desk.more = more;
  }

  /** The group of an optimizer with the first parameters of the model; undefined where it trains something else. */
  private groupOf(optimizer: AnyOptimizer): GroupOptions | undefined {
    if (this.trainer?.optimizer === optimizer) return optimizer.paramGroups[this.trainer.group];
    const group = optimizer.paramGroups.findIndex(({ params }) =>
      params.some((parameter) => this.parameters.has(parameter)),
    );
    if (group >= 0) this.trainer = { optimizer, group };
    return optimizer.paramGroups[group];
  }

  /** Adds what only the training loop knows to the plots, at the current step. */
  report(values: Report): void {
    this.recorder.report(Math.max(0, this.count - 1), values);
  }

  /** Ends the run: the taps are taken off, the last statistics are sent. */
  finish(): void {
    if (!this.active) return;
    this.flush();
    this.recorder.reach(this.count - 1);
    this.active = false;
    this.desk.finish();
    this.taps.finish();
    for (const handle of this.handles) handle.remove();
    this.ears.stop();
    this.recorder.finish("finished");
  }

  /** The run's name, and how far it is: "He: running, 300 steps, 5 layers". */
  toString(): string {
    const { name, status, layers } = this.info;
    return `${name}: ${status}, ${this.count} steps, ${layers.length} layers`;
  }

  private begin(module: Module, inputs: readonly unknown[]): void {
    if (this.quiet && module.training && isGradEnabled()) {
      deliver();
      if (this.quiet && !this.measurements.isDue(this.count)) return;
    }
    this.wake();
    this.taps.enter(inputs);
    this.modes.forward(module.training, this.count);
    if (!module.training || this.measurements.isOpen) return;
    const close = this.desk.begin();
    this.measurements.begin(this.count, close, inputs);
    this.taps.set(this.measurements.samplesLayers || this.desk.follows);
  }

  private noteJoined(joined: ReadonlySet<number>): void {
    const layers = this.info.layers.map((info, i) =>
      joined.has(i) ? { ...info, joined: true as const } : info,
    );
    this.change({ layers });
  }

  /** @internal */
  tapPrediction(logits: Tensor, target: Tensor): void {
    this.desk.addPrediction(logits, target);
    if (this.info.softmaxed === undefined && isSoftmax(logits.node)) this.change({ softmaxed: true });
    if (this.measurements.predict(logits, target)) this.recorder.setClasses(logits.shape[1]!);
  }

  /** @internal */
  tapLoss(root: Node): void {
    this.desk.addLoss(root);
    this.measurements.beginBackward(root);
    this.modes.backward();
  }

  /** @internal */
  endStep(optimizer: AnyOptimizer): void {
    if (this.quiet && this.trainer?.optimizer === optimizer) {
      this.desk.endQuietStep(optimizer);
      this.count++;
      return;
    }
    const group = this.groupOf(optimizer);
    if (group === undefined) return;
    if (this.quiet) this.desk.endQuietStep(optimizer);
    if (this.measurements.isOpen) {
      if (this.info.optimizer === undefined)
        this.recorder.setTraining(describeOptimizer(optimizer, group), this.measurements.batchSize);
      this.measurements.endStep(optimizer, group);
    }
    this.modes.update(this.count);
    this.count++;
    this.desk.afterUpdate();
    this.rest(this.measurements.isIdle ? this.desk.quietUntil : 0);
  }

  /** Everything gathered so far, waiting for it: also a step that had no optimizer. */
  private flush(): void {
    if (this.measurements.flush()) this.count++;
  }

  /** At the end of a cell all that was measured is sent, with the number of the last step. Of one that was stopped or has failed nothing
   *  is waited for, and the step that was begun does not count.
   *  @internal */
  endCell(broken = false): void {
    this.wake();
    if (broken) this.measurements.leave();
    else {
      this.measurements.dropForward();
      this.flush();
    }
    this.recorder.reach(this.count - 1);
    this.recorder.send();
    this.desk.cellEnded();
  }
}

printsAs(Watcher);
// the last value of a cell that ends in watch(...) is not worth showing: the monitor shows the run
displaysAs(Watcher, () => undefined);
