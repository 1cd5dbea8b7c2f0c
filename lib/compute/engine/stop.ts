// The stop button, for a thread that waits for an engine: how long ago it was pressed, and whether the engine has obeyed.

import { checkInterrupt, interruptRequested } from "../interrupt.js";
import { STOP_GRACE_MS, STOP_PATIENCE_MS } from "../settings.js";

export class Stop {
  #askedAt: number | undefined;

  /** Whether the user has asked to stop, and the engine has had some time since. */
  get late(): boolean {
    if (!interruptRequested()) {
      this.#askedAt = undefined; // user code has answered the stop itself
      return false;
    }
    this.#askedAt ??= performance.now();
    return performance.now() - this.#askedAt > STOP_GRACE_MS;
  }

  /** Whether the engine has had time enough to obey, when it was last looked. */
  get disobeyed(): boolean {
    return this.#askedAt !== undefined && performance.now() - this.#askedAt >= STOP_PATIENCE_MS;
  }

  /** Ends the cell if the user has asked to stop. */
  endIfAsked(): void {
    this.#askedAt = undefined;
    checkInterrupt();
  }
}
