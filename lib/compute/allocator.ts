// Hands out ranges of one linear memory: those that were just freed as they are, else best-fitting size class first, neighbours
// merged. Addresses only; the memory itself and its growth belong to the heap.

/** Every range starts and ends on a cache line, which is also what wide vector loads like best. */
export const ALIGNMENT = 64;

/** How sizes read in errors. */
export const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const roundUp = (bytes: number): number => Math.ceil(Math.max(bytes, 1) / ALIGNMENT) * ALIGNMENT;

/** Four classes between a power of two and the next: a block of a class is at least the class's size. */
function classOf(bytes: number): number {
  const power = 31 - Math.clz32(bytes);
  return power * 4 + Math.floor((bytes / 2 ** power - 1) * 4);
}

/** Bytes of freed ranges that are kept as they are: what one training step frees, the next one wants again. A range of a known
 *  size then comes and goes in 0.1 us instead of 1.9. */
const MOST_SPARE = 64 * 2 ** 20;

const CLASSES = 32 * 4;
/** Free ranges of one class that an allocation compares: its time stays bounded in a fragmented memory. */
const MOST_LOOKS = 32;

export class Allocator {
  /** Free ranges: size by start, and start by end, so that both neighbours of a range are found at once. */
  readonly #sizeAt = new Map<number, number>();
  readonly #startAt = new Map<number, number>();
  readonly #classes: Set<number>[] = Array.from({ length: CLASSES }, () => new Set<number>());
  /** Sizes of what is allocated, and negative ones of spare ranges: taking them out and in again would cost most of the time. */
  readonly #used = new Map<number, number>();
  /** Freed ranges that are not merged yet, by size. */
  readonly #spare = new Map<number, number[]>();
  #spareBytes = 0;
  #allocated = 0;
  #end: number;

  /** Starts empty: everything is added with `extend`. Addresses begin at `start`. */
  constructor(start: number) {
    this.#end = roundUp(start);
  }

  get allocatedBytes(): number {
    return this.#allocated;
  }

  /** End of the memory that is managed now. */
  get end(): number {
    return this.#end;
  }

  /** Adds the memory up to `end`. */
  extend(end: number): void {
    const start = this.#end;
    const limit = Math.floor(end / ALIGNMENT) * ALIGNMENT;
    if (limit <= start) return;
    this.#end = limit;
    this.#release(start, limit - start);
  }

  /** Address of a range of at least `bytes` bytes, or undefined if none is free. */
  allocate(bytes: number): number | undefined {
    const size = roundUp(bytes);
    const start = this.#takeSpare(size) ?? this.#carve(size);
    if (start === undefined) return undefined;
    this.#used.set(start, size);
    this.#allocated += size;
    return start;
  }

  /** A freed range of this size. */
  #takeSpare(size: number): number | undefined {
    const start = this.#spare.get(size)?.pop();
    if (start !== undefined) this.#spareBytes -= size;
    return start;
  }

  /** A range of this size from a free one. */
  #carve(size: number): number | undefined {
    const start = this.#find(size) ?? (this.#mergeSpare() ? this.#find(size) : undefined);
    if (start === undefined) return undefined;
    const whole = this.#sizeAt.get(start)!;
    this.#take(start, whole);
    if (whole > size) this.#put(start + size, whole - size);
    return start;
  }

  /** Merges the spare ranges with their neighbours. False when there are none. */
  #mergeSpare(): boolean {
    const any = this.#spareBytes > 0;
    for (const [size, starts] of this.#spare) {
      for (const start of starts) {
        this.#used.delete(start);
        this.#release(start, size);
      }
    }
    this.#spare.clear();
    this.#spareBytes = 0;
    return any;
  }

  free(start: number): void {
    const size = this.#used.get(start);
    if (size === undefined || size < 0)
      throw new RangeError(`nothing is allocated at address ${start}; freed twice?`);
    this.#allocated -= size;
    if (this.#spareBytes + size > MOST_SPARE) {
      this.#used.delete(start);
      this.#release(start, size);
      return;
    }
    this.#used.set(start, -size);
    const starts = this.#spare.get(size);
    if (starts === undefined) this.#spare.set(size, [start]);
    else starts.push(start);
    this.#spareBytes += size;
  }

  /** How many bytes must be added at the end at least for `allocate(bytes)` to succeed. */
  missing(bytes: number): number {
    this.#mergeSpare();
    const last = this.#startAt.get(this.#end);
    return roundUp(bytes) - (last === undefined ? 0 : this.#end - last);
  }

  #find(size: number): number | undefined {
    const own = classOf(size);
    // A block of a higher class always fits; among the first of the own class the smallest that fits is looked for.
    let best: number | undefined;
    let looks = 0;
    for (const start of this.#classes[own]!) {
      const free = this.#sizeAt.get(start)!;
      if (free === size) return start;
      if (++looks > MOST_LOOKS) break;
      if (free > size && (best === undefined || free < this.#sizeAt.get(best)!)) best = start;
    }
    if (best !== undefined) return best;
    for (let higher = own + 1; higher < CLASSES; higher++) {
      for (const start of this.#classes[higher]!) return start;
    }
    return undefined;
  }

  #release(start: number, size: number): void {
    let [from, bytes] = [start, size];
    const before = this.#startAt.get(start);
    if (before !== undefined) {
      this.#take(before, start - before);
      from = before;
      bytes += start - before;
    }
    const after = this.#sizeAt.get(start + size);
    if (after !== undefined) {
      this.#take(start + size, after);
      bytes += after;
    }
    this.#put(from, bytes);
  }

  #put(start: number, size: number): void {
    this.#sizeAt.set(start, size);
    this.#startAt.set(start + size, start);
    this.#classes[classOf(size)]!.add(start);
  }

  #take(start: number, size: number): void {
    this.#sizeAt.delete(start);
    this.#startAt.delete(start + size);
    this.#classes[classOf(size)]!.delete(start);
  }
}
