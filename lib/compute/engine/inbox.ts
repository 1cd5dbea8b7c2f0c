// What comes back from an engine: answers to requests that somebody waits for, and errors, which are kept until somebody can be told.

import type { ChannelEnd, Receiver } from "./channel.js";
import { EngineError } from "./errors.js";
import { decodeReply, errorKind, type Reply, type ReplyOf } from "./protocol.js";

/** Requests that are remembered, to say whose they were when they fail: more than can be on their way. A power of two. */
const RECENT = 64;

/** What came back for one request. */
export interface Answer {
  bytes?: Uint8Array;
  reply?: Reply;
  error?: { readonly origin: number; readonly error: EngineError };
}

export class Inbox {
  readonly #end: ChannelEnd;
  readonly #awaited = new Map<number, Answer>();
  /** Errors of requests that no one waited for, by the request that failed first. */
  readonly #errors = new Map<number, EngineError>();
  /** For whom plans were defined, and what has been run lately. */
  readonly #places = new Map<number, string>();
  readonly #recent: { readonly sequence: number; readonly plan: number }[] = [];
  /** Runs that nobody had asked for when they were queued. Their errors are nobody's, until someone does. */
  readonly #speculative = new Map<number, { failed: boolean; undo: (() => void) | undefined }>();
  /** Why nothing will come any more. */
  gone: EngineError | undefined;

  constructor(end: ChannelEnd) {
    this.#end = end;
  }

  /** Takes in what has arrived. */
  readonly drain = (): void => {
    while (this.#end.receive(this.#receiver));
  };

  /** Errors of a plan's runs say for whom it was defined. */
  definedFor(plan: number, where: string): void {
    this.#places.set(plan, where);
  }

  /** Run `sequence` of `plan` is queued. */
  queued(sequence: number, plan: number): void {
    this.#recent[sequence & (RECENT - 1)] = { sequence, plan };
  }

  /** Somebody will wait for the answer to request `sequence`. */
  expect(sequence: number): void {
    this.#awaited.set(sequence, {});
  }

  /** What has come for a request that was expected. To be called once. */
  take(sequence: number): Answer {
    const answer = this.#awaited.get(sequence)!;
    this.#awaited.delete(sequence);
    return answer;
  }

  /** Throws the error of an answer, where there is one: nobody else needs to be told. */
  throwIfFailed({ error }: Answer): void {
    if (error === undefined) return;
    this.#errors.delete(error.origin);
    throw error.error;
  }

  /** Throws the first error that has not been thrown yet. */
  throwFirst(): void {
    for (const error of this.#errors.values()) {
      this.#errors.clear();
      throw error;
    }
  }

  /** Run `sequence` has not been asked for. */
  speculate(sequence: number): void {
    this.#speculative.set(sequence, { failed: false, undo: undefined });
  }

  /** Forgets those of such runs that are over. */
  forgetSpeculative(isOver: (sequence: number) => boolean): void {
    const over = [...this.#speculative.keys()].filter(isOver);
    if (over.length > 0) this.drain();
    for (const sequence of over) this.#speculative.delete(sequence);
  }

  /** Now it is asked for; `undo` is called if it fails from now on. False where it has failed already. */
  confirm(sequence: number, undo: () => void): boolean {
    const run = this.#speculative.get(sequence);
    if (run?.failed === true) return false;
    if (run !== undefined) run.undo = undo;
    return true;
  }

  readonly #receiver: Receiver = (views, start, length) => {
    const reply = decodeReply(views, start, length);
    if (reply.type === "error") {
      this.#failed(reply);
      return;
    }
    const awaited = this.#awaited.get(reply.sequence);
    if (awaited === undefined) return;
    if (reply.type === "data") {
      awaited.bytes ??= new Uint8Array(reply.total);
      awaited.bytes.set(reply.chunk, reply.offset);
    } else awaited.reply = reply;
  };

  #failed({ sequence, origin, kind, message }: ReplyOf<"error">): void {
    const run = this.#recent[origin & (RECENT - 1)];
    const place = run?.sequence === (origin | 0) ? this.#places.get(run.plan) : undefined;
    const told = place === undefined ? message : `${message} (first computed for ${place})`;
    const error = new EngineError(errorKind(kind), told);
    const awaited = this.#awaited.get(sequence);
    const speculative = this.#speculative.get(sequence);
    const gone = error.kind === "connection";
    if (gone) this.gone ??= error;
    if (speculative !== undefined) speculative.failed = true;
    speculative?.undo?.();
    if (speculative !== undefined && speculative.undo === undefined) return;
    if (awaited !== undefined) awaited.error = { origin, error };
    // that a run was cancelled is no news to the user, who has stopped it
    else if (!gone && error.kind !== "cancelled" && !this.#errors.has(origin))
      this.#errors.set(origin, error);
  }
}
