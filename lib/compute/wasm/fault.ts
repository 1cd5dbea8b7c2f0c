// The function by which generated code reports a failed check. Several threads may fail at once: the one that comes first in
// the plan's order is kept, so that the message is the same with any number of threads.

import { BLOCK } from "./addressing.js";
import { FAULT_LOCK_WORD, FAULT_ORDER_WORD, FAULT_VALUE_WORD, FAULT_WORD } from "./block.js";
import { FunctionBuilder } from "./encoder.js";
import { I32, OP, type ValueType } from "./instructions.js";

/** Places in the order are counted in chunks; every kernel has so many. */
export const ORDERS_OF_A_KERNEL = 65536;

/** Run block, place in the order, fault number + 1, the value. */
const REPORT_PARAMETERS: readonly ValueType[] = [I32, I32, I32, I32];

/** Keeps the fault, unless one is kept that comes earlier or in the same chunk. */
export function reportFunction(): FunctionBuilder {
  const f = new FunctionBuilder(REPORT_PARAMETERS);
  const [order, fault, value] = [1, 2, 3] as const;
  f.loop(() => {
    f.get(BLOCK);
    f.i32(0);
    f.i32(1);
    f.atomic(OP.i32_atomic_compare_exchange, FAULT_LOCK_WORD);
    f.branchIf(0);
  });
  f.get(BLOCK);
  f.memory(OP.i32_load, FAULT_WORD);
  f.op(OP.i32_eqz);
  f.get(order);
  f.get(BLOCK);
  f.memory(OP.i32_load, FAULT_ORDER_WORD);
  f.op(OP.i32_lt_s);
  f.op(OP.i32_or);
  f.if(() => {
    for (const [word, local] of [
      [FAULT_WORD, fault],
      [FAULT_VALUE_WORD, value],
      [FAULT_ORDER_WORD, order],
    ] as const) {
      f.get(BLOCK);
      f.get(local);
      f.memory(OP.i32_store, word);
    }
  });
  f.get(BLOCK);
  f.i32(0);
  f.atomic(OP.i32_atomic_store, FAULT_LOCK_WORD);
  return f;
}
