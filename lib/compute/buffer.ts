// Where values are: buffers of the engine, and storages, whose value changes in place.

import type { Node, Value } from "../graph/node.js";

/** A computed value's buffer. The engine's memory is given back when this object is garbage, or by `release`. */
export class Buffer implements Value {
  readonly id: number;
  readonly bytes: number;
  /** Scratch of `Capture`: leaves that share a buffer are one input. */
  walk = 0;
  position = 0;

  constructor(id: number, bytes: number) {
    this.id = id;
    this.bytes = bytes;
  }
}

/** A place whose value changes: a tensor's, a parameter's, an optimizer's state. Detached tensors share it. */
export class Storage {
  /** The current value. */
  node: Node;
  /** The leaf whose buffer this storage owns; a newer value is written over it. */
  base: Node | undefined;
  /** How many values it has been given since the last one was computed. */
  writes: number;
  /** The session that will compute the newest value, if it is not computed yet. */
  dirtyIn: object | undefined;

  constructor(node: Node) {
    this.node = node;
    this.base = undefined;
    this.writes = 0;
    this.dirtyIn = undefined;
  }
}

/** Why a disposed value is gone. */
export const DISPOSED = "dispose()";

export function goneMessage(node: Node): string {
  if (node.overwritten === DISPOSED) {
    return (
      "this value was given back by dispose() or at the end of its `using` block. " +
      "Read it before, or keep a copy with .clone()"
    );
  }
  return (
    `this value was computed from data that ${node.overwritten ?? "something"} has replaced since, and was not kept. ` +
    "Read it before the update, or keep a copy with .clone()"
  );
}
