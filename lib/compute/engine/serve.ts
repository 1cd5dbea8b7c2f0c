// The engine's side of a channel: takes requests from the ring, has the engine handle them, says how far it is.

import type { Device } from "../device.js";
import { type ChannelEnd, notAfter } from "./channel.js";
import { Engine, type EngineOptions } from "./engine.js";
import { RequestFailure } from "./errors.js";
import { decodeRequest, ProtocolError, type Request } from "./protocol.js";

export class EngineService {
  readonly #engine: Engine;
  readonly #end: ChannelEnd;

  /** `wait` is called while there is no room for a reply. */
  constructor(
    device: Device,
    end: ChannelEnd,
    wait: (seen: number) => void,
    options: Pick<EngineOptions, "plan"> = {},
  ) {
    this.#end = end;
    this.#engine = new Engine(device, {
      ...options,
      reply: (message) => end.send(message, wait),
      cancelled: (sequence) => end.cancelled(sequence),
    });
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
        if (notAfter(handled, this.#end.completed))
          throw new ProtocolError(`request ${handled} comes after request ${this.#end.completed}`, 0);
        this.#engine.handle(request);
      });
      if (received) this.#end.complete(handled);
      return received;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refuse(error);
      return true;
    }
  }

  /** Malformed or out of order. Its number is only believed where it is the next one. */
  #refuse(error: ProtocolError): void {
    const next = (this.#end.completed + 1) | 0;
    const { sequence, message } = error;
    this.#engine.refuse(sequence, new RequestFailure({ origin: sequence >>> 0, kind: "protocol", message }));
    if (sequence === next) this.#end.complete(next);
  }
}
