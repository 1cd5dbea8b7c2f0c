// Integer division and remainder that round down, as functions of a plan module.

import type { FunctionBuilder } from "./encoder.js";
import { I32, OP } from "./instructions.js";

/** (a, b) -> floor(a / b) or a - floor(a / b) b; 0 where b is 0. */
export function emitFloorDivision(f: FunctionBuilder, name: "div" | "mod"): void {
  const [a, b] = [0, 1];
  // The machine would trap on a division by 0 and on -2^31 / -1, which wraps.
  f.get(b);
  f.op(OP.i32_eqz);
  f.if(() => {
    f.i32(0);
    f.return();
  });
  f.get(b);
  f.i32(-1);
  f.op(OP.i32_eq);
  f.if(() => {
    f.i32(0);
    if (name === "div") {
      f.get(a);
      f.op(OP.i32_sub);
    }
    f.return();
  });
  const rest = f.local(I32);
  f.get(a);
  f.get(b);
  f.op(OP.i32_rem_s);
  f.set(rest);
  const otherSign = (): void => {
    f.get(rest);
    f.i32(0);
    f.op(OP.i32_ne);
    f.get(rest);
    f.get(b);
    f.op(OP.i32_xor);
    f.i32(0);
    f.op(OP.i32_lt_s);
    f.op(OP.i32_and);
  };
  if (name === "div") {
    f.get(a);
    f.get(b);
    f.op(OP.i32_div_s);
    otherSign();
    f.op(OP.i32_sub);
  } else {
    f.get(rest);
    f.get(b);
    f.i32(0);
    otherSign();
    f.op(OP.select);
    f.op(OP.i32_add);
  }
}
