// Results that come together can be taken by their names, or in PyTorch's order; and the ways to say a dim and a divisor.

import * as gb from "gradbook";
import { expect, test } from "vitest";

const { F, tensor } = gb;

const x = tensor([
  [1, 5, 2],
  [4, 3, 6],
]);

test.each<[what: string, results: Iterable<gb.Tensor>, names: string[]]>([
  ["topk", x.topk(2), ["values", "indices"]],
  ["sort", x.sort(1), ["values", "indices"]],
  ["max", x.max(0), ["values", "indices"]],
  ["median", x.median(1), ["values", "indices"]],
  ["kthvalue", x.kthvalue(1), ["values", "indices"]],
  ["cummax", x.cummax({ dim: 1 }), ["values", "indices"]],
  ["varMean", x.varMean({ dim: 1, correction: 0 }), ["var", "mean"]],
  ["stdMean", x.stdMean(), ["std", "mean"]],
  ["aminmax", x.aminmax({ dim: 0 }), ["min", "max"]],
  ["unique", x.unique({ returnCounts: true }), ["output", "inverse", "counts"]],
  ["maxPool1dWithIndices", F.maxPool1dWithIndices(x, 2), ["values", "indices"]],
  ["adaptiveMaxPool1dWithIndices", F.adaptiveMaxPool1dWithIndices(x, 2), ["values", "indices"]],
])("%s", (_, results, names) => {
  expect(Object.keys(results)).toEqual(names);
  const named: unknown[] = Object.values(results);
  expect([...results].map((one, i) => one === named[i])).toEqual(names.map(() => true));
});

test("the variance is the sum of squares over n - correction", () => {
  const row = tensor([1, 2, 4, 9]);
  for (const correction of [0, 1, 2])
    expect(row.var({ correction }).item()).toBeCloseTo(38 / (4 - correction), 5);
  expect(row.std({ unbiased: false }).item()).toBe(row.std({ correction: 0 }).item());
  expect(tensor([1]).var().item()).toBeNaN();
});

test.each([
  ["an option of sort() that is none", () => x.sort(1, true as never), "sort: needs options"],
  ["a misspelled one of topk()", () => x.topk(1, { larges: false } as never), 'topk: has no option "larges"'],
  [
    "numbers of histc() without names",
    () => x.histc(4 as never),
    "histc: needs options such as { bins: ... }",
  ],
  ["a number of nanToNum()", () => x.nanToNum(0 as never), "nanToNum: needs options such as { nan: ... }"],
  [
    "tensors of meshgrid() that are in no list",
    () => tensor.meshgrid(x as never),
    "an array of tensors: [a, b]",
  ],
  [
    "classes of oneHot() in an object",
    () => F.oneHot(x.int(), { numClasses: 3 } as never),
    "oneHot(classes, 10)",
  ],
  ["no dim of softmax()", () => x.softmax(undefined as never), "softmax: needs options such as { dim: ... }"],
])("%s: says so", (_, call, message) => {
  expect(call).toThrow(message);
});
