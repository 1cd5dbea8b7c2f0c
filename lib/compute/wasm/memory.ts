// Loads and stores of vector values: whole vectors where the points lie side by side, lane by lane elsewhere.

import { BYTES, type DType } from "../../graph/dtype.js";
import type { FunctionBuilder } from "./encoder.js";
import { fromHalf, toHalf } from "./half.js";
import { I32, OP, V128 } from "./instructions.js";
import type { Lanes, Value } from "./lanes.js";

/** Where the element of a lane is: `push` leaves an address, to which `offset` bytes and lane * stride are added. */
export interface Place {
  readonly dtype: DType;
  /** Leaves the address on the stack; depends on lane and vector only if `scattered`. */
  push(copy: number, lane: number): void;
  readonly offset: number;
  /** Elements between neighbouring lanes; 0: all lanes read the same. */
  readonly stride: number;
  readonly scattered: boolean;
}

const size = (dtype: DType): number => BYTES[dtype];

/** Loads one element into the low bits of an integer. */
const LOAD: Readonly<Record<number, number>> = { 1: OP.i32_load8_u, 2: OP.i32_load16_u, 4: OP.i32_load };

function condition(l: Lanes, guard: Value, copy: number, lane: number): void {
  l.push(guard, copy);
  l.f.lane(OP.i32x4_extract_lane, lane);
}

/** What is at `place`; 0 without a load where `guard` is false. */
export function load(l: Lanes, place: Place, guard?: Value): Value {
  const bits = loadBits(l, place, guard);
  return place.dtype === "float16" ? fromHalf(l, bits) : bits;
}

/** Types of 1 and 2 bytes are widened to integers; bools become masks. */
function loadBits(l: Lanes, place: Place, guard: Value | undefined): Value {
  const contiguous = place.stride === 1 && !place.scattered;
  const guarded = guard !== undefined && !guard.uniform;
  const inVectors = (contiguous && suitsWholeVectors(l, place)) || isEverySecond(l, place);
  if (guarded || place.scattered || (place.stride !== 0 && !inVectors)) return loadLanes(l, place, guard);
  const read = place.stride === 0 ? splat : place.stride === 2 ? everySecond : whole;
  return l.make(place.stride === 0, (copy) => {
    if (guard === undefined) return read(l, place, copy);
    condition(l, guard, 0, 0);
    l.f.if(
      () => read(l, place, copy),
      () => l.push(l.integer(0), 0),
      V128,
    );
  });
}

function suitsWholeVectors(l: Lanes, place: Place): boolean {
  return size(place.dtype) === 4 || l.width === 4;
}

const isEverySecond = (l: Lanes, place: Place): boolean =>
  place.stride === 2 && !place.scattered && size(place.dtype) === 4 && l.width === 4;

/** Elements 0, 2, 4, 6: out of 0 to 3 and 3 to 6, so that nothing after them is touched. */
function everySecond(l: Lanes, place: Place, copy: number): void {
  for (const first of [0, 3]) {
    place.push(copy, 0);
    l.f.memory(OP.v128_load, place.offset + copy * 32 + first * 4);
  }
  l.f.shuffle([0, 2, 5, 7]);
}

function splat(l: Lanes, place: Place): void {
  place.push(0, 0);
  const bytes = size(place.dtype);
  if (bytes === 4) l.f.memory(OP.v128_load32_splat, place.offset);
  else {
    l.f.memory(LOAD[bytes]!, place.offset);
    l.f.op(OP.i32x4_splat);
    if (place.dtype === "bool") l.f.op(OP.i32x4_neg);
  }
}

function whole(l: Lanes, place: Place, copy: number): void {
  const { f } = l;
  const offset = place.offset + copy * 4 * size(place.dtype);
  place.push(copy, 0);
  if (size(place.dtype) === 1) {
    f.memory(OP.v128_load32_zero, offset);
    f.op(OP.i16x8_extend_low_i8x16_u);
    f.op(OP.i32x4_extend_low_i16x8_u);
    if (place.dtype === "bool") f.op(OP.i32x4_neg);
  } else if (size(place.dtype) === 2) {
    f.memory(OP.v128_load64_zero, offset);
    f.op(OP.i32x4_extend_low_i16x8_u);
  } else if (l.width === 4) f.memory(OP.v128_load, offset);
  else if (l.width === 1) f.memory(OP.v128_load32_zero, offset);
  else {
    f.memory(OP.v128_load64_zero, offset);
    if (l.width === 2) return;
    const two = f.temporary();
    f.set(two);
    place.push(copy, 2);
    f.get(two);
    f.memory(OP.v128_load32_lane, offset + 8, 2);
  }
}

/** Leaves the lane's address; returns the offset for the instruction. */
function pushLane(l: Lanes, place: Place, copy: number, lane: number): number {
  place.push(copy, lane);
  const offset = place.offset + (copy * 4 + lane) * place.stride * size(place.dtype);
  if (offset >= 0) return offset;
  l.f.i32(offset);
  l.f.op(OP.i32_add);
  return 0;
}

function loadLanes(l: Lanes, place: Place, guard: Value | undefined): Value {
  const { f } = l;
  const adjacent = place.stride === 1 && !place.scattered && suitsWholeVectors(l, place);
  const one = (copy: number, lane: number): void => {
    const offset = pushLane(l, place, copy, lane);
    f.memory(LOAD[size(place.dtype)]!, offset);
  };
  const lanes = (copy: number): void => {
    const vector = f.temporary();
    l.push(l.integer(0), 0);
    f.set(vector);
    for (let lane = 0; lane < l.width; lane++) {
      f.get(vector);
      if (guard === undefined) one(copy, lane);
      else {
        condition(l, guard, copy, lane);
        f.if(
          () => one(copy, lane),
          () => f.i32(0),
          I32,
        );
      }
      f.lane(OP.i32x4_replace_lane, lane);
      f.set(vector);
    }
    f.get(vector);
    if (place.dtype === "bool") f.op(OP.i32x4_neg);
  };
  return l.make(false, (copy) => {
    if (guard === undefined || !adjacent) {
      lanes(copy);
      return;
    }
    // inside a padded row all lanes are there: only its ends are looked at one by one
    l.push(guard, copy);
    f.op(OP.i32x4_all_true);
    f.if(
      () => whole(l, place, copy),
      () => lanes(copy),
      V128,
    );
  });
}

/** Puts the lanes that count to their places. */
export function store(l: Lanes, place: Place, value: Value, copies: number): void {
  if (size(place.dtype) < 4 && place.dtype !== "bool") {
    const bits = place.dtype === "float16" ? toHalf(l, value) : value;
    for (let copy = 0; copy < copies; copy++) storeShort(l, place, bits, copy);
    return;
  }
  for (let copy = 0; copy < copies; copy++) {
    if (place.dtype === "bool") storeBools(l, place, value, copy);
    else if (place.stride === 1) storeWhole(l, place, value, copy);
    else {
      for (let lane = 0; lane < l.width; lane++) {
        const offset = pushLane(l, place, copy, lane);
        l.push(value, copy);
        l.f.memory(OP.v128_store32_lane, offset, lane);
      }
    }
  }
}

function storeWhole(l: Lanes, place: Place, value: Value, copy: number): void {
  const offset = place.offset + copy * 16;
  const put = (op: number, at: number, lane?: number): void => {
    place.push(copy, 0);
    l.push(value, copy);
    l.f.memory(op, offset + at, lane);
  };
  if (l.width === 4) put(OP.v128_store, 0);
  if (l.width === 2 || l.width === 3) put(OP.v128_store64_lane, 0, 0);
  if (l.width === 1) put(OP.v128_store32_lane, 0, 0);
  if (l.width === 3) put(OP.v128_store32_lane, 8, 2);
}

/** The low 1 or 2 bytes of each lane. */
function storeShort(l: Lanes, place: Place, value: Value, copy: number): void {
  const { f } = l;
  const bytes = size(place.dtype);
  if (l.width === 4 && place.stride === 1) {
    place.push(copy, 0);
    l.push(value, copy);
    l.push(value, copy);
    f.op(OP.i16x8_narrow_i32x4_u);
    if (bytes === 1) {
      l.push(value, copy);
      f.op(OP.i8x16_narrow_i16x8_u);
    }
    const offset = place.offset + copy * 4 * bytes;
    f.memory(bytes === 1 ? OP.v128_store32_lane : OP.v128_store64_lane, offset, 0);
    return;
  }
  for (let lane = 0; lane < l.width; lane++) {
    const offset = pushLane(l, place, copy, lane);
    l.push(value, copy);
    f.memory(bytes === 1 ? OP.v128_store8_lane : OP.v128_store16_lane, offset, (lane * 4) / bytes);
  }
}

function storeBools(l: Lanes, place: Place, value: Value, copy: number): void {
  const { f } = l;
  if (l.width === 4 && place.stride === 1) {
    place.push(copy, 0);
    l.push(value, copy);
    l.push(value, copy);
    f.op(OP.i16x8_narrow_i32x4_s);
    l.push(value, copy);
    f.op(OP.i8x16_narrow_i16x8_s);
    f.lane(OP.i32x4_extract_lane, 0);
    f.i32(0x01010101);
    f.op(OP.i32_and);
    f.memory(OP.i32_store, place.offset + copy * 4);
    return;
  }
  for (let lane = 0; lane < l.width; lane++) {
    const offset = pushLane(l, place, copy, lane);
    storeBit(f, () => l.push(value, copy), lane, offset);
  }
}

function storeBit(f: FunctionBuilder, push: () => void, lane: number, offset: number): void {
  push();
  f.lane(OP.i32x4_extract_lane, lane);
  f.i32(1);
  f.op(OP.i32_and);
  f.memory(OP.i32_store8, offset);
}
