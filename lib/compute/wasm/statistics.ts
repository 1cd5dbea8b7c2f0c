// Functions that go over a tensor for the routine "summary", with SIMD: each takes in a piece of one and leaves what it found in
// a record, and joins make results of records. They are a module of their own, which all plans with such a routine import: V8
// compiles and optimises it once. See summary.ts for who calls them, and the interpreter's routine of that name for what they
// compute.

import { bins, joinBins } from "./bins.js";
import { F32, F64, I32, OP, V128, type ValueType } from "./instructions.js";
import { ModuleBuilder } from "./module.js";
import { type Module, wasm } from "./webassembly.js";
import { isLeft, type Operand, Writer } from "./writer.js";

/** Vectors that a round of a loop takes side by side. */
const VECTORS = 2;
const ROUND = 4 * VECTORS;
/** Rounds after which sums go on in double precision. */
const BLOCK_ROUNDS = 512;

/** Bytes of a record; of what `whole` leaves in it. The rest is its own. */
export const RECORD_BYTES = 192;
const [SUM, SQUARES, LEAST, GREATEST, ZEROS, LANES] = [0, 8, 16, 20, 24, 32] as const;

/** Takes the rounds of what is left; gives how many. */
function takeRounds(f: Writer, count: number, most: number): number {
  const rounds = f.fresh(I32, f.apply(OP.i32_shr_u, count, f.constant(Math.log2(ROUND))));
  f.push(f.apply(OP.i32_gt_s, rounds, f.constant(most)));
  f.if(() => f.let(rounds, f.constant(most)));
  f.update(count, OP.i32_sub, f.apply(OP.i32_mul, rounds, f.constant(ROUND)));
  return rounds;
}

/** Of `count` elements: the sums of their distances from the one at `first` and of the squares of these, the least and the greatest
 *  element, and how many are zero. Where an element is not finite, the squares are not, and the rest means nothing.
 *
 *  The lanes of sums begin and end in memory, as pairs side by side: V8 merges that into 256-bit code (see microkernel.ts). */
function whole(f: Writer): void {
  const [address, count, first, record] = [0, 1, 2, 3] as const;
  const origin = f.fresh(F32, f.load(OP.f32_load, first));
  const origins = f.fresh(V128, f.apply(OP.f32x4_splat, origin));
  const zero = f.float(0);
  const [sum, squares, zeros] = [f.local(F64), f.local(F64), f.local(I32)];
  const min = f.fresh(F32, () => f.f32(Number.POSITIVE_INFINITY));
  const max = f.fresh(F32, () => f.f32(Number.NEGATIVE_INFINITY));
  const lanes = [
    { start: 0, join: OP.f32x4_add, end: (all: Operand) => addDouble(sum, all) },
    { start: 0, join: OP.f32x4_add, end: (all: Operand) => addDouble(squares, all) },
    {
      start: Number.POSITIVE_INFINITY,
      join: OP.f32x4_pmin,
      end: (all: Operand) => f.update(min, OP.f32_min, all),
    },
    {
      start: Number.NEGATIVE_INFINITY,
      join: OP.f32x4_pmax,
      end: (all: Operand) => f.update(max, OP.f32_max, all),
    },
    { start: 0, join: OP.i32x4_add, end: (all: Operand) => f.update(zeros, OP.i32_add, all) },
  ].map((lane, i) => ({ ...lane, offset: LANES + 16 * VECTORS * i, locals: pair(() => f.local(V128)) }));
  const addDouble = (to: number, single: Operand): void =>
    f.update(to, OP.f64_add, f.apply(OP.f64_promote_f32, single));
  f.while(isLeft(f, count, ROUND), () => {
    const rounds = takeRounds(f, count, BLOCK_ROUNDS);
    for (const { start, offset, locals } of lanes) {
      for (const i of BOTH) f.store(OP.v128_store, record, offset + 16 * i, f.float(start));
      for (const i of BOTH) f.let(locals[i], f.load(OP.v128_load, record, offset + 16 * i));
    }
    f.repeatLocal(rounds, () => {
      const value = pair(() => f.temporary());
      const distance = pair(() => f.temporary());
      for (const i of BOTH) f.let(value[i], f.load(OP.v128_load, address, 16 * i));
      for (const i of BOTH) f.let(distance[i], f.apply(OP.f32x4_sub, value[i], origins));
      const [sums, squared, least, greatest, zeroLanes] = lanes.map(({ locals }) => locals) as [
        Pair,
        Pair,
        Pair,
        Pair,
        Pair,
      ];
      for (const i of BOTH) f.update(sums[i], OP.f32x4_add, distance[i]);
      for (const i of BOTH)
        f.update(squared[i], OP.f32x4_add, f.apply(OP.f32x4_mul, distance[i], distance[i]));
      for (const i of BOTH) f.update(least[i], OP.f32x4_pmin, value[i]);
      for (const i of BOTH) f.update(greatest[i], OP.f32x4_pmax, value[i]);
      // true is -1
      for (const i of BOTH) f.update(zeroLanes[i], OP.i32x4_sub, f.apply(OP.f32x4_eq, value[i], zero));
      f.advance(address, 4 * ROUND);
    });
    for (const { offset, locals } of lanes)
      for (const i of BOTH) f.store(OP.v128_store, record, offset + 16 * i, locals[i]);
    for (const { offset, join, end } of lanes) {
      const all = f.fresh(
        V128,
        f.apply(join, f.load(OP.v128_load, record, offset), f.load(OP.v128_load, record, offset + 16)),
      );
      end(f.fold(all, join, join === OP.i32x4_add ? OP.i32x4_extract_lane : OP.f32x4_extract_lane));
    }
  });
  const [value, distance] = [f.local(F32), f.local(F64)];
  f.while(isLeft(f, count, 1), () => {
    f.let(value, f.load(OP.f32_load, address));
    f.let(distance, f.apply(OP.f64_promote_f32, f.apply(OP.f32_sub, value, origin)));
    f.update(sum, OP.f64_add, distance);
    f.update(squares, OP.f64_add, f.apply(OP.f64_mul, distance, distance));
    f.update(min, OP.f32_min, value);
    f.update(max, OP.f32_max, value);
    f.update(
      zeros,
      OP.i32_add,
      f.apply(OP.f32_eq, value, () => f.f32(0)),
    );
    f.advance(address, 4);
    f.advance(count, -1);
  });
  f.store(OP.f64_store, record, SUM, sum);
  f.store(OP.f64_store, record, SQUARES, squares);
  f.store(OP.f32_store, record, LEAST, min);
  f.store(OP.f32_store, record, GREATEST, max);
  f.store(OP.i32_store, record, ZEROS, zeros);
}

type Pair = readonly [number, number];
const BOTH = [0, 1] as const;
const pair = (make: () => number): Pair => [make(), make()];

/** Whether a sum is not finite: it is not 0 once it is taken from itself. */
const isUnknown = (f: Writer, sum: number): (() => void) =>
  f.apply(OP.f64_ne, f.apply(OP.f64_sub, sum, sum), () => f.f64(0));

/** Joins the records of so many pieces of a tensor with so many elements: VALUES of lib/graph/ops/summary.ts. Gives 1 where an
 *  element is not finite, and nothing is known. */
function joinMoments(f: Writer): void {
  const [record, pieces, first, count, out] = [0, 1, 2, 3, 4] as const;
  const [sum, squares, zeros] = [f.local(F64), f.local(F64), f.local(I32)];
  const min = f.fresh(F32, () => f.f32(Number.POSITIVE_INFINITY));
  const max = f.fresh(F32, () => f.f32(Number.NEGATIVE_INFINITY));
  f.repeatLocal(pieces, () => {
    f.update(sum, OP.f64_add, f.load(OP.f64_load, record, SUM));
    f.update(squares, OP.f64_add, f.load(OP.f64_load, record, SQUARES));
    f.update(min, OP.f32_min, f.load(OP.f32_load, record, LEAST));
    f.update(max, OP.f32_max, f.load(OP.f32_load, record, GREATEST));
    f.update(zeros, OP.i32_add, f.load(OP.i32_load, record, ZEROS));
    f.advance(record, RECORD_BYTES);
  });
  const mean = f.fresh(F64, f.apply(OP.f64_div, sum, count));
  const square = (of: number): (() => void) => f.apply(OP.f64_mul, of, of);
  const variance = f.apply(OP.f64_sub, f.apply(OP.f64_div, squares, count), square(mean));
  const std = f.fresh(
    F64,
    f.apply(
      OP.f64_sqrt,
      f.apply(OP.f64_max, variance, () => f.f64(0)),
    ),
  );
  f.update(mean, OP.f64_add, f.apply(OP.f64_promote_f32, f.load(OP.f32_load, first)));
  // from the distances to the numbers themselves
  const meanSquare = f.apply(OP.f64_add, square(std), square(mean));
  const results = [
    f.apply(OP.f32_demote_f64, mean),
    f.apply(OP.f32_demote_f64, std),
    f.apply(OP.f32_demote_f64, f.apply(OP.f64_sqrt, f.apply(OP.f64_mul, count, meanSquare))),
    min,
    max,
    f.apply(OP.f32_demote_f64, f.apply(OP.f64_div, f.apply(OP.f64_convert_i32_s, zeros), count)),
    () => f.f32(0),
    () => f.f32(0),
  ];
  results.forEach((result, i) => {
    f.store(OP.f32_store, out, 4 * i, result);
  });
  f.push(isUnknown(f, squares));
}

/** Joins the records of so many pieces: the sum of squares. */
function joinSquares(f: Writer): void {
  const [record, pieces, out] = [0, 1, 2] as const;
  const squares = f.local(F64);
  f.while(isLeft(f, pieces, 1), () => {
    f.update(squares, OP.f64_add, f.load(OP.f64_load, record, SQUARES));
    f.advance(record, RECORD_BYTES);
    f.advance(pieces, -1);
  });
  f.store(OP.f32_store, out, 0, f.apply(OP.f32_demote_f64, squares));
}

/** How many of `count` elements are <= low or >= high: at the begin of the record. */
function outside(f: Writer): void {
  const [address, count, low, high, record] = [0, 1, 2, 3, 4] as const;
  const lows = f.fresh(V128, f.apply(OP.f32x4_splat, low));
  const highs = f.fresh(V128, f.apply(OP.f32x4_splat, high));
  const [value, found, all] = [f.local(V128), f.local(V128), f.local(I32)];
  f.push(isLeft(f, count, 4));
  f.if(() => {
    const vectors = f.fresh(I32, f.apply(OP.i32_shr_u, count, f.constant(2)));
    f.update(count, OP.i32_and, f.constant(3));
    f.repeatLocal(vectors, () => {
      f.let(value, f.load(OP.v128_load, address));
      const either = f.apply(
        OP.v128_or,
        f.apply(OP.f32x4_le, value, lows),
        f.apply(OP.f32x4_ge, value, highs),
      );
      f.update(found, OP.i32x4_sub, either);
      f.advance(address, 16);
    });
    f.let(all, f.fold(found, OP.i32x4_add, OP.i32x4_extract_lane));
  });
  f.while(isLeft(f, count, 1), () => {
    const element = f.load(OP.f32_load, address);
    const either = f.apply(OP.i32_or, f.apply(OP.f32_le, element, low), f.apply(OP.f32_ge, element, high));
    f.update(all, OP.i32_add, either);
    f.advance(address, 4);
    f.advance(count, -1);
  });
  f.store(OP.i32_store, record, 0, all);
}

/** Joins the records of so many pieces of so many elements: the share. */
function joinOutside(f: Writer): void {
  const [record, pieces, count, out] = [0, 1, 2, 3] as const;
  const all = f.local(I32);
  f.repeatLocal(pieces, () => {
    f.update(all, OP.i32_add, f.load(OP.i32_load, record));
    f.advance(record, RECORD_BYTES);
  });
  const share = f.apply(OP.f64_div, f.apply(OP.f64_convert_i32_s, all), count);
  f.store(OP.f32_store, out, 0, f.apply(OP.f32_demote_f64, share));
}

/** Rows from which on sums down a column are not good enough in single precision. */
export const MOST_ROWS = 512;

/** Of `count` columns of a matrix, `stride` bytes from row to row: the sum of their stds at the begin of the record; and of each
 *  column -1 in `positive` where any element is > 0, else 0. Distances from the first row, so that the std of almost equal numbers
 *  is exact. */
function columns(f: Writer): void {
  const [address, rows, stride, count, positive, record] = [0, 1, 2, 3, 4, 5] as const;
  const share = f.apply(OP.f32_div, () => f.f32(1), f.apply(OP.f32_convert_i32_s, rows));
  const shares = f.fresh(V128, f.apply(OP.f32x4_splat, share));
  const [stds, zero] = [f.local(F64), f.float(0)];
  const [value, distance, origin] = [f.local(V128), f.local(V128), f.local(V128)];
  const [sum, squares, any] = [f.local(V128), f.local(V128), f.local(V128)];
  const [from, left] = [f.local(I32), f.local(I32)];
  /** `load`: of the columns that are looked at, the elements of a row. */
  const add = (width: number, load: number, store: number): void => {
    f.let(from, address);
    f.let(left, rows);
    f.let(origin, f.load(load, from));
    for (const lanes of [sum, squares, any]) f.let(lanes, f.integer(0));
    f.repeatLocal(left, () => {
      f.let(value, f.load(load, from));
      f.let(distance, f.apply(OP.f32x4_sub, value, origin));
      f.update(sum, OP.f32x4_add, distance);
      f.update(squares, OP.f32x4_add, f.apply(OP.f32x4_mul, distance, distance));
      f.update(any, OP.v128_or, f.apply(OP.f32x4_gt, value, zero));
      f.update(from, OP.i32_add, stride);
    });
    f.get(positive);
    f.get(any);
    if (store === OP.v128_store) f.memory(store, 0);
    else f.memory(store, 0, 0);
    f.update(sum, OP.f32x4_mul, shares);
    f.update(squares, OP.f32x4_mul, shares);
    f.update(squares, OP.f32x4_sub, f.apply(OP.f32x4_mul, sum, sum));
    f.let(squares, f.apply(OP.f32x4_sqrt, f.apply(OP.f32x4_pmax, squares, zero)));
    f.update(
      stds,
      OP.f64_add,
      f.apply(OP.f64_promote_f32, f.fold(squares, OP.f32x4_add, OP.f32x4_extract_lane)),
    );
    for (const local of [address, positive]) f.advance(local, 4 * width);
    f.advance(count, -width);
  };
  f.while(isLeft(f, count, 4), () => add(4, OP.v128_load, OP.v128_store));
  f.while(isLeft(f, count, 1), () => add(1, OP.v128_load32_zero, OP.v128_store32_lane));
  f.store(OP.f64_store, record, 0, stds);
}

/** Joins the records of so many pieces of so many columns: the mean std, and behind it a bit for each of so many units, set where
 *  one of its columns has any positive element. The columns lie as [outer, units, inner]; the words of bits are 0 before. Gives 1
 *  where something is not finite, also on the way, and the std means nothing. */
function joinColumns(f: Writer): void {
  const [record, pieces, count, positive, outer, units, inner, out] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
  const stds = f.local(F64);
  f.repeatLocal(pieces, () => {
    f.update(stds, OP.f64_add, f.load(OP.f64_load, record));
    f.advance(record, RECORD_BYTES);
  });
  f.store(OP.f32_store, out, 0, f.apply(OP.f32_demote_f64, f.apply(OP.f64_div, stds, count)));
  const [unit, left, word] = [f.local(I32), f.local(I32), f.local(I32)];
  f.repeatLocal(outer, () => {
    f.let(unit, f.constant(0));
    f.while(f.apply(OP.i32_lt_s, unit, units), () => {
      f.let(left, inner);
      // words of 32 bits, one after another
      const bytes = f.apply(OP.i32_shl, f.apply(OP.i32_shr_u, unit, f.constant(5)), f.constant(2));
      f.let(word, f.apply(OP.i32_add, out, bytes));
      f.repeatLocal(left, () => {
        const bit = f.apply(OP.i32_shl, f.constant(1), unit);
        const set = f.apply(OP.i32_and, bit, f.load(OP.i32_load, positive));
        f.store(OP.i32_store, word, 4, f.apply(OP.i32_or, f.load(OP.i32_load, word, 4), set));
        f.advance(positive, 4);
      });
      f.advance(unit, 1);
    });
  });
  f.push(isUnknown(f, stds));
}

interface Definition {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly write: (f: Writer) => void;
}

export type Statistic =
  | "whole"
  | "joinMoments"
  | "joinSquares"
  | "bins"
  | "joinBins"
  | "outside"
  | "joinOutside"
  | "columns"
  | "joinColumns";

export const STATISTICS: Readonly<Record<Statistic, Definition>> = {
  whole: { parameters: [I32, I32, I32, I32], results: [], write: whole },
  joinMoments: { parameters: [I32, I32, I32, F64, I32], results: [I32], write: joinMoments },
  joinSquares: { parameters: [I32, I32, I32], results: [], write: joinSquares },
  bins: { parameters: [I32, I32, I32, I32, I32], results: [], write: bins },
  joinBins: { parameters: [I32, I32], results: [], write: joinBins },
  outside: { parameters: [I32, I32, F32, F32, I32], results: [], write: outside },
  joinOutside: { parameters: [I32, I32, F64, I32], results: [], write: joinOutside },
  columns: { parameters: [I32, I32, I32, I32, I32, I32], results: [], write: columns },
  joinColumns: { parameters: [I32, I32, F64, I32, I32, I32, I32, I32], results: [I32], write: joinColumns },
};

/** The name under which plan modules import them. */
export const STATISTICS_LIBRARY = "statistics";

let library: Module | undefined;

/** The module, written when it is first needed. */
export function statisticsLibrary(): Module {
  library ??= new wasm.Module(encodeStatistics());
  return library;
}

function encodeStatistics(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  for (const [name, { parameters, results, write }] of Object.entries<Definition>(STATISTICS)) {
    const f = new Writer(parameters, results);
    write(f);
    module.add(f, name);
  }
  return module.encode();
}
