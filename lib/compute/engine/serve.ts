// The engine's side of a channel: takes requests from the ring, has the engine handle them, says how far it is.

import type { Device } from "../device.js";
import { type ChannelEnd, notAfter } from "./channel.js";
import { Engine, type EngineOptions } from "./engine.js";
import { RequestFailure } from "./errors.js";
import { decodeRequest, ProtocolError, type Request } from "./protocol.js";

export class EngineService {
  readonly #engine: Engine;
  readonly #end: ChannelEnd;
  /** The last request that was handled. */
  #handled: number;

  /** `wait` is called while there is no room for a reply. */
  constructor(
    device: Device,
    end: ChannelEnd,
    wait: (seen: number) => void,
    options: Pick<EngineOptions, "plan"> = {},
  ) {
    this.#end = end;
    this.#handled = end.completed;
    this.#engine = new Engine(device, {
      ...options,
      reply: (message) => end.send(message, wait),
      cancelled: (sequence) => end.cancelled(sequence),
    });
  }

  /** Whether it is not known how everything ended that was handled. */
  get ahead(): boolean {
    return this.#engine.unsettled !== undefined;
  }

  get ended(): boolean {
    return this.#engine.ended;
  }

  /** Handles one request; false when there is none. */
  step(): boolean {
    let handled = 0;
    try {
      const received = this.#end.receive((views, start, length) => {
        const request: Request = decodeRequest(views, start, length);
        handled = request.sequence;
        if (notAfter(handled, this.#handled))
          throw new ProtocolError(`request ${handled} comes after request ${this.#handled}`, 0);
        this.#engine.handle(request);
      });
      if (received) this.#complete(handled);
      return received;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refuse(error);
      return true;
    }
  }

  /** Looks how runs have ended that are ahead. */
  look(): void {
    this.#engine.look();
    this.#complete(this.#handled);
  }

  /** Requests up to `handled` are done, but for runs that are ahead and what came after them. */
  #complete(handled: number): void {
    this.#handled = handled;
    const { unsettled } = this.#engine;
    const done = unsettled === undefined ? handled : (unsettled - 1) | 0;
    if (done !== this.#end.completed) this.#end.complete(done);
  }

  /** Malformed or out of order. Its number is only believed where it is the next one. */
  #refuse(error: ProtocolError): void {
    const next = (this.#handled + 1) | 0;
    const { sequence, message } = error;
    this.#engine.refuse(sequence, new RequestFailure({ origin: sequence >>> 0, kind: "protocol", message }));
    if (sequence === next) this.#complete(next);
  }
}
