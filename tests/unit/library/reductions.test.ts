// The ways a reduction is told its axes mean the same.

import { tensor } from "gradbook";
import { expect, expectTypeOf, test } from "vitest";

const x = tensor([
  [1, 2, 3],
  [4, 9, 6],
]);

test("a dim, a dim with options, and options alone", () => {
  expect(x.sum().toArray()).toBe(25);
  expect(x.sum(1).toArray()).toEqual([6, 19]);
  expect(x.sum([0, 1]).toArray()).toBe(25);
  expect(x.sum(1, { keepdim: true }).toArray()).toEqual([[6], [19]]);
  expect(x.sum({ dim: 1, keepdim: true }).toArray()).toEqual([[6], [19]]);
  expect(x.argmax(1, { keepdim: true }).toArray()).toEqual([[2], [1]]);
  expect(x.var(0, { unbiased: false }).toArray()).toEqual([2.25, 12.25, 2.25]);
});

test("max and min give values and positions along a dim, one number without", () => {
  expectTypeOf(x.max()).not.toHaveProperty("values");
  expect(x.max().toArray()).toBe(9);
  const { values, indices } = x.max(1, { keepdim: true });
  expect([values.toArray(), indices.toArray()]).toEqual([
    [[3], [9]],
    [[2], [1]],
  ]);
  expect(x.min({ dim: 0 }).values.toArray()).toEqual([1, 2, 3]);
});

test.each([4_096, 4_097, 5_000, 8_192, 50_000])(
  "whole numbers and truths over %i elements are all counted",
  (n) => {
    const ones = tensor.ones(n, { dtype: "int32" });
    expect(ones.sum().item()).toBe(n);
    expect(ones.amax().item()).toBe(1);
    expect(ones.prod().item()).toBe(1);
    expect(ones.eq(1).sum().item()).toBe(n);
    expect(ones.equal(ones.clone())).toBe(true);
  },
);
