// The engine's end of the connection to the thread that owns the GPU. WebGPU answers asynchronously and a Device does not: so
// the GPU has a thread of its own, and whoever needs an answer sleeps until it is there.

import { Worker } from "node:worker_threads";
import { DeviceLostError, type Outcome } from "../device.js";
import { WEBGPU_RUNS_IN_FLIGHT } from "../settings.js";
import { CONTROL, CONTROL_BYTES, type GpuRequest, KIND, LOSS_BYTES, type Shared, SLOTS } from "./messages.js";
import { FETCH_BYTES } from "./program.js";

/** A run that was sent: its number, what to call it where it fails, and when that was. */
export interface Sent {
  readonly number: number;
  readonly doing: string;
  readonly since: number;
}

/** Numbers are whole ones of 32 bits that wrap around; slots go round with them. */
const slotOf = (run: number): number => (run >>> 0) % SLOTS;
const isUpTo = (run: number, done: number): boolean => ((run - done) | 0) <= 0;

export class GpuLink {
  readonly #worker: Worker;
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #answer: Uint8Array<SharedArrayBuffer>;
  readonly #loss: Uint8Array<SharedArrayBuffer>;
  readonly #patience: number;
  #runs = 0;

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
    Atomics.add(this.#control, CONTROL.sent, 1);
    Atomics.notify(this.#control, CONTROL.sent);
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

  /** Sends a run, and waits while too many are on their way. */
  run(id: number, parameters: Uint32Array, doing: string): Sent {
    const number = (this.#runs + 1) | 0;
    this.post({ type: "run", id, parameters, slot: slotOf(number) }, doing);
    this.#runs = number;
    const sent = { number, doing, since: performance.now() };
    this.#awaitDone({ ...sent, number: (number - WEBGPU_RUNS_IN_FLIGHT) | 0 });
    return sent;
  }

  /** How a run ended; undefined where it has not, and is not waited for. */
  outcome(sent: Sent, wait: boolean): Outcome | undefined {
    if (wait) this.#awaitDone(sent);
    else if (!isUpTo(sent.number, Atomics.load(this.#control, CONTROL.done))) {
      this.#checkAlive(sent.doing);
      if (performance.now() - sent.since > this.#patience) this.#hung(sent.doing);
      return undefined;
    }
    const at = CONTROL.faults + 2 * slotOf(sent.number);
    const [fault, value] = this.#control.subarray(at, at + 2);
    return fault === 0 ? "done" : { fault: fault! - 1, value: value! };
  }

  #awaitDone({ number, doing }: Sent): void {
    for (;;) {
      const done = Atomics.load(this.#control, CONTROL.done);
      if (isUpTo(number, done)) return;
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
