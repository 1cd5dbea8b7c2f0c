// What the routine "summary" adds up over large tensors, with SIMD: the device's own way of doing it.

import { columnsFrom, plainSums, type Sums } from "../reference/routines/sums.js";
import { FunctionBuilder } from "./encoder.js";
import { F32, I32, OP, V128 } from "./instructions.js";
import { ModuleBuilder } from "./module.js";
import { type Memory, wasm } from "./webassembly.js";

/** Vectors that a round of a loop takes: as many as keep sums that wait for one another busy. */
const VECTORS = 2;
const ROUND = 4 * VECTORS;
/** Elements after which sums go on in double precision: each lane has then added 512 numbers. */
const BLOCK = 512 * ROUND;
/** Columns that are summed down at once, two vectors of them, and the most rows that are good enough in single precision. */
const COLUMNS = 8;
const MOST_ROWS = 512;

interface Native {
  whole(
    address: number,
    rounds: number,
    origin: number,
  ): [sum: number, squares: number, min: number, max: number, zeros: number];
  outside(address: number, rounds: number, low: number, high: number): number;
  /** `positive`: a bit a column. */
  columns(address: number, rows: number, stride: number, share: number): [stds: number, positive: number];
}

/** Sums over tensors that lie in `memory`. */
export function sumsOn(memory: Memory): Sums {
  const module = new ModuleBuilder();
  for (const [name, encode] of Object.entries({ whole, outside, columns })) module.add(encode(), name);
  const instance = new wasm.Instance(new wasm.Module(module.encode()), { heap: { memory } });
  const native = instance.exports as unknown as Native;
  const wholeRounds = ({ length }: Float32Array): number => length - (length % ROUND);
  return {
    whole(data, origin) {
      const end = wholeRounds(data);
      let { sum, squares, min, max, zeros } = plainSums.whole(data.subarray(end), origin);
      for (let at = 0; at < end; at += BLOCK) {
        const rounds = Math.min(BLOCK, end - at) / ROUND;
        const block = native.whole(data.byteOffset + 4 * at, rounds, origin);
        sum += block[0];
        squares += block[1];
        min = Math.min(min, block[2]);
        max = Math.max(max, block[3]);
        zeros += block[4];
      }
      return { sum, squares, min, max, zeros };
    },
    outside(data, low, high) {
      const end = wholeRounds(data);
      const rest = plainSums.outside(data.subarray(end), low, high);
      return end === 0 ? rest : rest + native.outside(data.byteOffset, end / ROUND, low, high);
    },
    columns(data, rows, positive) {
      if (rows > MOST_ROWS) return plainSums.columns(data, rows, positive);
      const width = data.length / rows;
      let [total, column] = [0, 0];
      for (; column + COLUMNS <= width; column += COLUMNS) {
        const [stds, bits] = native.columns(data.byteOffset + 4 * column, rows, 4 * width, 1 / rows);
        total += stds;
        for (let i = 0; i < COLUMNS; i++) if ((bits >> i) & 1) positive[column + i] = 1;
      }
      return total + columnsFrom(column, data, rows, positive);
    },
  };
}

/** to = to OP what `from` leaves on the stack */
function into(f: FunctionBuilder, to: number, from: () => void, op: number): void {
  f.get(to);
  from();
  f.op(op);
  f.set(to);
}

/** Leaves a vector's lanes, joined by OP, on the stack. */
function fold(f: FunctionBuilder, vector: number, op: number, extract: number): void {
  for (const order of [[2, 3, 0, 1] as const, [1, 0, 3, 2] as const]) {
    const turned = (): void => {
      f.get(vector);
      f.get(vector);
      f.shuffle(order);
    };
    into(f, vector, turned, op);
  }
  f.get(vector);
  f.lane(extract, 0);
}

const vectors = <T>(count: number, make: () => T): readonly [T, ...T[]] =>
  Array.from({ length: count }, make) as [T, ...T[]];

function splat(f: FunctionBuilder, parameter: number): number {
  const local = f.local(V128);
  f.get(parameter);
  f.op(OP.f32x4_splat);
  f.set(local);
  return local;
}

/** distance = value - origin; adds it and its square */
function addDistance(
  f: FunctionBuilder,
  [value, origin, distance]: readonly [number, number, number],
  { sum, squares }: { readonly sum: number; readonly squares: number },
): void {
  f.get(value);
  f.get(origin);
  f.op(OP.f32x4_sub);
  f.set(distance);
  into(f, sum, () => f.get(distance), OP.f32x4_add);
  const square = (): void => {
    f.get(distance);
    f.get(distance);
    f.op(OP.f32x4_mul);
  };
  into(f, squares, square, OP.f32x4_add);
}

function whole(): FunctionBuilder {
  const f = new FunctionBuilder([I32, I32, F32], [F32, F32, F32, F32, I32]);
  const [address, rounds, first] = [0, 1, 2];
  const [value, distance] = [f.local(V128), f.local(V128)];
  const origin = splat(f, first);
  const zero = f.float(0);
  const lanes = vectors(VECTORS, () => ({
    sum: f.local(V128),
    squares: f.local(V128),
    zeros: f.local(V128),
    min: f.local(V128),
    max: f.local(V128),
  }));
  for (const { min, max } of lanes) {
    f.get(f.float(Number.POSITIVE_INFINITY));
    f.set(min);
    f.get(f.float(Number.NEGATIVE_INFINITY));
    f.set(max);
  }
  f.repeatLocal(rounds, () => {
    lanes.forEach((lane, i) => {
      f.get(address);
      f.memory(OP.v128_load, 16 * i);
      f.set(value);
      addDistance(f, [value, origin, distance], lane);
      into(f, lane.min, () => f.get(value), OP.f32x4_pmin);
      into(f, lane.max, () => f.get(value), OP.f32x4_pmax);
      const isZero = (): void => {
        f.get(value);
        f.get(zero);
        f.op(OP.f32x4_eq);
      };
      // true is -1
      into(f, lane.zeros, isZero, OP.i32x4_sub);
    });
    f.advance(address, 4 * ROUND);
  });
  const [one, ...others] = lanes;
  const result = (of: keyof typeof one, op: number, extract: number): void => {
    for (const other of others) into(f, one[of], () => f.get(other[of]), op);
    fold(f, one[of], op, extract);
  };
  result("sum", OP.f32x4_add, OP.f32x4_extract_lane);
  result("squares", OP.f32x4_add, OP.f32x4_extract_lane);
  result("min", OP.f32x4_pmin, OP.f32x4_extract_lane);
  result("max", OP.f32x4_pmax, OP.f32x4_extract_lane);
  result("zeros", OP.i32x4_add, OP.i32x4_extract_lane);
  return f;
}

function outside(): FunctionBuilder {
  const f = new FunctionBuilder([I32, I32, F32, F32], [I32]);
  const [address, rounds] = [0, 1];
  const [low, high] = [splat(f, 2), splat(f, 3)];
  const value = f.local(V128);
  const [count, ...others] = vectors(VECTORS, () => f.local(V128));
  const counts = [count, ...others];
  f.repeatLocal(rounds, () => {
    counts.forEach((own, i) => {
      f.get(address);
      f.memory(OP.v128_load, 16 * i);
      f.set(value);
      const isOutside = (): void => {
        f.get(value);
        f.get(low);
        f.op(OP.f32x4_le);
        f.get(value);
        f.get(high);
        f.op(OP.f32x4_ge);
        f.op(OP.v128_or);
      };
      into(f, own, isOutside, OP.i32x4_sub);
    });
    f.advance(address, 4 * ROUND);
  });
  for (const other of others) into(f, count, () => f.get(other), OP.i32x4_add);
  fold(f, count, OP.i32x4_add, OP.i32x4_extract_lane);
  return f;
}

function columns(): FunctionBuilder {
  const f = new FunctionBuilder([I32, I32, I32, F32], [F32, I32]);
  const [address, rows, stride] = [0, 1, 2];
  const share = splat(f, 3);
  const [value, distance] = [f.local(V128), f.local(V128)];
  const zero = f.float(0);
  const lanes = vectors(COLUMNS / 4, () => ({
    origin: f.local(V128),
    sum: f.local(V128),
    squares: f.local(V128),
    positive: f.local(V128),
  }));
  lanes.forEach(({ origin }, i) => {
    f.get(address);
    f.memory(OP.v128_load, 16 * i);
    f.set(origin);
  });
  f.repeatLocal(rows, () => {
    lanes.forEach((lane, i) => {
      f.get(address);
      f.memory(OP.v128_load, 16 * i);
      f.set(value);
      addDistance(f, [value, lane.origin, distance], lane);
      const isPositive = (): void => {
        f.get(value);
        f.get(zero);
        f.op(OP.f32x4_gt);
      };
      into(f, lane.positive, isPositive, OP.v128_or);
    });
    f.get(address);
    f.get(stride);
    f.op(OP.i32_add);
    f.set(address);
  });
  const product = (a: number, b: number) => (): void => {
    f.get(a);
    f.get(b);
    f.op(OP.f32x4_mul);
  };
  for (const { sum, squares } of lanes) {
    into(f, sum, () => f.get(share), OP.f32x4_mul);
    into(f, squares, () => f.get(share), OP.f32x4_mul);
    into(f, squares, product(sum, sum), OP.f32x4_sub);
    into(f, squares, () => f.get(zero), OP.f32x4_pmax);
    f.get(squares);
    f.op(OP.f32x4_sqrt);
    f.set(squares);
  }
  const [one, ...others] = lanes;
  for (const other of others) into(f, one.squares, () => f.get(other.squares), OP.f32x4_add);
  fold(f, one.squares, OP.f32x4_add, OP.f32x4_extract_lane);
  lanes.forEach(({ positive }, i) => {
    f.get(positive);
    f.op(OP.i32x4_bitmask);
    if (i === 0) return;
    f.i32(4 * i);
    f.op(OP.i32_shl);
    f.op(OP.i32_or);
  });
  return f;
}
