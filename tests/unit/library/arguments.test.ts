// Arguments that TypeScript refuses are refused at run time, too, where the call stands and with what it needs: cells of a notebook
// run in spite of errors of types.

import { F, nn, noGrad, tensor } from "gradbook";
import { expect, test } from "vitest";

// biome-ignore lint/suspicious/noExplicitAny: what this file is about
const x = tensor.arange(6).reshape(2, 3) as any;
// biome-ignore lint/suspicious/noExplicitAny: as above
const [t, f, n] = [tensor as any, F as any, nn as any];

const CASES: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => x.slice([0, 1]), "slice: needs two positions: slice(start, end), got an array"],
  [() => x.slice(0, "1"), 'slice: needs two positions: slice(start, end), got "1"'],
  [() => x.slice(), "slice: needs two positions: slice(start, end), got nothing"],
  [() => x.slice(0, 1, 1), "slice: needs options such as { dim: 1, step: 2 }, got 1"],
  [() => x.narrow(0, "0", 1), 'narrow: needs a position and a length: narrow(dim, start, length), got "0"'],
  [() => x.reshape("6"), 'reshape: needs whole numbers, or one array of them, got "6"'],
  [() => x.reshape([2, undefined]), "reshape: needs whole numbers, or one array of them, got nothing"],
  [() => x.expand(2.5, 2, 3), "expand: needs whole numbers, or one array of them, got 2.5"],
  [() => x.permute("a", "b"), 'permute: dim must be a whole number, got "a"'],
  [() => x.sum({ dim: "0" }), 'sum: dim must be a whole number, got "0"'],
  [() => x.unsqueeze(), "unsqueeze: dim must be a whole number, got nothing"],
  [() => x.split("a"), 'split: needs a size, or an array of sizes, got "a"'],
  [() => x.matmul(3), "matmul: needs a tensor, got 3"],
  [() => x.matmul([[1], [2], [3]]), "matmul: needs a tensor, got an array; write tensor(...)"],
  [() => x.add([1, 2, 3]), "add: needs a tensor or a number, got an array; write tensor(...)"],
  [() => x.mul(null), "mul: needs a tensor or a number, got null"],
  [() => x.div("2"), 'div: needs a tensor or a number, got "2"'],
  [() => t.sub(1, "2"), 'sub: needs a tensor or a number, got "2"'],
  [() => t.where(true, x, x), "where: needs a tensor of bools, got a boolean"],
  [() => t.cat(x, x), "cat: needs an array of tensors: [a, b], got an object"],
  [() => t.stack([[1], [2]]), "stack: needs an array of tensors, got an array; write tensor(...)"],
  [() => t.full([2]), "full: needs a number, got nothing"],
  [() => x.clamp(0, 1), "clamp: needs options such as { min: 0, max: 1 }, got 0"],
  [() => x.gather(0, [[0]]), "gather: needs a tensor, got an array; write tensor(...)"],
  [() => x.index({}), "index: needs positions, slices, null, or a tensor, got an object"],
  [() => x.indexSelect(0, 1), "index: needs positions as a tensor or an array, got 1"],
  // biome-ignore lint/suspicious/noExplicitAny: as above
  [() => (noGrad as any)(), "noGrad: needs a function, as in noGrad(() => model(x)), got nothing"],
  [
    () => x.to("float64"),
    'to: needs a tensor, or one of float32, int32, bool, float16, uint8, got "float64"',
  ],
  [
    () => f.crossEntropy(x.float(), [0, 1]),
    "crossEntropy: needs a target as a tensor, got an array; write tensor(...)",
  ],
];

const LAYERS: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => n.Linear(10), "Linear: outFeatures must be a whole number >= 0, got nothing"],
  [() => n.Linear("a", 3), 'Linear: inFeatures must be a whole number >= 0, got "a"'],
  [() => n.Conv2d(1, 2.5, 3), "Conv2d: outChannels must be a whole number >= 1, got 2.5"],
  [() => n.BatchNorm1d(), "BatchNorm1d: numFeatures must be a whole number >= 1, got nothing"],
  [() => n.Embedding(10, null), "Embedding: embeddingDim must be a whole number >= 1, got null"],
];

test.each(CASES)("%s", (call, message) => {
  expect(call).toThrow(new TypeError(message));
});

test.each(LAYERS)("%s", (call, message) => {
  expect(call).toThrow(new RangeError(message));
});

test("a model without forward", () => {
  class Unfinished extends n.Module {}
  expect(() => (new Unfinished() as (x: unknown) => unknown)(x)).toThrow(
    "Unfinished: has no forward; write it",
  );
});

test("softmax takes its dim as a number, too", () => {
  expect(f.softmax(tensor([[0, 0]]), 1).toArray()).toEqual([[0.5, 0.5]]);
});
