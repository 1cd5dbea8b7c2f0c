// A queue of byte frames in shared memory, for one thread that writes and one that reads. Frames are never split across
// the end of the memory, so the reader sees each in place, without a copy. Waiting and waking is the channel's business.

/** The same memory seen as bytes, 32-bit words and doubles. */
export interface Views {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
}

/** Views of `memory`, whose length must be a multiple of 8. */
export function viewsOf(memory: ArrayBufferLike): Views {
  return { bytes: new Uint8Array(memory), words: new Int32Array(memory), doubles: new Float64Array(memory) };
}

// Positions count bytes ever written and read, modulo 2^32; they sit on cache lines of their own, before the frames.
const WRITTEN = 0;
const READ = 16;
const PREFIX_BYTES = 128;

// A frame: one word of length, one word of flags, the payload, padding to 8 bytes.
const FRAME_HEADER_BYTES = 8;
const LAST = 0;
const MORE = 1;
const SKIP = 2;

/** The least multiple of 8 that holds `bytes`. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** Bytes of memory for a ring of `capacity` bytes. */
export const ringBytes = (capacity: number): number => PREFIX_BYTES + capacity;

export class Ring {
  readonly views: Views;
  /** The largest payload of one frame: whatever the positions are, it fits once the reader has caught up. */
  readonly largest: number;
  readonly #capacity: number;
  readonly #positions: Int32Array;
  #reserved = 0;
  #start = 0;
  #length = 0;
  #more = false;

  /** A ring in shared memory of `ringBytes(capacity)`, the capacity a power of two. Full of zeros, it is empty. */
  constructor(memory: ArrayBufferLike) {
    this.#capacity = memory.byteLength - PREFIX_BYTES;
    if (this.#capacity < 64 || (this.#capacity & (this.#capacity - 1)) !== 0)
      throw new RangeError(`a ring needs a power of two of bytes, got ${this.#capacity}`);
    this.views = viewsOf(memory);
    this.#positions = this.views.words;
    this.largest = this.#capacity / 2 - FRAME_HEADER_BYTES;
  }

  /** Writer: the byte position in `views` for a payload of `bytes`, or -1 while there is no room. Then `commit`. */
  reserve(bytes: number): number {
    const size = FRAME_HEADER_BYTES + padded(bytes);
    let written = this.#positions[WRITTEN]!;
    let free = this.#capacity - ((written - Atomics.load(this.#positions, READ)) | 0);
    const toEnd = this.#capacity - this.#offset(written);
    if (size > toEnd) {
      if (toEnd + size > free) return -1;
      this.#mark(written, 0, SKIP);
      written = (written + toEnd) | 0;
      free -= toEnd;
      Atomics.store(this.#positions, WRITTEN, written);
    }
    if (size > free) return -1;
    this.#reserved = bytes;
    return PREFIX_BYTES + this.#offset(written) + FRAME_HEADER_BYTES;
  }

  /** Writer: hands the reserved frame over. `more`: the message goes on in the next frame. */
  commit(more = false): void {
    const written = this.#positions[WRITTEN]!;
    this.#mark(written, this.#reserved, more ? MORE : LAST);
    Atomics.store(this.#positions, WRITTEN, (written + FRAME_HEADER_BYTES + padded(this.#reserved)) | 0);
  }

  /** Reader: true when there is a frame, described by `start`, `length` and `more` until `release`. */
  next(): boolean {
    for (;;) {
      const read = this.#positions[READ]!;
      if (Atomics.load(this.#positions, WRITTEN) === read) return false;
      const at = PREFIX_BYTES + this.#offset(read);
      const flags = this.views.words[at / 4 + 1];
      if (flags === SKIP) {
        Atomics.store(this.#positions, READ, (read + this.#capacity - this.#offset(read)) | 0);
        continue;
      }
      this.#start = at + FRAME_HEADER_BYTES;
      this.#length = this.views.words[at / 4]!;
      this.#more = flags === MORE;
      return true;
    }
  }

  /** Byte position in `views` of the frame's payload; a multiple of 8. */
  get start(): number {
    return this.#start;
  }

  /** Bytes of the frame's payload. */
  get length(): number {
    return this.#length;
  }

  /** The message goes on in the next frame. */
  get more(): boolean {
    return this.#more;
  }

  /** Reader: gives the frame's memory back; its payload must not be looked at any more. */
  release(): void {
    const read = this.#positions[READ]!;
    Atomics.store(this.#positions, READ, (read + FRAME_HEADER_BYTES + padded(this.#length)) | 0);
  }

  #offset(position: number): number {
    return position & (this.#capacity - 1);
  }

  #mark(position: number, length: number, flags: number): void {
    const at = (PREFIX_BYTES + this.#offset(position)) / 4;
    this.views.words[at] = length;
    this.views.words[at + 1] = flags;
  }
}
