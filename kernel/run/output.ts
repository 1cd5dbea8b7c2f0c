// Everything that user code shows: prints, displays, comm messages, the records of runs. It leaves at once through a message
// port, marked with the cell that caused it, so that it arrives even while a cell keeps this thread busy.

import type { MessagePort } from "node:worker_threads";
import { LIMITS } from "../limits.js";
import { type FromMain, SHARED } from "../protocol/threads.js";
import { executions } from "./interrupt.js";

/** Longest wait for the wire thread in one go, so that a stop is noticed. */
const WAIT_MILLISECONDS = 100;

type Caused = Extract<FromMain, { execution: number }>;
type WithoutExecution<T> = T extends unknown ? Omit<T, "execution"> : never;

export class Output {
  readonly #port: MessagePort;
  readonly #words: Int32Array<SharedArrayBuffer>;
  #latest = 0;
  #sent = 0;

  constructor(port: MessagePort, words: Int32Array<SharedArrayBuffer>) {
    this.#port = port;
    this.#words = words;
  }

  /** Output whose cause is unknown belongs to this cell from now on. */
  set latest(execution: number) {
    this.#latest = execution;
  }

  /** Sends what the current cell, or the cell that started the current asynchronous work, has to say. */
  say(message: WithoutExecution<Caused>, given: ArrayBuffer[] = []): void {
    const execution = executions.getStore()?.id ?? this.#latest;
    this.post({ ...message, execution } as Caused, given);
  }

  /** `given`: memory that is handed over instead of copied. */
  post(message: FromMain, given: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, given);
  }

  print(name: "stdout" | "stderr", text: string): void {
    if (text === "") return;
    this.say({ type: "stream", name, text });
    this.#sent = (this.#sent + text.length) | 0;
    this.#waitForWire();
  }

  /** Prints at most as fast as the wire thread takes it, so that endless printing does not eat the memory. */
  #waitForWire(): void {
    for (;;) {
      const taken = Atomics.load(this.#words, SHARED.charactersTaken);
      if (((this.#sent - taken) | 0) <= LIMITS.outputCharactersInFlight) return;
      if (Atomics.load(this.#words, SHARED.interrupt) !== 0) return;
      Atomics.wait(this.#words, SHARED.charactersTaken, taken, WAIT_MILLISECONDS);
    }
  }

  /** Makes process.stdout and process.stderr (and so console) print into cells. */
  captureStreams(): void {
    for (const name of ["stdout", "stderr"] as const) {
      process[name].write = (
        chunk: string | Uint8Array,
        encodingOrDone?: BufferEncoding | ((error?: Error | null) => void),
        done?: (error?: Error | null) => void,
      ): boolean => {
        this.print(name, typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
        const callback = typeof encodingOrDone === "function" ? encodingOrDone : done;
        if (callback !== undefined) queueMicrotask(() => callback(null));
        return true;
      };
    }
  }
}
