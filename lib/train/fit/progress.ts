// Saying how far a training run is: a line that changes in place while an epoch runs, where the host can show one.

import { host } from "../host.js";

/** Nothing is shown before this long, nor more often than this. */
const FIRST_MS = 1000;
const INTERVAL_MS = 250;

export class Progress {
  private readonly started = performance.now();
  private shown = this.started + FIRST_MS - INTERVAL_MS;
  private id: string | undefined;
  private readonly batches: number | undefined;
  private readonly silent: boolean;

  /** `batches`: how many an epoch has, if that is known. */
  constructor(batches: number | undefined, silent: boolean) {
    this.batches = batches;
    this.silent = silent;
  }

  /** After each batch. */
  tick(epoch: number, epochs: number, batch: number): void {
    const now = performance.now();
    if (this.silent || now - this.shown < INTERVAL_MS) return;
    this.shown = now;
    const of = this.batches === undefined ? "" : ` of ${this.batches}`;
    this.show(`epoch ${epoch} of ${epochs}, batch ${batch}${of}, ${this.seconds()} s`);
  }

  /** At the end: what is left of the line. */
  end(epochs: number): void {
    if (this.id !== undefined)
      this.show(`${epochs} ${epochs === 1 ? "epoch" : "epochs"} in ${this.seconds()} s`);
  }

  private seconds(): string {
    return ((performance.now() - this.started) / 1000).toFixed(1);
  }

  private show(text: string): void {
    const update = this.id !== undefined;
    this.id ??= crypto.randomUUID();
    host()?.display({ "text/plain": text }, { id: this.id, update });
  }
}
