// Counts numbers in the bins of a histogram, for the routine "summary": see statistics.ts.

import { VALUE_BINS } from "../../graph/ops/summary.js";
import { F64, I32, OP, V128 } from "./instructions.js";
import { isLeft, type Writer } from "./writer.js";

/** Elements that are counted side by side, each in bins of its own: a count need not wait for the one before it. */
const COUNTERS = 4;
/** The last bin is for NaN. */
const COUNTER_BYTES = 4 * (VALUE_BINS + 1);
export const BINS_BYTES: number = COUNTERS * COUNTER_BYTES;

/** Codes of numbers: sign, exponent and first bit of the mantissa. */
const CODE_SHIFT = 22;
const SIZE = 511;

/** Counts every so manieth of `count` elements in its bin. `stride`: bytes from one to the next. `base`: the code that the first bin
 *  ends at. */
export function bins(f: Writer): void {
  const [address, count, stride, base, bin] = [0, 1, 2, 3, 4] as const;
  const bases = f.fresh(V128, f.apply(OP.i32x4_splat, base));
  const [bits, size, index] = [f.local(V128), f.local(V128), f.local(V128)];
  const add = (elements: number): void => {
    f.let(bits, f.integer(0));
    for (let i = 0; i < elements; i++) {
      f.get(address);
      f.get(bits);
      f.memory(OP.v128_load32_lane, 0, i);
      f.set(bits);
      f.update(address, OP.i32_add, stride);
    }
    const code = f.apply(OP.i32x4_shr_u, bits, f.constant(CODE_SHIFT));
    f.let(size, f.apply(OP.v128_and, code, f.integer(SIZE)));
    const distance = f.apply(OP.i32x4_sub, size, bases);
    const clamped = f.apply(
      OP.i32x4_min_s,
      f.apply(OP.i32x4_max_s, distance, f.integer(0)),
      f.integer(VALUE_BINS / 2 - 1),
    );
    // below the middle for negative numbers; a negative zero is a zero
    const negative = f.apply(
      OP.v128_and,
      f.apply(OP.i32x4_shr_s, bits, f.constant(31)),
      f.apply(OP.i32x4_ne, size, f.integer(0)),
    );
    const binned = f.apply(OP.i32x4_add, f.apply(OP.v128_xor, clamped, negative), f.integer(VALUE_BINS / 2));
    const isNone = f.apply(OP.i32x4_eq, size, f.integer(SIZE));
    f.let(index, f.apply(OP.v128_bitselect, f.integer(VALUE_BINS), binned, isNone));
    f.let(index, f.apply(OP.i32x4_shl, index, f.constant(2)));
    for (let i = 0; i < elements; i++) {
      const at = f.apply(OP.i32_add, bin, () => {
        f.get(index);
        f.lane(OP.i32x4_extract_lane, i);
      });
      f.push(at);
      f.push(f.apply(OP.i32_add, f.load(OP.i32_load, at, i * COUNTER_BYTES), f.constant(1)));
      f.memory(OP.i32_store, i * COUNTER_BYTES);
    }
    f.advance(count, -elements);
  };
  f.while(isLeft(f, count, COUNTERS), () => add(COUNTERS));
  f.while(isLeft(f, count, 1), () => add(1));
}

/** Square roots of the bins' shares, as bytes, in steps of 1/255. */
export function joinBins(f: Writer): void {
  const [bin, out] = [0, 1] as const;
  const [total, value, end] = [f.local(F64), f.local(F64), f.local(I32)];
  const eachBin = (body: () => void): void => {
    f.let(end, f.apply(OP.i32_add, bin, f.constant(4 * VALUE_BINS)));
    f.while(f.apply(OP.i32_ne, bin, end), () => {
      const [one, ...others] = Array.from({ length: COUNTERS }, (_, i) =>
        f.load(OP.i32_load, bin, i * COUNTER_BYTES),
      );
      const all = others.reduce((sum, other) => f.apply(OP.i32_add, sum, other), one!);
      f.let(value, f.apply(OP.f64_convert_i32_s, all));
      body();
      f.advance(bin, 4);
    });
  };
  eachBin(() => f.update(total, OP.f64_add, value));
  f.update(bin, OP.i32_sub, f.constant(4 * VALUE_BINS));
  // without any the shares are 0, too
  f.update(total, OP.f64_max, () => f.f64(1));
  eachBin(() => {
    const share = f.apply(OP.f64_sqrt, f.apply(OP.f64_div, value, total));
    const rounded = f.apply(
      OP.f64_add,
      f.apply(OP.f64_mul, share, () => f.f64(255)),
      () => f.f64(0.5),
    );
    f.store(OP.i32_store8, out, 0, f.apply(OP.i32_trunc_f64_s, rounded));
    f.advance(out, 1);
  });
}
