// Ranges of scratch memory, handed out one after another.

import { ALIGNMENT } from "../allocator.js";

/** Ranges from `start` on. Kernels run one after another and use the same memory. */
export class ScratchSpace {
  readonly #start: number;
  /** Where the next range begins. */
  next: number;
  #end: number;

  constructor(start: number) {
    this.#start = Math.ceil(start / ALIGNMENT) * ALIGNMENT;
    this.next = this.#start;
    this.#end = this.#start;
  }

  get end(): number {
    return this.#end;
  }

  restart(): void {
    this.next = this.#start;
  }

  /** The begin of a new range. */
  take(bytes: number): number {
    const offset = this.next;
    this.next += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    this.#end = Math.max(this.#end, this.next);
    return offset;
  }
}
