// Comms for cells: named targets that a front end opens, and comms that a cell opens itself. Messages arrive when the running
// cell waits for something (`await`); the kernel's own targets, such as the monitor, live on the wire thread and do not wait.

import { randomUUID } from "node:crypto";
import type { CommEvent } from "../protocol/threads.js";
import { output } from "./connection.js";

export interface CommMessage {
  readonly data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  readonly buffers: readonly Uint8Array[];
}

export interface Comm {
  readonly id: string;
  readonly target: string;
  onMessage: (message: CommMessage) => void;
  onClose: (message: CommMessage) => void;
  send(data: Record<string, unknown>, buffers?: readonly Uint8Array[]): void;
  close(data?: Record<string, unknown>): void;
}

const targets = new Map<string, (comm: Comm, message: CommMessage) => void>();
const open = new Map<string, Comm>();

export const comms = {
  /** Lets front ends open comms with this target name. */
  register(target: string, opened: (comm: Comm, message: CommMessage) => void): void {
    targets.set(target, opened);
    output().post({ type: "target", name: target, registered: true });
  },

  unregister(target: string): void {
    targets.delete(target);
    output().post({ type: "target", name: target, registered: false });
  },

  /** Opens a comm to the front end, which must have registered the target. */
  open(target: string, data: Record<string, unknown> = {}, buffers: readonly Uint8Array[] = []): Comm {
    const comm = newComm(randomUUID(), target);
    say(comm, "open", data, buffers);
    return comm;
  },
};

/** Passes on what a front end has sent. */
export function receiveComm({ kind, comm: id, target, data, metadata, buffers }: CommEvent): void {
  const message = { data, metadata, buffers };
  if (kind === "open") targets.get(target)?.(newComm(id, target), message);
  const comm = open.get(id);
  if (kind === "message") comm?.onMessage(message);
  if (kind === "close") {
    open.delete(id);
    comm?.onClose(message);
  }
}

function newComm(id: string, target: string): Comm {
  const comm: Comm = {
    id,
    target,
    onMessage: () => {},
    onClose: () => {},
    send: (data, buffers = []) => say(comm, "message", data, buffers),
    close: (data = {}) => {
      open.delete(id);
      say(comm, "close", data, []);
    },
  };
  open.set(id, comm);
  return comm;
}

function say(
  comm: Comm,
  kind: CommEvent["kind"],
  data: Record<string, unknown>,
  buffers: readonly Uint8Array[],
): void {
  output().say({
    type: "comm",
    event: {
      kind,
      comm: comm.id,
      target: comm.target,
      data,
      metadata: {},
      buffers: buffers.map((buffer) => new Uint8Array(buffer)),
    },
  });
}
