// Making tensors: from numbers, filled, counted.

import type { DType } from "../graph/dtype.js";
import * as ops from "../graph/ops/index.js";
import { formatShape, sameShape } from "../graph/shape.js";
import { refuse } from "./arguments.js";
import { checkCreation, checkExtents, finish, parse } from "./creation.js";
import { Tensor } from "./tensor.js";
import { hostNode, type NestedArray } from "./types.js";

export interface TensorOptions {
  dtype?: DType;
  requiresGrad?: boolean;
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
 *  booleans bool, unless `dtype` says otherwise.
 *  @example tensor([[1, 2], [3, 4]]).shape // -> [2, 2] */
export function fromData(data: NestedArray | TypedData, options: TensorOptions = {}): Tensor {
  checkCreation("tensor", options);
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

/** One value everywhere. The type is that of the value, as in `tensor(value)`: float32 for numbers, unless `dtype` says otherwise.
 *  @example tensor.full([2, 2], 7) // -> [[7, 7], [7, 7]] */
export function full(shape: readonly number[] | number, value: number, options: TensorOptions = {}): Tensor {
  const extents = typeof shape === "number" ? [shape] : shape;
  checkExtents(extents, "full");
  checkCreation("full", options);
  if (typeof value !== "number" && typeof value !== "boolean") refuse(value, "full", "a number");
  return finish(ops.full(extents, value, options.dtype ?? "float32"), options);
}

/** 0 everywhere.
 *  @example tensor.zeros(2, 3).shape // -> [2, 3] */
export function zeros(...args: ShapeArguments): Tensor {
  const { shape, options } = parse<TensorOptions>(args, "zeros");
  return full(shape, 0, options);
}

/** 1 everywhere.
 *  @example tensor.ones([2, 2], { dtype: "int32" }) // -> [[1, 1], [1, 1]] */
export function ones(...args: ShapeArguments): Tensor {
  const { shape, options } = parse<TensorOptions>(args, "ones");
  return full(shape, 1, options);
}

/** A tensor to be filled. Its values are 0, since memory that was not set would show what was there before.
 *  @example tensor.empty(2) // -> [0, 0] */
export function empty(...args: ShapeArguments): Tensor {
  const { shape, options } = parse<TensorOptions>(args, "empty");
  return full(shape, 0, options);
}

/** One value everywhere, in the shape and type of another tensor.
 *  @example tensor.fullLike(tensor([1, 2]), 5) // -> [5, 5] */
export function fullLike(like: Tensor, value: number, options: TensorOptions = {}): Tensor {
  return full(like.shape, value, { dtype: like.dtype, ...options });
}

/** 0 everywhere, in the shape and type of another tensor.
 *  @example tensor.zerosLike(tensor([1, 2])) // -> [0, 0] */
export function zerosLike(like: Tensor, options: TensorOptions = {}): Tensor {
  return fullLike(like, 0, options);
}

/** 1 everywhere, in the shape and type of another tensor.
 *  @example tensor.onesLike(tensor([1, 2])) // -> [1, 1] */
export function onesLike(like: Tensor, options: TensorOptions = {}): Tensor {
  return fullLike(like, 1, options);
}

/** A tensor to be filled (see `empty`), in the shape and type of another.
 *  @example tensor.emptyLike(tensor([1, 2])).shape // -> [2] */
export function emptyLike(like: Tensor, options: TensorOptions = {}): Tensor {
  return fullLike(like, 0, options);
}

/** 1 on the diagonal of an [n, n] or [n, m] matrix, 0 elsewhere.
 *  @example tensor.eye(2) // -> [[1, 0], [0, 1]] */
export function eye(
  n: number,
  ...args: [options?: TensorOptions] | [m: number, options?: TensorOptions]
): Tensor {
  const [second, third] = args;
  const [m, options] = typeof second === "number" ? [second, third ?? {}] : [n, second ?? {}];
  checkExtents([n, m], "eye");
  checkCreation("eye", options);
  const row = ops.reshape(ops.iota(n), [n, 1]);
  return finish(ops.cast(ops.eq(row, ops.reshape(ops.iota(m), [1, m])), options.dtype ?? "float32"), options);
}

/** End; start and end; start, end and step; with options last. */
type RangeArguments =
  | [end: number]
  | [end: number, options: TensorOptions]
  | [start: number, end: number, step?: number]
  | [start: number, end: number, options: TensorOptions]
  | [start: number, end: number, step: number, options: TensorOptions];

/** Numbers from `start` (0) up to `end`, exclusive, in steps (1). int32 where start and step are whole.
 *  @example tensor.arange(1, 10, 3) // -> [1, 4, 7] */
export function arange(...args: RangeArguments): Tensor {
  const last = args.at(-1);
  const options = typeof last === "object" ? last : {};
  checkCreation("arange", options);
  const numbers = args.filter((value) => typeof value === "number");
  const [start, end, step = 1] = (numbers.length === 1 ? [0, ...numbers] : numbers) as [
    number,
    number,
    number?,
  ];
  if (![start, end, step].every(Number.isFinite)) {
    throw new RangeError(`arange: needs finite numbers, got ${[start, end, step].join(", ")}`);
  }
  if (step === 0) throw new RangeError("arange: step must not be 0");
  const count = Math.max(0, Math.ceil((end - start) / step));
  const whole = Number.isInteger(start) && Number.isInteger(step);
  const values = Array.from({ length: count }, (_, i) => start + i * step);
  return finish(hostNode(values, [count], options.dtype ?? (whole ? "int32" : "float32")), options);
}

/** `steps` numbers from `start` to `end`, both included, evenly spaced.
 *  @example tensor.linspace(0, 1, 5) // -> [0, 0.25, 0.5, 0.75, 1] */
export function linspace(start: number, end: number, steps: number, options: TensorOptions = {}): Tensor {
  checkCreation("linspace", options);
  const values = evenly("linspace", start, end, steps);
  return finish(hostNode(values, [steps], options.dtype ?? "float32"), options);
}

/** `steps` numbers from base^start to base^end, both included, whose logarithms are evenly spaced.
 *  @example tensor.logspace(0, 2, 3) // -> [1, 10, 100] */
export function logspace(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions & { base?: number } = {},
): Tensor {
  checkCreation("logspace", options, ["base"]);
  const { base = 10 } = options;
  const values = evenly("logspace", start, end, steps).map((exponent) => base ** exponent);
  return finish(hostNode(values, [steps], options.dtype ?? "float32"), options);
}

/** From both ends, so that the last one is exact. */
function evenly(what: string, start: number, end: number, steps: number): number[] {
  if (!Number.isInteger(steps) || steps < 0) {
    throw new RangeError(`${what}: steps must be a whole number >= 0, got ${steps}`);
  }
  const gap = steps > 1 ? (end - start) / (steps - 1) : 0;
  return Array.from({ length: steps }, (_, i) =>
    i < steps / 2 ? start + i * gap : end - (steps - 1 - i) * gap,
  );
}

/** Row and column numbers of the lower triangle of a [rows, columns] matrix, [2, how many], int32.
 *  @example tensor.trilIndices(2, 2) // -> [[0, 1, 1], [0, 0, 1]] */
export function trilIndices(rows: number, columns: number, offset: number = 0): Tensor {
  return triangleIndices(rows, columns, (row, column) => column - row <= offset);
}

/** Row and column numbers of the upper triangle of a [rows, columns] matrix, [2, how many], int32.
 *  @example tensor.triuIndices(2, 2) // -> [[0, 0, 1], [0, 1, 1]] */
export function triuIndices(rows: number, columns: number, offset: number = 0): Tensor {
  return triangleIndices(rows, columns, (row, column) => column - row >= offset);
}

function triangleIndices(
  rows: number,
  columns: number,
  belongs: (row: number, column: number) => boolean,
): Tensor {
  const places: [number, number][] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) if (belongs(row, column)) places.push([row, column]);
  }
  const numbers = [0, 1].flatMap((which) => places.map((place) => place[which]!));
  return Tensor.from(hostNode(numbers, [2, places.length], "int32"));
}
