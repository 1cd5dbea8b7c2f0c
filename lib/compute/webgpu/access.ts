// How a shader sees the heap: as words, or as vectors of two or four of them, which are loaded and stored at once; or as atomic
// words, where neighbours that store parts of one word must not lose each other's.

import type { DType } from "../../graph/dtype.js";

/** Words in an element of the heap's array. */
export type Access = 1 | 2 | 4 | "atomic";

/** The type of the heap's elements in WGSL. */
export const ELEMENT: Readonly<Record<Access, string>> = {
  1: "u32",
  2: "vec2<u32>",
  4: "vec4<u32>",
  atomic: "atomic<u32>",
};

/** Words that four neighbouring elements take. Whoever stores four of them stores whole words. */
export const WORDS_OF_FOUR: Readonly<Record<DType, 1 | 2 | 4>> = {
  float32: 4,
  int32: 4,
  float16: 2,
  bool: 1,
  uint8: 1,
};

/** The first check that fails is kept: its number from 1 on, and the bad value. */
const COMMON: readonly string[] = [
  "fn zero() -> u32 { return P[own].x; }",
  `fn report(fault: u32, value: i32) {
  if (atomicAdd(&faults[2], 1u) == 0u) {
    atomicStore(&faults[1], bitcast<u32>(value));
    atomicStore(&faults[0], fault);
  }
}`,
  "fn byte_at(a: u32) -> u32 { return (word(a >> 2u) >> ((a & 3u) * 8u)) & 0xffu; }",
  "fn half_at(a: u32) -> u32 { return (word(a >> 1u) >> ((a & 1u) * 16u)) & 0xffffu; }",
];

/** Addresses are in words; those of two and four words are multiples of that. WGSL lets a store to a component of a vector touch
 *  the rest of it, so a heap of vectors is stored to in whole vectors only. */
const SOURCES: Readonly<Record<Access, readonly string[]>> = {
  1: [
    "fn word(a: u32) -> u32 { return heap[a]; }",
    "fn words2(a: u32) -> vec2<u32> { return vec2<u32>(heap[a], heap[a + 1u]); }",
    "fn words4(a: u32) -> vec4<u32> { return vec4<u32>(heap[a], heap[a + 1u], heap[a + 2u], heap[a + 3u]); }",
    "fn put_word(a: u32, x: u32) { heap[a] = x; }",
    "fn put_words2(a: u32, x: vec2<u32>) { heap[a] = x.x; heap[a + 1u] = x.y; }",
    "fn put_words4(a: u32, x: vec4<u32>) { put_words2(a, x.xy); put_words2(a + 2u, x.zw); }",
  ],
  2: [
    "fn word(a: u32) -> u32 { return heap[a >> 1u][a & 1u]; }",
    "fn words2(a: u32) -> vec2<u32> { return heap[a >> 1u]; }",
    "fn words4(a: u32) -> vec4<u32> { return vec4<u32>(heap[a >> 1u], heap[(a >> 1u) + 1u]); }",
    "fn put_words2(a: u32, x: vec2<u32>) { heap[a >> 1u] = x; }",
    "fn put_words4(a: u32, x: vec4<u32>) { heap[a >> 1u] = x.xy; heap[(a >> 1u) + 1u] = x.zw; }",
  ],
  4: [
    "fn word(a: u32) -> u32 { return heap[a >> 2u][a & 3u]; }",
    `fn words2(a: u32) -> vec2<u32> {
  let x = heap[a >> 2u];
  return select(x.xy, x.zw, (a & 2u) != 0u);
}`,
    "fn words4(a: u32) -> vec4<u32> { return heap[a >> 2u]; }",
    "fn put_words4(a: u32, x: vec4<u32>) { heap[a >> 2u] = x; }",
  ],
  atomic: [
    "fn word(a: u32) -> u32 { return atomicLoad(&heap[a]); }",
    "fn words2(a: u32) -> vec2<u32> { return vec2<u32>(word(a), word(a + 1u)); }",
    "fn words4(a: u32) -> vec4<u32> { return vec4<u32>(words2(a), words2(a + 2u)); }",
    "fn put_word(a: u32, x: u32) { atomicStore(&heap[a], x); }",
    `fn put_part(a: u32, shift: u32, mask: u32, x: u32) {
  atomicAnd(&heap[a], ~(mask << shift));
  atomicOr(&heap[a], x << shift);
}`,
    "fn put_byte(a: u32, x: u32) { put_part(a >> 2u, (a & 3u) * 8u, 0xffu, x); }",
    "fn put_half(a: u32, x: u32) { put_part(a >> 1u, (a & 1u) * 16u, 0xffffu, x); }",
  ],
};

/** The functions by which generated code reads and writes the heap. */
export const accessFunctions = (access: Access): readonly string[] => [...SOURCES[access], ...COMMON];
