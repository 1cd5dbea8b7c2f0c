// All that can be done to a run while it trains, in one place for its watcher: steering it, the marks of what was changed, the
// moments to go back to.

import { aboutDataset } from "../../data/about.js";
import type { Node } from "../../graph/node.js";
import type { HookHandle, Module } from "../../module/index.js";
import type { GroupOptions, Optimizer } from "../../optim/optimizer.js";
import type { Tensor } from "../../tensor/tensor.js";
import { REFUSALS, type RunControl } from "../control.js";
import { Guard, type StopRule, TrainingHalted } from "../halt/guard.js";
import type { WatchedLayer } from "../layers.js";
import { lookAt, lookAtBatch } from "../microscope/microscope.js";
import { Trace } from "../microscope/trace.js";
import type { MicroscopeQuestion } from "../microscope-data.js";
import { bytesIn } from "../rewind/copies.js";
import { forkCode } from "../rewind/fork-code.js";
import { Moment, type Place, Places, type Training } from "../rewind/moment.js";
import { Ring, type SnapshotOptions } from "../rewind/ring.js";
import type { RunInfo } from "../run.js";
import { Changes } from "./changes.js";
import { answer, refuse } from "./mailbox.js";
import { ProvenanceLog } from "./provenance.js";
import { type Question, type Steered, Steering } from "./steering.js";

type AnyOptimizer = Optimizer<GroupOptions>;

/** What the desk needs of the watcher. */
export interface Watched {
  readonly info: RunInfo;
  /** Number of the current step. */
  readonly steps: number;
  /** Has the next step looked at. */
  wake(): void;
  /** Publishes what has changed about the run. */
  change(change: Partial<RunInfo>): void;
  /** Shows what has been measured until now, waiting for it. */
  show(): void;
}

export interface DeskOptions {
  readonly snapshots?: SnapshotOptions | false;
  readonly stopOn?: readonly StopRule[];
}

export class ControlDesk implements Steered {
  readonly run: string;
  readonly steering: Steering;
  readonly ring: Ring;
  /** What else to keep with each moment. */
  more: (() => unknown) | undefined;
  private readonly model: Module;
  private readonly watched: Watched;
  private readonly changes = new Changes();
  private readonly optimizers: AnyOptimizer[] = [];
  private readonly places = new Places();
  private readonly provenance = new ProvenanceLog();
  private readonly layers: readonly WatchedLayer[];
  private readonly trace: Trace;
  private readonly guard: Guard | undefined;
  /** The place of a moment that is due, to be taken when the next step begins: what schedules and others do after a step
   *  belongs to it. */
  private due: Place | undefined;
  /** A layer whose batch has been asked for while the run goes on: answered from the next step. */
  private asked: number | undefined;

  constructor(
    model: Module,
    layers: readonly WatchedLayer[],
    watched: Watched,
    { snapshots, stopOn }: DeskOptions,
  ) {
    this.model = model;
    this.layers = layers;
    this.trace = new Trace(layers);
    this.guard = stopOn && new Guard(stopOn, model, this.trace);
    this.watched = watched;
    this.run = watched.info.id;
    this.ring = new Ring(snapshots);
    this.steering = new Steering(this);
    this.provenance.noteCell();
    this.watched.change({ provenance: this.provenance.value });
  }

  /** What is being trained. */
  get training(): Training {
    const { model, optimizers, more } = this;
    return { model, optimizers, ...(more && { more }) };
  }

  /** At the start of a training step: gives whether it is to be measured, however far the run has come. */
  begin(): boolean {
    if (this.due === undefined && this.ring.latest === undefined && this.ring.due(this.watched.steps))
      this.due = this.places.before();
    this.takeMoment();
    const close = this.steering.begin() || this.asked !== undefined;
    this.trace.begin(close || this.guard !== undefined);
    this.guard?.begin();
    return close;
  }

  /** Takes part in all of the model's forward passes. */
  attach(): HookHandle[] {
    return this.guard?.attach() ?? [];
  }

  /** Takes part in the forward passes of steps that it `follows`, after everybody else who wants the layers' gradients. */
  attachToLayers(): HookHandle[] {
    return this.trace.attach(this.model);
  }

  /** Whether it wants to see what goes through the layers in the present step. */
  get follows(): boolean {
    return this.trace.on;
  }

  addPrediction(logits: Tensor, labels: Tensor): void {
    this.trace.addPrediction(logits, labels);
  }

  addLoss(root: Node): void {
    this.trace.addLoss(root);
    this.guard?.addLoss(root);
  }

  /** The step before which nothing is to be done but to look at the optimizer's options. The two before a copy are not among them:
   *  what those take from a loader tells the place in the data. */
  get quietUntil(): number {
    const { guard, steering, asked, due } = this;
    const busy = guard !== undefined || steering.slow || asked !== undefined || due !== undefined;
    return busy ? 0 : this.ring.quietUntil - 2;
  }

  wake(): void {
    this.watched.wake();
  }

  /** The end of a step in which nothing was due. */
  endQuietStep(optimizer: AnyOptimizer): void {
    if (this.changes.isAsLooked(optimizer)) return;
    if (!this.optimizers.includes(optimizer)) this.optimizers.push(optimizer);
    if (this.changes.look(optimizer, this.watched.steps)) this.mark();
  }

  /** Before an optimizer changes the parameters. */
  beforeUpdate(optimizer: AnyOptimizer): void {
    const step = this.watched.steps;
    if (!this.optimizers.includes(optimizer)) {
      this.optimizers.push(optimizer);
      if (this.ring.latest?.step === step) this.ring.latest.add(optimizer);
    }
    if (this.changes.look(optimizer, step)) this.mark();
    if (this.provenance.noteCell()) this.watched.change({ provenance: this.provenance.value });
    this.checkStep(step);
    if (this.asked !== undefined && this.trace.on) this.showBatch(this.asked);
    this.steering.beforeUpdate(optimizer, step, this.trace.on);
  }

  /** A step has been taken. */
  afterUpdate(): void {
    this.due = this.places.after(this.ring.due(this.watched.steps));
  }

  /** Goes on from a moment of another run: with its copies until then. `training`: the same optimizers in the same order. */
  adopt({ ring }: ControlDesk, { step }: Moment, { optimizers }: Training): void {
    this.ring.adopt(ring, step);
    this.optimizers.push(...optimizers);
  }

  /** The run has ended. */
  finish(): void {
    this.takeMoment();
    this.noteData();
    this.steering.finish();
  }

  /** The cell has ended. */
  cellEnded(): void {
    this.takeMoment();
    this.ring.bringHome(true);
    this.noteData();
    this.provenance.cellEnded();
    this.steering.release();
  }

  controlled(control: RunControl): void {
    this.watched.change({ control });
  }

  resting(): void {
    this.watched.show();
  }

  rateChanged(optimizer: AnyOptimizer, from: number, to: number): void {
    if (this.changes.byHand(optimizer, this.watched.steps, from, to)) this.mark();
  }

  answer(question: Question, paused: boolean): void {
    if (question.type === "fork") this.offerFork(question.step, question.learningRate);
    else if (question.type === "batch") {
      if (paused) this.showBatch(question.layer);
      else {
        this.asked = question.layer;
        this.wake();
      }
    } else if (paused) this.look(question);
    else refuse(this.run, REFUSALS.running);
  }

  private showBatch(layer: number): void {
    this.asked = undefined;
    const { batch, numbers } = lookAtBatch(this.trace, this.layers, layer) ?? {};
    const step = this.watched.steps;
    answer({ type: "batch", run: this.run, layer, step, ...(batch && { batch }) }, numbers);
  }

  private look(question: MicroscopeQuestion): void {
    const names = aboutDataset(this.places.loader?.dataset)?.classes;
    try {
      const { data, numbers } = lookAt(this.watched.steps, this.trace, this.layers, question, names);
      answer({ type: "microscope", run: this.run, data }, numbers);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refuse(this.run, error.message);
    }
  }

  private offerFork(step: number, lr: number | undefined): void {
    const moment = this.momentAt(step);
    if (moment === undefined) {
      refuse(this.run, REFUSALS.noCopy);
      return;
    }
    const { name } = this.watched.info;
    const code = forkCode({ name, step: moment.step, fitted: moment.fitted, lr });
    answer({ type: "code", run: this.run, code });
  }

  /** The last moment at or before a step that there is. */
  momentAt(step: number): Moment | undefined {
    this.takeMoment();
    return this.ring.at(step);
  }

  private takeMoment(): void {
    const { due } = this;
    if (due === undefined) return;
    this.due = undefined;
    const { training, ring } = this;
    const states = training.optimizers.map((optimizer) => optimizer.stateDict().state);
    if (!ring.affords(bytesIn([training.model.stateDict(), states]))) return;
    this.nameData();
    ring.bringHome(false);
    ring.add(new Moment(this.watched.steps, training, due));
    this.watched.change({ snapshots: ring.steps });
  }

  private checkStep(step: number): void {
    try {
      this.guard?.check(step);
    } catch (error) {
      if (error instanceof TrainingHalted) {
        const { rule, reasons } = error;
        this.watched.change({ halted: { rule, step, reasons } });
        this.watched.show();
      }
      throw error;
    }
  }

  private nameData(): void {
    const about = aboutDataset(this.places.loader?.dataset);
    if (about !== undefined && this.watched.info.dataset === undefined)
      this.watched.change({ dataset: about.name });
  }

  private noteData(): void {
    if (this.provenance.noteData(this.places.loader?.dataset))
      this.watched.change({ provenance: this.provenance.value });
  }

  private mark(): void {
    this.watched.change({ changes: this.changes.list });
  }
}
