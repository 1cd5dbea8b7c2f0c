// What the front end asks of runs, on its way to the main thread: checked here, where it can be answered at once, then put where
// a training loop finds it without serving anything else.

import type { MessagePort } from "node:worker_threads";
import { CONTROL_ACTIONS, type ControlAction, REFUSALS, type RunRequest } from "gradbook/train/control";
import type { Json } from "../protocol/messages.js";
import { SHARED, type ToMain } from "../protocol/threads.js";
import type { RunRecord } from "./recorder.js";

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
const isAmount = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0;

/** What a request has to be; a text says what is wrong. */
const CHECKS: { readonly [T in RunRequest["type"]]: (request: Json) => string | undefined } = {
  control: ({ action, value }) => {
    if (!CONTROL_ACTIONS.includes(action as ControlAction))
      return `There is no control ${JSON.stringify(action)}.`;
    if (action === "pace" && !isAmount(value))
      return "The pace must be 0 (full speed) or more steps a second.";
    if (action === "learningRate" && !isAmount(value)) return "The learning rate must be 0 or more.";
    return undefined;
  },
  microscope: ({ example, unit }) => {
    if (example !== undefined && !isCount(example)) return "The example must be a number from 0 on.";
    const { layer, index } = (unit ?? { layer: 0, index: 0 }) as Json;
    return isCount(layer) && isCount(index) ? undefined : "The unit must be a layer and an index from 0 on.";
  },
  batch: ({ layer }) => (isCount(layer) ? undefined : "The layer must be a number from 0 on."),
  fork: ({ step, learningRate }) => {
    if (!isCount(step)) return "The step must be a number from 0 on.";
    return learningRate === undefined || isAmount(learningRate)
      ? undefined
      : "The learning rate must be 0 or more.";
  },
};

export class RunRequests {
  readonly #port: MessagePort;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #toMain: (message: ToMain) => void;

  constructor(port: MessagePort, words: Int32Array<SharedArrayBuffer>, toMain: (message: ToMain) => void) {
    this.#port = port;
    this.#words = words;
    this.#toMain = toMain;
  }

  /** Passes a request on; gives why not, for people, where it cannot be met. */
  post(request: Json, run: RunRecord | undefined): string | undefined {
    const check = CHECKS[request.type as RunRequest["type"]];
    const wrong = check(request);
    if (wrong !== undefined) return wrong;
    if (run === undefined) return REFUSALS.unknown;
    // one can go on from a run that has ended
    if (request.type !== "fork" && run.info.status !== "running") {
      return REFUSALS.idle;
    }
    this.#port.postMessage(request);
    Atomics.add(this.#words, SHARED.requests, 1);
    Atomics.notify(this.#words, SHARED.requests);
    this.#toMain({ type: "requests" });
    return undefined;
  }

  /** Whether a message is a request of a run. */
  static has(type: unknown): boolean {
    return typeof type === "string" && Object.hasOwn(CHECKS, type);
  }
}
