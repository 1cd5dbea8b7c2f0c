// The engine's end of the connection to the thread that owns the GPU. WebGPU answers asynchronously and a Device does not: so
// the GPU has a thread of its own, and whoever needs an answer sleeps until it is there.

import { Worker } from "node:worker_threads";
import { DeviceLostError } from "../device.js";
import { CONTROL, CONTROL_BYTES, type GpuRequest, KIND, LOSS_BYTES, type Shared } from "./messages.js";
import { FETCH_BYTES } from "./program.js";

export class GpuLink {
  readonly #worker: Worker;
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #answer: Uint8Array<SharedArrayBuffer>;
  readonly #loss: Uint8Array<SharedArrayBuffer>;
  readonly #patience: number;
  #submitted = 0;

  /** `patience`: milliseconds after which a GPU that does not answer counts as hung. */
  constructor(patience: number) {
    const shared: Shared = {
      control: new SharedArrayBuffer(CONTROL_BYTES),
      answer: new SharedArrayBuffer(FETCH_BYTES),
      loss: new SharedArrayBuffer(LOSS_BYTES),
    };
    this.#control = new Int32Array(shared.control);
    this.#answer = new Uint8Array(shared.answer);
    this.#loss = new Uint8Array(shared.loss);
    this.#patience = patience;
    this.#worker = new Worker(new URL("./thread.js", import.meta.url), { workerData: shared, execArgv: [] });
    this.#worker.unref();
  }

  /** Sends what needs no answer. `doing`, here and below: what to call it where it fails. */
  post(request: GpuRequest, doing: string): void {
    this.#checkAlive(doing);
    this.#worker.postMessage(request);
  }

  /** A copy of the answer. */
  ask(request: GpuRequest, doing: string): Uint8Array<ArrayBuffer> {
    Atomics.store(this.#control, CONTROL.answered, 0);
    this.post(request, doing);
    if (Atomics.wait(this.#control, CONTROL.answered, 0, this.#patience) === "timed-out") this.#hung(doing);
    this.#checkAlive(doing);
    const bytes = this.#answer.slice(0, this.#control[CONTROL.length]);
    const kind = this.#control[CONTROL.kind];
    if (kind === KIND.answer) return bytes;
    const message = new TextDecoder().decode(bytes);
    throw kind === KIND.memory ? new RangeError(message) : new Error(message);
  }

  /** Counts a run, and waits while more than `most` are on their way. */
  submitted(most: number, doing: string): void {
    this.#submitted = (this.#submitted + 1) | 0;
    for (;;) {
      const done = Atomics.load(this.#control, CONTROL.done);
      if (((this.#submitted - done) | 0) <= most) return;
      if (Atomics.wait(this.#control, CONTROL.done, done, this.#patience) === "timed-out") this.#hung(doing);
      this.#checkAlive(doing);
    }
  }

  /** Ends the thread. */
  close(): void {
    void this.#worker.terminate();
  }

  #checkAlive(doing: string): void {
    const length = Atomics.load(this.#control, CONTROL.lost);
    if (length === 0) return;
    throw new DeviceLostError(
      `The GPU was lost while it was ${doing}: ${new TextDecoder().decode(this.#loss.slice(0, length))}`,
    );
  }

  #hung(doing: string): never {
    throw new DeviceLostError(
      `The GPU has not answered for ${this.#patience / 1000} s while it was ${doing}, and is given up.`,
    );
  }
}
