// What initialisation promises, without another library: gains by quadrature, distributions, orthogonality, signal sizes.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEVICE, sized, useDevice } from "../parity/library.js";

const { init, tensor, F, manualSeed } = gb;

beforeAll(() => useDevice(DEVICE));
afterAll(() => closeSession());

describe("exact gains", () => {
  // the trapezoidal rule on [-12, 12]: the kinks of f² leave an error of about the step squared, float32 one of 1e-6
  const STEP = 2 ** -10;
  const z = Float64Array.from({ length: 24 / STEP + 1 }, (_, i) => -12 + i * STEP);

  test.each([
    ["elu", F.elu, 1.2452],
    ["celu", F.celu, 1.2452],
    ["gelu", F.gelu, 1.5335],
    ["silu", F.silu, 1.6765],
    ["mish", F.mish, 1.4868],
    ["hardswish", F.hardswish, 1.7367],
    ["softplus", F.softplus, 1.0419],
    ["relu2", F.relu2, 0.8165],
    ["relu6", F.relu6, Math.SQRT2],
    ["relu", F.relu, Math.SQRT2],
  ] as const)("%s", (name, f, published) => {
    const y = f(tensor(Float32Array.from(z))).toTypedArray();
    let mean = 0;
    z.forEach((x, i) => {
      mean += ((y[i]! ** 2 * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI)) * STEP;
    });
    expect(init.calculateGain(name)).toBeCloseTo(1 / Math.sqrt(mean), 5);
    expect(init.calculateGain(name)).toBeCloseTo(published, 4);
  });
});

test("He initialisation takes the exact gains, and its slope only for leaky ReLU", () => {
  const drawn = (fill: (w: gb.Tensor) => void): gb.NestedArray => {
    manualSeed(2);
    const w = tensor.zeros(4, 25);
    fill(w);
    return w.toArray();
  };
  for (const nonlinearity of ["gelu", "elu", "relu2"] as const) {
    const std = init.calculateGain(nonlinearity) / 5;
    const expected = drawn((w) => init.normal_(w, { std }));
    expect(drawn((w) => init.kaimingNormal_(w, { nonlinearity }))).toEqual(expected);
    expect(drawn((w) => init.kaimingNormal_(w, { nonlinearity, a: 0.7 }))).toEqual(expected);
  }
});

describe("distributions", () => {
  test("truncNormal_ keeps the shape of the normal distribution between its limits", () => {
    manualSeed(1);
    const count = 40_000;
    const values = [...init.truncNormal_(tensor.zeros(count), { a: -1, b: 2 }).toTypedArray()];
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...values)).toBeLessThanOrEqual(2);
    const mean = values.reduce((sum, x) => sum + x, 0) / count;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count;
    // mean (φ(a) - φ(b)) / (Φ(b) - Φ(a)) = 0.22964, variance 0.51989; 5 standard errors
    expect(Math.abs(mean - 0.229637)).toBeLessThan((5 * 0.721) / Math.sqrt(count));
    expect(Math.abs(variance - 0.519894)).toBeLessThan(0.02);
  });

  test("truncNormal_ reaches far tails without infinities", () => {
    manualSeed(2);
    const values = [...init.truncNormal_(tensor.zeros(20_000), { std: 0.02 }).toTypedArray()];
    const most = values.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
    expect(most).toBeGreaterThan(0.07);
    expect(most).toBeLessThan(0.02 * 5.6);
  });

  test.each([
    [64, 64],
    [40, 64],
    [64, 40],
  ])("orthogonal_: the fewer of %i rows and %i columns are orthonormal", (rows, columns) => {
    manualSeed(3);
    const w = init.orthogonal_(tensor.zeros(rows, columns));
    const product = rows <= columns ? w.matmul(w.transpose(0, 1)) : w.transpose(0, 1).matmul(w);
    const off = product
      .sub(tensor.eye(Math.min(rows, columns)))
      .abs()
      .amax()
      .item();
    expect(off).toBeLessThan(1e-6);
  });

  const FACTORS = sized(100, 40);
  test(`a product of ${FACTORS} square orthogonal matrices keeps lengths; one of Gaussian matrices does not`, () => {
    // Saxe et al. 2013: with independent entries of variance 1 / n most singular values of the product vanish
    manualSeed(3);
    const product = (fill: (w: gb.Tensor) => void): Float32Array => {
      let x = tensor.eye(50);
      for (let i = 0; i < FACTORS; i++) {
        const w = tensor.zeros(50, 50);
        fill(w);
        x = w.matmul(x);
      }
      return x.norm(0).toTypedArray() as Float32Array;
    };
    for (const length of product(init.orthogonal_)) expect(Math.abs(length - 1)).toBeLessThan(1e-5);
    const gaussian = product((w) => init.normal_(w, { std: 1 / Math.sqrt(50) }));
    expect(Math.min(...gaussian)).toBeLessThan(0.5);
  });

  test("sparse_ zeroes the same share of every column", () => {
    manualSeed(4);
    const w = init.sparse_(tensor.zeros(10, 7), 0.25);
    expect(w.eq(0).int().sum(0).toArray()).toEqual(new Array(7).fill(3));
  });
});

/** Standard deviation of the activations after each of 100 layers of 100 units, from 300 standard normal samples. */
function deviations(
  f: (x: gb.Tensor) => gb.Tensor,
  fill: (w: gb.Tensor) => void,
): { std: number[]; mean: number[] } {
  manualSeed(0);
  let x = tensor.randn(300, 100);
  const std: gb.Tensor[] = [];
  const mean: gb.Tensor[] = [];
  for (let layer = 0; layer < 100; layer++) {
    const w = tensor.zeros(100, 100);
    fill(w);
    x = f(x.matmul(w.transpose(0, 1)));
    std.push(x.std());
    mean.push(x.mean());
  }
  const read = (list: gb.Tensor[]): number[] => [...tensor.stack(list).toTypedArray()];
  return { std: read(std), mean: read(mean) };
}

describe("signal propagation through 100 layers", () => {
  test("SELU with LeCun initialisation normalises itself", () => {
    const { std, mean } = deviations(F.selu, init.lecunNormal_);
    for (const m of mean) expect(Math.abs(m)).toBeLessThan(0.08);
    for (const layer of [1, 10, 20, 30, 50, 100]) {
      expect(Math.abs(mean[layer - 1]!), `mean after layer ${layer}`).toBeLessThan(0.06);
      expect(std[layer - 1]!, `deviation after layer ${layer}`).toBeGreaterThan(0.89);
      expect(std[layer - 1]!, `deviation after layer ${layer}`).toBeLessThan(1.07);
    }
  });
});
