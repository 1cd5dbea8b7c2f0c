// Tensors made after others, and tensors that agree.

import { tensor } from "gradbook";
import { expect, test } from "vitest";

test("zerosLike and onesLike take shape and type, and give way to options", () => {
  const like = tensor.full([2, 3], 7, { dtype: "int32" });
  const [zeros, ones] = [tensor.zerosLike(like), tensor.onesLike(like, { dtype: "float32" })];
  expect([zeros.shape, zeros.dtype, zeros.toArray()]).toEqual([
    [2, 3],
    "int32",
    [Array(3).fill(0), Array(3).fill(0)],
  ]);
  expect([ones.shape, ones.dtype, ones.sum().item()]).toEqual([[2, 3], "float32", 6]);
});

// numpy.allclose and torch.allclose: |a - b| <= atol + rtol * |b|
test.each([
  ["equal", [1, 2], [1, 2], {}, true],
  ["within rtol of the second", [100.0005], [100], {}, true],
  ["outside it", [100.01], [100], {}, false],
  ["one element of many", [1, 2, 3], [1, 2, 4], {}, false],
  ["within atol", [0.5], [0], { atol: 0.5 }, true],
  ["equal infinities", [Infinity, -Infinity], [Infinity, -Infinity], {}, true],
  ["opposite infinities", [Infinity], [-Infinity], {}, false],
  ["infinity and a number", [1], [Infinity], {}, false],
  ["NaN", [Number.NaN], [Number.NaN], {}, false],
  ["NaN, asked for", [Number.NaN, 1], [Number.NaN, 1], { equalNan: true }, true],
])("allclose: %s", (_, a, b, options, expected) => {
  expect(tensor.allclose(tensor(a), tensor(b), options)).toBe(expected);
});
