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

/** Has a listener told; gives what ends that. Only a weak reference: a watcher, and with it its model, must not be kept alive.
 *  (A function of its own, because closures made in one place keep all of each other's variables.) */
export function listen(self: WeakRef<Listener>): (() => void)[] {
  const stops: (() => void)[] = [];
  const alive = (): Listener | undefined => {
    const listener = self.deref();
    if (listener === undefined) for (const stop of stops) stop();
    return listener;
  };
  stops.push(
    onCrossEntropy((logits, target) => alive()?.tapPrediction(logits, target)),
    onBackward((root) => alive()?.tapLoss(root)),
    beforeStep((optimizer) => alive()?.beforeUpdate(optimizer)),
    onStep((optimizer) => alive()?.endStep(optimizer)),
    onSettle((broken) => alive()?.endCell(broken)),
  );
  return stops;
}
