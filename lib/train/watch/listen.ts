// What a watcher hears of all models and optimizers there are.

import type { Node } from "../../graph/node.js";
import { onCrossEntropy } from "../../nn/cross-entropy.js";
import { beforeStep, type GroupOptions, type Optimizer, onStep } from "../../optim/optimizer.js";
import { onBackward } from "../../tensor/autograd.js";
import { onSettle } from "../../tensor/session.js";
import type { Tensor } from "../../tensor/tensor.js";

export interface Listener {
  /** A cross-entropy loss is computed of these predictions. */
  tapPrediction(logits: Tensor, target: Tensor): void;
  /** backward() is called on this loss. */
  tapLoss(root: Node): void;
  /** An optimizer is about to step. */
  beforeUpdate(optimizer: Optimizer<GroupOptions>): void;
  endStep(optimizer: Optimizer<GroupOptions>): void;
  /** A cell has ended; `broken`: in the middle of something. */
  endCell(broken: boolean): void;
}

/** Tells a listener. Only a weak reference: a watcher, and with it its model, must not be kept alive. */
export class Ears {
  private readonly self: WeakRef<Listener>;
  private readonly stops: (() => void)[];
  /** While it listens to what happens within a step, too. */
  private stopsWithin: (() => void)[] = [];
  private stopped = false;

  constructor(self: WeakRef<Listener>) {
    this.self = self;
    this.stops = [
      onStep((optimizer) => this.alive()?.endStep(optimizer)),
      onSettle((broken) => this.alive()?.endCell(broken)),
    ];
    this.listenWithin(true);
  }

  /** Whether the listener is told what happens within a step, or only of its end. */
  listenWithin(on: boolean): void {
    if (on === this.stopsWithin.length > 0 || (on && this.stopped)) return;
    for (const stop of this.stopsWithin) stop();
    this.stopsWithin = on
      ? [
          onCrossEntropy((logits, target) => this.alive()?.tapPrediction(logits, target)),
          onBackward((root) => this.alive()?.tapLoss(root)),
          beforeStep((optimizer) => this.alive()?.beforeUpdate(optimizer)),
        ]
      : [];
  }

  stop(): void {
    this.stopped = true;
    for (const stop of this.stops) stop();
    this.listenWithin(false);
  }

  private alive(): Listener | undefined {
    const listener = this.self.deref();
    if (listener === undefined) this.stop();
    return listener;
  }
}
