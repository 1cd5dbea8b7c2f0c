// The engine's buffers as a session sees them: numbers for new ones, those that can be used again, and host data brought to them.

import type { Node, Value } from "../graph/node.js";
import { formatShape } from "../graph/shape.js";
import { Buffer, DISPOSED } from "./buffer.js";
import type { EngineClient } from "./engine/client.js";
import { LiveBuffers, type Origin } from "./live-buffers.js";
import { MEMORY_BUDGET_BYTES } from "./settings.js";
import { SpareBuffers } from "./spare-buffers.js";

/** Numbers of buffers are those of one session only: what an earlier one has computed is told apart by them. */
let nextBuffer = 1;

export class BufferPool {
  /** The buffers whose values somebody can still reach. */
  readonly live: LiveBuffers;
  private readonly client: EngineClient;
  private readonly firstBuffer = nextBuffer;
  /** Buffers whose values were let go of, by their size. */
  private readonly recycled = new Map<number, Buffer[]>();
  private readonly spare: SpareBuffers;

  constructor(client: EngineClient) {
    this.client = client;
    const free = (id: number): void => client.free([id]);
    this.spare = new SpareBuffers(free);
    this.live = new LiveBuffers(free, MEMORY_BUDGET_BYTES, this.spare);
  }

  /** A number for a new buffer of the engine's. */
  newId(): number {
    return nextBuffer++;
  }

  /** A buffer for a result of so many bytes. */
  newBuffer(bytes: number, origin: Origin): Buffer {
    const recycled = this.recycled.get(bytes)?.pop();
    return recycled ?? this.watched(this.spare.take(bytes) ?? this.newId(), bytes, origin);
  }

  private watched(id: number, bytes: number, origin: Origin): Buffer {
    const buffer = new Buffer(id, bytes);
    this.live.add(buffer, origin);
    return buffer;
  }

  /** Writes a leaf's host data to the device. */
  upload(leaf: Node): void {
    const data = leaf.data;
    if (data === undefined) throw new Error("upload: the node has no host data");
    const origin = { what: `data ${formatShape(leaf.shape)}`, where: "" };
    // not into one that was used before: the run that should have filled that may have failed
    const buffer = this.watched(this.newId(), data.byteLength, origin);
    this.client.write(buffer.id, data);
    leaf.value = buffer;
    leaf.data = undefined;
  }

  /** Whether a value is in this session's engine. */
  holds({ id }: Value): boolean {
    return id >= this.firstBuffer;
  }

  /** The buffer itself; throws if it was one of an earlier session. */
  here(value: Value): Value {
    if (this.holds(value)) return value;
    throw new Error(
      "this value is lost: it was in an engine that has ended. Run the cells again that made it and what it was made from; a " +
        "watched model comes back with watcher.rewind(step), or beside the old one with gb.train.fork(run)",
    );
  }

  /** Gives a value's memory back at once. For values that nothing else can reach. */
  release(node: Node): void {
    const { value } = node;
    if (!(value instanceof Buffer)) return;
    this.live.release(value);
    node.value = undefined;
    node.overwritten = DISPOSED;
  }

  /** Lets go of values that nothing else can reach and that are likely to be computed anew, as gradients are in every step:
   *  their buffers take the next results of their size. What the time before has left over is given back. */
  recycle(nodes: readonly Node[]): void {
    for (const buffers of this.recycled.values()) for (const buffer of buffers) this.live.release(buffer);
    this.recycled.clear();
    for (const node of nodes) {
      const { value } = node;
      if (!(value instanceof Buffer) || !this.holds(value)) continue;
      const buffers = this.recycled.get(value.bytes);
      if (buffers === undefined) this.recycled.set(value.bytes, [value]);
      else buffers.push(value);
      node.value = undefined;
      node.overwritten = DISPOSED;
    }
  }
}
