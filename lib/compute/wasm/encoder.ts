// Writes the functions of WebAssembly binaries, instruction by instruction. Knows the binary format and nothing of kernels.

import { Bytes } from "./bytes.js";
import { I32, OP, V128, type ValueType } from "./instructions.js";

const floatBits = new DataView(new ArrayBuffer(4));

/** The int32 with the bits of a float32. */
export function bitsOf(value: number): number {
  floatBits.setFloat32(0, value);
  return floatBits.getInt32(0);
}

const EMPTY_BLOCK = 0x40;

const LONG_ATOMICS: ReadonlySet<number> = new Set([
  OP.i64_atomic_load,
  OP.i64_atomic_store,
  OP.i64_atomic_exchange,
  OP.i64_atomic_compare_exchange,
]);

/** One function in the making. Locals are numbers; parameters come first. Methods append the instruction they name. */
export class FunctionBuilder {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly #locals: ValueType[] = [];
  readonly #start = new Bytes();
  readonly #main = new Bytes();
  #code: Bytes = this.#main;
  #temporaries: number[] = [];
  readonly #constants = new Map<string, number>();

  constructor(params: readonly ValueType[], results: readonly ValueType[] = []) {
    this.params = params;
    this.results = results;
  }

  local(type: ValueType): number {
    this.#locals.push(type);
    return this.params.length + this.#locals.length - 1;
  }

  /** A vector that is set before each use, in the loop that is being generated. */
  temporary(): number {
    const local = this.local(V128);
    this.#temporaries.push(local);
    return local;
  }

  get(local: number): void {
    this.#code.push(0x20);
    this.#code.unsigned(local);
  }

  set(local: number): void {
    this.#code.push(0x21);
    this.#code.unsigned(local);
  }

  tee(local: number): void {
    this.#code.push(0x22);
    this.#code.unsigned(local);
  }

  i32(value: number): void {
    this.#code.push(0x41);
    this.#code.signed(value);
  }

  op(op: number): void {
    const prefix = op >>> 16;
    if (prefix === 0) this.#code.push(op);
    else {
      this.#code.push(prefix);
      this.#code.unsigned(op & 0xffff);
    }
    if (op === OP.memory_fill) this.#code.push(0);
  }

  /** An instruction with a lane number. */
  lane(op: number, lane: number): void {
    this.op(op);
    this.#code.push(lane);
  }

  /** A load or store; `offset` in bytes must not be negative. Alignment is only a hint and left at one byte. */
  memory(op: number, offset: number, lane?: number): void {
    this.op(op);
    this.#code.push(0);
    this.#code.unsigned(offset);
    if (lane !== undefined) this.#code.push(lane);
  }

  /** An atomic instruction on a word that is aligned, of four or (i64) of eight bytes. */
  atomic(op: number, offset = 0): void {
    this.op(op);
    this.#code.push(LONG_ATOMICS.has(op) ? 3 : 2);
    this.#code.unsigned(offset);
  }

  /** A 64-bit integer with the value of an int32. */
  i64(value: number): void {
    this.#code.push(0x42);
    this.#code.signed(value);
  }

  f32(value: number): void {
    this.#code.push(0x43);
    this.#little(bitsOf(value));
  }

  f64(value: number): void {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, value);
    this.#code.push(0x44);
    this.#little(bits.getInt32(4));
    this.#little(bits.getInt32(0));
  }

  /** Four bytes of an integer, the lowest first. */
  #little(value: number): void {
    for (let byte = 0; byte < 4; byte++) this.#code.push((value >>> (8 * byte)) & 0xff);
  }

  getGlobal(index: number): void {
    this.#code.push(0x23);
    this.#code.unsigned(index);
  }

  setGlobal(index: number): void {
    this.#code.push(0x24);
    this.#code.unsigned(index);
  }

  /** Picks 4 of the 8 32-bit lanes of two vectors. */
  shuffle(lanes: readonly [number, number, number, number]): void {
    this.op(OP.i8x16_shuffle);
    for (const lane of lanes) for (let byte = 0; byte < 4; byte++) this.#code.push(lane * 4 + byte);
  }

  call(functionIndex: number): void {
    this.#code.push(0x10);
    this.#code.unsigned(functionIndex);
  }

  /** Calls through the module's table; the slot is on top of the parameters. `signature`: from `ModuleBuilder`. */
  callIndirect(signature: number): void {
    this.#code.push(0x11);
    this.#code.unsigned(signature);
    this.#code.push(0);
  }

  /** `branchIf` within it leaves it. */
  block(body: () => void): void {
    this.#code.push(0x02);
    this.#code.push(EMPTY_BLOCK);
    body();
    this.#code.push(0x0b);
  }

  loop(body: () => void): void {
    this.#code.push(0x03);
    this.#code.push(EMPTY_BLOCK);
    body();
    this.#code.push(0x0b);
  }

  /** Pops the condition. */
  if(then: () => void, otherwise?: () => void, result?: ValueType): void {
    this.#code.push(0x04);
    this.#code.push(result ?? EMPTY_BLOCK);
    then();
    if (otherwise) {
      this.#code.push(0x05);
      otherwise();
    }
    this.#code.push(0x0b);
  }

  /** Branches to the start of the loop, or the end of the block, `depth` levels out, if the popped condition holds. */
  branchIf(depth = 0): void {
    this.#code.push(0x0d);
    this.#code.unsigned(depth);
  }

  /** The same without a condition. */
  branch(depth = 0): void {
    this.#code.push(0x0c);
    this.#code.unsigned(depth);
  }

  return(): void {
    this.#code.push(0x0f);
  }

  /** Repeats `body` `times` times (at least once). Its temporaries are 0 at the end of each round: what a local holds there
   *  counts as used in the next round, and V8 merges no pair of operations whose halves are used apart. */
  repeat(times: number, body: () => void): void {
    if (times === 1) {
      body();
      return;
    }
    const left = this.local(I32);
    this.i32(times);
    this.set(left);
    this.repeatLocal(left, body);
  }

  /** The same as often as the local `left` says, at least once; it is used up. */
  repeatLocal(left: number, body: () => void): void {
    const outside = this.#temporaries;
    this.#temporaries = [];
    this.loop(() => {
      body();
      for (const local of this.#temporaries) {
        this.get(this.integer(0));
        this.set(local);
      }
      this.get(left);
      this.i32(1);
      this.op(OP.i32_sub);
      this.tee(left);
      this.branchIf();
    });
    this.#temporaries = outside;
  }

  /** Adds a constant to an i32 local. */
  advance(local: number, by: number): void {
    if (by === 0) return;
    this.get(local);
    this.i32(by);
    this.op(OP.i32_add);
    this.set(local);
  }

  /** A new i32 local with the value of `local`. */
  copy(local: number): number {
    const copy = this.local(I32);
    this.get(local);
    this.set(copy);
    return copy;
  }

  /** A new i32 local: `local + by`. */
  plus(local: number, by: number): number {
    if (by === 0) return local;
    const sum = this.local(I32);
    this.get(local);
    this.i32(by);
    this.op(OP.i32_add);
    this.set(sum);
    return sum;
  }

  /** Appends to the start of the function, before everything else: what all loops share. */
  atStart(emit: () => void): void {
    const current = this.#code;
    this.#code = this.#start;
    emit();
    this.#code = current;
  }

  /** A vector of four equal floats in a local, set once at the start of the function. */
  float(value: number): number {
    return this.#constant(`f${Object.is(value, -0) ? "-0" : value}`, V128, () => {
      this.f32(value);
      this.op(OP.f32x4_splat);
    });
  }

  /** A vector of four equal integers in a local. */
  integer(value: number): number {
    return this.#constant(`i${value}`, V128, () => {
      this.i32(value);
      this.op(OP.i32x4_splat);
    });
  }

  /** A vector of four given integers in a local. */
  integers(values: readonly [number, number, number, number]): number {
    return this.#constant(`v${values.join()}`, V128, () => {
      this.op(OP.v128_const);
      for (const value of values) this.#little(value);
    });
  }

  #constant(key: string, type: ValueType, push: () => void): number {
    let local = this.#constants.get(key);
    if (local === undefined) {
      const fresh = this.local(type);
      this.atStart(() => {
        push();
        this.set(fresh);
      });
      this.#constants.set(key, fresh);
      local = fresh;
    }
    return local;
  }

  /** Appends the body with its size, as the code section wants it. */
  encodeInto(out: Bytes): void {
    const groups: [number, ValueType][] = [];
    for (const type of this.#locals) {
      const last = groups.at(-1);
      if (last?.[1] === type) last[0]++;
      else groups.push([1, type]);
    }
    const locals = new Bytes();
    locals.unsigned(groups.length);
    for (const [count, type] of groups) {
      locals.unsigned(count);
      locals.push(type);
    }
    out.unsigned(locals.length + this.#start.length + this.#main.length + 1);
    for (const part of [locals, this.#start, this.#main]) out.append(part);
    out.push(0x0b);
  }
}
