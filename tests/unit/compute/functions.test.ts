// The elementary functions of the devices that generate code, against double precision: errors in units in the last place, and
// what becomes of NaN, infinities, zeros and denormals.

import { erf } from "gradbook/compute/reference/functions";
import type { UnaryOp } from "gradbook/graph/expr";
import { describe, expect, it } from "vitest";
import { appliedOn, grid, magnitudes, powersOn, ulp } from "./elementary.js";
import { testedDevice } from "./harness.js";

const device = testedDevice();

const applied = (op: UnaryOp, xs: readonly number[]): number[] => appliedOn(device, op, xs);
const powers = (xs: readonly number[]): number[] => powersOn(device, xs);

function worst(
  op: UnaryOp,
  exact: (x: number) => number,
  xs: readonly number[],
): { error: number; at: number } {
  let [error, at] = [0, Number.NaN];
  applied(op, xs).forEach((y, i) => {
    const expected = exact(xs[i]!);
    const off = Math.abs(y - expected) / ulp(expected);
    if (!(off <= error)) [error, at] = [off, xs[i]!];
  });
  return { error, at };
}

/** Whether y is exp(x), within 1.01 units in the last place; what is denormal may count as 0. */
function isPower(y: number, x: number): boolean {
  const expected = Math.exp(x);
  return Math.abs(y - expected) <= 1.01 * ulp(expected) || (y === 0 && expected < 2 ** -126);
}

describe("errors in units in the last place", () => {
  const cases: readonly [UnaryOp, (x: number) => number, readonly number[], number][] = [
    ["exp", Math.exp, grid(-87.3, 88.7), 1.01],
    ["exp", Math.exp, magnitudes(-60, 0), 1.01],
    ["expm1", Math.expm1, grid(-20, 88.7), 2],
    ["expm1", Math.expm1, grid(-1, 1), 2],
    ["expm1", Math.expm1, magnitudes(-126, -1), 2],
    ["log", Math.log, magnitudes(-148, 127.9, [1]), 1.01],
    ["log", Math.log, grid(0.5, 2), 1.01],
    ["log1p", Math.log1p, grid(-0.999, 3), 2],
    ["log1p", Math.log1p, magnitudes(-126, 127, [1]), 2],
    ["tanh", Math.tanh, grid(-10, 10), 2],
    ["tanh", Math.tanh, magnitudes(-126, 6), 2],
    ["sigmoid", (x) => 1 / (1 + Math.exp(-x)), grid(-87, 40), 3],
    ["erf", erf, grid(-6, 6), 2],
    ["erf", erf, magnitudes(-120, 3), 2],
    ["sin", Math.sin, grid(-100, 100), 1],
    ["sin", Math.sin, magnitudes(-126, 128), 1],
    ["cos", Math.cos, grid(-100, 100), 1],
    ["cos", Math.cos, magnitudes(-126, 128), 1],
    ["atan", Math.atan, grid(-3, 3), 1],
    ["atan", Math.atan, magnitudes(-126, 128), 1],
    ["rsqrt", (x) => 1 / Math.sqrt(x), magnitudes(-120, 120, [1]), 1.5],
  ];
  it.each(cases)("%s", (op, exact, xs, limit) => {
    const { error, at } = worst(op, exact, xs);
    expect(error, `worst at ${at}`).toBeLessThanOrEqual(limit);
  });

  it("exp, where the result is denormal and may count as 0", () => {
    const xs = grid(-103, -87.4);
    expect(applied("exp", xs).filter((y, i) => !isPower(y, xs[i]!))).toEqual([]);
  });
});

// The CPU has a shorter way for these.
describe("exp of what is left of a row without its maximum", () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

  it("is within 1.01 units in the last place; denormal results may count as 0", () => {
    const xs = [0, ...grid(-103.9, 0), ...magnitudes(-60, 0, [-1])];
    expect(powers(xs).flatMap((y, i) => (isPower(y, xs[i]!) ? [] : [[xs[i], y]]))).toEqual([]);
  });

  it("is PyTorch's at the edges", () => {
    expect(powers([-inf, 3, -200, 3, -1e38])).toEqual([0, 1, 0, 1, 0]);
    expect(powers([-inf, -inf])).toEqual([nan, nan]);
    expect(powers([inf, 0, -inf])).toEqual([nan, 0, 0]);
    expect(powers([0, nan, 1, -inf])).toEqual([nan, nan, nan, nan]);
  });
});

describe("special values", () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  const cases: readonly [UnaryOp, readonly (readonly [number, number])[]][] = [
    [
      "exp",
      [
        [0, 1],
        [-0, 1],
        [inf, inf],
        [-inf, 0],
        [nan, nan],
        [88.8, inf],
        [-104, 0],
        [3e38, inf],
      ],
    ],
    [
      "expm1",
      [
        [0, 0],
        [-0, -0],
        [inf, inf],
        [-inf, -1],
        [nan, nan],
        [89, inf],
        [-40, -1],
      ],
    ],
    [
      "log",
      [
        [0, -inf],
        [-0, -inf],
        [1, 0],
        [inf, inf],
        [-1, nan],
        [-inf, nan],
        [nan, nan],
      ],
    ],
    [
      "log1p",
      [
        [0, 0],
        [-0, -0],
        [-1, -inf],
        [inf, inf],
        [-1.5, nan],
        [-inf, nan],
        [nan, nan],
      ],
    ],
    [
      "tanh",
      [
        [0, 0],
        [-0, -0],
        [inf, 1],
        [-inf, -1],
        [nan, nan],
        [1e30, 1],
      ],
    ],
    [
      "sigmoid",
      [
        [0, 0.5],
        [inf, 1],
        [-inf, 0],
        [nan, nan],
        [-200, 0],
        [200, 1],
      ],
    ],
    [
      "erf",
      [
        [0, 0],
        [-0, -0],
        [inf, 1],
        [-inf, -1],
        [nan, nan],
        [1e30, 1],
      ],
    ],
    [
      "sign",
      [
        [3, 1],
        [-3, -1],
        [0, 0],
        [-0, 0],
        [inf, 1],
        [nan, 0],
      ],
    ],
    [
      "round",
      [
        [0.5, 0],
        [1.5, 2],
        [2.5, 2],
        [-0.5, -0],
        [-1.5, -2],
        [nan, nan],
        [inf, inf],
      ],
    ],
    [
      "rsqrt",
      [
        [0, inf],
        [inf, 0],
        [-1, nan],
        [4, 0.5],
      ],
    ],
  ];
  it.each(cases)("%s", (op, pairs) => {
    const results = applied(
      op,
      pairs.map(([x]) => x),
    );
    pairs.forEach(([x, expected], i) => {
      expect(results[i], `${op}(${x})`).toSatisfy((y: number) => Object.is(y, expected) || y === expected);
    });
    // Alone and in the last, shorter vector of a row as well.
    for (const [x, expected] of pairs)
      expect(applied(op, [x])[0]).toEqual(expected === 0 ? expect.closeTo(0) : expected);
  });
});
