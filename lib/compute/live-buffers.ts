// The buffers of values that somebody can still reach. JavaScript's garbage collector does not feel their size, so this is
// where dead ones are looked for when too many bytes have piled up: also in the middle of a synchronous loop.

import type { Buffer } from "./buffer.js";
import { collectGarbage, forgetWeaklyReferenced } from "./collector.js";
import { MEMORY_BUDGET_BUFFERS, MEMORY_BUDGET_BYTES } from "./settings.js";
import type { SpareBuffers } from "./spare-buffers.js";

/** So many weak references are made before V8 may forget them. */
const REFERENCES_AT_ONCE = 32;

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
  readonly #spare: SpareBuffers | undefined;
  readonly #entries = new Map<number, Entry>();
  #bytes = 0;
  #limit: number;
  /** Weak references that keep their buffers alive, since they were made just now. */
  #fresh = 0;

  /** `free` is told the numbers of buffers that nobody can reach any more, each once; those that are found when the budget is
   *  exceeded go to `spare`, if there is one. */
  constructor(
    free: (id: number) => void,
    budget: number = MEMORY_BUDGET_BYTES,
    spare: SpareBuffers | undefined = undefined,
  ) {
    this.#free = free;
    this.#budget = budget;
    this.#spare = spare;
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
    if (++this.#fresh < REFERENCES_AT_ONCE) return;
    this.#fresh = 0;
    forgetWeaklyReferenced();
  }

  /** Frees a buffer at once. */
  release(buffer: Buffer): void {
    const entry = this.#entries.get(buffer.id);
    if (entry === undefined) return;
    this.#forget(entry);
    this.#free(entry.id);
  }

  /** Frees all buffers that nobody can reach. */
  collect(): void {
    collectGarbage("major");
    this.#sweep(({ id }) => this.#free(id));
    this.#spare?.giveBack();
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

  /** Much of what is dead V8 has found by itself. If that is too little, a minor collection (0.2 to 2 ms) finds what died young, as a
   *  loop's values do; where it does not, a major one follows (5 to 80 ms); and where that finds too little, too, the rest is in
   *  use, and the limit rises with it. */
  #makeRoom(wanted: number): void {
    const spare = this.#spare;
    spare?.giveBack();
    for (const kind of [undefined, "minor", "major"] as const) {
      if (kind !== undefined) collectGarbage(kind);
      this.#sweep(({ id, bytes }) => (spare === undefined ? this.#free(id) : spare.put(id, bytes)));
      if (this.#counted(1, wanted) <= this.#limit * 0.75) break;
    }
    this.#limit = this.#limitFor(this.#counted(1, wanted));
  }

  /** Beside what is in use, a data set for instance, there is room for three quarters of the budget. */
  #limitFor(used: number): number {
    return Math.max(this.#budget, 1.5 * used, used + 0.75 * this.#budget);
  }

  /** Looks for buffers that nobody can reach. */
  #sweep(found: (entry: Entry) => void): void {
    for (const entry of this.#entries.values()) {
      if (entry.buffer.deref() !== undefined) continue;
      this.#forget(entry);
      found(entry);
    }
  }

  #forget({ id, bytes }: Entry): void {
    this.#entries.delete(id);
    this.#bytes -= bytes;
    this.#limit = Math.min(this.#limit, this.#limitFor(this.#counted(0, 0)));
  }
}
