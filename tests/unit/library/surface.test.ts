// The tensor surface: PyTorch's names that the library promises, and where each is found. A table of what is covered is printed.

import * as gb from "gradbook";
import { afterAll, expect, test } from "vitest";

/** PyTorch's names by family: torch.NAME, Tensor.NAME (what begins with a dot), F.NAME (with "F."). */
const PYTORCH = {
  creation: `tensor zeros ones full empty zeros_like ones_like full_like empty_like eye arange linspace logspace
    tril_indices triu_indices meshgrid`,
  random: `rand randn randint randperm normal bernoulli multinomial rand_like randn_like randint_like manual_seed
    .uniform_ .normal_ .bernoulli_ .exponential_`,
  arithmetic: `add sub mul div floor_divide remainder fmod pow maximum minimum fmax fmin clamp lerp addcmul addcdiv neg abs sign
    square sqrt rsqrt reciprocal bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift`,
  functions: `exp exp2 expm1 log log2 log10 log1p logit sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh sigmoid
    erf erfc relu softmax log_softmax floor ceil round trunc frac isnan isinf isfinite nan_to_num F.softplus`,
  comparison: `eq ne lt le gt ge logical_and logical_or logical_xor logical_not isclose allclose equal where .where`,
  reduction: `sum nansum mean nanmean prod var std var_mean std_mean norm logsumexp amax amin aminmax max min argmax argmin any all
    count_nonzero median quantile histc cumsum cumprod logcumsumexp cummax cummin diff`,
  movement: `reshape .view .view_as .reshape_as flatten ravel unflatten squeeze unsqueeze .expand .expand_as broadcast_to
    broadcast_tensors permute transpose swapaxes t .T .mT movedim flip fliplr flipud roll rot90 chunk split tensor_split unbind cat
    stack hstack vstack .repeat tile repeat_interleave F.pad tril triu diag diagonal diag_embed trace`,
  indexing: `select narrow index_select index_add index_copy index_fill gather take_along_dim take scatter scatter_add masked_select
    nonzero argwhere sort argsort msort topk kthvalue unique bincount searchsorted bucketize F.one_hot .masked_fill .index_put`,
  products: `matmul mm bmm mv dot inner outer addmm addmv baddbmm einsum tensordot`,
  types: `.to .type_as .float .half .int .long .byte .bool .item .size .numel .clone .detach .contiguous`,
  inPlace: `.add_ .sub_ .mul_ .div_ .floor_divide_ .remainder_ .fmod_ .pow_ .clamp_ .lerp_ .addcmul_ .addcdiv_ .addmm_ .addmv_
    .baddbmm_ .neg_ .abs_ .sign_ .square_ .sqrt_ .rsqrt_ .reciprocal_ .exp_ .exp2_ .expm1_ .log_ .log2_ .log10_ .log1p_ .logit_
    .sin_ .cos_ .tan_ .asin_ .acos_ .atan_ .atan2_ .sinh_ .cosh_ .tanh_ .asinh_ .acosh_ .atanh_ .sigmoid_ .erf_ .erfc_ .relu_
    .floor_ .ceil_ .round_ .trunc_ .frac_ .nan_to_num_ .eq_ .ne_ .lt_ .le_ .gt_ .ge_ .logical_and_ .logical_or_ .logical_xor_
    .logical_not_ .bitwise_and_ .bitwise_or_ .bitwise_xor_ .bitwise_not_ .bitwise_left_shift_ .bitwise_right_shift_ .cumsum_
    .cumprod_ .tril_ .triu_ .masked_fill_ .index_add_ .index_copy_ .index_fill_ .index_put_ .scatter_ .scatter_add_ .fill_ .zero_
    .copy_ .fill_diagonal_`,
  gradients: `no_grad enable_grad is_grad_enabled .backward .grad .requires_grad .requires_grad_ .retain_grad .is_leaf .data`,
} as const;

const camel = (name: string): string =>
  name.replace(/_(?=.)([a-z0-9])/g, (_, next: string) => next.toUpperCase());

const families = Object.entries(PYTORCH).map(
  ([family, names]) => [family, names.trim().split(/\s+/)] as const,
);
const covered = new Map<string, number>();

afterAll(() => {
  const total = families.reduce((sum, [, names]) => sum + names.length, 0);
  const found = [...covered.values()].reduce((sum, n) => sum + n, 0);
  const rows = families.map(
    ([family, names]) => `  ${family.padEnd(12)} ${covered.get(family)} / ${names.length}`,
  );
  console.log([`tensor surface: ${found} / ${total} of PyTorch's names`, ...rows].join("\n"));
});

function isThere(name: string): boolean {
  const example = gb.tensor([[1]]);
  if (name.startsWith("F.")) return typeof (gb.F as never)[camel(name.slice(2))] === "function";
  if (name.startsWith(".")) return camel(name.slice(1)) in example;
  if (name === "tensor") return typeof gb.tensor === "function";
  return typeof (gb.tensor as never)[camel(name)] === "function";
}

test.each(families)("%s", (family, names) => {
  const missing = names.filter((name) => !isThere(name));
  covered.set(family, names.length - missing.length);
  expect(missing).toEqual([]);
});

test("no name is listed twice", () => {
  const all = families.flatMap(([, names]) => names);
  expect(all.filter((name, i) => all.indexOf(name) !== i)).toEqual([]);
});

test("every method that is a function, too, gives the same", () => {
  const x = gb.tensor([
    [3, 1, 2],
    [4, 6, 5],
  ]);
  const calls: readonly (readonly [gb.Tensor, gb.Tensor])[] = [
    [gb.tensor.exp(x), x.exp()],
    [gb.tensor.sum(x, 1, { keepdim: true }), x.sum(1, { keepdim: true })],
    [gb.tensor.max(x, 1).indices, x.max(1).indices],
    [gb.tensor.max(x), x.max()],
    [gb.tensor.sort(x, { descending: true }).values, x.sort({ descending: true }).values],
    [gb.tensor.chunk(x, 2)[1]!, x.chunk(2)[1]],
    [gb.tensor.median(x, 0).values, x.median(0).values],
    [gb.tensor.topk(x, 2, 1).values, x.topk(2, 1).values],
    [gb.tensor.unique(x.remainder(2)), x.remainder(2).unique()],
  ];
  for (const [asFunction, asMethod] of calls) expect(asFunction.toArray()).toEqual(asMethod.toArray());
});

test("in-place forms change the tensor and give it back, and what was computed before keeps its meaning", () => {
  const x = gb.tensor([1, -2, 3]);
  const before = x.mul(10);
  expect(x.abs_().add_(1, { alpha: 2 }).clamp_({ max: 4 })).toBe(x);
  expect(x.toArray()).toEqual([3, 4, 4]);
  expect(before.toArray()).toEqual([10, -20, 30]);
  expect(x.indexPut_([[0, 2]], 9).toArray()).toEqual([9, 4, 9]);
  expect(x.gt_(5).toArray()).toEqual([1, 0, 1]);
  const whole = gb.tensor([1, 2], { dtype: "int32" });
  expect(() => whole.div_(2)).toThrow("div_: the result is float32 and the tensor int32");
  expect(whole.mul_(3).toArray()).toEqual([3, 6]);
});
