// The buffers of values that somebody can still reach. JavaScript's garbage collector does not feel their size, so this is
// where dead ones are looked for when too many bytes have piled up: also in the middle of a synchronous loop.

import type { Buffer } from "./buffer.js";
import { collectGarbage } from "./collector.js";
import { MEMORY_BUDGET_BUFFERS, MEMORY_BUDGET_BYTES } from "./settings.js";

interface Entry {
  readonly id: number;
  readonly bytes: number;
  readonly origin: Origin;
  readonly buffer: WeakRef<Buffer>;
}

/** What made a buffer. */
export interface Origin {
  /** The operation and the shape, or what else it is. */
  readonly what: string;
  /** The line of user code that asked for it, where that is known. */
  readonly where: string;
  /** The plan that computed it. */
  readonly plan?: number;
}

/** Live buffers of one origin. */
export interface LiveBytes extends Origin {
  readonly count: number;
  readonly bytes: number;
}

/** A finalization registry would be told of dead buffers only between macrotasks, and costs more: registering takes 0.8 us a
 *  buffer, a weak reference with all that is done here 0.3 us. */
export class LiveBuffers {
  readonly #free: (id: number) => void;
  readonly #budget: number;
  readonly #entries = new Map<number, Entry>();
  #bytes = 0;
  #limit: number;

  /** `free` is told the numbers of buffers that nobody can reach any more, each once. */
  constructor(free: (id: number) => void, budget: number = MEMORY_BUDGET_BYTES) {
    this.#free = free;
    this.#budget = budget;
    this.#limit = budget;
  }

  /** Bytes of the buffers that are not known to be dead. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Watches a new buffer. Past the budget, dead ones are looked for first. */
  add(buffer: Buffer, origin: Origin): void {
    const { id, bytes } = buffer;
    if (this.#counted(1, bytes) > this.#limit) this.#makeRoom(bytes);
    this.#entries.set(id, { id, bytes, origin, buffer: new WeakRef(buffer) });
    this.#bytes += bytes;
  }

  /** Frees a buffer at once. */
  release(buffer: Buffer): void {
    const entry = this.#entries.get(buffer.id);
    if (entry !== undefined) this.#drop(entry);
  }

  /** Frees all buffers that nobody can reach. */
  collect(): void {
    collectGarbage("major");
    this.#sweep();
  }

  /** What made a buffer that is alive. */
  originOf(buffer: Buffer): Origin | undefined {
    return this.#entries.get(buffer.id)?.origin;
  }

  /** What is alive, by what made it, the largest first. */
  byOrigin(): LiveBytes[] {
    const found = new Map<string, { -readonly [K in keyof LiveBytes]: LiveBytes[K] }>();
    for (const { bytes, origin } of this.#entries.values()) {
      const key = `${origin.where}\n${origin.what}`;
      const sum = found.get(key);
      if (sum === undefined) found.set(key, { ...origin, count: 1, bytes });
      else {
        sum.count++;
        sum.bytes += bytes;
      }
    }
    return [...found.values()].sort((a, b) => b.bytes - a.bytes);
  }

  /** What is held against the limit, with `count` more buffers of `bytes` together. */
  #counted(count: number, bytes: number): number {
    const each = this.#budget / MEMORY_BUDGET_BUFFERS;
    return this.#bytes + bytes + (this.#entries.size + count) * each;
  }

  /** A minor collection takes 0.2 ms and finds what died young, as a loop's values do. Where it finds too little, a major one
   *  (5 to 80 ms) follows; where that does, too, the rest is in use, and the limit rises with it. */
  #makeRoom(wanted: number): void {
    for (const kind of ["minor", "major"] as const) {
      collectGarbage(kind);
      this.#sweep();
      if (this.#counted(1, wanted) <= this.#limit * 0.75) break;
    }
    this.#limit = Math.max(this.#budget, 1.5 * this.#counted(1, wanted));
  }

  #sweep(): void {
    for (const entry of this.#entries.values()) if (entry.buffer.deref() === undefined) this.#drop(entry);
  }

  #drop({ id, bytes }: Entry): void {
    this.#entries.delete(id);
    this.#bytes -= bytes;
    this.#limit = Math.min(this.#limit, Math.max(this.#budget, 1.5 * this.#counted(0, 0)));
    this.#free(id);
  }
}
