// Calls of the rest of the tensor surface (tests/golden/cases_tensor.py), as users write them. One row an operation.

import * as gb from "gradbook";

type Tensor = gb.Tensor;
type Result = Tensor | readonly Tensor[] | { readonly values: Tensor; readonly indices: Tensor };
type Call = (x: Tensor, inputs: readonly Tensor[], options: never) => Result;

const { tensor } = gb;

type Plain = { [K in keyof Tensor]: Tensor[K] extends () => Tensor ? K : never }[keyof Tensor];

const plain =
  (name: Plain): Call =>
  (x) =>
    x[name]();

/** As a method with a tensor or a number, and as a root function with a number on the left. */
const either =
  (name: "floorDivide" | "remainder" | "fmod"): Call =>
  (x, [, y], { other, left }: { other?: number; left?: number }) =>
    left === undefined ? x[name](other ?? y!) : tensor[name](left, x);

const withOther =
  (name: "fmax" | "fmin" | "logicalAnd" | "logicalOr" | "logicalXor"): Call =>
  (x, [, y]) =>
    x[name](y!);

const bits =
  (name: "bitwiseAnd" | "bitwiseOr" | "bitwiseXor" | "bitwiseLeftShift" | "bitwiseRightShift"): Call =>
  (x, [, y], { other }: { other?: number }) =>
    x[name](other ?? y!);

type Along = { dim: number; keepdim?: boolean };

/** Where only the dim is given it goes positionally. */
const reduced =
  (name: "nansum" | "nanmean" | "any" | "all" | "countNonzero"): Call =>
  (x, _, { dim }: { dim?: number }) =>
    dim === undefined ? x[name]() : x[name](dim);

const along =
  (name: "cumsum" | "cumprod" | "logcumsumexp" | "cummax" | "cummin"): Call =>
  (x, _, { dim }: Along) =>
    x[name](dim);

const product =
  (name: "mm" | "bmm" | "mv" | "dot" | "outer" | "inner"): Call =>
  (x, [, y]) =>
    x[name](y!);

const blend =
  (name: "addmm" | "addmv" | "baddbmm"): Call =>
  (x, [, a, b], options: { alpha?: number; beta?: number }) =>
    x[name](a!, b!, options);

/** Parts of an index as the golden data has them: "@0" is the first of the tensors that follow. */
const partsOf = (at: readonly (gb.Index | string)[], others: readonly Tensor[]): gb.Index[] =>
  at.map((part) =>
    typeof part === "string" && part.startsWith("@") ? others[Number(part.slice(1))]! : nested(part),
  );

/** A list in a list is an index of two dims, which is written as a tensor. */
const nested = (part: gb.Index): gb.Index =>
  Array.isArray(part) && Array.isArray(part[0]) ? tensor(part as never, { dtype: "int32" }) : part;

export const TENSOR_CALLS: { readonly [op: string]: Call } = {
  ...Object.fromEntries(
    (
      [
        "exp2",
        "log2",
        "log10",
        "erfc",
        "tan",
        "sinh",
        "cosh",
        "trunc",
        "frac",
        "isinf",
        "isfinite",
        "isnan",
      ] as const
    ).map((name) => [name, plain(name)]),
  ),
  ...Object.fromEntries(
    (["t", "ravel", "fliplr", "flipud", "msort", "trace", "nonzero", "logicalNot", "diagEmbed"] as const).map(
      (name) => [name, plain(name)],
    ),
  ),
  asin: plain("asin"),
  acos: plain("acos"),
  atan: plain("atan"),
  asinh: plain("asinh"),
  acosh: plain("acosh"),
  atanh: plain("atanh"),
  bitwiseNot: plain("bitwiseNot"),
  atan2: (y, [, x]) => tensor.atan2(y, x!),
  bitwiseAnd: bits("bitwiseAnd"),
  bitwiseOr: bits("bitwiseOr"),
  bitwiseXor: bits("bitwiseXor"),
  bitwiseLeftShift: bits("bitwiseLeftShift"),
  bitwiseRightShift: bits("bitwiseRightShift"),
  logit: (x, _, options: { eps?: number }) => x.logit(options),
  nanToNum: (x, _, options: { nan?: number; posinf?: number; neginf?: number }) => x.nanToNum(options),
  roundDecimals: (x, _, options: { decimals: number }) => x.round(options),
  floorDivide: either("floorDivide"),
  remainder: either("remainder"),
  fmod: either("fmod"),
  fmax: withOther("fmax"),
  fmin: withOther("fmin"),
  logicalAnd: withOther("logicalAnd"),
  logicalOr: withOther("logicalOr"),
  logicalXor: withOther("logicalXor"),
  divTrunc: (x, [, y], { other }: { other?: number }) => x.div(y ?? other!, { roundingMode: "trunc" }),
  clampTensor: (x, [, min, max]) => x.clamp({ min, max }),
  lerp: (x, [, end, weight], options: { weight?: number }) => x.lerp(end!, weight ?? options.weight!),
  addcmul: (x, [, a, b], options: { value?: number }) => x.addcmul(a!, b!, options),
  addcdiv: (x, [, a, b], options: { value?: number }) => x.addcdiv(a!, b!, options),
  addAlpha: (x, [, y], options: { alpha: number }) => x.add(y!, options),
  subAlpha: (x, [, y], options: { alpha: number }) => tensor.sub(x, y!, options),
  isclose: (x, [, y]) => x.isclose(y!),

  nansum: reduced("nansum"),
  nanmean: reduced("nanmean"),
  any: reduced("any"),
  all: reduced("all"),
  countNonzero: reduced("countNonzero"),
  varMean: (x, _, options: { dim: number[]; unbiased?: boolean }) => {
    const { var: variance, mean } = x.varMean(options);
    return [variance, mean];
  },
  aminmax: (x, _, options: Along) => {
    const { min, max } = x.aminmax(options);
    return [min, max];
  },
  median: (x, _, options: Partial<Along>) =>
    options.dim === undefined ? x.median() : x.median(options.dim, options),
  quantile: (x, _, { q, ...options }: { q: number | number[]; dim?: number }) => x.quantile(q, options),
  cumsum: along("cumsum"),
  cumprod: along("cumprod"),
  logcumsumexp: along("logcumsumexp"),
  cummax: along("cummax"),
  cummin: along("cummin"),
  sort: (x, _, { dim, ...options }: { dim?: number; descending?: boolean }) =>
    dim === undefined ? x.sort() : x.sort(dim, options),
  sortStable: (x, _, options: { dim: number; descending?: boolean }) => x.sort({ ...options, stable: true }),
  topk: (x, _, { k, ...options }: { k: number; dim?: number; largest?: boolean }) => x.topk(k, options),
  kthvalue: (x, _, { k, ...options }: { k: number } & Along) => x.kthvalue(k, options),
  unique: (x) => {
    const { output, inverse, counts } = x.unique({ returnInverse: true, returnCounts: true });
    return [output, inverse, counts];
  },
  bincount: (x, [, weights], { minlength }: { minlength?: number }) =>
    x.bincount({ ...(weights && { weights }), ...(minlength !== undefined && { minlength }) }),

  diff: (x, _, options: { n?: number; dim?: number }) => x.diff(options),
  histc: (x, _, options: { bins: number; min?: number; max?: number }) => x.histc(options),
  searchsorted: (sorted, [, values], options: { right?: boolean }) =>
    tensor.searchsorted(sorted, values!, options),
  bucketize: (values, [, boundaries], options: { right: boolean }) =>
    tensor.bucketize(values, boundaries!, options),
  oneHot: (x, _, { numClasses }: { numClasses?: number }) => gb.F.oneHot(x, numClasses),

  unflatten: (x, _, { dim, sizes }: { dim: number; sizes: number[] }) => x.unflatten(dim, sizes),
  swapaxes: (x, _, { dims: [a, b] }: { dims: [number, number] }) => x.swapaxes(a, b),
  mT: (x) => x.mT,
  movedim: (x, _, o: { source: number | number[]; destination: number | number[] }) =>
    x.movedim(o.source, o.destination),
  roll: (x, _, { shifts, dims }: { shifts: number | number[]; dims?: number | number[] }) =>
    x.roll(shifts, dims),
  rot90: (x, _, { k, dims }: { k: number; dims: [number, number] }) => x.rot90(k, dims),
  tensorSplit: (x, _, { sections, dim }: { sections: number | number[]; dim: number }) =>
    x.tensorSplit(sections, dim),
  unbind: (x, _, { dim }: { dim: number }) => x.unbind(dim),
  repeat: (x, _, { times }: { times: number[] }) => x.repeat(times),
  tile: (x, _, { times }: { times: number[] }) => x.tile(...times),
  repeatInterleave: (x, _, { repeats, ...options }: { repeats: number | number[]; dim?: number }) =>
    x.repeatInterleave(repeats, options),
  tril: (x, _, { diagonal }: { diagonal?: number }) => x.tril(diagonal),
  triu: (x, _, { diagonal }: { diagonal?: number }) => x.triu(diagonal),
  diag: (x, _, { diagonal }: { diagonal?: number }) => x.diag(diagonal),
  diagonal: (x, _, options: { offset?: number; dim1?: number; dim2?: number }) => x.diagonal(options),
  diagEmbedOffset: (x, _, options: { offset: number }) => x.diagEmbed(options),
  hstack: (_, inputs) => tensor.hstack(inputs),
  vstack: (_, inputs) => tensor.vstack(inputs),
  meshgrid: (_, inputs, options: { indexing: "ij" | "xy" }) => tensor.meshgrid(inputs, options),
  broadcastTensors: (_, inputs) => tensor.broadcastTensors(...inputs),
  catPromoted: (_, inputs) => tensor.cat(inputs),

  mm: product("mm"),
  bmm: product("bmm"),
  mv: product("mv"),
  dot: product("dot"),
  outer: product("outer"),
  inner: product("inner"),
  addmm: blend("addmm"),
  addmv: blend("addmv"),
  baddbmm: blend("baddbmm"),
  einsum: (_, inputs, { equation }: { equation: string }) => tensor.einsum(equation, ...inputs),
  tensordot: (x, [, y], { dims }: { dims: number | [number[], number[]] }) => tensor.tensordot(x, y!, dims),

  take: (x, [, index]) => x.take(index!),
  takeAlongDim: (x, [, index], { dim }: Along) => x.takeAlongDim(index!, dim),
  scatter: (x, [, index, source], { dim, value }: { dim: number; value?: number }) =>
    x.scatter(dim, index!, source ?? value!),
  scatterAdd: (x, [, index, source], { dim }: Along) => x.scatterAdd(dim, index!, source!),
  indexAdd: (x, [, index, source], { dim, ...options }: { dim: number; alpha?: number }) =>
    x.indexAdd(dim, index!, source!, options),
  indexCopy: (x, [, index, source], { dim }: Along) => x.indexCopy(dim, index!, source!),
  indexFill: (x, [, index], { dim, value }: { dim: number; value: number }) =>
    x.indexFill(dim, index!, value),
  maskedFill: (x, [, mask, filled], { value }: { value?: number }) => x.maskedFill(mask!, filled ?? value!),
  maskedSelect: (x, [, mask]) => x.maskedSelect(mask!),
  whereMethod: (x, [, condition, other]) => x.where(condition!, other!),
  index: (x, [, ...others], { at }: { at: gb.Index[] }) => x.index(...partsOf(at, others)),
  indexPut: (x, [, values, ...others], { at, ...options }: { at: gb.Index[]; accumulate?: boolean }) =>
    x.indexPut(partsOf(at, others), values!, options),
};
