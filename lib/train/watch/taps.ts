// The taps on a model's layers. They are on while somebody wants to see what goes through: all other steps pay nothing for them.

import type { Node } from "../../graph/node.js";
import type { HookHandle, Module } from "../../module/index.js";
import { Tensor } from "../../tensor/tensor.js";
import type { WatchedLayer } from "../layers.js";
import type { Measurements } from "./measurements.js";
import { Paths } from "./paths.js";

/** What else there is to do with the taps. */
export interface TapsOptions {
  /** Taps that are put on and off with these, behind them. */
  others(): HookHandle[];
  /** Told, after the first forward pass, which layers get their input from several places, if there are any. */
  joined(layers: ReadonlySet<number>): void;
}

export class LayerTaps {
  private readonly model: Module;
  private readonly layers: readonly WatchedLayer[];
  private readonly measurements: Measurements;
  private readonly options: TapsOptions;
  private handles: HookHandle[] = [];
  /** Until the first forward pass has ended. */
  private paths: Paths | undefined = new Paths();

  constructor(
    model: Module,
    layers: readonly WatchedLayer[],
    measurements: Measurements,
    options: TapsOptions,
  ) {
    this.model = model;
    this.layers = layers;
    this.measurements = measurements;
    this.options = options;
    this.set(true);
  }

  /** What goes into the model. */
  enter(inputs: readonly unknown[]): void {
    for (const input of inputs) this.follow(input, (paths, x) => paths.addSource(x));
  }

  /** Puts the taps on, or takes them off. They stay on until the first forward pass has ended. */
  set(on: boolean): void {
    const wanted = on || this.paths !== undefined;
    if (wanted === this.handles.length > 0) return;
    for (const handle of this.handles) handle.remove();
    // the model last: it may be a layer itself
    this.handles = wanted
      ? [
          ...this.layers.flatMap((layer, i) => this.tap(layer, i)),
          this.model.tapForward(() => this.endForward()),
          ...this.options.others(),
        ]
      : [];
  }

  private endForward(): void {
    this.measurements.endForward();
    const joined = this.paths?.joined;
    this.paths = undefined;
    if (joined !== undefined && joined.size > 0) this.options.joined(joined);
  }

  finish(): void {
    this.paths = undefined;
    this.set(false);
  }

  private tap({ info, head, last, activation, batchNorm }: WatchedLayer, i: number): HookHandle[] {
    const { measurements } = this;
    const handles = [
      head.tapForward((_head, inputs, sum) => {
        this.follow((inputs as readonly unknown[])[0], (paths, x) => paths.addInput(i, x));
        measurements.tap(sum, (sample, x) => sample.tapInputSum(i, x));
      }),
      last.tapForward((_last, _inputs, output) => {
        this.follow(output, (paths, x) => paths.addSource(x));
        measurements.tap(output, (sample, x) => sample.tapOutput(i, x));
      }),
    ];
    if (info.normalisation && activation) {
      const tapEntering = ([input]: readonly unknown[]): void =>
        measurements.tap(input, (sample, x) => sample.tapEntering(i, x));
      handles.push(activation.tapForwardPre((_activation, inputs) => tapEntering(inputs)));
    }
    if (batchNorm !== undefined) {
      const tapInput = ([input]: readonly unknown[]): void =>
        measurements.tap(input, (sample, x) => sample.tapNormInput(i, x));
      handles.push(batchNorm.tapForwardPre((_batchNorm, inputs) => tapInput(inputs)));
    }
    return handles;
  }

  private follow(value: unknown, to: (paths: Paths, node: Node) => void): void {
    if (this.paths !== undefined && value instanceof Tensor) to(this.paths, value.storage.node);
  }
}
