// Accumulators of a reduction in generated code: start, one step, and the way from many lanes to one result.

import { type ComputeType, computeType, type DType } from "../../graph/dtype.js";
import type { Accumulator } from "../ir.js";
import type { FunctionBuilder } from "./encoder.js";
import { laneMask } from "./evaluate.js";
import { OP, V128 } from "./instructions.js";
import { COPIES, constantIn, Lanes, type Value } from "./lanes.js";

export interface Reduction {
  /** Takes in one vector of points for each copy. `partial`: lanes that do not count must not change anything. */
  add(l: Lanes, x: Value, partial: boolean): void;
  /** Long sums: moves what has been summed since the last time to the total. See `CHUNK`. */
  flush(): void;
  /** Joins copies and lanes: afterwards the result is the same in all lanes. */
  join(): void;
  result(): Value;
}

interface Rule {
  /** The value that changes nothing. */
  readonly start: number;
  readonly op: number;
}

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;
const [NEVER, ALWAYS] = [0, -1];

const RULES: Readonly<Record<"sum" | "prod" | "max" | "min", Readonly<Record<ComputeType, Rule>>>> = {
  sum: {
    float32: { start: 0, op: OP.f32x4_add },
    int32: { start: 0, op: OP.i32x4_add },
    bool: { start: NEVER, op: OP.v128_or },
  },
  prod: {
    float32: { start: 1, op: OP.f32x4_mul },
    int32: { start: 1, op: OP.i32x4_mul },
    bool: { start: ALWAYS, op: OP.v128_and },
  },
  max: {
    float32: { start: Number.NEGATIVE_INFINITY, op: OP.f32x4_pmax },
    int32: { start: INT_MIN, op: OP.i32x4_max_s },
    bool: { start: NEVER, op: OP.v128_or },
  },
  min: {
    float32: { start: Number.POSITIVE_INFINITY, op: OP.f32x4_pmin },
    int32: { start: INT_MAX, op: OP.i32x4_min_s },
    bool: { start: ALWAYS, op: OP.v128_and },
  },
};

/** Additions to one lane between flushes. A long sum in one float32 loses digits as it grows: the mean of 47 million pixels
 *  would be right to 3 digits only. Sums of sums are right to 6. */
export const CHUNK = 256;

/** Bytes that vectors pass through on their way from a loop to one result. */
export const LANES_BYTES: number = 16 * COPIES;

/** `position` gives the position within the reduction as integers; only argmax and argmin ask for it. `long`: the reduction
 *  will be flushed. */
export function makeReduction(
  f: FunctionBuilder,
  accumulator: Accumulator,
  extent: Extent,
  position: () => Value,
  long: boolean,
): Reduction {
  const { op, value } = accumulator;
  if (op === "argmax" || op === "argmin") return new Position(f, op, value.dtype, extent.copies, position);
  const rule = RULES[op][computeType(value.dtype)];
  if (op !== "sum" && op !== "prod" && value.dtype === "float32") return new Extreme(f, rule, extent);
  return new Fold(f, rule, value.dtype, extent, long && rule.op === OP.f32x4_add);
}

function variable(f: FunctionBuilder, start: number): number {
  const local = f.temporary();
  f.get(start);
  f.set(local);
  return local;
}

const constant = (f: FunctionBuilder, dtype: DType, value: number): number =>
  dtype === "float32" ? f.float(value) : f.integer(value);

/** Lanes that do not count get `neutral`. */
function counted(l: Lanes, x: Value, neutral: number): Value {
  return l.apply(OP.v128_bitselect, x, constantIn(neutral), constantIn(laneMask(l)));
}

/** Lane 0 in all lanes, from a number: as another vector it would keep V8 from merging the operations that use it. */
function spread(f: FunctionBuilder, vector: number): void {
  f.get(vector);
  f.lane(OP.i32x4_extract_lane, 0);
  f.op(OP.i32x4_splat);
  f.set(vector);
}

/** The two halves of a vector changed places, then neighbours: after a step with each, all lanes are joined. */
const ROTATIONS = [
  [2, 3, 0, 1],
  [1, 0, 3, 2],
] as const;

/** The vectors of one reduction: one for each copy where a loop works on several at once. */
interface Extent {
  readonly copies: number;
  /** Of a reduction along the vectors a local with the address of `LANES_BYTES`, where copies begin and end: V8 merges operations
   *  in pairs that end in memory side by side, and only those; and pairs that begin as one constant it does not always reset. */
  readonly memory: number | undefined;
}

/** Everything that one instruction does: a vector for each copy, and one for what is left at the end of a row, so that each loop
 *  has sums of its own. */
export class Fold implements Reduction {
  readonly #f: FunctionBuilder;
  readonly #rule: Rule;
  readonly #start: number;
  readonly #extent: Extent;
  readonly #sums: number[];
  #joined = false;
  /** Of long sums, one for each of them. */
  readonly #totals: readonly number[];
  /** x * y can be added in one instruction: `addProduct`. */
  readonly addsProducts: boolean;

  constructor(f: FunctionBuilder, rule: Rule, dtype: DType, extent: Extent, long = false) {
    const { copies, memory } = extent;
    this.#f = f;
    this.#rule = rule;
    this.#start = constant(f, dtype, rule.start);
    this.#extent = extent;
    this.#sums = Array.from({ length: memory === undefined ? copies : copies + 1 }, () =>
      variable(f, this.#start),
    );
    this.#totals = long ? this.#sums.map(() => variable(f, this.#start)) : [];
    this.addsProducts = rule.op === OP.f32x4_add;
    this.#throughMemory(this.#start);
  }

  #sum(l: Lanes, copy: number): number {
    const { copies, memory } = this.#extent;
    return this.#sums[memory !== undefined && l.copies < copies ? copies : copy]!;
  }

  add(l: Lanes, x: Value, partial: boolean): void {
    const value = partial ? counted(l, x, this.#start) : x;
    for (let copy = 0; copy < l.copies; copy++) {
      this.#f.get(this.#sum(l, copy));
      l.push(value, copy);
      this.#f.op(this.#rule.op);
      this.#f.set(this.#sum(l, copy));
    }
  }

  addProduct(l: Lanes, a: Value, b: Value): void {
    for (let copy = 0; copy < l.copies; copy++) {
      l.push(a, copy);
      l.push(b, copy);
      this.#f.get(this.#sum(l, copy));
      this.#f.op(OP.f32x4_relaxed_madd);
      this.#f.set(this.#sum(l, copy));
    }
  }

  flush(): void {
    if (this.#totals.length === 0) return;
    this.#addTotals();
    this.#totals.forEach((total, i) => {
      this.#f.get(this.#sums[i]!);
      this.#f.set(total);
      this.#f.get(this.#start);
      this.#f.set(this.#sums[i]!);
    });
    this.#throughMemory(this.#start);
  }

  join(): void {
    const f = this.#f;
    this.#addTotals();
    const [first, ...others] = this.#sums as [number, ...number[]];
    this.#throughMemory();
    for (const other of others) this.#fold(first, other);
    for (const lanes of ROTATIONS) {
      f.get(first);
      f.get(first);
      f.get(first);
      f.shuffle(lanes);
      f.op(this.#rule.op);
      f.set(first);
    }
    spread(f, first);
    this.#sums.length = 1;
    this.#joined = true;
  }

  /** The copies pass through memory: from `source`, or as they are. */
  #throughMemory(source?: number): void {
    const { copies, memory } = this.#extent;
    if (memory === undefined) return;
    const f = this.#f;
    const sums = this.#sums.slice(0, copies);
    sums.forEach((sum, copy) => {
      f.get(memory);
      f.get(source ?? sum);
      f.memory(OP.v128_store, 16 * copy);
    });
    sums.forEach((sum, copy) => {
      f.get(memory);
      f.memory(OP.v128_load, 16 * copy);
      f.set(sum);
    });
  }

  /** Local `sum` takes in `other`. */
  #fold(sum: number, other: number): void {
    this.#f.get(sum);
    this.#f.get(other);
    this.#f.op(this.#rule.op);
    this.#f.set(sum);
  }

  #addTotals(): void {
    for (const [i, total] of this.#totals.entries()) this.#fold(this.#sums[i]!, total);
  }

  result(): Value {
    if (!this.#joined) this.#addTotals();
    return { locals: this.#sums, uniform: this.#joined };
  }
}

/** max and min of floats. The instructions that propagate NaN take five machine instructions and are not merged; so NaN is
 *  looked for beside them (2,048 numbers: 9 -> 34 GB/s). */
class Extreme implements Reduction {
  readonly #f: FunctionBuilder;
  readonly #value: Fold;
  readonly #isNaN: Fold;
  readonly #copies: number;

  constructor(f: FunctionBuilder, rule: Rule, extent: Extent) {
    this.#f = f;
    this.#value = new Fold(f, rule, "float32", extent);
    this.#isNaN = new Fold(f, RULES.sum.bool, "bool", extent);
    this.#copies = extent.copies;
  }

  add(l: Lanes, x: Value, partial: boolean): void {
    this.#value.add(l, x, partial);
    this.#isNaN.add(l, l.apply(OP.f32x4_ne, x, x), partial);
  }

  flush(): void {}

  join(): void {
    this.#value.join();
    this.#isNaN.join();
  }

  /** All bits set is a NaN. */
  result(): Value {
    const lanes = new Lanes(this.#f, this.#copies, 4, false);
    return lanes.apply(OP.v128_or, this.#value.result(), this.#isNaN.result());
  }
}

/** argmax and argmin: the best value and its position. NaN beats everything; of equals the first position stays. */
class Position implements Reduction {
  readonly #f: FunctionBuilder;
  readonly #isBool: boolean;
  readonly #isFloat: boolean;
  readonly #start: number;
  readonly #beats: number;
  readonly #position: () => Value;
  readonly #best: number[];
  readonly #at: number[];
  #joined = false;

  constructor(
    f: FunctionBuilder,
    op: "argmax" | "argmin",
    dtype: DType,
    copies: number,
    position: () => Value,
  ) {
    this.#f = f;
    this.#isBool = dtype === "bool";
    this.#isFloat = dtype === "float32";
    // Which of two booleans is larger is a question for integers.
    const ordered = this.#isFloat ? "float32" : "int32";
    const max = op === "argmax";
    this.#start = constant(f, ordered, RULES[max ? "max" : "min"][ordered].start);
    this.#beats = this.#isFloat ? (max ? OP.f32x4_gt : OP.f32x4_lt) : max ? OP.i32x4_gt_s : OP.i32x4_lt_s;
    this.#position = position;
    this.#best = Array.from({ length: copies }, () => variable(f, this.#start));
    this.#at = Array.from({ length: copies }, () => variable(f, f.integer(0)));
  }

  add(l: Lanes, x: Value, partial: boolean): void {
    const ordered = this.#isBool ? l.apply(OP.i32x4_neg, x) : x;
    const value = partial ? counted(l, ordered, this.#start) : ordered;
    const position = this.#position();
    const pick = (of: Value, copy: number): number => of.locals[of.uniform ? 0 : copy]!;
    for (let copy = 0; copy < l.copies; copy++) {
      const [candidate, at] = [pick(value, copy), pick(position, copy)];
      this.#replace(copy, candidate, at, this.#wins(candidate, this.#best[copy]!));
    }
  }

  #one(op: number, a: Value, b: Value): Value {
    return new Lanes(this.#f, 1, 4, false).apply(op, a, b);
  }

  #wins(candidate: number, best: number): Value {
    const [c, b] = [constantIn(candidate), constantIn(best)];
    const beats = this.#one(this.#beats, c, b);
    if (!this.#isFloat) return beats;
    const onlyNaN = this.#one(OP.v128_and, this.#one(OP.f32x4_ne, c, c), this.#one(OP.f32x4_eq, b, b));
    return this.#one(OP.v128_or, beats, onlyNaN);
  }

  /** Lanes that hold equal values where the candidate's position comes first. */
  #earlier(candidate: number, at: number, best: number, bestAt: number): Value {
    const [c, b] = [constantIn(candidate), constantIn(best)];
    let same = this.#one(this.#isFloat ? OP.f32x4_eq : OP.i32x4_eq, c, b);
    if (this.#isFloat) {
      const bothNaN = this.#one(OP.v128_and, this.#one(OP.f32x4_ne, c, c), this.#one(OP.f32x4_ne, b, b));
      same = this.#one(OP.v128_or, same, bothNaN);
    }
    const before = this.#one(OP.i32x4_lt_s, constantIn(at), constantIn(bestAt));
    return this.#one(OP.v128_and, same, before);
  }

  #replace(copy: number, value: number, at: number, where: Value): void {
    const f = this.#f;
    for (const [target, source] of [
      [this.#best[copy]!, value],
      [this.#at[copy]!, at],
    ] as const) {
      f.get(source);
      f.get(target);
      f.get(where.locals[0]!);
      f.op(OP.v128_bitselect);
      f.set(target);
    }
  }

  #merge(value: number, at: number): void {
    const [best, bestAt] = [this.#best[0]!, this.#at[0]!];
    const where = this.#one(OP.v128_or, this.#wins(value, best), this.#earlier(value, at, best, bestAt));
    this.#replace(0, value, at, where);
  }

  flush(): void {}

  join(): void {
    const f = this.#f;
    for (let copy = 1; copy < this.#best.length; copy++) this.#merge(this.#best[copy]!, this.#at[copy]!);
    for (const lanes of ROTATIONS) {
      const [value, at] = [this.#best[0]!, this.#at[0]!].map((local) => {
        f.get(local);
        f.get(local);
        f.shuffle(lanes);
        const rotated = f.local(V128);
        f.set(rotated);
        return rotated;
      }) as [number, number];
      this.#merge(value, at);
    }
    this.#best.length = 1;
    this.#at.length = 1;
    this.#joined = true;
  }

  result(): Value {
    return { locals: this.#at, uniform: this.#joined };
  }
}
