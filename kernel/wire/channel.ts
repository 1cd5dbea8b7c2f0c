// A socket with a queue: ZeroMQ.js allows one send at a time, so messages wait here, in order. Nothing is lost or dropped.

import type { Router, XPublisher } from "zeromq";
import { type Signer, toFrames } from "../protocol/frames.js";
import { type Json, type Message, newMessage } from "../protocol/messages.js";

export class Channel {
  readonly #socket: Router | XPublisher;
  readonly #signer: Signer;
  #queue: Uint8Array[][] = [];
  #sending: Promise<void> | undefined;

  constructor(socket: Router | XPublisher, signer: Signer) {
    this.#socket = socket;
    this.#signer = signer;
  }

  send(message: Message): void {
    this.#queue.push(toFrames(message, this.#signer));
    this.#sending ??= this.#sendAll();
  }

  /** Answers a request. */
  reply({ header, identities }: Message, content: Json): void {
    const type = header.msg_type.replace(/_request$/, "_reply");
    this.send(newMessage(type, content, { parent: header, identities }));
  }

  /** Resolves when all that was sent so far has been handed to ZeroMQ. */
  async sent(): Promise<void> {
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const frames of batch) {
        try {
          await this.#socket.send(frames);
        } catch {
          // A peer that went away (ROUTER, EHOSTUNREACH) must not hold up the others.
        }
      }
    }
    this.#sending = undefined;
  }
}
