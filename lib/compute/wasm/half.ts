// float16 as float32 lanes: its 16 bits become a float32 exactly, and a float32 is rounded to them, halves to even.

import { OP } from "./instructions.js";
import type { Lanes, Value } from "./lanes.js";

/** The bits of infinity in float32, and of what does not fit into float16: 2^16. */
const INFINITY = 0x7f800000;
const TOO_LARGE = 0x47800000;
/** The smallest float16 with a full mantissa, 2^-14. */
const SMALLEST_NORMAL = 0x38800000;

/** float32 lanes from lanes with the 16 bits of a float16. */
export function fromHalf(l: Lanes, bits: Value): Value {
  const sign = l.shift(OP.i32x4_shl, l.apply(OP.v128_and, bits, l.integer(0x8000)), 16);
  const size = l.shift(OP.i32x4_shl, l.apply(OP.v128_and, bits, l.integer(0x7fff)), 13);
  // as a float32 the exponent is 112 too small, also where it says subnormal
  const scaled = l.mul(size, l.float(2 ** 112));
  const special = l.apply(OP.i32x4_ge_s, size, l.integer(0x7c00 << 13));
  const infinite = l.apply(OP.v128_and, special, l.integer(INFINITY));
  return l.apply(OP.v128_or, l.apply(OP.v128_or, scaled, infinite), sign);
}

/** Lanes with the 16 bits of the float16 that is nearest to each float32. */
export function toHalf(l: Lanes, x: Value): Value {
  const size = l.apply(OP.v128_and, x, l.integer(0x7fffffff));
  const sign = l.shift(OP.i32x4_shr_u, l.apply(OP.v128_and, x, l.integer(0x80000000 | 0)), 16);
  // subnormal: adding 0.5 moves the bits that stay to the end of the mantissa, rounded as any addition is
  const small = l.apply(OP.i32x4_sub, l.apply(OP.f32x4_add, size, l.float(0.5)), l.integer(0x3f000000));
  const odd = l.apply(OP.v128_and, l.shift(OP.i32x4_shr_u, size, 13), l.integer(1));
  const rounded = l.apply(
    OP.i32x4_add,
    l.apply(OP.i32x4_add, size, odd),
    l.integer((((15 - 127) << 23) + 0xfff) | 0),
  );
  const normal = l.shift(OP.i32x4_shr_u, rounded, 13);
  const finite = l.select(l.apply(OP.i32x4_lt_s, size, l.integer(SMALLEST_NORMAL)), small, normal);
  const notANumber = l.apply(OP.i32x4_gt_s, size, l.integer(INFINITY));
  const special = l.select(notANumber, l.integer(0x7e00), l.integer(0x7c00));
  const bits = l.select(l.apply(OP.i32x4_ge_s, size, l.integer(TOO_LARGE)), special, finite);
  return l.apply(OP.v128_or, bits, sign);
}
