// From the name of an operation in the golden data to the call of the library, as users write it. One row an operation.

import * as gb from "gradbook";
import type { Options } from "./golden.js";
import { TENSOR_CALLS } from "./tensor-calls.js";

type Tensor = gb.Tensor;
export type Result = Tensor | readonly Tensor[] | { readonly values: Tensor; readonly indices: Tensor };
type Call = (x: Tensor, inputs: readonly Tensor[], options: never) => Result;

const { tensor, F } = gb;

type Unary = { [K in keyof Tensor]: Tensor[K] extends () => Tensor ? K : never }[keyof Tensor];
type Binary = "add" | "sub" | "mul" | "div" | "pow" | "maximum" | "minimum";
type Comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

const unary =
  (name: Unary): Call =>
  (x) =>
    x[name]();

/** Tensor with tensor as a method; with a number on the right as a method, on the left as a root function. */
const binary =
  (name: Binary): Call =>
  (x, [, y], { other, left }: { other?: number; left?: number }) =>
    left !== undefined ? tensor[name](left, x) : x[name](other ?? y!);

const comparison =
  (name: Comparison): Call =>
  (x, [, y], { other }: { other?: number }) =>
    x[name](other ?? y!);

type Dims = { dim?: number | number[]; keepdim?: boolean };

/** Where only the dim is given it goes positionally, otherwise in the options. */
const reduceBy = <O extends Dims, R>(options: O, call: (argument?: O | number | number[]) => R): R => {
  const keys = Object.keys(options);
  return keys.length === 0 ? call() : call(keys.join() === "dim" ? options.dim : options);
};
const reduction =
  (name: "sum" | "mean" | "amax" | "amin" | "var" | "std" | "prod"): Call =>
  (x, _, options: Dims) =>
    reduceBy(options, (argument) => x[name](argument));
const position =
  (name: "argmax" | "argmin"): Call =>
  (x, _, options: { dim?: number; keepdim?: boolean }) =>
    reduceBy(options, (argument) => x[name](argument as number));
const extreme =
  (name: "max" | "min"): Call =>
  (x, _, options: { dim?: number; keepdim?: boolean }) => {
    const { dim } = options;
    if (dim === undefined) return x[name]();
    return options.keepdim === undefined ? x[name](dim) : x[name]({ ...options, dim });
  };

type LossOptions = NonNullable<Parameters<typeof F.crossEntropy>[2]>;

export const CALLS: { readonly [op: string]: Call } = {
  neg: unary("neg"),
  abs: unary("abs"),
  exp: unary("exp"),
  expm1: unary("expm1"),
  log: unary("log"),
  log1p: unary("log1p"),
  sqrt: unary("sqrt"),
  rsqrt: unary("rsqrt"),
  sin: unary("sin"),
  cos: unary("cos"),
  tanh: unary("tanh"),
  sigmoid: unary("sigmoid"),
  erf: unary("erf"),
  relu: unary("relu"),
  floor: unary("floor"),
  ceil: unary("ceil"),
  round: unary("round"),
  sign: unary("sign"),
  reciprocal: unary("reciprocal"),
  square: unary("square"),
  silu: (x) => F.silu(x),

  add: binary("add"),
  sub: binary("sub"),
  mul: binary("mul"),
  div: binary("div"),
  pow: binary("pow"),
  maximum: binary("maximum"),
  minimum: binary("minimum"),
  eq: comparison("eq"),
  ne: comparison("ne"),
  lt: comparison("lt"),
  le: comparison("le"),
  gt: comparison("gt"),
  ge: comparison("ge"),
  clamp: (x, _, options: { min?: number; max?: number }) => x.clamp(options),
  where: (condition, [, a, b], { other }: { other?: number }) => tensor.where(condition, a!, b ?? other!),
  cast: (x, _, { dtype }: { dtype: gb.DType }) => x.to(dtype),

  sum: reduction("sum"),
  mean: reduction("mean"),
  prod: reduction("prod"),
  amax: reduction("amax"),
  amin: reduction("amin"),
  var: reduction("var"),
  std: reduction("std"),
  argmax: position("argmax"),
  argmin: position("argmin"),
  max: extreme("max"),
  min: extreme("min"),
  logsumexp: (x, _, options: Dims & { dim: number }) => x.logsumexp(options),
  norm: (x, _, { p, ...dims }: Dims & { p?: number | "inf" }) =>
    p === undefined
      ? reduceBy(dims, (argument) => x.norm(argument))
      : x.norm({ p: p === "inf" ? Number.POSITIVE_INFINITY : p, ...dims }),

  reshape: (x, _, { shape }: { shape: number[] }) => x.reshape(shape),
  permute: (x, _, { dims }: { dims: number[] }) => x.permute(...dims),
  transpose: (x, _, { dims: [a, b] }: { dims: [number, number] }) => x.transpose(a, b),
  expand: (x, _, { shape }: { shape: number[] }) => x.expand(...shape),
  squeeze: (x, _, { dim }: { dim?: number }) => (dim === undefined ? x.squeeze() : x.squeeze(dim)),
  unsqueeze: (x, _, { dim }: { dim: number }) => x.unsqueeze(dim),
  flatten: (x, _, options: { startDim?: number; endDim?: number }) => x.flatten(options),
  select: (x, _, { dim, index }: { dim: number; index: number }) => x.select(dim, index),
  narrow: (x, _, o: { dim: number; start: number; length: number }) => x.narrow(o.dim, o.start, o.length),
  slice: (x, _, { start, end, ...options }: { start: number; end: number; dim: number; step?: number }) =>
    x.slice(start, end, options),
  chunk: (x, _, { chunks, ...options }: { chunks: number; dim?: number }) => x.chunk(chunks, options),
  split: (x, _, { size, ...options }: { size: number | number[]; dim?: number }) => x.split(size, options),
  cat: (_x, inputs, options: { dim?: number }) => tensor.cat(inputs, options),
  stack: (_x, inputs, options: { dim?: number }) => tensor.stack(inputs, options),
  flip: (x, _, { dims }: { dims: number[] }) => x.flip(dims),

  matmul: (x, [, y]) => x.matmul(y!),
  softmax: (x, _, { dim }: { dim: number }) => F.softmax(x, { dim }),
  logSoftmax: (x, _, { dim }: { dim: number }) => F.logSoftmax(x, { dim }),
  indexSelect: (x, [, index], { dim }: { dim: number }) => x.indexSelect(dim, index!),
  gather: (x, [, index], { dim }: { dim: number }) => x.gather(dim, index!),
  linear: (x, [, weight, bias]) => F.linear(x, weight!, bias),
  ...TENSOR_CALLS,

  crossEntropy: (x, [, target, weight], options: LossOptions) =>
    F.crossEntropy(x, target!, weight === undefined ? options : { ...options, weight }),
};

/** Runs a case's operation; the outputs in PyTorch's order. */
export function callOperation(op: string, inputs: readonly Tensor[], options: Options): readonly Tensor[] {
  const call = CALLS[op];
  if (call === undefined) throw new Error(`the library has no ${op}`);
  const result = call(inputs[0]!, inputs, options as never);
  if (result instanceof gb.Tensor) return [result];
  return "values" in result && "indices" in result ? [result.values, result.indices] : result;
}
