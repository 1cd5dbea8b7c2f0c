// What a step that is looked at closely has left behind: the values of each layer, as nodes. They are computed anew where the
// step did not keep them, which can be done until the parameters change.

import type { Node } from "../../graph/node.js";
import type { HookHandle, Module } from "../../module/index.js";
import { Tensor } from "../../tensor/tensor.js";
import type { WatchedLayer } from "../layers.js";

export interface LayerTrace {
  input?: Node;
  sum?: Node;
  activation?: Node;
  gradient?: Node;
}

const nodeOf = (value: unknown): Node | undefined =>
  value instanceof Tensor ? value.storage.node : undefined;

/** Follows the steps of a model while it is `on`. */
export class Trace {
  /** Whether the present step is followed. */
  on = false;
  input: Node | undefined;
  logits: Node | undefined;
  labels: Node | undefined;
  loss: Node | undefined;
  layers: readonly LayerTrace[] = [];
  private readonly watched: readonly WatchedLayer[];

  constructor(watched: readonly WatchedLayer[]) {
    this.watched = watched;
  }

  /** Takes part in the forward passes of the layers; to be called after everybody else who wants their gradients. */
  attach(model: Module): HookHandle[] {
    return [
      model.tapForwardPre((_model, inputs) => {
        if (this.on && this.input === undefined) this.input = nodeOf((inputs as unknown[])[0]);
      }),
      ...this.watched.flatMap(({ head, last }, i) => [
        head.tapForward((_head, inputs, output) => this.addSum(i, (inputs as unknown[])[0], output)),
        last.tapForward((_last, _inputs, output) => this.addActivation(i, output)),
      ]),
    ];
  }

  /** Starts with the next step. */
  begin(on: boolean): void {
    if (!on && !this.on) return;
    this.on = on;
    this.input = undefined;
    this.logits = undefined;
    this.labels = undefined;
    this.loss = undefined;
    this.layers = this.watched.map(() => ({}));
  }

  addPrediction(logits: Tensor, labels: Tensor): void {
    if (!this.on) return;
    this.logits = logits.node;
    this.labels = labels.node;
  }

  addLoss(root: Node): void {
    if (this.on) this.loss = root;
  }

  private addSum(i: number, input: unknown, output: unknown): void {
    if (!this.on) return;
    const [from, sum] = [nodeOf(input), nodeOf(output)];
    if (from === undefined || sum === undefined) return;
    const layer = this.layers[i]!;
    layer.input = from;
    layer.sum = sum;
    const before = sum.tap;
    sum.tap = (gradient) => {
      before?.(gradient);
      layer.gradient = gradient;
    };
  }

  private addActivation(i: number, output: unknown): void {
    const activation = this.on ? nodeOf(output) : undefined;
    if (activation !== undefined) this.layers[i]!.activation = activation;
  }
}
