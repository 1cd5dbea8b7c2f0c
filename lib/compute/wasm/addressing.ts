// Pointers of a kernel: accesses to one buffer that step alike share a pointer, which moves with the loops.

import type { PlanBuffer } from "../ir.js";
import { ARENA_WORD, bindingWord } from "./block.js";
import type { FunctionBuilder } from "./encoder.js";
import { I32, OP } from "./instructions.js";
import type { Access } from "./nest.js";

/** The parameter of every kernel function: the address of the run block. */
export const BLOCK = 0;

/** Pushes the address of a plan buffer. */
export function pushBuffer(f: FunctionBuilder, buffer: PlanBuffer, byteOffset: number): void {
  f.get(BLOCK);
  f.memory(OP.i32_load, buffer.kind === "binding" ? bindingWord(buffer.binding) : ARENA_WORD);
  const offset = byteOffset + (buffer.kind === "arena" ? buffer.offset : 0);
  if (offset === 0) return;
  f.i32(offset);
  f.op(OP.i32_add);
}

interface Group {
  readonly bytes: number;
  readonly strides: readonly number[];
  readonly buffer: number;
  /** The least element offset among its accesses: where the pointer starts. */
  offset: number;
  pointer: number;
}

export class Pointers {
  readonly #f: FunctionBuilder;
  readonly #groups = new Map<string, Group>();

  constructor(f: FunctionBuilder, accesses: Iterable<Access>, buffers: readonly PlanBuffer[]) {
    this.#f = f;
    for (const access of accesses) {
      const key = this.#key(access);
      const known = this.#groups.get(key);
      if (known === undefined) this.#groups.set(key, { ...access, pointer: -1 });
      else known.offset = Math.min(known.offset, access.offset);
    }
    for (const group of this.#groups.values()) {
      const pointer = f.local(I32);
      group.pointer = pointer;
      f.atStart(() => {
        pushBuffer(f, buffers[group.buffer]!, group.offset * group.bytes);
        f.set(pointer);
      });
    }
  }

  #key(access: Access): string {
    return `${access.buffer}/${access.bytes}/${access.strides.join()}`;
  }

  /** The pointer of an access here, and the bytes from there to its element. */
  of(access: Access): { pointer: number; offset: number } {
    const group = this.#groups.get(this.#key(access))!;
    return { pointer: group.pointer, offset: (access.offset - group.offset) * access.bytes };
  }

  /** Gives every pointer that moves with `loop` a copy for the body of that loop; `leave` brings the old ones back. */
  enter(loop: number): { advance(points: number): void; leave(): void } {
    const moving = [...this.#groups.values()].filter((group) => group.strides[loop] !== 0);
    const before = moving.map((group) => group.pointer);
    for (const group of moving) {
      const copy = this.#f.local(I32);
      this.#f.get(group.pointer);
      this.#f.set(copy);
      group.pointer = copy;
    }
    return {
      advance: (points) => {
        for (const group of moving) {
          this.#f.advance(group.pointer, group.strides[loop]! * group.bytes * points);
        }
      },
      leave: () => {
        moving.forEach((group, i) => {
          group.pointer = before[i]!;
        });
      },
    };
  }
}
