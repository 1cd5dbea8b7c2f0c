// The stop button, from this side: sets the word that user code looks at, and goes further if that does not help.

import { LIMITS } from "../limits.js";
import { SHARED, type ToMain } from "../protocol/threads.js";
import type { ExecutionRecord, Executions } from "./executions.js";
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
      if (executions.running.length > 0) Atomics.store(words, SHARED.yieldDue, 1);
    }, LIMITS.yieldMilliseconds);
  }

  /** Stops the running cells, of all shells; with none running, what cells still do in the background. */
  interrupt(): void {
    if (this.#executions.running.length === 0) {
      this.#toMain({ type: "interrupt", execution: -1 });
      return;
    }
    const stopped = this.#executions.stopCompiling();
    if (stopped.length === 0) return;
    Atomics.store(this.#words, SHARED.interrupt, 1);
    Atomics.notify(this.#words, SHARED.interrupt);
    for (const { id } of stopped) this.#toMain({ type: "interrupt", execution: id });
    const ifStillRunning = (after: number, act: (parent: ExecutionRecord["parent"]) => void): void => {
      setTimeout(() => {
        const [first] = stopped.filter(({ id }) => this.#executions.isRunning(id));
        if (first !== undefined) act(first.parent);
      }, after);
    };
    // On Windows there are no signals: SIGINT would end the process.
    if (process.platform !== "win32") {
      ifStillRunning(LIMITS.interruptSignalMilliseconds, () => process.kill(process.pid, "SIGINT"));
    }
    ifStillRunning(LIMITS.interruptGiveUpMilliseconds, (parent) =>
      this.#publisher.stream("stderr", GIVEN_UP, parent),
    );
  }
}
