// Making tensors: from numbers, filled, counted, random. Random ones draw from the default generator exactly as PyTorch's
// CPU generator does (see random/).

import type { DType } from "../graph/dtype.js";
import type { Node } from "../graph/node.js";
import * as ops from "../graph/ops/index.js";
import { elements, formatShape, sameShape } from "../graph/shape.js";
import { defaultGenerator } from "./random/default.js";
import type { Generator } from "./random/generator.js";
import { shapeOf, Tensor } from "./tensor.js";
import { hostNode, type NestedArray } from "./types.js";

export interface TensorOptions {
  dtype?: DType;
  requiresGrad?: boolean;
}

export interface RandomOptions extends TensorOptions {
  /** Where to draw from; the default generator (see `manualSeed`) if not given. */
  generator?: Generator;
}

/** Typed arrays that can be data; int32 for signed and short unsigned integers, float32 for the others. */
export type TypedData =
  | Float32Array
  | Float64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array
  | Uint16Array
  | Uint8ClampedArray;

/** A shape as numbers or as one array, with options last: `zeros(2, 3)`, `zeros([2, 3], { dtype: "int32" })`. */
export type ShapeArguments<O = TensorOptions> =
  | [...shape: number[]]
  | [...shape: number[], options: O]
  | [shape: readonly number[]]
  | [shape: readonly number[], options: O];

function finish(node: Node, options: TensorOptions): Tensor {
  const made = Tensor.from(options.dtype === undefined ? node : ops.cast(node, options.dtype));
  return options.requiresGrad ? made.requiresGrad_() : made;
}

function checkExtents(shape: readonly number[], what: string): void {
  if (shape.every((extent) => Number.isInteger(extent) && extent >= 0)) return;
  throw new RangeError(`${what}: extents must be whole numbers >= 0, got ${formatShape(shape)}`);
}

function parse<O extends object>(
  args: readonly unknown[],
  what: string,
): { shape: readonly number[]; options: O } {
  const last = args.at(-1);
  const hasOptions = typeof last === "object" && last !== null && !Array.isArray(last);
  const shape = shapeOf((hasOptions ? args.slice(0, -1) : args) as number[]);
  checkExtents(shape, what);
  return { shape, options: (hasOptions ? last : {}) as O };
}

/** The shape of nested arrays; throws where rows differ in length. */
function nestedShape(data: NestedArray): number[] {
  if (!Array.isArray(data)) return [];
  const rows = data as readonly NestedArray[];
  const first = rows.length === 0 ? [] : nestedShape(rows[0]!);
  rows.forEach((row, i) => {
    const shape = nestedShape(row);
    if (!sameShape(shape, first)) {
      throw new RangeError(
        `tensor: rows must have equal shapes, but row 0 has ${formatShape(first)} and row ${i} has ${formatShape(shape)}`,
      );
    }
  });
  return [rows.length, ...first];
}

/** A tensor with the given numbers: nested arrays, a typed array (1-d) or a single number. Numbers become float32 and
 *  booleans bool, unless `dtype` says otherwise. */
export function fromData(data: NestedArray | TypedData, options: TensorOptions = {}): Tensor {
  if (ArrayBuffer.isView(data)) {
    const float = data instanceof Float32Array || data instanceof Float64Array;
    const dtype = options.dtype ?? (float ? "float32" : "int32");
    return finish(hostNode(data, [data.length], dtype), options);
  }
  const shape = nestedShape(data);
  const values = (Array.isArray(data) ? data.flat(Number.POSITIVE_INFINITY) : [data]) as (number | boolean)[];
  for (const value of values) {
    if (typeof value !== "number" && typeof value !== "boolean") {
      throw new TypeError(`tensor: needs numbers or booleans, got ${value === null ? "null" : typeof value}`);
    }
  }
  const booleans = values.length > 0 && values.every((value) => typeof value === "boolean");
  const dtype = options.dtype ?? (booleans ? "bool" : "float32");
  return finish(hostNode(values.map(Number), shape, dtype), options);
}

export function full(shape: readonly number[] | number, value: number, options: TensorOptions = {}): Tensor {
  const extents = typeof shape === "number" ? [shape] : shape;
  checkExtents(extents, "full");
  return finish(ops.full(extents, value, options.dtype ?? "float32"), options);
}

export function zeros(...args: ShapeArguments): Tensor {
  const { shape, options } = parse<TensorOptions>(args, "zeros");
  return full(shape, 0, options);
}

export function ones(...args: ShapeArguments): Tensor {
  const { shape, options } = parse<TensorOptions>(args, "ones");
  return full(shape, 1, options);
}

export function zerosLike(like: Tensor, options: TensorOptions = {}): Tensor {
  return full(like.shape, 0, { dtype: like.dtype, ...options });
}

export function onesLike(like: Tensor, options: TensorOptions = {}): Tensor {
  return full(like.shape, 1, { dtype: like.dtype, ...options });
}

/** The identity matrix, [n, n]. */
export function eye(n: number, options: TensorOptions = {}): Tensor {
  checkExtents([n, n], "eye");
  const row = ops.reshape(ops.iota(n), [n, 1]);
  return finish(ops.cast(ops.eq(row, ops.reshape(ops.iota(n), [1, n])), options.dtype ?? "float32"), options);
}

/** Numbers from `start` (0) up to `end`, exclusive, in steps: `arange(5)`, `arange(1, 10, 2)`. int32 where all are whole. */
export function arange(...args: [end: number] | [start: number, end: number, step?: number]): Tensor {
  const [start, end, step = 1] = args.length === 1 ? [0, args[0]] : args;
  if (![start, end, step].every(Number.isFinite)) {
    throw new RangeError(`arange: needs finite numbers, got ${[start, end, step].join(", ")}`);
  }
  if (step === 0) throw new RangeError("arange: step must not be 0");
  const count = Math.max(0, Math.ceil((end - start) / step));
  const whole = Number.isInteger(start) && Number.isInteger(step);
  const values = Array.from({ length: count }, (_, i) => start + i * step);
  return Tensor.from(hostNode(values, [count], whole ? "int32" : "float32"));
}

/** `steps` numbers from `start` to `end`, both included, evenly spaced. */
export function linspace(start: number, end: number, steps: number): Tensor {
  if (!Number.isInteger(steps) || steps < 0) {
    throw new RangeError(`linspace: steps must be a whole number >= 0, got ${steps}`);
  }
  const gap = steps > 1 ? (end - start) / (steps - 1) : 0;
  // from both ends, so that the last one is exact
  const values = Array.from({ length: steps }, (_, i) =>
    i < steps / 2 ? start + i * gap : end - (steps - 1 - i) * gap,
  );
  return Tensor.from(hostNode(values, [steps], "float32"));
}

function random(
  args: readonly unknown[],
  what: string,
  draw: (generator: Generator, out: Float32Array) => void,
): Tensor {
  const { shape, options } = parse<RandomOptions>(args, what);
  const values = new Float32Array(elements(shape));
  draw(options.generator ?? defaultGenerator, values);
  return finish(hostNode(values, shape, "float32"), options);
}

/** Uniform numbers in [0, 1). */
export function rand(...args: ShapeArguments<RandomOptions>): Tensor {
  return random(args, "rand", (generator, out) => generator.uniform(out));
}

/** Standard normal numbers. */
export function randn(...args: ShapeArguments<RandomOptions>): Tensor {
  return random(args, "randn", (generator, out) => generator.normal(out));
}

/** Whole numbers in [low, high), int32. */
export function randint(
  low: number,
  high: number,
  shape: readonly number[],
  options: RandomOptions = {},
): Tensor {
  const values = new Int32Array(elements(shape));
  (options.generator ?? defaultGenerator).randint(values, low, high);
  return finish(hostNode(values, shape, "int32"), options);
}

/** 0 to n - 1 in random order, int32. */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  return finish(hostNode((options.generator ?? defaultGenerator).randperm(n), [n], "int32"), options);
}
