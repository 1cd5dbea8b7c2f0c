// Buffers of values that were found dead, kept for the next values of their size. A loop makes the same values again and again: with
// these, the engine neither allocates for them nor frees them.

import { SPARE_BYTES } from "./settings.js";

export class SpareBuffers {
  readonly #free: (id: number) => void;
  /** Numbers of buffers, by their size. */
  readonly #ids = new Map<number, number[]>();
  #bytes = 0;

  /** `free` is told the numbers of buffers that are not kept. */
  constructor(free: (id: number) => void) {
    this.#free = free;
  }

  /** Nobody can reach the value in buffer `id` any more. */
  put(id: number, bytes: number): void {
    if (this.#bytes + bytes > SPARE_BYTES) {
      this.#free(id);
      return;
    }
    this.#bytes += bytes;
    const ids = this.#ids.get(bytes);
    if (ids === undefined) this.#ids.set(bytes, [id]);
    else ids.push(id);
  }

  /** A buffer of so many bytes, for a new value; undefined where there is none. */
  take(bytes: number): number | undefined {
    const id = this.#ids.get(bytes)?.pop();
    if (id !== undefined) this.#bytes -= bytes;
    return id;
  }

  /** Frees all that have not been taken. */
  giveBack(): void {
    for (const ids of this.#ids.values()) for (const id of ids) this.#free(id);
    this.#ids.clear();
    this.#bytes = 0;
  }
}
