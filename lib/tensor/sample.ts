// Making random tensors. They draw from the default generator exactly as PyTorch's CPU generator does (see random/).

import { broadcastShapes, elements, formatShape } from "../graph/shape.js";
import type { ShapeArguments, TensorOptions } from "./create.js";
import { checkCreation, checkExtents, finish, parse } from "./creation.js";
import { defaultGenerator } from "./random/default.js";
import type { Generator } from "./random/generator.js";
import type { Tensor } from "./tensor.js";
import { hostNode, type Operand } from "./types.js";

export interface RandomOptions extends TensorOptions {
  /** Where to draw from; the default generator (see `manualSeed`) if not given. */
  generator?: Generator;
}

function random(
  args: readonly unknown[],
  what: string,
  draw: (generator: Generator, out: Float32Array) => void,
): Tensor {
  const { shape, options } = parse<RandomOptions>(args, what, ["generator"]);
  const values = roomFor(shape, what);
  draw(options.generator ?? defaultGenerator, values);
  return finish(hostNode(values, shape, "float32"), options);
}

function roomFor(shape: readonly number[], what: string): Float32Array {
  const count = elements(shape);
  try {
    return new Float32Array(count);
  } catch {
    const size = (count / 2 ** 28).toFixed(1);
    throw new RangeError(`${what}: ${formatShape(shape)} takes ${size} GiB, and there is not as much memory`);
  }
}

/** Uniform numbers in [0, 1).
 *  @example
 *  manualSeed(42);
 *  tensor.rand(2) // -> [0.88227, 0.91500] */
export function rand(...args: ShapeArguments<RandomOptions>): Tensor {
  return random(args, "rand", (generator, out) => generator.uniform(out));
}

/** Standard normal numbers.
 *  @example
 *  manualSeed(42);
 *  tensor.randn(2) // -> [0.33669, 0.12881] */
export function randn(...args: ShapeArguments<RandomOptions>): Tensor {
  return random(args, "randn", (generator, out) => generator.normal(out));
}

/** Uniform numbers in [0, 1), in the shape of another tensor.
 *  @example tensor.randLike(tensor.zeros(2, 3)).shape // -> [2, 3] */
export function randLike(like: Tensor, options: RandomOptions = {}): Tensor {
  return rand(like.shape, options);
}

/** Standard normal numbers, in the shape of another tensor.
 *  @example tensor.randnLike(tensor.zeros(2, 3)).shape // -> [2, 3] */
export function randnLike(like: Tensor, options: RandomOptions = {}): Tensor {
  return randn(like.shape, options);
}

/** Normal numbers with mean and standard deviation: numbers with a shape, or tensors (or one of them a number), one for each
 *  element.
 *  @example
 *  manualSeed(42);
 *  tensor.normal(10, 2, [2]) // -> [10.67338, 10.25762] */
export function normal(
  mean: Operand,
  std: Operand,
  ...args: [shape: readonly number[], options?: RandomOptions] | [options?: RandomOptions]
): Tensor {
  const [first, second] = args;
  const [shape, options] = Array.isArray(first)
    ? [first as readonly number[], second ?? {}]
    : [undefined, (first as RandomOptions | undefined) ?? {}];
  if (typeof mean === "number" && typeof std === "number") {
    if (shape === undefined) throw new TypeError("normal: two numbers need a shape: normal(0, 1, [2, 3])");
    return randn(shape, options).mul(std).add(mean);
  }
  const of = (operand: Operand): readonly number[] => (typeof operand === "number" ? [] : operand.shape);
  return randn(shape ?? broadcastShapes(of(mean), of(std), "normal"), options)
    .mul(std)
    .add(mean);
}

/** Whole numbers from `low` (0) up to `high`, exclusive, int32.
 *  @example tensor.randint(0, 10, [100]).lt(10).all() // -> tensor(True) */
export function randint(
  ...args:
    | [high: number, shape: readonly number[], options?: RandomOptions]
    | [low: number, high: number, shape: readonly number[], options?: RandomOptions]
): Tensor {
  const [low, high, shape, options = {}] = (typeof args[1] === "number" ? args : [0, ...args]) as [
    number,
    number,
    readonly number[],
    RandomOptions?,
  ];
  checkExtents(shape, "randint");
  checkCreation("randint", options, ["generator"]);
  const values = new Int32Array(elements(shape));
  (options.generator ?? defaultGenerator).randint(values, low, high);
  return finish(hostNode(values, shape, "int32"), options);
}

/** Whole numbers from `low` (0) up to `high`, exclusive, in the shape and type of another tensor.
 *  @example tensor.randintLike(tensor.zeros(3), 1).sum() // -> 0 */
export function randintLike(
  like: Tensor,
  ...args: [high: number, options?: RandomOptions] | [low: number, high: number, options?: RandomOptions]
): Tensor {
  const [low, high, options] =
    typeof args[1] === "number"
      ? [args[0], args[1], args[2] as RandomOptions | undefined]
      : [0, args[0], args[1]];
  return randint(low, high, like.shape, { dtype: like.dtype, ...options });
}

/** 0 to n - 1 in random order, int32.
 *  @example tensor.randperm(5).sort().values // -> [0, 1, 2, 3, 4] */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  return finish(hostNode((options.generator ?? defaultGenerator).randperm(n), [n], "int32"), options);
}

/** 1 where a random number is below the probability that stands there, else 0. Waits.
 *  @example tensor.bernoulli(tensor([0, 1, 1])) // -> [0, 1, 1] */
export function bernoulli(p: Tensor, options: RandomOptions = {}): Tensor {
  const values = new Float32Array(p.numel());
  (options.generator ?? defaultGenerator).bernoulli(values, p.toTypedArray());
  return finish(hostNode(values, p.shape, "float32"), options);
}

/** `count` positions of each row, drawn with probabilities in proportion to its weights, int32: each at most once, or again and
 *  again with `replacement`. Weights are [n] or [rows, n]. Waits.
 *  @example tensor.multinomial(tensor([0, 3, 0]), 2, { replacement: true }) // -> [1, 1] */
export function multinomial(
  weights: Tensor,
  count: number,
  options: RandomOptions & { replacement?: boolean } = {},
): Tensor {
  checkCreation("multinomial", options, ["generator", "replacement"]);
  const { replacement = false, generator = defaultGenerator } = options;
  if (weights.ndim < 1 || weights.ndim > 2) {
    throw new RangeError(`multinomial: needs weights [n] or [rows, n], got ${formatShape(weights.shape)}`);
  }
  const values = Float32Array.from(weights.toTypedArray());
  const n = weights.size(-1);
  const usable = values.every((value) => value >= 0 && value < Number.POSITIVE_INFINITY);
  if (!usable || !values.some((value) => value > 0)) {
    throw new RangeError("multinomial: weights must be finite, not negative, and not all 0");
  }
  if (!Number.isInteger(count) || count < 1 || (!replacement && count > n)) {
    throw new RangeError(
      `multinomial: cannot draw ${count} of ${n} positions without replacement; pass { replacement: true }`,
    );
  }
  const rows = Array.from({ length: values.length / n }, (_, row) => [
    ...generator.multinomial(values.slice(row * n, (row + 1) * n), count, replacement),
  ]);
  const shape = [...weights.shape.slice(0, -1), count];
  return finish(hostNode(rows.flat(), shape, "int32"), options);
}
