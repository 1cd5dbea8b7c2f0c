// Random kernels for the property tests: expressions over loads with all kinds of strides, reductions and products.

import type { Accumulator, LoopKernel, MatmulKernel, Output, ReduceOp } from "gradbook/compute/ir";
import type { DType } from "gradbook/graph/dtype";
import type { BinaryOp, Expr, UnaryOp, View } from "gradbook/graph/expr";
import type { Case } from "./harness.js";
import type { Random } from "./random.js";

const EXTENTS = [1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33, 40];
const SMALL_EXTENTS = [1, 2, 3, 4, 5, 6, 9];

/** Operations whose results are the same bits on every device, so that a comparison after them cannot tip over. */
const EXACT_UNARY: Readonly<Record<DType, readonly UnaryOp[]>> = {
  float32: ["neg", "abs", "sign", "sqrt", "reciprocal", "floor", "ceil", "round"],
  int32: ["neg", "abs", "sign"],
  bool: ["not"],
};
const EXACT_BINARY: Readonly<Record<DType, readonly BinaryOp[]>> = {
  float32: ["add", "sub", "mul", "div", "max", "min", "mod"],
  int32: ["add", "sub", "mul", "div", "mod", "max", "min"],
  bool: ["and", "or"],
};
const COMPARISONS: readonly BinaryOp[] = ["eq", "ne", "lt", "le", "gt", "ge"];

/** Collects the buffers a kernel uses while it is made. */
export class Builder {
  readonly random: Random;
  readonly buffers: Float64Array[] = [];
  readonly types: DType[] = [];
  readonly args: number[] = [];
  faults = 0;

  constructor(random: Random) {
    this.random = random;
  }

  value(dtype: DType): number {
    const { random } = this;
    if (dtype === "bool") return random.int(0, 1);
    if (dtype === "int32") {
      return random.chance(0.05) ? random.pick([2 ** 31 - 1, -(2 ** 31), 0]) : random.int(-20, 20);
    }
    if (random.chance(0.02)) {
      return random.pick([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-40, 3e38]);
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
    if (kind === 1) return { kind: "cast", dtype, x: below(random.pick(["float32", "int32", "bool"])) };
    if (kind <= 3) return { kind: "unary", dtype, op: random.pick(EXACT_UNARY[dtype]), x: below(dtype) };
    if (dtype === "bool" && kind <= 7) {
      const type = random.pick<DType>(["float32", "int32", "bool"]);
      return { kind: "binary", dtype, op: random.pick(COMPARISONS), a: below(type), b: below(type) };
    }
    return { kind: "binary", dtype, op: random.pick(EXACT_BINARY[dtype]), a: below(dtype), b: below(dtype) };
  }

  output(extents: readonly number[], value: Expr): Output {
    const { view, elements } = this.view(extents, true);
    return { buffer: this.buffer(value.dtype, elements), view, value };
  }

  extents(most: number, choices: readonly number[] = EXTENTS): number[] {
    return Array.from({ length: this.random.int(0, most) }, () => this.random.pick(choices));
  }

  case(kernel: LoopKernel | MatmulKernel): Case {
    const { buffers, types, args, faults } = this;
    return { kernels: [kernel], buffers, types, args, faults };
  }
}

const DTYPES: readonly DType[] = ["float32", "float32", "float32", "int32", "bool"];

export function mapCase(random: Random): Case {
  const b = new Builder(random);
  const outer = b.extents(3);
  if (random.chance(0.03) && outer.length > 0) outer[0] = 0;
  const shared: Expr[] = [];
  const outputs = Array.from({ length: random.int(1, 3) }, () =>
    b.output(outer, b.expression(random.pick(DTYPES), outer, random.int(1, 4), shared)),
  );
  return b.case({ kind: "loop", outer, reduce: [], accumulators: [], outputs });
}

/** In place: the output is the buffer that is loaded, at the same view. */
export function inPlaceCase(random: Random): Case {
  const b = new Builder(random);
  const outer = b.extents(3);
  const { view, elements } = b.view(outer, true);
  const own: Expr = { kind: "load", dtype: "float32", buffer: b.buffer("float32", elements), view };
  const other = b.expression("float32", outer, 2);
  const value: Expr = { kind: "binary", dtype: "float32", op: random.pick(["add", "sub"]), a: own, b: other };
  const second = b.output(outer, { kind: "unary", dtype: "float32", op: "neg", x: own });
  const outputs = [{ buffer: own.buffer, view, value }, second];
  return b.case({ kind: "loop", outer, reduce: [], accumulators: [], outputs });
}

export function reduceCase(random: Random): Case {
  const b = new Builder(random);
  const outer = b.extents(2);
  const reduce = b.extents(2);
  if (reduce.length === 0) reduce.push(random.pick(EXTENTS));
  if (random.chance(0.03)) reduce[0] = 0;
  const all = [...outer, ...reduce];
  const shared: Expr[] = [];
  const accumulators = Array.from({ length: random.int(1, 2) }, (): Accumulator => {
    const op = random.pick<ReduceOp>(["sum", "sum", "prod", "max", "min", "argmax", "argmin"]);
    const dtype = random.pick(DTYPES);
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
  return b.case({ kind: "loop", outer, reduce, accumulators, outputs });
}

export function matmulCase(random: Random): Case {
  const b = new Builder(random);
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

/** Smaller versions of a case: fewer outputs, halved extents. Strides and buffers stay, so all addresses stay valid. */
export function* smallerCases(test: Case): Generator<Case> {
  const [kernel] = test.kernels;
  if (kernel === undefined) return;
  const withKernel = (changed: typeof kernel): Case => ({ ...test, kernels: [changed] });
  if (kernel.outputs.length > 1) {
    for (const output of kernel.outputs) yield withKernel({ ...kernel, outputs: [output] });
  }
  const halves = (extent: number): number[] =>
    [...new Set([1, extent >> 1, extent - 1])].filter((x) => x > 0 && x < extent);
  if (kernel.kind === "matmul") {
    for (const name of ["m", "n", "k"] as const) {
      for (const extent of halves(kernel[name])) yield withKernel({ ...kernel, [name]: extent });
    }
    return;
  }
  for (const name of ["outer", "reduce"] as const) {
    for (const [d, extent] of kernel[name].entries()) {
      for (const half of halves(extent)) yield withKernel({ ...kernel, [name]: kernel[name].with(d, half) });
    }
  }
  for (const [i, output] of kernel.outputs.entries()) {
    for (const part of simpler(output.value)) {
      yield withKernel({ ...kernel, outputs: kernel.outputs.with(i, { ...output, value: part }) });
    }
  }
  for (const [i, accumulator] of kernel.accumulators.entries()) {
    for (const part of simpler(accumulator.value)) {
      yield withKernel({
        ...kernel,
        accumulators: kernel.accumulators.with(i, { ...accumulator, value: part }),
      });
    }
  }
}

/** Operands of the same type in place of the whole. */
function simpler(expr: Expr): Expr[] {
  const parts =
    expr.kind === "binary"
      ? [expr.a, expr.b]
      : expr.kind === "where"
        ? [expr.a, expr.b]
        : "x" in expr
          ? [expr.x]
          : [];
  const kept = parts.filter((part) => part.dtype === expr.dtype);
  if (expr.kind === "load" && expr.guard) {
    const { guard: _, ...plain } = expr;
    kept.push(plain);
  }
  return kept;
}
