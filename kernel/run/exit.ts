// `process.exit` in a notebook: before the process ends, the wire thread says what cells have printed, gives those that run a
// reply and closes its sockets, which would otherwise bring the process down.

import { LIMITS } from "../limits.js";
import { SHARED } from "../protocol/threads.js";
import type { Output } from "./output.js";

/** The last thing that `process.exit` calls, after all listeners of "exit"; Node's declarations leave it out. */
type Exiting = NodeJS.Process & { reallyExit(code?: number): never };

/** Makes every way to `process.exit`, whoever calls it, an orderly one. */
export function exitInOrder(output: Output, words: Int32Array<SharedArrayBuffer>): void {
  const exiting = process as Exiting;
  const { reallyExit } = exiting;
  exiting.reallyExit = (code = 0) => {
    if (Atomics.load(words, SHARED.closed) === 0) {
      output.say({ type: "exit", code });
      Atomics.wait(words, SHARED.closed, 0, LIMITS.exitMilliseconds);
    }
    return reallyExit.call(process, code);
  };
}
