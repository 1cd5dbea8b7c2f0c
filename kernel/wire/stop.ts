// The stop button, from this side: sets the word that user code looks at, and goes further if that does not help.

import { LIMITS } from "../limits.js";
import { SHARED, type ToMain } from "../protocol/threads.js";
import type { Executions } from "./executions.js";
import type { Publisher } from "./publisher.js";

const GIVEN_UP =
  "The cell does not stop: it is inside code that the kernel cannot break. Restart the kernel to end it.\n";

export class Stop {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #executions: Executions;
  readonly #publisher: Publisher;
  readonly #toMain: (message: ToMain) => void;

  constructor(
    words: Int32Array<SharedArrayBuffer>,
    executions: Executions,
    publisher: Publisher,
    toMain: (message: ToMain) => void,
  ) {
    this.#words = words;
    this.#executions = executions;
    this.#publisher = publisher;
    this.#toMain = toMain;
    // While a cell runs: lets its top-level loops know that it is time to let other work run.
    setInterval(() => {
      if (executions.running !== undefined) Atomics.store(words, SHARED.yieldDue, 1);
    }, LIMITS.yieldMilliseconds);
  }

  /** Stops the running cell; with none running, what cells still do in the background. */
  interrupt(): void {
    const { running } = this.#executions;
    if (running === undefined) {
      this.#toMain({ type: "interrupt", execution: -1 });
      return;
    }
    if (this.#executions.stopCompiling()) return;
    Atomics.store(this.#words, SHARED.interrupt, 1);
    Atomics.notify(this.#words, SHARED.interrupt);
    this.#toMain({ type: "interrupt", execution: running.id });
    const ifStillRunning = (after: number, act: () => void): void => {
      setTimeout(() => {
        if (this.#executions.running?.id === running.id) act();
      }, after);
    };
    // On Windows there are no signals: SIGINT would end the process.
    if (process.platform !== "win32") {
      ifStillRunning(LIMITS.interruptSignalMilliseconds, () => process.kill(process.pid, "SIGINT"));
    }
    ifStillRunning(LIMITS.interruptGiveUpMilliseconds, () =>
      this.#publisher.stream("stderr", GIVEN_UP, running.parent),
    );
  }
}
