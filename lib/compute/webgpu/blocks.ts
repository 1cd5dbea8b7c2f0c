// Where the parameters of a run's dispatches lie: a block for each of them, side by side in pages. A page is bound for all its
// dispatches at once, since to bind something for each of them costs the processor a third of the whole step. Which block is its
// own, a dispatch learns from its grid, which has so many columns of workgroups too many as units lie before it; those end at
// once. Equal kernels that are one dispatch are layers of its grid, and their blocks follow each other.

/** What a shader sees. */
export const PAGE_BYTES = 4096;
/** Blocks begin at multiples of this. */
export const UNIT_BYTES = 64;
/** Dynamic offsets of uniform buffers, as pages are bound by, are multiples of this on every implementation. */
const PAGE_ALIGNMENT = 256;

/** Units of a page that lie before the last one. */
export const MOST_BEFORE: number = PAGE_BYTES / UNIT_BYTES - 1;

export interface Block {
  /** Byte offsets of the block and of its page. */
  readonly at: number;
  readonly page: number;
  /** Units of the page that lie before it. */
  readonly before: number;
}

/** Places blocks one after the other. */
export class Blocks {
  #page = 0;
  #bytes = 0;
  #pageBytes = 0;

  /** Bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that a shader sees from the begin of a page on: more than usual where a block alone is larger. */
  get pageBytes(): number {
    return this.#pageBytes;
  }

  take(bytes: number): Block {
    const size = aligned(bytes, UNIT_BYTES);
    if (this.#bytes + size > this.#page + PAGE_BYTES) this.#page = aligned(this.#bytes, PAGE_ALIGNMENT);
    const at = Math.max(this.#bytes, this.#page);
    this.#bytes = at + size;
    this.#pageBytes = Math.max(this.#pageBytes, PAGE_BYTES, size);
    return { at, page: this.#page, before: (at - this.#page) / UNIT_BYTES };
  }
}

export const aligned = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;
