// Random tensors for a seed, and counted ones, against PyTorch's (tests/golden/draws.json).

import { manualSeed, type Tensor, tensor } from "gradbook";
import { expect, test } from "vitest";
import { valuesOf } from "../library/support.js";
import { decode, type GoldenTensor, load } from "../parity/golden.js";

interface Draw extends GoldenTensor {
  readonly id: string;
  /** The next uniform number: as many were drawn. */
  readonly following: readonly [number];
}

const { draws, counted } = load<{ draws: Draw[]; counted: (GoldenTensor & { id: string })[] }>("draws");
const shares = tensor([0.1, 0.2, 0.3, 0.4]);

const DRAWS: { readonly [id: string]: () => Tensor } = {
  bernoulli: () => tensor.bernoulli(tensor.linspace(0, 1, 24).reshape(4, 6)),
  bernoulli_: () => tensor.zeros(20).bernoulli_(0.3),
  exponential_: () => tensor.zeros(20).exponential_(2),
  multinomial: () => tensor.multinomial(shares, 3),
  multinomialRows: () =>
    tensor.multinomial(
      tensor([
        [1, 2, 3, 0, 5],
        [3, 3, 0, 1, 1],
      ]),
      4,
    ),
  multinomialReplaced: () => tensor.multinomial(shares, 12, { replacement: true }),
  normalNumbers: () => tensor.normal(10, 2, [5]),
  normalTensors: () => tensor.normal(tensor.arange(4).float(), tensor([1, 0.5, 2, 0.1])),
  randint: () => tensor.randint(7, [9]),
  uniform_: () => tensor.zeros(6).uniform_(-1, 1),
  normal_: () => tensor.zeros(18).normal_(1, 3),
};

/** float32 has 7 digits; some of these are scaled and shifted by numbers of their own. */
const near = (actual: number[], expected: number[]): void => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((x, i) => {
    expect(Math.abs(x - expected[i]!)).toBeLessThanOrEqual(2e-7 * Math.max(1, Math.abs(expected[i]!)));
  });
};

test.each(draws)("$id draws PyTorch's numbers", ({ id, dtype, shape, data, following }) => {
  manualSeed(42);
  const drawn = DRAWS[id]!();
  expect([drawn.dtype, drawn.shape]).toEqual([dtype, shape]);
  near(valuesOf(drawn), decode(data));
  near(valuesOf(tensor.rand(1)), [...following]);
});

const COUNTED: { readonly [id: string]: () => Tensor } = {
  linspace: () => tensor.linspace(-1, 2, 7),
  logspace: () => tensor.logspace(-1, 1, 5, { base: 2 }),
  arange: () => tensor.arange(1, 2, 0.3),
  eye: () => tensor.eye(2, 3),
  trilIndices: () => tensor.trilIndices(3, 4, -1),
  triuIndices: () => tensor.triuIndices(3, 4, 1),
};

test.each(counted)("$id", ({ id, dtype, shape, data }) => {
  const made = COUNTED[id]!();
  expect([made.dtype, made.shape]).toEqual([dtype, shape]);
  near(valuesOf(made), decode(data));
});

test("tensors like another take its shape and type", () => {
  const like = tensor.zeros([2, 3], { dtype: "int32" });
  expect([tensor.fullLike(like, 7), tensor.emptyLike(like)].map((x) => [x.shape, x.dtype])).toEqual([
    [[2, 3], "int32"],
    [[2, 3], "int32"],
  ]);
  expect(tensor.randintLike(tensor.zeros(4), 3, 4).toArray()).toEqual([3, 3, 3, 3]);
  manualSeed(42);
  const first = tensor.randnLike(like);
  manualSeed(42);
  expect(first.toArray()).toEqual(tensor.randn(2, 3).toArray());
});

test.each([
  [
    "negative weights",
    () => tensor.multinomial(tensor([-1, 2]), 1),
    /multinomial: weights must be finite, not negative/,
  ],
  ["weights of 0", () => tensor.multinomial(tensor([0, 0]), 1), /not all 0/],
  [
    "too many without replacement",
    () => tensor.multinomial(tensor([1, 1]), 3),
    /cannot draw 3 of 2.*replacement: true/,
  ],
  ["a probability above 1", () => tensor.bernoulli(tensor([1.5])), /bernoulli: probabilities.*1\.5/],
  ["a rate of 0", () => tensor.zeros(2).exponential_(0), /exponential: the rate.*got 0/],
  ["normal without a shape", () => tensor.normal(0, 1), /normal: two numbers need a shape/],
])("%s", (_, mistake, message) => {
  expect(mistake).toThrow(message);
});
