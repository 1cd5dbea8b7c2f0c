// The shared memory between a client and an engine, and one end of it: sending and receiving whole messages, waiting for
// the other end, waking it. What the messages mean is not known here.

import {
  LARGEST_MESSAGE_BYTES,
  LOOKS_BEFORE_SLEEP,
  REPLY_RING_BYTES,
  REQUEST_RING_BYTES,
  WAIT_SLICE_MS,
} from "../settings.js";
import {
  createProcessMemory,
  Futex,
  mapProcessMemory,
  type ProcessMemory,
  viewProcessMemory,
} from "./process-memory.js";
import { encodeAt, encodedBytes, ProtocolError, type Reply, type Request } from "./protocol.js";
import { padded, Ring, ringBytes, type Views, viewsOf } from "./ring.js";

/** What client and engine share; sent to other threads as it is. */
export type ChannelMemory = ThreadsMemory | ProcessMemory;

/** Shared by threads of one process. */
interface ThreadsMemory {
  readonly control: SharedArrayBuffer;
  readonly requests: SharedArrayBuffer;
  readonly replies: SharedArrayBuffer;
}

// Words of the control memory, each on a cache line of its own.
const CLIENT_SIGNAL = 0;
const ENGINE_SIGNAL = 16;
const CLIENT_NEEDS_ROOM = 32;
const ENGINE_NEEDS_ROOM = 48;
const COMPLETED = 64;
const CANCELLING = 80;
const CANCEL_UP_TO = 96;
const LOST = 112;
const CLIENT_SLEEPS = 128;
const ENGINE_SLEEPS = 144;
const CONTROL_BYTES = 1024;

/** Where the parts begin in memory that two processes share. */
const REQUESTS_AT = CONTROL_BYTES;
const REPLIES_AT = REQUESTS_AT + ringBytes(REQUEST_RING_BYTES);
const CHANNEL_BYTES = REPLIES_AT + ringBytes(REPLY_RING_BYTES);

/** New shared memory for one client and one engine in this process. */
export function createChannel(): ThreadsMemory {
  return {
    control: new SharedArrayBuffer(CONTROL_BYTES),
    requests: new SharedArrayBuffer(ringBytes(REQUEST_RING_BYTES)),
    replies: new SharedArrayBuffer(ringBytes(REPLY_RING_BYTES)),
  };
}

/** The same for an engine in a child process, which gets it as a file; undefined where processes cannot share memory. */
export function createProcessChannel(): ReturnType<typeof createProcessMemory> {
  return createProcessMemory(CHANNEL_BYTES);
}

/** The channel behind a file that this process was started with. */
export function openProcessChannel(file: number): ChannelMemory {
  return mapProcessMemory(file, CHANNEL_BYTES);
}

/** How threads sleep on words of the control memory. */
type Sleep = Pick<Futex, "wait" | "waitAsync" | "wake">;

/** The language's own way, for threads of one process. */
class ThreadSleep implements Sleep {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(words: Int32Array<SharedArrayBuffer>) {
    this.#words = words;
  }

  wait(word: number, seen: number, milliseconds: number): void {
    Atomics.wait(this.#words, word, seen, milliseconds);
  }

  async waitAsync(word: number, seen: number): Promise<void> {
    await Atomics.waitAsync(this.#words, word, seen).value;
  }

  wake(word: number): void {
    Atomics.notify(this.#words, word);
  }
}

interface Parts {
  readonly control: Int32Array;
  readonly requests: Ring;
  readonly replies: Ring;
  readonly sleep: Sleep;
}

function partsOf(memory: ChannelMemory): Parts {
  if ("address" in memory) {
    const part = (offset: number, bytes: number): ArrayBuffer => viewProcessMemory(memory, offset, bytes);
    return {
      control: new Int32Array(part(0, CONTROL_BYTES)),
      requests: new Ring(part(REQUESTS_AT, ringBytes(REQUEST_RING_BYTES))),
      replies: new Ring(part(REPLIES_AT, ringBytes(REPLY_RING_BYTES))),
      sleep: new Futex(memory, WAIT_SLICE_MS),
    };
  }
  const control = new Int32Array(memory.control);
  return {
    control,
    requests: new Ring(memory.requests),
    replies: new Ring(memory.replies),
    sleep: new ThreadSleep(control),
  };
}

/** True when request `a` is `b` or came before it. Numbers count modulo 2^32. */
export function notAfter(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0;
}

/** Looks at one received message; its memory is only good during the call. */
export type Receiver = (views: Views, start: number, length: number) => void;

export class ChannelEnd {
  readonly #control: Int32Array;
  readonly #sleep: Sleep;
  readonly #outgoing: Ring;
  readonly #incoming: Ring;
  readonly #mySignal: number;
  readonly #otherSignal: number;
  readonly #myNeed: number;
  readonly #otherNeed: number;
  readonly #mySleep: number;
  readonly #otherSleep: number;
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;

  constructor(memory: ChannelMemory, end: "client" | "engine") {
    const client = end === "client";
    const { control, requests, replies, sleep } = partsOf(memory);
    this.#control = control;
    this.#sleep = sleep;
    this.#outgoing = client ? requests : replies;
    this.#incoming = client ? replies : requests;
    this.#mySignal = client ? CLIENT_SIGNAL : ENGINE_SIGNAL;
    this.#otherSignal = client ? ENGINE_SIGNAL : CLIENT_SIGNAL;
    this.#myNeed = client ? CLIENT_NEEDS_ROOM : ENGINE_NEEDS_ROOM;
    this.#otherNeed = client ? ENGINE_NEEDS_ROOM : CLIENT_NEEDS_ROOM;
    this.#mySleep = client ? CLIENT_SLEEPS : ENGINE_SLEEPS;
    this.#otherSleep = client ? ENGINE_SLEEPS : CLIENT_SLEEPS;
  }

  /** Sends `message`; while there is no room, calls `wait` with the value of `signal` from before it looked. */
  send(message: Request | Reply, wait: (seen: number) => void): void {
    const bytes = encodedBytes(message);
    if (bytes <= this.#outgoing.largest) {
      encodeAt(this.#outgoing.views, this.#reserve(bytes, wait), message);
      this.#outgoing.commit();
      this.wakeOther();
      return;
    }
    const whole = viewsOf(new ArrayBuffer(bytes));
    encodeAt(whole, 0, message);
    const step = this.#outgoing.largest / 2;
    for (let from = 0; from < bytes; from += step) {
      const piece = whole.bytes.subarray(from, Math.min(from + step, bytes));
      this.#outgoing.views.bytes.set(piece, this.#reserve(piece.length, wait));
      this.#outgoing.commit(from + step < bytes);
      this.wakeOther();
    }
  }

  /** Calls `wait`, as `send` does, until messages of this many bytes can be sent without. */
  awaitRoom(bytes: number, wait: (seen: number) => void): void {
    this.#reserve(bytes, wait);
  }

  /** Hands the next whole message to `receiver`; false when there is none yet. Throws ProtocolError when it is too large. */
  receive(receiver: Receiver): boolean {
    while (this.#incoming.next()) {
      const { views, start, length, more } = this.#incoming;
      if (!more && this.#pieceBytes === 0) {
        try {
          receiver(views, start, length);
        } finally {
          this.release();
        }
        return true;
      }
      if (this.#pieceBytes + length <= LARGEST_MESSAGE_BYTES)
        this.#pieces.push(views.bytes.slice(start, start + length));
      this.#pieceBytes += length;
      this.release();
      if (!more) {
        const { whole, bytes } = this.#joined();
        receiver(whole, 0, bytes);
        return true;
      }
    }
    return false;
  }

  /** The next frame as it is (a whole message or a piece of one), for passing on; then `release`. */
  get frame(): Pick<Ring, "views" | "start" | "length" | "more"> | undefined {
    return this.#incoming.next() ? this.#incoming : undefined;
  }

  /** Gives the memory of the received frame back. */
  release(): void {
    this.#incoming.release();
    if (Atomics.load(this.#control, this.#otherNeed) !== 0) this.wakeOther();
  }

  /** Passes a frame on; false when there is no room, and then the other end wakes this one when there is. */
  pass(bytes: Uint8Array, more: boolean): boolean {
    let at = this.#outgoing.reserve(bytes.length);
    if (at < 0) {
      Atomics.store(this.#control, this.#myNeed, 1);
      at = this.#outgoing.reserve(bytes.length);
      if (at < 0) return false;
    }
    Atomics.store(this.#control, this.#myNeed, 0);
    this.#outgoing.views.bytes.set(bytes, at);
    this.#outgoing.commit(more);
    this.wakeOther();
    return true;
  }

  /** The largest frame that `pass` takes. */
  get largestFrame(): number {
    return this.#outgoing.largest;
  }

  /** Counts what the other end did. Take it, look for what you wait for, then `wait` with it: nothing is missed. */
  get signal(): number {
    return Atomics.load(this.#control, this.#mySignal);
  }

  /** Waits until the other end has done something since `signal` was `seen`, or `milliseconds` have gone by. */
  wait(seen: number, milliseconds: number = Number.POSITIVE_INFINITY): void {
    for (let looks = LOOKS_BEFORE_SLEEP; looks > 0; looks--) if (this.signal !== seen) return;
    // said before the last look, which is `wait`'s own: whoever signals after that look knows that someone sleeps
    Atomics.add(this.#control, this.#mySleep, 1);
    this.#sleep.wait(this.#mySignal, seen, milliseconds);
    Atomics.sub(this.#control, this.#mySleep, 1);
  }

  /** As `wait`, without stopping the thread; it may also end for no reason. It does not keep the event loop alive for long. */
  async waitAsync(seen: number): Promise<void> {
    Atomics.add(this.#control, this.#mySleep, 1);
    await this.#sleep.waitAsync(this.#mySignal, seen);
    Atomics.sub(this.#control, this.#mySleep, 1);
  }

  /** Ends this end's own `waitAsync`, for what else it waits for. */
  wakeSelf(): void {
    Atomics.add(this.#control, this.#mySignal, 1);
    this.#sleep.wake(this.#mySignal);
  }

  wakeOther(): void {
    Atomics.add(this.#control, this.#otherSignal, 1);
    if (Atomics.load(this.#control, this.#otherSleep) !== 0) this.#sleep.wake(this.#otherSignal);
  }

  /** The number of the last request that is done. */
  get completed(): number {
    return Atomics.load(this.#control, COMPLETED);
  }

  /** Engine: everything up to request `sequence` is done, its replies sent. */
  complete(sequence: number): void {
    Atomics.store(this.#control, COMPLETED, sequence);
    if (notAfter(Atomics.load(this.#control, CANCEL_UP_TO), sequence))
      Atomics.store(this.#control, CANCELLING, 0);
    this.wakeOther();
  }

  /** Client: no run up to request `upTo` needs to be finished. */
  cancel(upTo: number): void {
    Atomics.store(this.#control, CANCEL_UP_TO, upTo);
    Atomics.store(this.#control, CANCELLING, 1);
  }

  /** Whether request `sequence` has been cancelled. */
  cancelled(sequence: number): boolean {
    return (
      Atomics.load(this.#control, CANCELLING) !== 0 &&
      notAfter(sequence, Atomics.load(this.#control, CANCEL_UP_TO))
    );
  }

  /** No one will answer any more; the last reply says why. */
  get lost(): boolean {
    return Atomics.load(this.#control, LOST) !== 0;
  }

  /** Says so to the other end. */
  lose(): void {
    Atomics.store(this.#control, LOST, 1);
    this.wakeOther();
  }

  #reserve(bytes: number, wait: (seen: number) => void): number {
    let at = this.#outgoing.reserve(bytes);
    while (at < 0) {
      const seen = this.signal;
      Atomics.store(this.#control, this.#myNeed, 1);
      at = this.#outgoing.reserve(bytes);
      if (at < 0) wait(seen);
      else Atomics.store(this.#control, this.#myNeed, 0);
    }
    return at;
  }

  #joined(): { whole: Views; bytes: number } {
    const pieces = this.#pieces;
    const bytes = this.#pieceBytes;
    this.#pieces = [];
    this.#pieceBytes = 0;
    if (bytes > LARGEST_MESSAGE_BYTES)
      throw new ProtocolError(
        `a message of ${bytes} bytes is more than ${LARGEST_MESSAGE_BYTES}; bring large data in by "write"`,
        pieces[0] === undefined ? 0 : new DataView(pieces[0].buffer).getInt32(4, true),
      );
    const whole = viewsOf(new ArrayBuffer(padded(bytes)));
    let at = 0;
    for (const piece of pieces) {
      whole.bytes.set(piece, at);
      at += piece.length;
    }
    return { whole, bytes };
  }
}
