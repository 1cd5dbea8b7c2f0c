// The order of elements along an axis: stable, NaN as the largest, 0 and -0 equal, as in PyTorch.

import { linesAlong, type Routine, type RoutineData } from "./index.js";

const LARGEST_KEY = 0xffffffff;

/** Whole numbers from 0 to 2^32 - 1 in the order of the elements. */
function keysOf(data: RoutineData): Uint32Array {
  if (data instanceof Uint8Array) return Uint32Array.from(data);
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const keys = new Uint32Array(data.length);
  if (data instanceof Int32Array) {
    for (let i = 0; i < keys.length; i++) keys[i] = bits[i]! ^ 0x80000000;
    return keys;
  }
  for (let i = 0; i < keys.length; i++) {
    const x = data[i]!;
    // the larger a negative float's bits are, the smaller it is
    if (Number.isNaN(x)) keys[i] = LARGEST_KEY;
    else keys[i] = x === 0 ? 0x80000000 : bits[i]! < 0 ? ~bits[i]! : bits[i]! | 0x80000000;
  }
  return keys;
}

/** So few are found faster by keeping the first ones while going through all. */
const FEW = 64;

/** Positions of the elements along `axis` in ascending (or `descending`) order; those of equals ascend. As many of them, from
 *  the first on, as the output has room for. */
export const argsort: Routine = ([input], output, { axis, descending }) => {
  const { outer, extent, inner } = linesAlong(input!.shape, axis as number);
  const count = output.shape[axis as number] ?? 1;
  const keys = keysOf(input!.data);
  if (descending) for (let i = 0; i < keys.length; i++) keys[i] = LARGEST_KEY - keys[i]!;
  const line = new Uint32Array(extent);
  const order = new Uint32Array(extent);
  const spare = new Uint32Array(extent);
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const [from, to] = [o * extent * inner + j, o * count * inner + j];
      for (let i = 0; i < extent; i++) line[i] = keys[from + i * inner]!;
      if (count < extent && count <= FEW) firstOf(line, order, count);
      else radixOrder(line, order, spare);
      for (let i = 0; i < count; i++) output.data[to + i * inner] = order[i]!;
    }
  }
};

/** Fills `order` with the positions of the `count` smallest keys in ascending order. */
function firstOf(keys: Uint32Array, order: Uint32Array, count: number): void {
  if (count === 0) return;
  let held = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (held === count && key >= keys[order[held - 1]!]!) continue;
    let at = held < count ? held++ : count - 1;
    for (; at > 0 && keys[order[at - 1]!]! > key; at--) order[at] = order[at - 1]!;
    order[at] = i;
  }
}

const ends = new Uint32Array(256);

/** Fills `order` with the positions of the keys in ascending order: one stable pass for each byte, the lowest first. */
function radixOrder(keys: Uint32Array, order: Uint32Array, spare: Uint32Array): void {
  let [from, to] = [order, spare];
  for (let i = 0; i < keys.length; i++) from[i] = i;
  // an even number of passes, so that the last one ends in `order`
  for (let shift = 0; shift < 32; shift += 8) {
    ends.fill(0);
    for (const key of keys) ends[(key >>> shift) & 255]!++;
    for (let digit = 1; digit < 256; digit++) ends[digit]! += ends[digit - 1]!;
    for (let i = keys.length - 1; i >= 0; i--) {
      const position = from[i]!;
      to[--ends[(keys[position]! >>> shift) & 255]!] = position;
    }
    [from, to] = [to, from];
  }
}
