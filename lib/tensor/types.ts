// Types that the functions on tensors share.

import { bytesOf, type DType, isFloat } from "../graph/dtype.js";
import { dataNode, type Node, scalarNode } from "../graph/node.js";
import { checkNames, checkOptions, tensorNode } from "./arguments.js";
import type { Tensor } from "./tensor.js";

/** A tensor, or a number that stands for one of its kind. */
export type Operand = Tensor | number;

/** Numbers nested to any depth, as they are written: `[[1, 2], [3, 4]]`. */
export type NestedArray = number | boolean | readonly NestedArray[];

export interface ReduceOptions {
  /** Axes to reduce; all of them by default. Negative ones count from the end. */
  dim?: number | readonly number[];
  /** Keep reduced axes with extent 1. */
  keepdim?: boolean;
}

/** How a reduction is told its axes: `sum()`, `sum(1)`, `sum([1, 2])`, `sum({ dim: 1, keepdim: true })`. */
export type ReduceArgument = number | readonly number[] | ReduceOptions;

/** Options of a reduction, whichever way they were given. */
export function reduceOptions<O extends ReduceOptions>(
  argument: number | readonly number[] | O | undefined,
): O {
  if (typeof argument === "number" || Array.isArray(argument)) return { dim: argument } as O;
  if (argument !== undefined) checkOptions(argument, "reduction", "{ dim: 1, keepdim: true }");
  return (argument ?? {}) as O;
}

/** The node of an operand of `called`. A number takes the other operand's type where that can hold it, as in PyTorch. */
export function nodeOf(
  operand: Operand,
  other: DType,
  called: string | { readonly name: string } = "operand",
): Node {
  if (typeof operand !== "number") return tensorNode(operand, called, "a tensor or a number");
  if (isFloat(other)) return scalarNode(operand, other);
  if (!Number.isInteger(operand)) return scalarNode(operand, "float32");
  return scalarNode(operand, other === "bool" ? "int32" : other);
}

/** A leaf with the numbers in `values`. */
export function hostNode(values: ArrayLike<number>, shape: readonly number[], dtype: DType): Node {
  return dataNode(bytesOf(values, dtype), shape, dtype);
}

/** The ways a method is told its axes and options: `sum()`, `sum(1)`, `sum(1, true)`, `sum(1, { keepdim: true })`,
 *  `sum({ dim: 1 })`. */
export type ReduceArguments<O extends ReduceOptions = ReduceOptions> =
  | [options?: O | number | readonly number[] | undefined]
  | [dim: number | readonly number[], options?: Omit<O, "dim"> | Keepdim<O>];

/** PyTorch has keepdim in the second place, but for var and std, which have another flag there. */
type Keepdim<O> = keyof O extends keyof ReduceOptions ? boolean : never;

/** What such arguments say, as one object. `more`: options of `called` beside dim and keepdim. */
export function optionsOf<O extends ReduceOptions>(
  [first, second]: ReduceArguments<O>,
  called: string | { readonly name: string },
  more: readonly (keyof O & string)[] = [],
): O {
  const rest = typeof second === "boolean" && more.length === 0 ? { keepdim: second } : second;
  if (rest !== undefined) checkOptions(rest, called, "{ keepdim: true }");
  const options: O = { ...(rest as object), ...reduceOptions<O>(first) };
  const named = second !== undefined || (typeof first === "object" && !Array.isArray(first));
  if (named) checkNames(called, options, ["dim", "keepdim", ...more]);
  return options;
}

/** One dim, and what else: `max(1)`, `max(1, true)`, `max(1, { keepdim: true })`, `max({ dim: 1 })`. */
export type AlongArguments =
  | [dim: number, options?: { keepdim?: boolean } | boolean]
  | [options: ReduceOptions & { dim: number }];

/** A dim that has a default, and perhaps options: `sort()`, `sort(1)`, `sort(1, { descending: true })`, `sort({ dim: 1 })`. */
export type DimArguments<O extends object = object> =
  | [dim?: number]
  | [dim: number, options?: O]
  | [options: O & { dim?: number }];

/** What such arguments say, as one object; `dim` by default. `more`: options of `called` beside dim. */
export function dimOptions<O extends object>(
  [first, rest]: DimArguments<O>,
  dim: number,
  called: string,
  more: readonly (keyof O & string)[] = [],
): O & { dim: number } {
  const options = typeof first === "number" ? rest : first;
  if (options !== undefined) checkNames<O & { dim?: number }>(called, options as O, ["dim", ...more]);
  return { dim, ...options, ...(typeof first === "number" && { dim: first }) } as O & { dim: number };
}

/** A dim that has to be said: `softmax(1)`, or `softmax({ dim: 1 })`. */
export type OneDim = number | { readonly dim: number };

/** The dim that is said. */
export function dimOf(given: OneDim, called: string): number {
  if (typeof given === "number") return given;
  checkNames(called, given, ["dim"]);
  return given.dim;
}

/** A shape given as numbers or as one array. */
export function shapeOf(shape: readonly number[] | readonly [readonly number[]]): readonly number[] {
  const [first] = shape;
  return Array.isArray(first) ? (first as readonly number[]) : (shape as readonly number[]);
}
