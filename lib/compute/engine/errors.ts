// The errors of the engine, as its client throws them.

import type { ErrorKind } from "./protocol.js";

/** Why a request failed. `origin` is the number of the request that failed first, where others only depend on it. */
export interface Failure {
  readonly origin: number;
  readonly kind: ErrorKind;
  readonly message: string;
}

/** Something the engine could not do; the message says what, and what to do. */
export class EngineError extends Error {
  readonly kind: ErrorKind;
  constructor(kind: ErrorKind, message: string) {
    super(message);
    this.name = "EngineError";
    this.kind = kind;
  }
}

/** Thrown within the engine to refuse or fail a request. */
export class RequestFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}
