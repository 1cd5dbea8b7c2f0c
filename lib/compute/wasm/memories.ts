// More than one WebAssembly memory holds (4 GiB): several devices of one memory each, joined to one. Memories of 64 bits would
// do without, but V8 does not merge their SIMD instructions, which costs two thirds of the speed.
//
// Generated code addresses one memory, so everything that a run binds has to lie together: what lies elsewhere is moved
// there first, and stays. How much was moved is counted, and explain() says it.

import { mebibytes } from "../allocator.js";
import type { Device, DeviceBuffer, Executable, Fault } from "../device.js";
import type { Plan } from "../ir.js";
import { JOINED_PRODUCTS_BYTES } from "../settings.js";
import { shortage } from "./heap.js";

/** A device all of whose buffers lie in one memory that this process may see. */
export interface SingleMemory extends Device {
  readonly memory: { readonly buffer: SharedArrayBuffer };
  /** How large `memory` can become. */
  readonly limitBytes: number;
  /** How much it can grow before the machine has too little left. */
  readonly room: number;
  /** Where in `memory` a buffer begins. */
  address(buffer: DeviceBuffer): number;
}

class JoinedBuffer implements DeviceBuffer {
  readonly bytes: number;
  home: SingleMemory;
  content: DeviceBuffer;
  /** False while nothing is in it. */
  filled = false;

  constructor(bytes: number, home: SingleMemory) {
    this.bytes = bytes;
    this.home = home;
    this.content = home.allocate(bytes);
  }
}

class JoinedExecutable implements Executable {
  readonly plan: Plan;
  movedBytes = 0;
  readonly #compiled = new Map<SingleMemory, Executable>();

  constructor(plan: Plan, home: SingleMemory) {
    this.plan = plan;
    this.in(home);
  }

  /** The code for one of the memories. */
  in(home: SingleMemory): Executable {
    let found = this.#compiled.get(home);
    if (found === undefined) {
      found = home.compile(this.plan);
      this.#compiled.set(home, found);
    }
    return found;
  }

  describe(): readonly string[] {
    const [first] = this.#compiled.values();
    return first!.describe();
  }

  release(): void {
    for (const executable of this.#compiled.values()) executable.release();
  }
}

/** Bytes that are copied at a time when a buffer is moved. */
const MOVE_BYTES = 16 * 2 ** 20;

export class JoinedMemories implements Device {
  readonly name: string = "wasm";
  readonly joinsProducts: number = JOINED_PRODUCTS_BYTES;
  readonly #make: () => SingleMemory;
  readonly #most: number;
  readonly #parts: SingleMemory[];
  /** Where the last run was: what it has made will be read by the next one. */
  #current: SingleMemory;
  readonly #contents: DeviceBuffer[] = [];

  /** At most so many memories are made, when they are needed. */
  constructor(make: () => SingleMemory, most: number) {
    this.#make = make;
    this.#most = most;
    this.#current = make();
    this.#parts = [this.#current];
  }

  get description(): string {
    return this.#parts[0]!.description;
  }

  get allocatedBytes(): number {
    return this.#sum(({ allocatedBytes }) => allocatedBytes);
  }

  get arenaBytes(): number {
    return this.#sum(({ arenaBytes }) => arenaBytes);
  }

  get reservedBytes(): number {
    return this.#sum(({ reservedBytes }) => reservedBytes);
  }

  #sum(of: (part: SingleMemory) => number): number {
    return this.#parts.reduce((sum, part) => sum + of(part), 0);
  }

  /** The first memory: a client in the same process may read in place what lies there. */
  get memory(): SingleMemory["memory"] {
    return this.#parts[0]!.memory;
  }

  /** Where in `memory` a buffer begins, unless it lies in another one. */
  address(buffer: DeviceBuffer): number | undefined {
    const { home, content } = buffer as JoinedBuffer;
    return home === this.#parts[0] ? home.address(content) : undefined;
  }

  allocate(bytes: number): DeviceBuffer {
    const { limitBytes } = this.#current;
    if (bytes > limitBytes)
      throw new RangeError(`No room for ${mebibytes(bytes)}: a tensor has at most ${mebibytes(limitBytes)}.`);
    for (const part of this.#candidates(this.#current)) {
      const buffer = attempt(() => new JoinedBuffer(bytes, part));
      if (buffer !== undefined) return buffer;
    }
    throw new RangeError(
      `No room for ${mebibytes(bytes)}: ${mebibytes(this.allocatedBytes)} of at most ` +
        `${mebibytes(limitBytes * this.#most)} are in use${shortage(bytes, this.#current)}. ` +
        "Use smaller batches or dispose of tensors that are no longer needed; gb.memory() lists them.",
    );
  }

  /** All memories, this one first, and a new one at the end while there may be more. */
  *#candidates(...first: SingleMemory[]): Iterable<SingleMemory> {
    yield* first;
    for (const part of this.#parts) if (!first.includes(part)) yield part;
    if (this.#parts.length >= this.#most) return;
    const part = this.#make();
    this.#parts.push(part);
    yield part;
  }

  free(buffer: DeviceBuffer): void {
    const { home, content } = buffer as JoinedBuffer;
    home.free(content);
  }

  write(buffer: DeviceBuffer, offset: number, data: Uint8Array): void {
    const joined = buffer as JoinedBuffer;
    joined.filled = true;
    joined.home.write(joined.content, offset, data);
  }

  read(buffer: DeviceBuffer, offset: number, bytes: number): Uint8Array {
    const { home, content } = buffer as JoinedBuffer;
    return home.read(content, offset, bytes);
  }

  compile(plan: Plan): Executable {
    return new JoinedExecutable(plan, this.#current);
  }

  run(
    executable: Executable,
    bindings: readonly DeviceBuffer[],
    args: Float64Array,
    cancelled: () => boolean,
  ): Fault | "cancelled" | undefined {
    const plan = executable as JoinedExecutable;
    const joined = bindings as readonly JoinedBuffer[];
    if (this.#parts.length > 1) this.#current = this.#gather(joined, plan);
    const contents = this.#contents;
    contents.length = joined.length;
    for (let i = 0; i < joined.length; i++) {
      const buffer = joined[i]!;
      buffer.filled = true;
      contents[i] = buffer.content;
    }
    return this.#current.run(plan.in(this.#current), contents, args, cancelled);
  }

  /** The memory in which all of `bindings` lie. If that has to be brought about first: the one in which most of them are. */
  #gather(bindings: readonly JoinedBuffer[], plan: JoinedExecutable): SingleMemory {
    const bytes = new Map<SingleMemory, number>();
    for (const { home, bytes: own } of bindings) bytes.set(home, (bytes.get(home) ?? 0) + own);
    const homes = [...bytes].sort(([, a], [, b]) => b - a).map(([home]) => home);
    for (const part of this.#candidates(...homes)) {
      const fits = attempt(() => {
        plan.in(part);
        for (const buffer of bindings) if (buffer.home !== part) this.#move(buffer, part, plan);
        return true;
      });
      if (fits) return part;
    }
    const sum = [...new Set(bindings)].reduce((all, buffer) => all + buffer.bytes, plan.plan.arenaBytes);
    throw new RangeError(
      `No room for a computation with ${mebibytes(sum)} at once: all of it has to lie in one memory, which holds at most ` +
        `${mebibytes(this.#current.limitBytes)}${shortage(sum, this.#current)}. ` +
        "Split it into smaller ones, for example by smaller batches.",
    );
  }

  #move(buffer: JoinedBuffer, to: SingleMemory, plan: JoinedExecutable): void {
    const { home, content, bytes, filled } = buffer;
    const moved = to.allocate(bytes);
    for (let at = 0; filled && at < bytes; at += MOVE_BYTES)
      to.write(moved, at, home.read(content, at, Math.min(MOVE_BYTES, bytes - at)));
    home.free(content);
    buffer.home = to;
    buffer.content = moved;
    if (filled) plan.movedBytes += bytes;
  }

  prepare(): void {
    this.#current.prepare?.();
  }

  close(): void {
    for (const part of this.#parts) part.close();
  }
}

/** What `body` gives; undefined where there is no room for it. */
function attempt<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
