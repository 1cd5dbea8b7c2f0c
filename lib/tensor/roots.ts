// Methods as functions of the namespace `tensor`: `tensor.exp(x)` is `x.exp()`, as in PyTorch. Those that take a number in
// place of the first tensor are in functions.ts.

import type { UniqueResult } from "./methods/indexing.js";
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
  inverses: ["asin", "acos", "atan", "asinh", "acosh", "atanh"],
  bits: ["bitwiseAnd", "bitwiseOr", "bitwiseXor", "bitwiseNot", "bitwiseLeftShift", "bitwiseRightShift"],
  rounding: ["floor", "ceil", "round", "trunc", "frac", "nanToNum", "isnan", "isinf", "isfinite"],
  comparison: ["isclose", "allclose", "equal", "logicalAnd", "logicalOr", "logicalXor", "logicalNot"],
  sums: ["sum", "nansum", "mean", "nanmean", "prod", "var", "std", "varMean", "stdMean", "norm", "logsumexp"],
  extremes: ["amax", "amin", "aminmax", "argmax", "argmin", "any", "all", "countNonzero", "quantile"],
  running: ["diff", "cumsum", "cumprod", "logcumsumexp", "cummax", "cummin"],
  shapes: ["reshape", "flatten", "ravel", "unflatten", "squeeze", "unsqueeze", "broadcastTo"],
  dims: ["permute", "transpose", "swapaxes", "t", "movedim", "flip", "fliplr", "flipud", "roll", "rot90"],
  pieces: ["chunk", "split", "tensorSplit", "unbind", "tile", "repeatInterleave"],
  matrices: ["tril", "triu", "diagonal", "diagEmbed", "diag", "trace"],
  slices: ["select", "narrow", "indexSelect", "indexAdd", "indexCopy", "indexFill"],
  places: ["gather", "takeAlongDim", "take", "scatter", "scatterAdd", "maskedSelect", "nonzero", "argwhere"],
  order: ["sort", "argsort", "msort", "topk", "kthvalue", "bincount", "histc"],
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
  /** The largest element; along a dim, the largest ones with their positions.
   *  @example tensor.max(tensor([[1, 5], [3, 2]]), 1).indices // -> [1, 0] */
  max(x: Tensor): Tensor;
  max(x: Tensor, ...args: AlongArguments): ValuesAndIndices;
  /** The smallest element; along a dim, the smallest ones with their positions.
   *  @example tensor.min(tensor([3, 1, 2])) // -> 1 */
  min(x: Tensor): Tensor;
  min(x: Tensor, ...args: AlongArguments): ValuesAndIndices;
  /** The median, the lower one of two in the middle; along a dim, with its position.
   *  @example tensor.median(tensor([3, 1, 2])) // -> 2 */
  median(x: Tensor): Tensor;
  median(x: Tensor, ...args: AlongArguments): ValuesAndIndices;
  /** The different values in ascending order; or these with what belongs to them. Waits.
   *  @example tensor.unique(tensor([3, 1, 3])) // -> [1, 3] */
  unique(x: Tensor): Tensor;
  unique(x: Tensor, options: { returnInverse?: boolean; returnCounts?: boolean }): UniqueResult;
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
