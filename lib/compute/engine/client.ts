// The client of an engine: what the tensors see of it. Everything is synchronous unless its name ends in Async. Requests are
// queued and mostly not waited for; an error is thrown by the next call that waits.

import type { GraphSpec } from "../../graph/spec.js";
import { CHUNK_BYTES, RUN_AHEAD, RUNS_OF_AN_EVALUATION, WAIT_SLICE_MS } from "../settings.js";
import { ChannelEnd, type ChannelMemory, notAfter } from "./channel.js";
import { EngineError } from "./errors.js";
import type { Explanation } from "./explanation.js";
import { formatGraph } from "./graph.js";
import { type Answer, Inbox } from "./inbox.js";
import { type Part, PROTOCOL_VERSION, type ReplyOf, type Request, TO_THE_END } from "./protocol.js";
import type { SharedHeap } from "./shared-memory.js";
import { Stop } from "./stop.js";

/** How a client reaches its engine; one for each home. */
export interface Home {
  readonly device: string;
  readonly channel: ChannelMemory;
  /** Proves to a server that this is the client it was started for. */
  readonly token: string;
  /** Keeps the process from ending while the client waits for the engine without blocking, or no longer. */
  keepAlive(on: boolean): void;
  /** The device's memory, where this thread can see it. */
  heap(): SharedHeap | undefined;
  /** Set where the engine can be killed: does so unless it soon finishes something, or has finished request `sequence`. */
  readonly doubt?: (sequence: number) => void;
  /** Set where the engine can end by itself: calls `listener` when it has, in a turn of the event loop. */
  readonly ended?: (listener: () => void) => void;
  /** Set where the engine has no thread of its own: handles what is queued; calls `drain` when replies pile up. */
  readonly work?: (drain: () => void) => void;
}

export interface MemoryUse {
  /** Bytes of all buffers and arenas on the device. */
  readonly allocatedBytes: number;
  /** Of these, bytes for values inside plans. */
  readonly arenaBytes: number;
  /** Bytes that the device has taken from the system. */
  readonly reservedBytes: number;
  readonly buffers: number;
  readonly plans: number;
  /** Plans compiled so far. */
  readonly compiles: number;
}

/** A chunk of data, and what goes with it. */
const ROOM_FOR_CHUNK = 2 * CHUNK_BYTES;

const isLarge = ({ data }: Part): boolean => data.length > CHUNK_BYTES;

export class EngineClient {
  /** The name of what computes. */
  readonly device: string;
  readonly #home: Home;
  readonly #end: ChannelEnd;
  readonly #inbox: Inbox;
  readonly #stop = new Stop();
  readonly #overwriting = new Set<number>();
  /** Runs that were not done when last looked at, oldest first. */
  readonly #inFlight: { readonly sequence: number; readonly overwrites: boolean }[] = [];
  #freed: number[] = [];
  #sequence = 0;
  #asyncWaits = 0;
  #cancelledUpTo: number | undefined;

  constructor(home: Home) {
    this.device = home.device;
    this.#home = home;
    this.#end = new ChannelEnd(home.channel, "client");
    this.#inbox = new Inbox(this.#end);
    const hello = { version: PROTOCOL_VERSION, device: home.device, token: home.token };
    this.#send({ type: "hello", sequence: this.#next(), ...hello });
  }

  /** Makes `graph` runnable as plan number `planId`, a new number. `where` says for whom; errors of its runs name it. */
  define(planId: number, graph: GraphSpec, where = ""): void {
    if (where !== "") this.#inbox.definedFor(planId, where);
    if (graph.results.some(({ overwrites }) => overwrites !== undefined)) this.#overwriting.add(planId);
    this.#send({ type: "define", sequence: this.#next(), plan: planId, graph: formatGraph(graph) });
  }

  /** Waits while RUN_AHEAD runs are in flight, so that the next few calls of `run` need not. Ends an interrupted cell if the engine
   *  does not get on: to be called where nothing has been begun that this would leave half done. */
  awaitTurn(): void {
    this.#landed();
    while (this.#inFlight.length >= RUN_AHEAD) {
      this.#waitOrStop(this.#inFlight[0]!.sequence);
      this.#landed();
    }
  }

  /** Queues a run and gives its number. `bindings`: buffer ids of the inputs, then those for the results that overwrite
   *  nothing: new ones, or of buffers whose values are no longer needed. `inline`: contents of inputs whose
   *  ids are new. `report`: the binding whose value `reported` gives. Call `awaitTurn` before the first of an evaluation. */
  run(
    planId: number,
    bindings: readonly number[],
    args: readonly number[],
    inline: readonly Part[] = [],
    report = -1,
  ): number {
    this.#landed();
    while (this.#inFlight.length >= RUN_AHEAD + RUNS_OF_AN_EVALUATION) {
      this.#waitFor(this.#inFlight[0]!.sequence);
      this.#landed();
    }
    let small = inline;
    if (inline.some(isLarge)) {
      for (const part of inline)
        if (isLarge(part)) this.#write(bindings[part.binding]!, part.data, this.#waitForRoom);
      small = inline.filter((part) => !isLarge(part));
    }
    const free = new Int32Array(this.#freed);
    this.#freed = [];
    const sequence = this.#next();
    this.#inFlight.push({ sequence, overwrites: this.#overwriting.has(planId) });
    this.#inbox.queued(sequence, planId);
    if (report >= 0) this.#inbox.expect(sequence);
    this.#send({
      type: "run",
      sequence,
      free,
      plan: planId,
      bindings: new Int32Array(bindings),
      args: new Float64Array(args),
      inline: small,
      report: report + 1,
    });
    return sequence;
  }

  /** Queues a run that nobody has asked for yet. It must overwrite nothing; `bindings` as for `run`. What goes wrong in it is not
   *  told, nor is it finished when the cell is interrupted. See `confirm`. */
  speculate(planId: number, bindings: readonly number[], args: readonly number[]): number {
    this.#inbox.forgetSpeculative((sequence) => this.completed(sequence));
    const sequence = this.run(planId, bindings, args);
    this.#inbox.speculate(sequence);
    return sequence;
  }

  /** Now run `sequence` is asked for, in place of one that overwrites what it has been computed from: from now on it is finished in
   *  any case, and `undo` is called if it fails. False where it has failed, or was cancelled: it has to be run anew. */
  confirm(sequence: number, undo: () => void): boolean {
    this.#inbox.drain();
    const cancelled = this.#cancelledUpTo !== undefined && notAfter(sequence, this.#cancelledUpTo);
    if (cancelled || !this.#inbox.confirm(sequence, undo)) return false;
    const at = this.#inFlight.findIndex((run) => run.sequence === sequence);
    if (at >= 0) this.#inFlight[at] = { sequence, overwrites: true };
    return true;
  }

  /** The bytes that run `sequence` reports. To be called once for each run that was asked to; waits and throws as `read`. */
  reported(sequence: number): Uint8Array {
    this.#waitOrStop(sequence);
    return this.#answer(sequence).bytes!;
  }

  /** Fills buffer `id` with `data`; makes it if there is none. Ends an interrupted cell if the engine does not take the data; the
   *  buffer then holds nothing of use. */
  write(id: number, data: Uint8Array): void {
    this.#write(id, data, this.#waitForRoomOrStop);
  }

  #write(id: number, data: Uint8Array, wait: (seen: number) => void): void {
    let offset = 0;
    do {
      // before the request has a number, which must not be missing from the sequence
      this.#end.awaitRoom(ROOM_FOR_CHUNK, wait);
      const chunk = data.subarray(offset, offset + CHUNK_BYTES);
      this.#send({ type: "write", sequence: this.#next(), buffer: id, total: data.length, offset, chunk });
      offset += CHUNK_BYTES;
    } while (offset < data.length);
  }

  /** A copy of the bytes of buffer `id`, aligned for any element type. Waits for everything queued before. Throws what
   *  went wrong with this buffer, and ends an interrupted cell once all runs in flight are done. */
  read(id: number, offset = 0, bytes: number = TO_THE_END): Uint8Array {
    const request = { sequence: this.#next(), buffer: id, offset, bytes };
    const shared = this.#home.heap() !== undefined;
    const answer = this.#ask({ type: shared ? "locate" : "read", ...request });
    if (answer.reply?.type !== "place") return answer.bytes!;
    const { address, bytes: length } = answer.reply;
    const heap = new Uint8Array(this.#home.heap()!.buffer);
    // The heap may have grown a moment ago on the other thread; then this one does not see the new part yet.
    return address + length <= heap.length
      ? new Uint8Array(heap.subarray(address, address + length))
      : this.#ask({ type: "read", ...request, sequence: this.#next() }).bytes!;
  }

  /** Asks for the bytes of buffer `id`, without waiting: gives the number by which `requested` finds them. */
  request(id: number): number {
    const sequence = this.#next();
    this.#inbox.expect(sequence);
    this.#send({ type: "read", sequence, buffer: id, offset: 0, bytes: TO_THE_END });
    return sequence;
  }

  /** As `request`, of several buffers at once: their bytes one after the other, each padded to 8. */
  requestAll(ids: readonly number[]): number {
    const sequence = this.#next();
    this.#inbox.expect(sequence);
    this.#send({ type: "gather", sequence, buffers: new Int32Array(ids) });
    return sequence;
  }

  /** The bytes of a request, or undefined where they could not be computed: what went wrong is left for whoever waits for it.
   *  To be called once. Waits as `read` does, but never ends an interrupted cell. */
  requested(sequence: number): Uint8Array | undefined {
    this.#waitFor(sequence);
    return this.#inbox.take(sequence).bytes;
  }

  /** As `read`, without blocking. */
  async readAsync(id: number, offset = 0, bytes: number = TO_THE_END): Promise<Uint8Array> {
    const sequence = this.#next();
    this.#inbox.expect(sequence);
    this.#send({ type: "read", sequence, buffer: id, offset, bytes });
    await this.#waitForAsync(sequence);
    return this.#answer(sequence).bytes!;
  }

  /** Gives buffers back, after the runs queued so far. Travels with the next request. */
  free(ids: Int32Array | readonly number[]): void {
    for (const id of ids) this.#freed.push(id);
  }

  /** Waits until everything queued is done; throws the first error that has not been thrown yet. */
  synchronize(): void {
    this.#waitOrStop(this.#sequence);
    this.#settled();
  }

  /** As `synchronize`, without blocking. */
  async synchronizeAsync(): Promise<void> {
    await this.#waitForAsync(this.#sequence);
    this.#settled();
  }

  /** Throws the first error that has arrived and has not been thrown yet. Never waits. */
  check(): void {
    this.#inbox.drain();
    this.#inbox.throwFirst();
  }

  /** True once nobody will answer any more. */
  get gone(): boolean {
    return this.#inbox.gone !== undefined || this.#end.lost;
  }

  /** Number of the last request. */
  get lastSequence(): number {
    return this.#sequence;
  }

  /** Whether request `sequence` is done, well or badly. Never waits. */
  completed(sequence: number): boolean {
    return notAfter(sequence, this.#end.completed) || this.#end.lost;
  }

  /** What a plan does; with `measure` also how long it takes, which takes a moment to find out. */
  explain(planId: number, measure = false): Explanation {
    const request = { plan: planId, measure: measure ? 1 : 0 };
    const { reply } = this.#ask({ type: "explain", sequence: this.#next(), ...request });
    return JSON.parse((reply as ReplyOf<"text">).text) as Explanation;
  }

  memory(): MemoryUse {
    const { reply } = this.#ask({ type: "memory", sequence: this.#next() });
    const { type: _, sequence: __, ...use } = reply as ReplyOf<"usage">;
    return use;
  }

  /** Calls `listener` once the engine has ended, also by itself, where it can. */
  onEnd(listener: () => void): void {
    this.#home.ended?.(listener);
  }

  /** Ends the engine. Runs in flight may be left undone. */
  close(): void {
    if (this.#inbox.gone !== undefined) return;
    if (!this.#end.lost) {
      this.#cancel();
      this.#send({ type: "shutdown", sequence: this.#next() });
    }
    this.#inbox.gone = new EngineError("connection", "the connection to the engine has been closed");
  }

  /** The number of the next request. What has been freed goes first. */
  #next(): number {
    if (this.#freed.length > 0) {
      const buffers = new Int32Array(this.#freed);
      this.#freed = [];
      this.#send({ type: "free", sequence: this.#next(), buffers });
    }
    this.#sequence = (this.#sequence + 1) | 0;
    return this.#sequence;
  }

  #send(request: Request): void {
    if (this.#inbox.gone !== undefined) throw this.#inbox.gone;
    if (this.#end.lost) this.#throwLost();
    this.#end.send(request, this.#waitForRoom);
    this.#home.work?.(this.#inbox.drain);
  }

  readonly #waitForRoom = (seen: number): void => {
    if (this.#end.lost) this.#throwLost();
    this.#inbox.drain();
    if (this.#home.work === undefined) this.#end.wait(seen, WAIT_SLICE_MS);
    else this.#home.work(this.#inbox.drain);
    // no room for a message that cancels anything
    if (this.#stop.late) this.#home.doubt?.(this.#sequence);
  };

  readonly #waitForRoomOrStop = (seen: number): void => {
    this.#waitForRoom(seen);
    this.#stopIfDisobeyed();
  };

  #ask(request: Request): Answer {
    this.#inbox.expect(request.sequence);
    this.#send(request);
    this.#waitOrStop(request.sequence);
    return this.#answer(request.sequence);
  }

  #answer(sequence: number): Answer {
    const answer = this.#inbox.take(sequence);
    this.#stop.endIfAsked();
    this.#inbox.throwIfFailed(answer);
    return answer;
  }

  #waitFor(sequence: number): void {
    for (;;) {
      const seen = this.#end.signal;
      if (this.#arrived(sequence)) return;
      this.#pause(seen);
    }
  }

  /** As `#waitFor`, but a user who stops does not wait for an engine that does not obey. */
  #waitOrStop(sequence: number): void {
    for (;;) {
      const seen = this.#end.signal;
      if (this.#arrived(sequence)) return;
      this.#pause(seen);
      try {
        this.#stopIfDisobeyed();
      } catch (stop) {
        this.#inbox.take(sequence);
        throw stop;
      }
    }
  }

  async #waitForAsync(sequence: number): Promise<void> {
    if (this.#asyncWaits++ === 0) this.#home.keepAlive(true);
    try {
      for (;;) {
        const seen = this.#end.signal;
        if (this.#arrived(sequence)) return;
        await this.#end.waitAsync(seen);
      }
    } finally {
      if (--this.#asyncWaits === 0) this.#home.keepAlive(false);
    }
  }

  /** Whether request `sequence` is done and its replies are here. Throws when it never will be. */
  #arrived(sequence: number): boolean {
    const done = notAfter(sequence, this.#end.completed);
    const { lost } = this.#end;
    this.#inbox.drain();
    if (lost && !done) this.#throwLost();
    return done;
  }

  /** Waits a moment. Once the user has asked to stop, runs in flight get some time; then those that change nothing are cancelled.
   *  Runs that overwrite parameters are always finished, or the host's step counts would no longer agree with them. */
  #pause(seen: number): void {
    this.#end.wait(seen, WAIT_SLICE_MS);
    if (!this.#stop.late) return;
    this.#landed();
    if (!this.#inFlight.some(({ overwrites }) => overwrites)) this.#cancel();
    this.#home.doubt?.(this.#sequence);
  }

  /** Ends an interrupted cell whose engine has had time enough to obey. */
  #stopIfDisobeyed(): void {
    if (this.#home.work === undefined && this.#stop.disobeyed) this.#stop.endIfAsked();
  }

  /** Runs queued so far need not be finished. Said twice: in memory, and for engines elsewhere by a message. */
  #cancel(): void {
    const upTo = this.#inFlight.at(-1)?.sequence;
    if (upTo === undefined || this.#cancelledUpTo === upTo) return;
    this.#cancelledUpTo = upTo;
    this.#end.cancel(upTo);
    this.#send({ type: "cancel", sequence: this.#next(), upTo: upTo >>> 0 });
  }

  #settled(): void {
    this.#stop.endIfAsked();
    this.#inbox.throwFirst();
  }

  #throwLost(): never {
    this.#inbox.drain();
    this.#inbox.gone ??= new EngineError(
      "connection",
      "the engine has stopped without a word. Restart the kernel (or the program) to get a new one",
    );
    throw this.#inbox.gone;
  }

  /** Forgets the runs in flight that are done. */
  #landed(): void {
    while (this.#inFlight.length > 0 && notAfter(this.#inFlight[0]!.sequence, this.#end.completed))
      this.#inFlight.shift();
  }
}
