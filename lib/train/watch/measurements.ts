// What is measured of the steps of a run: gathered while a step is recorded, computed in the step's own plan, and put into rows
// when it has arrived, so that nothing waits for it.

import { type Node, withGradModeNow } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import type { GroupOptions, Optimizer } from "../../optim/optimizer.js";
import { argExtreme, mean } from "../../tensor/reductions.js";
import { isCurrent, type Rider, session } from "../../tensor/session.js";
import { Tensor } from "../../tensor/tensor.js";
import type { WatchedLayer } from "../layers.js";
import type { RunRecorder } from "../recorder.js";
import { NOTHING_DUE, Schedule } from "../sampling.js";
import { momentumOf } from "./optimizer.js";
import { StepSample, type WatchedModel } from "./sample.js";
import { Silence } from "./silence.js";

const now = (): number => performance.now();

/** A step that is measured. */
interface Measured {
  readonly step: number;
  /** The session that computes it. */
  readonly session: ReturnType<typeof session>;
  /** Set where its layers are sampled, too. */
  readonly layers: StepSample | undefined;
  /** Whether its accuracy is wanted. */
  readonly accurate: boolean;
  loss?: Rider;
  accuracy?: Rider;
  learningRate: number;
  momentum: number;
  memory: number;
  /** When it ended, in milliseconds. */
  time: number;
}

export class Measurements {
  /** Examples in the last batch. */
  batchSize: number = Number.NaN;
  private readonly model: WatchedModel;
  private readonly silences: readonly Silence[];
  private readonly recorder: RunRecorder;
  private readonly schedule = new Schedule();
  /** What is due in the step that was asked about last. */
  private asked = -1;
  private due = NOTHING_DUE;
  private current: Measured | undefined;
  private waiting: Measured[] = [];
  /** The step of the last row. */
  private last: { readonly step: number; readonly time: number } | undefined;
  private flushing = false;

  constructor(layers: readonly WatchedLayer[], parameters: readonly Tensor[], recorder: RunRecorder) {
    const own = layers.map(({ head }) => head.parameters().map((parameter) => parameters.indexOf(parameter)));
    this.model = { layers, parameters, own };
    this.silences = layers.map(() => new Silence());
    this.recorder = recorder;
  }

  /** Whether the present step is being measured. */
  get isOpen(): boolean {
    return this.current !== undefined;
  }

  /** Whether the layers are sampled in the present step. */
  get samplesLayers(): boolean {
    return this.current?.layers !== undefined;
  }

  /** Whether nothing is under way. */
  get isIdle(): boolean {
    return this.current === undefined && this.waiting.length === 0;
  }

  /** Whether step number `step`, which is about to begin, is to be measured. */
  isDue(step: number): boolean {
    if (step !== this.asked) this.due = this.schedule.at(step, now);
    this.asked = step;
    return this.due !== NOTHING_DUE;
  }

  /** Starts step number `step`, whose layers are measured if it is looked at closely, or if they are due. */
  begin(step: number, close: boolean, inputs: readonly unknown[]): void {
    const isDue = this.isDue(step);
    if (this.waiting.length > 0) this.collect();
    if (!close && !isDue) return;
    const { due } = this;
    const [first] = inputs;
    if (first instanceof Tensor) this.batchSize = first.shape[0] ?? 1;
    this.current = {
      step,
      session: session(),
      layers: close || due.layers ? new StepSample(this.model, this.silences) : undefined,
      accurate: close || due.accuracy,
      learningRate: Number.NaN,
      momentum: Number.NaN,
      memory: Number.NaN,
      time: Number.NaN,
    };
    this.flushLater();
  }

  /** Gives a value of the forward pass to the sample of layers, if there is one. */
  tap(value: unknown, to: (layers: StepSample, x: Tensor) => void): void {
    const layers = this.current?.layers;
    if (layers !== undefined && value instanceof Tensor) to(layers, value);
  }

  endForward(): void {
    this.current?.layers?.endForward();
  }

  /** Measures the accuracy if it is wanted; true where that has been done. */
  predict(logits: Tensor, target: Tensor): boolean {
    const { current } = this;
    if (!current?.accurate || current.accuracy !== undefined) return false;
    const share = withGradModeNow(false, () => {
      const hits = ops.eq(argExtreme("argmax", logits.node, 1), target.node);
      return mean(ops.cast(hits, "float32"));
    });
    current.accuracy = session().ride(share);
    return true;
  }

  /** The loss is known, the gradients are about to be. */
  beginBackward(root: Node): void {
    const { current } = this;
    if (current === undefined) return;
    current.layers?.beginBackward();
    // the node itself: a step that only tells its loss then has the plan of those that tell nothing
    current.loss ??= session().ride(root);
  }

  /** The optimizer has recorded its update. `group`: that of the model's first parameters. */
  endStep(optimizer: Optimizer<GroupOptions>, group: GroupOptions): void {
    const { current } = this;
    if (current === undefined) return;
    current.learningRate = group.lr;
    current.momentum = momentumOf(group) ?? Number.NaN;
    this.measure(current, optimizer);
  }

  /** The step has been made, and is not computed yet. */
  private measure(current: Measured, optimizer?: Optimizer<GroupOptions>): void {
    this.current = undefined;
    current.layers?.endStep(optimizer);
    current.memory = session().liveBytes;
    current.time = performance.now();
    this.waiting.push(current);
  }

  /** Takes the statistics of steps that have been computed, without waiting for any. */
  collect(): void {
    while (this.waiting.length > 0) {
      const [oldest] = this.waiting as [Measured];
      const parts = [oldest.layers, oldest.loss, oldest.accuracy];
      if (isCurrent(oldest.session) && parts.some((part) => part?.arrived === false)) return;
      this.waiting.shift();
      this.record(oldest);
    }
  }

  private record(measured: Measured): void {
    // what a closed session has not computed will not come
    if (!isCurrent(measured.session)) return;
    const { step, layers, time } = measured;
    const sampled = layers?.take(step);
    if (sampled?.measured) this.recorder.pushSample(sampled.row, sampled.histograms);
    const row = this.recorder.newRow(step, time);
    // a step that has failed leaves a row without numbers: the error is the training loop's to see
    row.set("loss", numberOf(measured.loss));
    row.set("accuracy", numberOf(measured.accuracy));
    row.set("learningRate", measured.learningRate);
    row.set("momentum", measured.momentum);
    row.set("gradientNorm", sampled?.gradientNorm);
    row.set("memory", measured.memory);
    if (this.last !== undefined) {
      const milliseconds = (time - this.last.time) / (step - this.last.step);
      row.set("stepMilliseconds", milliseconds);
      row.set("examplesPerSecond", (1000 * this.batchSize) / milliseconds);
    }
    this.last = { step, time };
    this.recorder.push(row);
  }

  /** Everything gathered so far, waiting for it. True where that was a step without an optimizer. */
  flush(): boolean {
    const { current } = this;
    const open = current !== undefined && (current.loss !== undefined || current.layers?.hasForward === true);
    if (open) {
      this.measure(current);
      session().evaluate([]);
    }
    for (const measured of this.waiting) this.record(measured);
    this.waiting = [];
    this.recorder.send();
    return open;
  }

  /** Lets go of what has been gathered of the present step. */
  drop(): void {
    const { layers, accuracy, loss } = this.current ?? {};
    for (const part of [layers, accuracy, loss]) part?.drop();
    this.current = undefined;
  }

  /** Takes what has been computed, and lets go of the rest. */
  leave(): void {
    this.drop();
    this.collect();
    for (const { layers, accuracy, loss } of this.waiting)
      for (const part of [layers, accuracy, loss]) part?.drop();
    this.waiting = [];
  }

  /** Lets go of a step without a loss: something was only looked at. */
  dropForward(): void {
    if (this.current?.loss === undefined) this.drop();
  }

  /** Flushes when user code gives way to the event loop: at the latest at the end of the cell. */
  private flushLater(): void {
    if (this.flushing) return;
    this.flushing = true;
    setImmediate(() => {
      this.flushing = false;
      this.collectIdle();
    });
  }

  private collectIdle(): void {
    this.collect();
    this.recorder.send();
    if (this.waiting.length > 0) this.flushLater();
  }
}

function numberOf(rider: Rider | undefined): number | undefined {
  const bytes = rider?.take();
  return bytes && new Float32Array(bytes.buffer, bytes.byteOffset, 1)[0];
}
