// What the code of one chunk of a product is written with: sums of pointers, and what differs in the last chunk.

import type { Cut } from "./cut.js";
import type { FunctionBuilder } from "./encoder.js";
import { OP } from "./instructions.js";
import { CHUNK } from "./team.js";

/** Emits both: for chunks of the usual size, and for the last one, if it has another size. */
export function ifLastChunk(
  f: FunctionBuilder,
  { size, last, chunks }: Cut,
  emit: (size: number) => void,
): void {
  if (size === last) {
    emit(size);
    return;
  }
  f.get(CHUNK);
  f.i32(chunks - 1);
  f.op(OP.i32_eq);
  f.if(
    () => emit(last),
    () => emit(size),
  );
}

export function pushIfLastChunk(f: FunctionBuilder, { chunks }: Cut, last: number, other: number): void {
  f.i32(last);
  f.i32(other);
  f.get(CHUNK);
  f.i32(chunks - 1);
  f.op(OP.i32_eq);
  f.op(OP.select);
}

/** local += factor * by */
export function addProduct(f: FunctionBuilder, local: number, factor: number, by: number): void {
  if (by === 0) return;
  f.get(local);
  f.get(factor);
  f.i32(by);
  f.op(OP.i32_mul);
  f.op(OP.i32_add);
  f.set(local);
}
