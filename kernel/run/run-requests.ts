// What the front end asks of runs, as the library takes it: in the middle of a synchronous loop, or when this thread is idle.

import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { RunRequest } from "gradbook/train/control";
import type { RequestSource } from "gradbook/train/host";
import { SHARED } from "../protocol/threads.js";

export class RunRequests implements RequestSource {
  readonly count: Int32Array<SharedArrayBuffer>;
  readonly #port: MessagePort;
  #listener: () => void = () => {};

  constructor(port: MessagePort, words: Int32Array<SharedArrayBuffer>) {
    this.#port = port;
    this.count = words.subarray(SHARED.requests, SHARED.requests + 1);
  }

  take(): RunRequest | undefined {
    return receiveMessageOnPort(this.#port)?.message as RunRequest | undefined;
  }

  listen(listener: () => void): void {
    this.#listener = listener;
  }

  /** The thread is idle and there are requests. */
  serve(): void {
    this.#listener();
  }
}
