// Runs one kernel the plain way: every point of the loop, every node of its expressions, in order. Memory and plans are
// the device's business.

import { type ComputeType, computeType, type DType, type HalfArray, ROUND } from "../../graph/dtype.js";
import type { BinaryOp, Expr, View } from "../../graph/expr.js";
import { elements } from "../../graph/shape.js";
import type {
  Accumulator,
  Kernel,
  LoopKernel,
  MatmulKernel,
  MatrixOperand,
  Output,
  ReduceOp,
  RoutineOperand,
} from "../ir.js";
import { BINARY, UNARY } from "./functions.js";
import { runRoutine } from "./routines/index.js";

/** Bytes seen as every element type. */
export interface Cells {
  readonly float32: Float32Array;
  readonly int32: Int32Array;
  readonly bool: Uint8Array;
  readonly float16: HalfArray;
  readonly uint8: Uint8Array;
}

export interface Surroundings {
  /** Plan buffer by number. */
  buffer(index: number): Cells;
  readonly args: Float64Array;
  fault(fault: number, value: number): void;
}

/** float32 -> int32 truncates and saturates; NaN becomes 0. */
const truncate = (x: number): number =>
  Number.isNaN(x) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(x)));

const address = (view: View, point: readonly number[]): number =>
  view.strides.reduce((sum, stride, d) => sum + stride * point[d]!, view.offset);

/** Values at one point of the loop; shared subtrees are computed once. */
class Point {
  readonly #around: Surroundings;
  readonly #index: readonly number[];
  readonly #results: readonly number[];
  readonly #known = new Map<Expr, number>();

  constructor(around: Surroundings, index: readonly number[], results: readonly number[]) {
    this.#around = around;
    this.#index = index;
    this.#results = results;
  }

  value(expr: Expr): number {
    let value = this.#known.get(expr);
    if (value === undefined) {
      value = ROUND[expr.dtype](this.#compute(expr));
      this.#known.set(expr, value);
    }
    return value;
  }

  #compute(expr: Expr): number {
    switch (expr.kind) {
      case "load": {
        if (expr.guard !== undefined && this.value(expr.guard) === 0) return 0;
        return this.#read(expr.dtype, expr.buffer, address(expr.view, this.#index));
      }
      case "gather": {
        const at = address(expr.view, this.#index) + this.value(expr.index) * expr.stride;
        return this.#read(expr.dtype, expr.buffer, at);
      }
      case "check": {
        const x = this.value(expr.x);
        if (x >= 0 && x < expr.bound) return x;
        this.#around.fault(expr.fault, x);
        return 0;
      }
      case "index":
        return this.#index[expr.dim]!;
      case "const":
        return expr.value;
      case "arg":
        return this.#around.args[expr.index]!;
      case "unary":
        return UNARY[expr.op](this.value(expr.x));
      case "binary":
        return binary(expr.op, expr.a.dtype)(this.value(expr.a), this.value(expr.b));
      case "where": {
        const [a, b] = [this.value(expr.a), this.value(expr.b)];
        return this.value(expr.condition) !== 0 ? a : b;
      }
      case "cast": {
        const x = this.value(expr.x);
        return computeType(expr.dtype) === "int32" ? truncate(x) : x;
      }
      case "accumulator":
        return this.#results[expr.index]!;
    }
  }

  #read(dtype: DType, buffer: number, at: number): number {
    const value = this.#around.buffer(buffer)[dtype][at];
    if (value === undefined) throw new RangeError(`element ${at} is outside plan buffer ${buffer}`);
    return value;
  }
}

function binary(op: BinaryOp, dtype: DType): (a: number, b: number) => number {
  const apply = BINARY[computeType(dtype)][op];
  if (apply === undefined) throw new TypeError(`${op} is not defined for ${dtype}`);
  return apply;
}

/** All index tuples below `extents`, last dimension fastest. */
function* points(extents: readonly number[]): Generator<readonly number[]> {
  if (extents.some((extent) => extent === 0)) return;
  const index = extents.map(() => 0);
  for (;;) {
    yield index;
    let d = extents.length - 1;
    while (d >= 0 && ++index[d]! === extents[d]) index[d--] = 0;
    if (d < 0) return;
  }
}

const START: Readonly<Record<ReduceOp, Readonly<Record<ComputeType, number>>>> = {
  sum: { float32: 0, int32: 0, bool: 0 },
  prod: { float32: 1, int32: 1, bool: 1 },
  max: { float32: Number.NEGATIVE_INFINITY, int32: -(2 ** 31), bool: 0 },
  min: { float32: Number.POSITIVE_INFINITY, int32: 2 ** 31 - 1, bool: 1 },
  argmax: { float32: 0, int32: 0, bool: 0 },
  argmin: { float32: 0, int32: 0, bool: 0 },
};

/** One reduction in progress: float sums and products run in double precision, integers wrap. */
class Running {
  readonly #accumulator: Accumulator;
  #value: number;
  #best = Number.NaN;
  #count = 0;

  constructor(accumulator: Accumulator) {
    this.#accumulator = accumulator;
    this.#value = START[accumulator.op][computeType(accumulator.value.dtype)];
  }

  add(x: number): void {
    const { op, value } = this.#accumulator;
    if (op === "argmax" || op === "argmin") {
      const better = op === "argmax" ? x > this.#best : x < this.#best;
      // NaN beats everything, and the first of equals stays.
      if (this.#count === 0 || better || (Number.isNaN(x) && !Number.isNaN(this.#best))) {
        this.#best = x;
        this.#value = this.#count;
      }
      this.#count++;
      return;
    }
    const step =
      BINARY[computeType(value.dtype)][({ sum: "add", prod: "mul", max: "max", min: "min" } as const)[op]];
    this.#value = step(this.#value, x);
    if (value.dtype !== "float32") this.#value = ROUND[value.dtype](this.#value);
  }

  result(): number {
    return ROUND[this.#accumulator.dtype](this.#value);
  }
}

function store(
  outputs: readonly Output[],
  point: Point,
  around: Surroundings,
  index: readonly number[],
): void {
  const values = outputs.map((output) => point.value(output.value));
  outputs.forEach((output, i) => {
    around.buffer(output.buffer)[output.value.dtype][address(output.view, index)] = values[i]!;
  });
}

function runLoop(kernel: LoopKernel, around: Surroundings): void {
  for (const outer of points(kernel.outer)) {
    const results: number[] = [];
    for (const { accumulators, outputs } of kernel.passes) {
      const running = accumulators.map((accumulator) => new Running(accumulator));
      for (const inner of points(kernel.reduce)) {
        const index = [...outer, ...inner];
        const point = new Point(around, index, results);
        accumulators.forEach(({ value }, i) => {
          running[i]!.add(point.value(value));
        });
        store(outputs, point, around, index);
      }
      results.push(...running.map((one) => one.result()));
    }
    store(kernel.outputs, new Point(around, outer, results), around, outer);
  }
}

function runMatmul(kernel: MatmulKernel, around: Surroundings): void {
  const cellsOf = ({ buffer, dtype = "float32" }: MatrixOperand) => around.buffer(buffer)[dtype];
  const [a, b] = [cellsOf(kernel.a), cellsOf(kernel.b)];
  for (const index of points([...kernel.batch, kernel.m, kernel.n])) {
    const batch = index.slice(0, -2);
    const [i, j] = index.slice(-2) as [number, number];
    let sum = 0;
    for (let k = 0; k < kernel.k; k++) {
      sum += a[address(kernel.a.view, [...batch, i, k])]! * b[address(kernel.b.view, [...batch, k, j])]!;
    }
    store(kernel.outputs, new Point(around, index, [Math.fround(sum)]), around, index);
  }
}

export function runKernel(kernel: Kernel, around: Surroundings): void {
  if (kernel.kind === "loop") runLoop(kernel, around);
  else if (kernel.kind === "matmul") runMatmul(kernel, around);
  else if (kernel.kind === "group") for (const member of kernel.members) runLoop(member, around);
  else {
    runRoutine(kernel, ({ buffer, dtype, shape }: RoutineOperand) => {
      const cells = around.buffer(buffer)[dtype];
      if (!("subarray" in cells)) throw new TypeError(`${kernel.name} is not defined for ${dtype}`);
      return cells.subarray(0, elements(shape));
    });
  }
}
