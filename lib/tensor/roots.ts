// Methods as functions of the namespace `tensor`: `tensor.exp(x)` is `x.exp()`, as in PyTorch. Those that take a number in
// place of the first tensor are in functions.ts.

import type { ValuesAndIndices } from "./methods/reduction.js";
import type { Tensor } from "./tensor.js";
import type { AlongArguments } from "./types.js";

const NAMES = {
  arithmetic: [
    "neg",
    "abs",
    "sign",
    "square",
    "sqrt",
    "rsqrt",
    "reciprocal",
    "clamp",
    "lerp",
    "fmax",
    "fmin",
  ],
  blends: ["addcmul", "addcdiv", "addmm", "addmv", "baddbmm"],
  products: ["matmul", "mm", "bmm", "mv", "dot", "outer", "inner"],
  powers: ["exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logit", "erf", "erfc", "relu"],
  functions: ["sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "softmax", "logSoftmax"],
  rounding: ["floor", "ceil", "round", "trunc", "frac", "nanToNum", "isnan", "isinf", "isfinite"],
  comparison: ["isclose", "allclose", "equal", "logicalAnd", "logicalOr", "logicalXor", "logicalNot"],
  sums: ["sum", "nansum", "mean", "nanmean", "prod", "var", "std", "varMean", "stdMean", "norm", "logsumexp"],
  extremes: ["amax", "amin", "aminmax", "argmax", "argmin", "any", "all", "countNonzero", "quantile"],
  running: ["cumsum", "cumprod", "logcumsumexp", "cummax", "cummin"],
  shapes: ["reshape", "flatten", "ravel", "unflatten", "squeeze", "unsqueeze", "broadcastTo"],
  dims: ["permute", "transpose", "swapaxes", "t", "movedim", "flip", "fliplr", "flipud", "roll", "rot90"],
  pieces: ["chunk", "split", "tensorSplit", "unbind", "tile", "repeatInterleave"],
  matrices: ["tril", "triu", "diagonal", "diagEmbed", "diag", "trace"],
  slices: ["select", "narrow", "indexSelect", "indexAdd", "indexCopy", "indexFill"],
  places: ["gather", "takeAlongDim", "take", "scatter", "scatterAdd", "maskedSelect", "nonzero", "argwhere"],
  order: ["sort", "argsort", "msort", "topk", "kthvalue", "bincount"],
} as const;

type Name = (typeof NAMES)[keyof typeof NAMES][number];

/** A method as a function whose first parameter is the tensor. */
type Roots = {
  readonly [K in keyof Pick<Tensor, Name>]: Tensor[K] extends (...args: infer A) => infer R
    ? (x: Tensor, ...args: A) => R
    : never;
};

/** Methods with several signatures, which a mapped type would lose. */
interface Overloaded {
  max(x: Tensor): Tensor;
  max(x: Tensor, ...args: AlongArguments): ValuesAndIndices;
  min(x: Tensor): Tensor;
  min(x: Tensor, ...args: AlongArguments): ValuesAndIndices;
  median(x: Tensor): Tensor;
  median(x: Tensor, ...args: AlongArguments): ValuesAndIndices;
  unique: Tensor["unique"] extends (...args: infer A) => infer R ? (x: Tensor, ...args: A) => R : never;
}

export const roots: Roots & Overloaded = Object.fromEntries(
  [...Object.values(NAMES).flat(), "max", "min", "median", "unique"].map((name) => [
    name,
    (x: Tensor, ...args: readonly never[]): unknown => {
      const method = x[name as Name] as (...args: readonly never[]) => unknown;
      return method.apply(x, args as never[]);
    },
  ]),
) as never;
