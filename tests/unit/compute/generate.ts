// Random kernels for the property tests: expressions over loads with all kinds of strides, reductions and products.

import type {
  Accumulator,
  GeneratedKernel,
  LoopKernel,
  MatmulKernel,
  Output,
  Pass,
  ReduceOp,
} from "gradbook/compute/ir";
import { type ComputeType, computeType, type DType } from "gradbook/graph/dtype";
import type { BinaryOp, Expr, UnaryOp, View } from "gradbook/graph/expr";
import type { Case } from "./harness.js";
import type { Random } from "./random.js";

const EXTENTS = [1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 40];
const SMALL_EXTENTS = [1, 2, 3, 4, 5, 6, 9];

/** Operations whose results are the same bits on every device, so that a comparison after them cannot tip over. */
const EXACT_UNARY: Readonly<Record<ComputeType, readonly UnaryOp[]>> = {
  float32: ["neg", "abs", "sign", "sqrt", "reciprocal", "floor", "ceil", "round"],
  int32: ["neg", "abs", "sign"],
  bool: ["not"],
};
const EXACT_BINARY: Readonly<Record<ComputeType, readonly BinaryOp[]>> = {
  float32: ["add", "sub", "mul", "div", "max", "min", "mod"],
  int32: ["add", "sub", "mul", "div", "mod", "max", "min", "xor", "shl", "ushr"],
  bool: ["and", "or"],
};
const COMPARISONS: readonly BinaryOp[] = ["eq", "ne", "lt", "le", "gt", "ge"];
/** A smallest and a largest number. */
export type Extremes = readonly [tiny: number, huge: number];
/** So far from denormal numbers that quotients are none either: a GPU may take those for 0. */
const MODERATE: Extremes = [1e-15, 1e15];

/** Collects the buffers a kernel uses while it is made. */
export class Builder {
  readonly random: Random;
  readonly #extremes: Extremes;
  readonly buffers: Float64Array[] = [];
  readonly types: DType[] = [];
  readonly args: number[] = [];
  faults = 0;

  constructor(random: Random, extremes = MODERATE) {
    this.random = random;
    this.#extremes = extremes;
  }

  value(dtype: DType): number {
    const { random } = this;
    if (dtype === "bool") return random.int(0, 1);
    if (dtype === "uint8") return random.int(0, 255);
    if (dtype === "int32") {
      return random.chance(0.05) ? random.pick([2 ** 31 - 1, -(2 ** 31), 0]) : random.int(-20, 20);
    }
    if (random.chance(0.02)) {
      return random.pick([
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        -0,
        ...this.#extremes,
      ]);
    }
    return Math.fround((random.next() - 0.5) * 10 ** random.int(-1, 1));
  }

  buffer(dtype: DType, elements: number, value: () => number = () => this.value(dtype)): number {
    this.types.push(dtype);
    return this.buffers.push(Float64Array.from({ length: elements }, value)) - 1;
  }

  /** Strides of a fresh buffer over `extents`: permuted, with gaps, broadcast, or reversed. */
  view(extents: readonly number[], injective: boolean): { view: View; elements: number } {
    const { random } = this;
    const strides = extents.map(() => 0);
    let size = 1;
    let offset = 0;
    const natural = extents.map((_, d) => d).reverse();
    for (const d of random.chance(0.6) ? natural : random.shuffled(natural)) {
      if (!injective && random.chance(0.15)) continue;
      if (random.chance(0.1)) size *= 2;
      strides[d] = size;
      size *= Math.max(1, extents[d]!);
      if (random.chance(0.08)) {
        offset += strides[d]! * (extents[d]! - 1);
        strides[d] = -strides[d]!;
      }
    }
    const gap = random.chance(0.3) ? random.int(1, 3) : 0;
    return { view: { offset: Math.max(0, offset) + gap, strides }, elements: size + gap };
  }

  load(dtype: DType, extents: readonly number[], value?: () => number): Expr {
    const { view, elements } = this.view(extents, false);
    return { kind: "load", dtype, buffer: this.buffer(dtype, elements, value), view };
  }

  /** An element of a small table at a checked index. */
  gather(dtype: DType, extents: readonly number[]): Expr {
    const bound = this.random.int(1, 6);
    const x = this.load("int32", extents, () => this.random.int(0, bound - 1));
    const index: Expr = { kind: "check", dtype: "int32", x, bound, fault: this.faults++ };
    const { view, elements } = this.view(extents, false);
    const stride = elements;
    const buffer = this.buffer(dtype, elements * bound);
    return { kind: "gather", dtype, buffer, view, index, stride };
  }

  leaf(dtype: DType, extents: readonly number[]): Expr {
    const { random } = this;
    const kind = random.int(0, 9);
    if (kind === 0) return { kind: "const", dtype, value: Math.fround(this.value(dtype)) };
    if (kind === 1) return { kind: "arg", dtype, index: this.args.push(this.value(dtype)) - 1 };
    if (kind === 2) return this.gather(dtype, extents);
    if (kind === 3 && dtype === "int32" && extents.length > 0) {
      return { kind: "index", dtype, dim: random.int(0, extents.length - 1) };
    }
    if (kind === 4) {
      const loaded = this.load(dtype, extents);
      return loaded.kind === "load" ? { ...loaded, guard: this.expression("bool", extents, 1) } : loaded;
    }
    return this.load(dtype, extents);
  }

  expression(dtype: DType, extents: readonly number[], depth: number, shared: Expr[] = []): Expr {
    const { random } = this;
    const reusable = shared.filter((expr) => expr.dtype === dtype);
    if (reusable.length > 0 && random.chance(0.25)) return random.pick(reusable);
    const expr = this.fresh(dtype, extents, depth, shared);
    shared.push(expr);
    return expr;
  }

  private fresh(dtype: DType, extents: readonly number[], depth: number, shared: Expr[]): Expr {
    const { random } = this;
    if (depth === 0 || random.chance(0.15)) return this.leaf(dtype, extents);
    const below = (type: DType): Expr => this.expression(type, extents, depth - 1, shared);
    const kind = random.int(0, 9);
    if (kind === 0) {
      return { kind: "where", dtype, condition: below("bool"), a: below(dtype), b: below(dtype) };
    }
    const type = computeType(dtype);
    // short types are computed in another one
    if (kind === 1 || type !== dtype) return { kind: "cast", dtype, x: below(random.pick(DTYPES)) };
    if (kind <= 3) return { kind: "unary", dtype, op: random.pick(EXACT_UNARY[type]), x: below(dtype) };
    if (dtype === "bool" && kind <= 7) {
      const compared = random.pick<DType>(["float32", "int32", "bool"]);
      return { kind: "binary", dtype, op: random.pick(COMPARISONS), a: below(compared), b: below(compared) };
    }
    return { kind: "binary", dtype, op: random.pick(EXACT_BINARY[type]), a: below(dtype), b: below(dtype) };
  }

  output(extents: readonly number[], value: Expr): Output {
    const { view, elements } = this.view(extents, true);
    return { buffer: this.buffer(value.dtype, elements), view, value };
  }

  extents(most: number, choices: readonly number[] = EXTENTS): number[] {
    return Array.from({ length: this.random.int(0, most) }, () => this.random.pick(choices));
  }

  /** Extents to reduce over; rarely there is nothing to reduce. */
  row(): number[] {
    const extents = this.extents(2);
    if (extents.length === 0) extents.push(this.random.pick(EXTENTS));
    if (this.random.chance(0.03)) extents[0] = 0;
    return extents;
  }

  case(kernel: GeneratedKernel): Case {
    const { buffers, types, args, faults } = this;
    return { kernels: [kernel], buffers, types, args, faults };
  }
}

const COMPUTED: readonly ComputeType[] = ["float32", "float32", "float32", "int32", "bool"];
const DTYPES: readonly DType[] = [...COMPUTED, "float16", "uint8"];

function mapKernel(b: Builder): LoopKernel {
  const { random } = b;
  const outer = b.extents(3);
  if (random.chance(0.03) && outer.length > 0) outer[0] = 0;
  const shared: Expr[] = [];
  const outputs = Array.from({ length: random.int(1, 3) }, () =>
    b.output(outer, b.expression(random.pick(DTYPES), outer, random.int(1, 4), shared)),
  );
  return { kind: "loop", outer, reduce: [], passes: [], outputs };
}

export function mapCase(random: Random, extremes?: Extremes): Case {
  const b = new Builder(random, extremes);
  return b.case(mapKernel(b));
}

/** In place: the output is the buffer that is loaded, at the same view. */
export function inPlaceCase(random: Random, extremes?: Extremes): Case {
  const b = new Builder(random, extremes);
  const outer = b.extents(3);
  const { view, elements } = b.view(outer, true);
  const own: Expr = { kind: "load", dtype: "float32", buffer: b.buffer("float32", elements), view };
  const other = b.expression("float32", outer, 2);
  const value: Expr = { kind: "binary", dtype: "float32", op: random.pick(["add", "sub"]), a: own, b: other };
  const second = b.output(outer, { kind: "unary", dtype: "float32", op: "neg", x: own });
  const outputs = [{ buffer: own.buffer, view, value }, second];
  return b.case({ kind: "loop", outer, reduce: [], passes: [], outputs });
}

export function reduceCase(random: Random, extremes?: Extremes): Case {
  const b = new Builder(random, extremes);
  const outer = b.extents(2);
  const reduce = b.row();
  const all = [...outer, ...reduce];
  const shared: Expr[] = [];
  const accumulators = Array.from({ length: random.int(1, 2) }, (): Accumulator => {
    const op = random.pick<ReduceOp>(["sum", "sum", "prod", "max", "min", "argmax", "argmin"]);
    const dtype = random.pick(COMPUTED);
    // Products of many numbers overflow; a few signs and small factors do not.
    const value =
      op === "prod" && dtype === "float32"
        ? b.load(dtype, all, () => random.pick([1, -1, 0.5, 2, 1.25, Number.NaN]))
        : op === "sum" && dtype === "float32"
          ? b.load(dtype, all, () => (random.chance(0.001) ? Number.NaN : Math.fround(random.next() - 0.5)))
          : b.expression(dtype, all, random.int(0, 2), shared);
    return { op, dtype: op === "argmax" || op === "argmin" ? "int32" : dtype, value };
  });
  const outputs = accumulators.map(({ dtype }, index) => {
    const result: Expr = { kind: "accumulator", dtype, index };
    if (dtype === "bool" || random.chance(0.5)) return b.output(outer, result);
    const other = dtype === "float32" ? b.load(dtype, outer, () => random.int(-4, 4)) : b.leaf(dtype, outer);
    return b.output(outer, {
      kind: "binary",
      dtype,
      op: random.pick(["add", "sub", "max"]),
      a: result,
      b: other,
    });
  });
  return b.case({ kind: "loop", outer, reduce, passes: [{ accumulators, outputs: [] }], outputs });
}

/** Numbers of moderate size: what is computed from sums of them in another order differs by rounding only. */
class RowBuilder {
  readonly #b: Builder;
  readonly #outer: readonly number[];
  readonly #all: readonly number[];
  readonly #length: number;
  /** What the passes so far have left: values of the row, and values of the whole row. */
  readonly #known: Expr[] = [];
  readonly #accumulators: Expr[] = [];

  constructor(b: Builder) {
    this.#b = b;
    this.#outer = b.extents(2);
    const reduce = b.row();
    this.#all = [...this.#outer, ...reduce];
    this.#length = reduce.reduce((product, extent) => product * extent, 1);
  }

  #load(): Expr {
    const { random } = this.#b;
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    return this.#b.load("float32", this.#all, () =>
      random.chance(0.002) ? random.pick(special) : Math.fround(random.next() - 0.5),
    );
  }

  #binary(op: "add" | "sub" | "mul" | "max" | "min", a: Expr, b: Expr): Expr {
    return { kind: "binary", dtype: "float32", op, a, b };
  }

  #value(depth: number): Expr {
    const { random } = this.#b;
    const leaves = [...this.#known, ...this.#accumulators];
    if (depth === 0) return leaves.length > 0 && random.chance(0.6) ? random.pick(leaves) : this.#load();
    const [a, b] = [this.#value(depth - 1), this.#value(depth - 1)];
    if (random.chance(0.2)) {
      return { kind: "where", dtype: "float32", condition: this.#b.load("bool", this.#all), a, b };
    }
    return this.#binary(random.pick(["add", "sub", "mul", "max", "min"]), a, b);
  }

  #accumulator(): Accumulator {
    const { random } = this.#b;
    const op = random.pick<ReduceOp>(["sum", "sum", "max", "min", "argmax"]);
    // the first of equals is only the same one where nothing was rounded
    const value = op === "argmax" ? this.#load() : this.#value(random.int(0, 2));
    return { op, dtype: op === "argmax" ? "int32" : "float32", value };
  }

  #keep({ op, dtype }: Accumulator, index: number): void {
    const result: Expr = { kind: "accumulator", dtype, index };
    const share: Expr = { kind: "const", dtype: "float32", value: 1 / Math.max(1, this.#length) };
    if (op === "argmax") this.#accumulators.push(this.#binary("mul", cast(result), share));
    else this.#accumulators.push(op === "sum" ? this.#binary("mul", result, share) : result);
  }

  /** Over what is loaded, or over what nobody has asked for. */
  #output(): { readonly output: Output; readonly own: Expr } {
    const { view, elements } = this.#b.view(this.#all, true);
    const buffer = this.#b.buffer("float32", elements, () => this.#b.random.int(-2, 2) / 4);
    const own: Expr = { kind: "load", dtype: "float32", buffer, view };
    const value = this.#value(this.#b.random.int(1, 2));
    const changed = this.#b.random.chance(0.3) ? this.#binary("sub", own, value) : value;
    return { output: { buffer, view, value: changed }, own };
  }

  kernel(): LoopKernel {
    const { random } = this.#b;
    let count = 0;
    const passes = Array.from({ length: random.int(1, 3) }, (): Pass => {
      const accumulators = Array.from({ length: random.int(0, 2) }, () => this.#accumulator());
      const outputs = Array.from({ length: random.int(0, 2) }, () => this.#output());
      for (const accumulator of accumulators) this.#keep(accumulator, count++);
      this.#known.push(...outputs.map(({ own }) => own));
      return { accumulators, outputs: outputs.map(({ output }) => output) };
    });
    const reduce = this.#all.slice(this.#outer.length);
    const outputs = this.#accumulators.map((value) => this.#b.output(this.#outer, value));
    return { kind: "loop", outer: this.#outer, reduce, passes, outputs };
  }
}

const cast = (x: Expr): Expr => ({ kind: "cast", dtype: "float32", x });

/** Several passes along each row: later ones use what earlier ones have accumulated and stored. */
export function rowCase(random: Random, extremes?: Extremes): Case {
  const b = new Builder(random, extremes);
  return b.case(new RowBuilder(b).kernel());
}

/** Softmax along rows of all lengths, as layers with masks have it: some values are -inf, in some cases all of them, or a few
 *  are NaN or inf. */
export function softmaxCase(random: Random): Case {
  const b = new Builder(random);
  const { NaN: nan, NEGATIVE_INFINITY: low, POSITIVE_INFINITY: high } = Number;
  const [chance, special] = random.pick<[number, number]>([
    [0, 0],
    [0.2, low],
    [1, low],
    [0.01, nan],
    [0.01, high],
  ]);
  const outer = b.extents(2, SMALL_EXTENTS);
  const reduce = [random.pick([1, 2, 3, 4, 7, 8, 15, 16, 17, 40, 63, 100, 1000, 4500])];
  const all = [...outer, ...reduce];
  const number = (): number => Math.fround((random.next() - 0.5) * random.pick([1, 20, 250]));
  const x = b.load("float32", all, () => (random.chance(chance) ? special : number()));
  const accumulator = (index: number): Expr => ({ kind: "accumulator", dtype: "float32", index });
  const shifted: Expr = { kind: "binary", dtype: "float32", op: "sub", a: x, b: accumulator(0) };
  const power: Expr = { kind: "unary", dtype: "float32", op: "exp", x: shifted };
  const powers = b.output(all, power);
  const kept: Expr = { kind: "load", dtype: "float32", buffer: powers.buffer, view: powers.view };
  const share: Expr = { kind: "unary", dtype: "float32", op: "reciprocal", x: accumulator(1) };
  const result: Expr = { kind: "binary", dtype: "float32", op: "mul", a: kept, b: share };
  const passes: Pass[] = [
    { accumulators: [{ op: "max", dtype: "float32", value: x }], outputs: [] },
    { accumulators: [{ op: "sum", dtype: "float32", value: power }], outputs: [powers] },
    { accumulators: [], outputs: [b.output(all, result)] },
  ];
  const outputs = [b.output(outer, accumulator(0)), b.output(outer, accumulator(1))];
  return b.case({ kind: "loop", outer, reduce, passes, outputs });
}

export function groupCase(random: Random, extremes?: Extremes): Case {
  const b = new Builder(random, extremes);
  const members = Array.from({ length: random.int(1, 4) }, () =>
    random.chance(0.5) ? mapKernel(b) : new RowBuilder(b).kernel(),
  );
  return b.case({ kind: "group", members });
}

export function matmulCase(random: Random, extremes?: Extremes): Case {
  const b = new Builder(random, extremes);
  const batch = random.chance(0.3) ? b.extents(2, [1, 2, 3]) : [];
  const extent = (): number => random.pick(random.chance(0.5) ? SMALL_EXTENTS : [8, 16, 17, 30, 33, 50, 70]);
  const [m, n] = [extent(), extent()];
  const k = random.chance(0.03) ? 0 : random.chance(0.05) ? 1030 : extent();
  const operand = (rows: number, columns: number): MatmulKernel["a"] => {
    const { view, elements } = b.view([...batch, rows, columns], false);
    return { buffer: b.buffer("float32", elements, () => Math.fround(random.next() - 0.5)), view };
  };
  const [left, right] = [operand(m, k), operand(k, n)];
  const outer = [...batch, m, n];
  const product: Expr = { kind: "accumulator", dtype: "float32", index: 0 };
  const small = (extents: readonly number[]): Expr => b.load("float32", extents, () => random.int(-3, 3) / 2);
  const outputs = Array.from({ length: random.int(1, 2) }, () => {
    const form = random.int(0, 3);
    if (form === 0) return b.output(outer, product);
    const sum: Expr = { kind: "binary", dtype: "float32", op: "add", a: product, b: small(outer) };
    if (form === 1) return b.output(outer, sum);
    if (form === 2) return b.output(outer, { ...sum, op: "mul" });
    const { view, elements } = b.view(outer, true);
    const own: Expr = {
      kind: "load",
      dtype: "float32",
      buffer: b.buffer("float32", elements, () => random.int(-3, 3)),
      view,
    };
    const value: Expr = { kind: "binary", dtype: "float32", op: "sub", a: own, b: product };
    return { buffer: own.buffer, view, value };
  });
  return b.case({ kind: "matmul", batch, m, n, k, a: left, b: right, outputs });
}
