// Wrong input to the tensor operations that choose, order, cut and combine: each mistake is told with names, shapes and remedy.

import * as gb from "gradbook";
import { expect, test } from "vitest";

const { tensor, F } = gb;
const int = (values: gb.NestedArray): gb.Tensor => tensor(values, { dtype: "int32" });
const x = tensor.zeros(2, 3);

const MISTAKES: readonly (readonly [string, () => unknown, RegExp])[] = [
  [
    "gather with too few dims",
    () => x.gather(1, int([0])),
    /gather: index \[1\] for \[2, 3\]; it needs as many dims/,
  ],
  [
    "gather beyond",
    () => x.gather(1, int([[3]])).toArray(),
    /gather: index 3 is out of range for dim 1 of \[2, 3\]/,
  ],
  ["gather with floats", () => x.gather(1, tensor([[0]])), /int32, got float32.*\.int\(\)/],
  [
    "scatter from too little",
    () => x.scatter(1, int([[0, 1]]), tensor([[1]])),
    /scatter: source \[1, 1\] has too few/,
  ],
  [
    "scatterAdd beyond",
    () => x.scatterAdd(0, int([[5]]), tensor([[1]])).toArray(),
    /scatterAdd: index 5.*dim 0/,
  ],
  [
    "indexAdd of a wrong source",
    () => x.indexAdd(0, [0], tensor.zeros(3)),
    /indexAdd: .*needs a 1-d index and a source \[1, 3\]/,
  ],
  [
    "indexCopy beyond",
    () => x.indexCopy(0, [2], tensor.zeros(1, 3)).toArray(),
    /indexCopy: index 2 is out of range for dim 0/,
  ],
  [
    "take beyond",
    () => x.take([6]).toArray(),
    /take: index 6 is out of range for \[2, 3\], which has 6 elements/,
  ],
  ["takeAlongDim", () => x.takeAlongDim(int([0]), 0), /takeAlongDim: index \[1\] for \[2, 3\]/],
  [
    "index with too many parts",
    () => x.index(0, 0, 0),
    /index: \[2, 3\] has 2 dims, but the parts stand for 3/,
  ],
  ["index with two ellipses", () => x.index("...", "..."), /"\.\.\." is there more than once/],
  ["index by text", () => x.index("first"), /index: "first" is no slice; write "start:end"/],
  ["index backwards", () => x.index("::-1"), /slice: step.*-1.*\.flip\(\)/],
  [
    "index by a mask of another shape",
    () => x.index(tensor([true, false, true])),
    /index: a mask \[3\] for dims \[2\]/,
  ],
  [
    "index by floats",
    () => x.index(tensor([0])),
    /index tensors must be int32 or bool, got float32.*\.int\(\)/,
  ],
  [
    "index beyond",
    () => x.index([0, -3]).toArray(),
    /index: a position is out of range for dim 0 of \[2, 3\]/,
  ],
  [
    "index tensors that do not fit together",
    () => x.index([0, 1], [0, 1, 2]),
    /index: shapes \[2\] and \[3\]/,
  ],
  [
    "maskedFill by numbers",
    () => x.maskedFill(tensor([0, 1, 0]), 1),
    /maskedFill: the mask must be bool, got float32.*compare/,
  ],
  ["maskedSelect", () => x.maskedSelect(tensor([true, false])), /maskedSelect: shapes \[2, 3\] and \[2\]/],
  ["topk of too many", () => x.topk(4), /topk: k = 4 does not fit dim -1 of \[2, 3\]/],
  ["kthvalue 0", () => x.kthvalue(0), /kthvalue: k = 0 does not fit/],
  ["quantile above 1", () => x.quantile(50), /quantile: q must be from 0 to 1, got 50/],
  ["median of nothing", () => tensor.zeros(0).median(), /median: \[0\] has no element/],
  [
    "bincount of floats",
    () => tensor([1]).bincount(),
    /bincount: needs whole numbers in one dim, got float32 \[1\]/,
  ],
  [
    "oneHot of floats",
    () => F.oneHot(tensor([1])),
    /oneHot: class numbers must be int32, got float32.*\.int\(\)/,
  ],
  ["oneHot beyond", () => F.oneHot(int([3]), 3).toArray(), /oneHot: class 3 is out of range for 3 classes/],
  ["sort over a dim that is not there", () => x.sort(2), /sort: dim 2 is out of range for 2 dimensions/],
  [
    "repeat with too few numbers",
    () => x.repeat(2),
    /repeat: \[2, 3\] has 2 dims, but only 1 numbers are given/,
  ],
  [
    "repeatInterleave",
    () => x.repeatInterleave([1, 2, 3], { dim: 0 }),
    /repeatInterleave: dim 0.*needs 2 counts, got 3/,
  ],
  ["roll", () => x.roll([1, 2], [0]), /roll: needs one shift for each dim, got 2 and 1/],
  ["unflatten", () => x.unflatten(1, [2, 2]), /unflatten: dim 1 of \[2, 3\] cannot become \[2, 2\]/],
  ["movedim", () => x.movedim([0, 1], [0]), /movedim: needs as many different sources as destinations/],
  ["tril of a vector", () => tensor([1]).tril(), /tril: needs at least 2 dims, got \[1\]/],
  [
    "diagonal of one dim",
    () => x.diagonal({ dim1: 0, dim2: -2 }),
    /diagonal: needs two different dims, got 0 and -2/,
  ],
  ["diag of a stack", () => tensor.zeros(1, 2, 2).diag(), /diag: needs a vector or a matrix.*\.diagonal\(\)/],
  ["cat of numbers", () => tensor.cat([tensor(1), tensor(2)]), /cat: 0-d tensors.*tensor\.stack/],
  [
    "mm of a vector",
    () => x.mm(tensor.zeros(3)),
    /mm: needs a matrix and a matrix, got \[2, 3\] and \[3\]; matmul/,
  ],
  [
    "bmm of different stacks",
    () => tensor.zeros(2, 1, 1).bmm(tensor.zeros(3, 1, 1)),
    /bmm: .*different numbers of matrices/,
  ],
  ["dot of matrices", () => x.dot(x), /dot: needs a vector and a vector/],
  [
    "einsum with a letter too many",
    () => tensor.einsum("ijk->i", x),
    /einsum: "ijk->i" with \[2, 3\]: "ijk" has 3 letters for 2 dims/,
  ],
  [
    "einsum with extents that differ",
    () => tensor.einsum("ij,ij->ij", x, tensor.zeros(3, 2)),
    /"i" has extents 2 and 3/,
  ],
  [
    "einsum with an operand too few",
    () => tensor.einsum("ij,jk->ik", x),
    /it has 2 operands, but 1 are given/,
  ],
  ["einsum into nothing", () => tensor.einsum("ij->k", x), /"k" is in the result, but in no operand/],
  [
    "tensordot",
    () => tensor.tensordot(x, x, 1),
    /tensordot: dims \[1\] of \[2, 3\] and \[0\] of \[2, 3\] must have equal extents/,
  ],
  ["bits of floats", () => x.bitwiseAnd(1), /bitwiseAnd: needs whole numbers or bools, got float32/],
  [
    "a negative power of whole numbers",
    () => int([2]).pow(-1),
    /pow: int32 has no negative powers such as -1.*\.float\(\)/,
  ],
  [
    "a fraction in place",
    () => int([1]).add_(0.5),
    /add_: the result is float32 and the tensor int32.*\.add\(\)/,
  ],
  [
    "gradients of whole numbers",
    () => int([1]).requiresGrad_(),
    /only float32 and float16 have gradients, got int32/,
  ],
  [
    "matmul of two types",
    () => x.matmul(tensor.zeros(3, 2).half()),
    /matmul: .*float32 and float16.*\.float\(\)/,
  ],
  [
    "an optimizer for float16",
    () => new gb.optim.SGD([tensor([1], { dtype: "float16", requiresGrad: true })], { lr: 0.1 }),
    /SGD: parameters must be float32, got float16.*\.float\(\)/,
  ],
  ["bucketize", () => tensor.bucketize(x, x), /bucketize: boundaries must be 1-d, got \[2, 3\]/],
  ["arange without an end in sight", () => tensor.arange(0, Infinity), /arange: needs finite numbers/],
];

test.each(MISTAKES)("%s", (_name, mistake, message) => {
  expect(mistake).toThrow(message);
});

test("operators on tensors throw with the remedy", () => {
  const loss = tensor(1.5) as unknown as number;
  expect(() => loss + 1).toThrow(/no operators.*a\.add\(b\)/);
  expect(() => loss > 2).toThrow(/no operators.*a\.gt\(b\).*\.item\(\)/);
  expect(() => -loss).toThrow(/no operators/);
  expect(`${loss}`).toBe("tensor(1.5000)");
});
