// Pointers of a kernel: accesses to one buffer that step alike share a pointer, which moves with the loops.

import type { PlanBuffer } from "../ir.js";
import { ARENA_WORD, bindingWord, LOCAL_STEP_WORD, LOCAL_WORD } from "./block.js";
import type { FunctionBuilder } from "./encoder.js";
import { I32, OP } from "./instructions.js";
import type { Access } from "./nest.js";
import { CHUNK, THREAD } from "./team.js";

/** The first parameter of every function of a plan: the address of the run block. */
export const BLOCK = 0;

/** A buffer of a plan, scratch memory that every thread has for itself, or what a parameter of the function points to. */
export type Range =
  | PlanBuffer
  | { readonly kind: "local"; readonly offset: number; readonly bytes: number }
  | { readonly kind: "parameter"; readonly local: number; readonly of: Range };

/** Pushes the address of a buffer. */
export function pushBuffer(f: FunctionBuilder, buffer: Range, byteOffset: number): void {
  if (buffer.kind === "parameter") {
    f.get(buffer.local);
    addConstant(f, byteOffset);
    return;
  }
  f.get(BLOCK);
  if (buffer.kind === "binding") f.memory(OP.i32_load, bindingWord(buffer.binding));
  else f.memory(OP.i32_load, buffer.kind === "arena" ? ARENA_WORD : LOCAL_WORD);
  if (buffer.kind === "local") {
    f.get(BLOCK);
    f.memory(OP.i32_load, LOCAL_STEP_WORD);
    f.get(THREAD);
    f.op(OP.i32_mul);
    f.op(OP.i32_add);
  }
  addConstant(f, byteOffset + (buffer.offset ?? 0));
}

function addConstant(f: FunctionBuilder, offset: number): void {
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

/** Elements from the begin of an access in one chunk to that in the next one. */
export type ChunkStep = (access: Access) => number;

export class Pointers {
  readonly #f: FunctionBuilder;
  readonly #groups = new Map<string, Group>();

  constructor(
    f: FunctionBuilder,
    accesses: Iterable<Access>,
    buffers: readonly Range[],
    chunkStep: ChunkStep,
  ) {
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
        const step = chunkStep(group) * group.bytes;
        if (step !== 0) {
          f.get(CHUNK);
          f.i32(step);
          f.op(OP.i32_mul);
          f.op(OP.i32_add);
        }
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
