// Stopping user code on the main thread: the word that loops look at, the error they throw, and which executions have been
// stopped although some of their asynchronous work may still come by.

import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers/promises";
import { installInterrupt } from "gradbook/compute/interrupt";
import { LIMITS } from "../limits.js";
import { SHARED } from "../protocol/threads.js";

export class InterruptError extends Error {
  override readonly name = "Interrupted";
}

/** One run of a cell, and everything asynchronous that it started. */
export class Execution {
  readonly id: number;
  /** Rejects when the user stops the cell while it waits for something that does not end by itself. */
  readonly abandoned: Promise<never>;
  stopped = false;
  #abandon!: (reason: Error) => void;

  constructor(id: number) {
    this.id = id;
    this.abandoned = new Promise((_, reject) => {
      this.#abandon = reject;
    });
    this.abandoned.catch(() => {});
  }

  abandon(): void {
    this.#abandon(STOP);
  }
}

/** Carries the execution through timers, promises and callbacks, so that late output reaches its cell. */
export const executions: AsyncLocalStorage<Execution> = new AsyncLocalStorage();

/** Thrown by loops; one for all, since making an error in a loop would slow the loop down. */
export const STOP: InterruptError = new InterruptError("The cell was stopped.");
STOP.stack = "";

export class Interrupts {
  readonly words: Int32Array<SharedArrayBuffer>;
  #anyStopped = false;
  #stoppedUpTo = -1;

  constructor(words: Int32Array<SharedArrayBuffer>) {
    this.words = words;
    const flag = words.subarray(SHARED.interrupt, SHARED.interrupt + 1);
    installInterrupt({
      flag,
      interrupted: () => {
        this.clear();
        throw new InterruptError("The cell was stopped.");
      },
    });
    // Without a listener, Ctrl-C in the terminal of the server would end every kernel.
    process.on("SIGINT", () => {});
  }

  clear(): void {
    Atomics.store(this.words, SHARED.interrupt, 0);
  }

  /** Stops a running cell, which may first end by itself. */
  stop(execution: Execution): void {
    this.#anyStopped = true;
    execution.stopped = true;
    setTimeout(() => execution.abandon(), LIMITS.interruptGraceMilliseconds);
  }

  /** Stops what cells up to this one still do in the background. */
  stopAllUpTo(execution: number): void {
    this.#anyStopped = true;
    this.#stoppedUpTo = execution;
  }

  /** In loops with `await`: throws if the user stopped the cell that this work belongs to. */
  check(): void {
    if (this.words[SHARED.interrupt] !== 0) throw STOP;
    if (!this.#anyStopped) return;
    const execution = executions.getStore();
    if (execution !== undefined && (execution.stopped || execution.id <= this.#stoppedUpTo)) throw STOP;
  }

  /** In top-level loops, when the time has come: lets timers, messages and finalisers run. */
  async rest(): Promise<void> {
    Atomics.store(this.words, SHARED.yieldDue, 0);
    await setImmediate();
  }
}

/** True for the errors that a stopped cell ends with. */
export function isInterrupt(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // by name: the library has an error of its own for training that is stopped
  return error.name === STOP.name || ("code" in error && error.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED");
}
