// The kernel's end of comms: which targets there are, which comms are open, and who gets their messages. Targets of the wire
// thread answer at once, whatever user code does; targets that cells have registered are passed to the main thread.

import { LIMITS } from "../limits.js";
import { type Header, type Json, objectField, textField } from "../protocol/messages.js";
import type { CommEvent } from "../protocol/threads.js";
import type { Publisher } from "./publisher.js";
import type { Request } from "./requests.js";

/** An open comm, as a target of this thread sees it. */
export interface WireComm {
  readonly id: string;
  send(data: Json, buffers?: readonly Uint8Array[]): void;
}

export interface Target {
  opened(comm: WireComm, data: Json): void;
  message(comm: WireComm, data: Json): void;
  closed(comm: WireComm): void;
}

interface OpenComm {
  readonly name: string;
  readonly comm: WireComm;
  /** Undefined: the main thread's. */
  readonly target: Target | undefined;
}

const EVENT_TYPES = { open: "comm_open", message: "comm_msg", close: "comm_close" } as const;

export class Comms {
  readonly #publisher: Publisher;
  readonly #toMain: (event: CommEvent) => void;
  readonly #targets: Record<string, Target>;
  readonly #mainTargets = new Set<string>();
  readonly #open = new Map<string, OpenComm>();

  constructor(publisher: Publisher, targets: Record<string, Target>, toMain: (event: CommEvent) => void) {
    this.#publisher = publisher;
    this.#targets = targets;
    this.#toMain = toMain;
  }

  /** A cell has registered a target, or taken it back. */
  setMainTarget(name: string, registered: boolean): void {
    if (registered) this.#mainTargets.add(name);
    else this.#mainTargets.delete(name);
  }

  opened(request: Request): void {
    const event = eventOf("open", request);
    const target = Object.hasOwn(this.#targets, event.target) ? this.#targets[event.target] : undefined;
    if (target === undefined && !this.#mainTargets.has(event.target)) {
      this.#publish("close", event.comm, {}, [], request.message.header);
      return;
    }
    const comm: WireComm = {
      id: event.comm,
      send: (data, buffers = []) => this.#publish("message", event.comm, data, buffers, {}),
    };
    this.#open.set(event.comm, { name: event.target, comm, target });
    if (target === undefined) {
      this.#toMain(event);
      return;
    }
    target.opened(comm, event.data);
    this.#closeOldest(target);
  }

  message(request: Request): void {
    const event = eventOf("message", request);
    const open = this.#open.get(event.comm);
    if (open === undefined) return;
    if (open.target === undefined) this.#toMain(event);
    else open.target.message(open.comm, event.data);
  }

  closed(request: Request): void {
    const event = eventOf("close", request);
    const open = this.#open.get(event.comm);
    if (open === undefined) return;
    this.#open.delete(event.comm);
    if (open.target === undefined) this.#toMain(event);
    else open.target.closed(open.comm);
  }

  /** Pages that are gone have left their comms open, and all that is sent to them would be sent for nothing. */
  #closeOldest(target: Target): void {
    const same = [...this.#open.values()].filter((open) => open.target === target);
    const [oldest] = same;
    if (oldest === undefined || same.length <= LIMITS.commsOfTarget) return;
    this.#open.delete(oldest.comm.id);
    target.closed(oldest.comm);
    this.#publish("close", oldest.comm.id, {}, [], {});
  }

  /** What user code sends. */
  fromMain(
    { kind, comm: id, target: name, data, metadata, buffers }: CommEvent,
    parent: Header | Json,
  ): void {
    if (kind === "open") {
      this.#open.set(id, { name, comm: { id, send: () => {} }, target: undefined });
      const content = { comm_id: id, target_name: name, data };
      this.#publisher.publish(EVENT_TYPES.open, content, parent, { metadata, buffers });
      return;
    }
    if (kind === "close") this.#open.delete(id);
    this.#publish(kind, id, data, buffers, parent);
  }

  /** The content of `comm_info_reply`. */
  info(targetName: string): Json {
    const shown = [...this.#open].filter(([, { name }]) => targetName === "" || name === targetName);
    const comms = Object.fromEntries(shown.map(([id, { name }]) => [id, { target_name: name }]));
    return { status: "ok", comms };
  }

  #publish(
    kind: "message" | "close",
    id: string,
    data: Json,
    buffers: readonly Uint8Array[],
    parent: Header | Json,
  ): void {
    this.#publisher.publish(EVENT_TYPES[kind], { comm_id: id, data }, parent, { buffers });
  }
}

function eventOf(kind: CommEvent["kind"], { message }: Request): CommEvent {
  const { content, metadata, buffers } = message;
  const comm = textField(content, "comm_id");
  const target = textField(content, "target_name");
  // Copies, since these are views of memory that ZeroMQ owns.
  const copies = buffers.map((buffer) => new Uint8Array(buffer));
  return { kind, comm, target, data: objectField(content, "data"), metadata, buffers: copies };
}
