// What the routine "summary" adds up over large tensors, with SIMD: the device's own way of doing it.

import { plainSums, type Sums } from "../reference/routines/sums.js";
import { FunctionBuilder } from "./encoder.js";
import { F32, I32, OP, V128 } from "./instructions.js";
import { ModuleBuilder } from "./module.js";
import { type Memory, wasm } from "./webassembly.js";

/** Elements that a round of the loop takes: two vectors. */
const ROUND = 8;
/** Elements after which sums go on in double precision: each lane has then added 512 numbers. */
const BLOCK = 4096;

type Native = (
  address: number,
  rounds: number,
  origin: number,
) => [sum: number, squares: number, min: number, max: number, zeros: number];

/** Sums over tensors that lie in `memory`. */
export function sumsOn(memory: Memory): Sums {
  const native = new wasm.Instance(new wasm.Module(encode()), { heap: { memory } }).exports.sums as Native;
  return (data, origin) => {
    const whole = data.length - (data.length % ROUND);
    let { sum, squares, min, max, zeros } = plainSums(data.subarray(whole), origin);
    for (let at = 0; at < whole; at += BLOCK) {
      const rounds = Math.min(BLOCK, whole - at) / ROUND;
      const block = native(data.byteOffset + 4 * at, rounds, origin);
      sum += block[0];
      squares += block[1];
      min = Math.min(min, block[2]);
      max = Math.max(max, block[3]);
      zeros += block[4];
    }
    return { sum, squares, min, max, zeros };
  };
}

function encode(): Uint8Array<ArrayBuffer> {
  const f = new FunctionBuilder([I32, I32, F32], [F32, F32, F32, F32, I32]);
  const [address, rounds, first] = [0, 1, 2];
  const [origin, value, distance] = [f.local(V128), f.local(V128), f.local(V128)];
  f.get(first);
  f.op(OP.f32x4_splat);
  f.set(origin);
  const zero = f.float(0);
  const lanes = [0, 1].map(() => ({
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
  /** to = to OP what is on the stack behind it */
  const into = (to: number, from: () => void, op: number): void => {
    f.get(to);
    from();
    f.op(op);
    f.set(to);
  };
  f.repeatLocal(rounds, () => {
    lanes.forEach(({ sum, squares, zeros, min, max }, i) => {
      f.get(address);
      f.memory(OP.v128_load, 16 * i);
      f.tee(value);
      f.get(origin);
      f.op(OP.f32x4_sub);
      f.set(distance);
      into(sum, () => f.get(distance), OP.f32x4_add);
      into(
        squares,
        () => {
          f.get(distance);
          f.get(distance);
          f.op(OP.f32x4_mul);
        },
        OP.f32x4_add,
      );
      into(min, () => f.get(value), OP.f32x4_pmin);
      into(max, () => f.get(value), OP.f32x4_pmax);
      // true is -1
      into(
        zeros,
        () => {
          f.get(value);
          f.get(zero);
          f.op(OP.f32x4_eq);
        },
        OP.i32x4_sub,
      );
    });
    f.advance(address, 4 * ROUND);
  });
  const [one, two] = lanes as [(typeof lanes)[0], (typeof lanes)[0]];
  /** Leaves the result over all lanes on the stack. */
  const fold = (of: keyof typeof one, op: number, extract: number): void => {
    const all = one[of];
    into(all, () => f.get(two[of]), op);
    for (const order of [[2, 3, 0, 1] as const, [1, 0, 3, 2] as const]) {
      const turned = (): void => {
        f.get(all);
        f.get(all);
        f.shuffle(order);
      };
      into(all, turned, op);
    }
    f.get(all);
    f.lane(extract, 0);
  };
  fold("sum", OP.f32x4_add, OP.f32x4_extract_lane);
  fold("squares", OP.f32x4_add, OP.f32x4_extract_lane);
  fold("min", OP.f32x4_pmin, OP.f32x4_extract_lane);
  fold("max", OP.f32x4_pmax, OP.f32x4_extract_lane);
  fold("zeros", OP.i32x4_add, OP.i32x4_extract_lane);
  const module = new ModuleBuilder();
  module.add(f, "sums");
  return module.encode();
}
