// The best epoch so far, and the model as it was then: early stopping.

import type { Module } from "../../module/module.js";
import { session } from "../../tensor/session.js";
import type { Tensor } from "../../tensor/tensor.js";

/** Parameters and buffers, with the values that they have now. */
export function snapshot(model: Module): Record<string, Tensor> {
  const copies = Object.entries(model.stateDict()).map(([name, value]) => [name, value.clone()] as const);
  session().evaluate(copies.map(([, copy]) => copy.storage.node));
  return Object.fromEntries(copies);
}

export interface BestState {
  readonly value: number;
  readonly epoch: number;
  readonly waited: number;
  readonly weights: Readonly<Record<string, Tensor>> | null;
}

/** Remembers the best of the values it is shown. */
export class Best {
  /** The best value's epoch; 0 before the first. */
  epoch = 0;
  /** Epochs since then. */
  waited = 0;
  private value = Number.NaN;
  private weights: Readonly<Record<string, Tensor>> | null = null;
  private readonly higher: boolean;
  private readonly minDelta: number;

  constructor(higher: boolean, minDelta: number) {
    this.higher = higher;
    this.minDelta = minDelta;
  }

  /** Looks at an epoch's value; keeps a copy of `model`, if given, where it is the best one. */
  look(value: number, epoch: number, model: Module | undefined): void {
    const gain = this.higher ? value - this.value : this.value - value;
    if (this.epoch === 0 ? Number.isNaN(value) : !(gain > this.minDelta)) {
      this.waited++;
      return;
    }
    this.value = value;
    this.epoch = epoch;
    this.waited = 0;
    this.weights = model === undefined ? null : snapshot(model);
  }

  /** Puts the kept copy back. */
  restore(model: Module): void {
    if (this.weights !== null) model.loadStateDict(this.weights);
  }

  get state(): BestState {
    return { value: this.value, epoch: this.epoch, waited: this.waited, weights: this.weights };
  }
  set state({ value, epoch, waited, weights }: BestState) {
    Object.assign(this, { value, epoch, waited, weights });
  }
}
