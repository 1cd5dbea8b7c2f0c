// Carries the frames of a channel over a socket: one end of a connection between two processes. The other process has the
// same at its end. On the wire a frame is its length, a word that is 1 when the message goes on, and the payload.

import type { Socket } from "node:net";
import type { ChannelEnd } from "./channel.js";
import { encodeAt, encodedBytes, ProtocolError, type Reply, type Request } from "./protocol.js";
import { padded, type Views, viewsOf } from "./ring.js";

const HEADER_BYTES = 8;

/** A frame that came out of a socket; its payload begins at byte 0 of `views`. */
export interface Frame {
  readonly views: Views;
  readonly length: number;
  readonly more: boolean;
}

/** Puts frames together from whatever pieces the socket delivers. */
export class FrameReader {
  readonly #largest: number;
  readonly #header: Views = viewsOf(new ArrayBuffer(HEADER_BYTES));
  /** Set while a payload is read, else a header is. */
  #payload: Views | undefined;
  #filled = 0;

  constructor(largest: number) {
    this.#largest = largest;
  }

  /** The frames that end within `data`. Throws ProtocolError at a length that cannot be: nothing after it makes sense. */
  *read(data: Uint8Array): Generator<Frame> {
    let at = 0;
    for (;;) {
      const target = this.#payload ?? this.#header;
      const wanted = this.#payload === undefined ? HEADER_BYTES : this.#header.words[0]!;
      const piece = data.subarray(at, at + wanted - this.#filled);
      target.bytes.set(piece, this.#filled);
      at += piece.length;
      this.#filled += piece.length;
      if (this.#filled < wanted) return;
      this.#filled = 0;
      if (this.#payload === undefined) this.#payload = this.#room(this.#header.words[0]!);
      else {
        const frame = { views: this.#payload, length: wanted, more: this.#header.words[1] === 1 };
        this.#payload = undefined;
        yield frame;
      }
    }
  }

  #room(length: number): Views {
    if (length < 0 || length > this.#largest)
      throw new ProtocolError(`a frame of ${length} bytes; 0 to ${this.#largest} are allowed`, 0);
    return viewsOf(new ArrayBuffer(padded(length)));
  }
}

/** The bytes of a frame on the wire; a copy of `payload`. */
export function wireFrame(payload: Uint8Array, more: boolean): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  new Int32Array(bytes.buffer, 0, 2).set([payload.length, more ? 1 : 0]);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** The bytes of a small message on the wire. */
export function wireMessage(message: Request | Reply): Uint8Array {
  const views = viewsOf(new ArrayBuffer(encodedBytes(message)));
  encodeAt(views, 0, message);
  return wireFrame(views.bytes, false);
}

export interface BridgeHooks {
  /** Called for each frame as it arrives; true: it is done with, and not passed on. */
  readonly urgent?: (frame: Frame) => boolean;
  /** The same, when everything before it has been passed on. */
  readonly inOrder?: (frame: Frame) => boolean;
  /** Whether the other process is told how far the engine on this channel is. */
  readonly announce?: boolean;
  /** Called once, when the socket has closed or broken, or what came from it was no frame. */
  readonly closed: (reason: string) => void;
}

export class Bridge {
  readonly #socket: Socket;
  readonly #end: ChannelEnd;
  readonly #hooks: BridgeHooks;
  readonly #reader: FrameReader;
  readonly #arrived: Frame[] = [];
  #open = true;
  #broken = false;
  #announced = 0;

  /** Begins to carry at once, and ends with the socket. */
  constructor(socket: Socket, end: ChannelEnd, hooks: BridgeHooks) {
    this.#socket = socket;
    this.#end = end;
    this.#hooks = hooks;
    this.#reader = new FrameReader(end.largestFrame);
    socket.on("data", (data) => this.arrive(data as Buffer));
    socket.on("drain", () => end.wakeSelf());
    socket.on("error", (error) => this.#close(error.message));
    socket.on("close", () => this.#close("the connection was closed"));
    void this.#carry();
  }

  /** Takes bytes that came over the socket. */
  arrive(data: Uint8Array): void {
    if (this.#broken) return;
    try {
      for (const frame of this.#reader.read(data))
        if (this.#hooks.urgent?.(frame) !== true) this.#arrived.push(frame);
    } catch (error) {
      this.#broken = true;
      const { message } = error as Error;
      const reply = wireMessage({ type: "error", sequence: 0, origin: 0, kind: "protocol", message });
      this.#socket.end(reply, () => this.#close(message));
      return;
    }
    this.#deliver();
  }

  /** From the channel into the socket, as far as it takes it. */
  flush(): void {
    const { completed } = this.#end;
    this.#socket.cork();
    if (this.#drained() && this.#hooks.announce === true && completed !== this.#announced) {
      this.#socket.write(wireMessage({ type: "completed", sequence: completed }));
      this.#announced = completed;
    }
    this.#socket.uncork();
  }

  async #carry(): Promise<void> {
    while (this.#open) {
      const seen = this.#end.signal;
      this.#deliver();
      if (!this.#socket.writableNeedDrain) this.flush();
      await this.#end.waitAsync(seen);
    }
  }

  /** From the socket into the channel, as far as there is room. */
  #deliver(): void {
    let done = 0;
    for (const frame of this.#arrived) {
      const { views, length, more } = frame;
      if (this.#hooks.inOrder?.(frame) !== true && !this.#end.pass(views.bytes.subarray(0, length), more))
        break;
      done++;
    }
    this.#arrived.splice(0, done);
    if (this.#arrived.length > 0) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Writes what the channel holds; false when the socket wants a pause before all is written. */
  #drained(): boolean {
    for (let { frame } = this.#end; frame !== undefined; frame = this.#end.frame) {
      const { views, start, length, more } = frame;
      const ready = this.#socket.write(wireFrame(views.bytes.subarray(start, start + length), more));
      this.#end.release();
      if (!ready) return false;
    }
    return true;
  }

  #close(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#end.wakeSelf();
    this.#hooks.closed(reason);
  }
}
