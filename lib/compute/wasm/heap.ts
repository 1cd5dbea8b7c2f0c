// The one linear memory of a device: shared, growing on demand, with the allocator that divides it.

import { Allocator, mebibytes } from "../allocator.js";
import { availableBytes } from "../machine-memory.js";
import { MEMORY_LEFT_BYTES } from "../settings.js";
import { LARGEST_MEMORY_PAGES } from "./module.js";
import { type Memory, wasm } from "./webassembly.js";

/** Bytes by which WebAssembly counts memory. */
export const PAGE = 65536;
/** Constants and nothing else: address 0 stays unused. */
const START = 1024;
/** Micro-kernels may read up to a tile's width past the end of an operand; the last bytes are therefore never given out. */
const GUARD = 256;
/** Memory grows by at least this much at a time: every growth makes the old views stale. */
const GROWTH = 16 * 2 ** 20;

export interface HeapOptions {
  readonly memory?: Memory;
  readonly initialPages?: number;
  readonly maximumPages?: number;
  /** What the machine has left; tests let it have less. */
  readonly available?: () => number;
}

/** Address of zeros, as long as a tile is wide. Fresh memory is zero and nothing is ever written there. */
export const ZEROS = 256;

/** The memory as bytes, and as words of four bytes. */
export interface HeapViews {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly integers: Int32Array<SharedArrayBuffer>;
  readonly floats: Float32Array<SharedArrayBuffer>;
}

const viewsOf = (buffer: SharedArrayBuffer): HeapViews => ({
  bytes: new Uint8Array(buffer),
  integers: new Int32Array(buffer),
  floats: new Float32Array(buffer),
});

export class Heap {
  readonly memory: Memory;
  readonly #allocator = new Allocator(START);
  readonly #limit: number;
  readonly #available: () => number;
  #views: HeapViews = viewsOf(new SharedArrayBuffer(0));

  constructor(options: HeapOptions = {}) {
    const maximum = options.maximumPages ?? LARGEST_MEMORY_PAGES;
    this.memory =
      options.memory ?? new wasm.Memory({ initial: options.initialPages ?? 64, maximum, shared: true });
    this.#limit = maximum * PAGE;
    this.#available = options.available ?? availableBytes;
    this.#allocator.extend(this.memory.buffer.byteLength - GUARD);
  }

  get allocatedBytes(): number {
    return this.#allocator.allocatedBytes;
  }

  /** How much it can grow before the machine has too little left. */
  get room(): number {
    return Math.max(0, this.#available() - MEMORY_LEFT_BYTES);
  }

  /** How large the memory can become. */
  get limitBytes(): number {
    return this.#limit;
  }

  /** All of the memory as it is now; stale after the next allocation. */
  get views(): HeapViews {
    const { buffer } = this.memory;
    if (this.#views.bytes.buffer !== buffer) this.#views = viewsOf(buffer);
    return this.#views;
  }

  /** Address of `bytes` uninitialised bytes; a RangeError that names sizes when there is no room. */
  allocate(bytes: number): number {
    const found = this.#allocator.allocate(bytes);
    if (found !== undefined) return found;
    this.#grow(bytes);
    return this.#allocator.allocate(bytes) ?? this.#noRoom(bytes);
  }

  free(address: number): void {
    this.#allocator.free(address);
  }

  #grow(bytes: number): void {
    const size = this.memory.buffer.byteLength;
    const missing = this.#allocator.missing(bytes);
    const most = Math.min(this.#limit - size, this.room);
    if (missing > most) this.#noRoom(bytes);
    const wanted = Math.min(Math.max(missing, GROWTH, Math.floor(size / 8)), most);
    try {
      this.memory.grow(Math.ceil(wanted / PAGE));
    } catch {
      this.#noRoom(bytes);
    }
    this.#allocator.extend(this.memory.buffer.byteLength - GUARD);
  }

  #noRoom(bytes: number): never {
    throw new RangeError(
      `No room for ${mebibytes(bytes)}: ${mebibytes(this.allocatedBytes)} of at most ${mebibytes(this.#limit)} ` +
        `are in use${shortage(bytes, this)}. Use smaller batches or dispose of tensors that are no longer needed.`,
    );
  }
}

/** What an error adds when it is the machine that has no room for so many bytes. */
export const shortage = (bytes: number, { room }: { readonly room: number }): string =>
  bytes > room ? `, and the machine can give ${mebibytes(room)} more` : "";
