// Routines (sorting, scans, scattering) between generated kernels: against their definitions, on both devices, with inputs
// that are computed in the same plan and results that are used in it.

import * as gb from "gradbook";
import { beforeAll, describe, expect, it } from "vitest";
import { seeded, valuesOf } from "../library/support.js";
import { DEVICES, useDevice } from "../parity/library.js";

const { tensor } = gb;
const SHAPES: readonly (readonly [shape: readonly number[], dim: number])[] = [
  [[7], 0],
  [[3, 5], 0],
  [[3, 5], 1],
  [[2, 300, 3], 1],
  [[4, 0], 1],
  [[1], 0],
];

/** The elements of each line along `dim`, as lists of flat positions. */
function lines(shape: readonly number[], dim: number): number[][] {
  const inner = shape.slice(dim + 1).reduce((product, n) => product * n, 1);
  const starts = shape.reduce((product, n) => product * n, 1) / Math.max(shape[dim]!, 1);
  return Array.from({ length: starts }, (_, line) => {
    const start = Math.floor(line / inner) * shape[dim]! * inner + (line % inner);
    return Array.from({ length: shape[dim]! }, (_, i) => start + i * inner);
  });
}

const draw = (shape: readonly number[], seed: number, levels: number): gb.Tensor => {
  const random = seeded(seed);
  const count = shape.reduce((product, n) => product * n, 1);
  const numbers = Float32Array.from({ length: count }, () => Math.floor(random() * levels) - levels / 2);
  return tensor(numbers).reshape(shape);
};

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  it.each(SHAPES)("argsort of %j along %i orders, keeps ties, and is a permutation", (shape, dim) => {
    const x = draw(shape, 1, 20);
    const values = valuesOf(x);
    for (const descending of [false, true]) {
      // of a computed value, and used by one
      const order = valuesOf(x.mul(0.5).argsort({ dim, descending }).add(0));
      for (const line of lines(shape, dim)) {
        const positions = line.map((at) => order[at]!);
        const wanted = line
          .map((_, i) => i)
          .sort((a, b) => (values[line[a]!]! - values[line[b]!]!) * (descending ? -1 : 1) || a - b);
        expect(positions).toEqual(wanted);
      }
    }
  });

  it("argsort puts NaN last, infinities at the ends, and does not tell 0 from -0", () => {
    const x = tensor([Number.NaN, 1, -0, Number.POSITIVE_INFINITY, 0, Number.NEGATIVE_INFINITY, -1e-40, -3]);
    expect(valuesOf(x.argsort())).toEqual([5, 7, 6, 2, 4, 1, 3, 0]);
    expect(valuesOf(x.argsort({ descending: true }))).toEqual([0, 3, 1, 2, 4, 6, 7, 5]);
    const whole = tensor([3, -(2 ** 31), 2 ** 31 - 1, -1], { dtype: "int32" });
    expect(valuesOf(whole.argsort())).toEqual([1, 3, 0, 2]);
  });

  it.each(SHAPES)(
    "topk of %j along %i is the start of the sorted order, for few and for many",
    (shape, dim) => {
      const x = draw(shape, 6, 20);
      for (const largest of [false, true]) {
        const order = x.argsort({ dim, descending: largest });
        for (const k of [0, 1, 3, 100, shape[dim]!].filter((count) => count <= shape[dim]!)) {
          expect(x.topk(k, { dim, largest }).indices.toArray()).toEqual(order.narrow(dim, 0, k).toArray());
        }
      }
    },
  );

  it.each(SHAPES)("cumsum of %j along %i", (shape, dim) => {
    const x = draw(shape, 2, 30);
    const [values, sums] = [valuesOf(x), valuesOf(x.add(1).cumsum(dim).mul(2))];
    for (const line of lines(shape, dim)) {
      let sum = 0;
      for (const at of line) {
        sum += values[at]! + 1;
        expect(sums[at]).toBe(2 * sum);
      }
    }
  });

  it.each(SHAPES)("scatter into %j along %i undoes gather with the same permutation", (shape, dim) => {
    const x = draw(shape, 3, 30);
    const order = x.argsort({ dim });
    const back = tensor.zeros(shape).scatter(dim, order, x.gather(dim, order));
    expect(valuesOf(back)).toEqual(valuesOf(x));
  });

  it("scatterAdd counts how often each place is named, and takes the same order every time", () => {
    const index = draw([500], 4, 16).int().add(8);
    const ones = tensor.ones(500);
    const counts = valuesOf(tensor.zeros(16).scatterAdd(0, index, ones));
    expect(counts).toEqual(
      Array.from({ length: 16 }, (_, i) => valuesOf(index).filter((n) => n === i).length),
    );
    const parts = draw([500], 5, 1000).div(7);
    const once = valuesOf(tensor.zeros(16).scatterAdd(0, index, parts));
    expect(valuesOf(tensor.zeros(16).scatterAdd(0, index, parts))).toEqual(once);
  });

  it("an index out of range is named, and nothing is written", () => {
    const x = tensor.zeros(2, 3);
    const index = tensor([[0, 3, 1]], { dtype: "int32" });
    expect(() => x.scatterAdd(1, index, tensor.ones(1, 3)).toArray()).toThrow(
      "scatterAdd: index 3 is out of range for dim 1 of [2, 3]",
    );
    expect(() => x.gather(1, index).toArray()).toThrow("gather: index 3 is out of range for dim 1 of [2, 3]");
  });
});
