// Weights that are computed from other parameters, and parameters as a vector.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, describe, expect, test } from "vitest";
import { difference, valuesOf } from "../library/support.js";

const { nn, tensor, manualSeed, noGrad, deepcopy } = gb;
const { weightNorm, spectralNorm, removeParametrizations } = nn.utils.parametrizations;

afterAll(closeSession);

describe("weight normalisation", () => {
  test("computes the same at first, does not see the direction's length, and has PyTorch's keys", () => {
    manualSeed(1);
    const layer = nn.Linear(4, 3);
    const x = tensor.randn(5, 4);
    const expected = valuesOf(layer(x));
    const same: gb.nn.Linear = weightNorm(layer);
    expect(same).toBe(layer);
    expect(difference(valuesOf(layer(x)), expected)).toBeLessThan(1e-6);
    const state = layer.stateDict();
    expect(Object.entries(state).map(([key, { shape }]) => `${key} ${shape}`)).toEqual([
      "bias 3",
      "parametrizations.weight.original0 3,1",
      "parametrizations.weight.original1 3,4",
    ]);
    noGrad(() => state["parametrizations.weight.original1"]!.mul_(7));
    expect(difference(valuesOf(layer(x)), expected)).toBeLessThan(1e-5);
    noGrad(() => state["parametrizations.weight.original0"]!.mul_(2));
    const doubled = valuesOf(layer(x).sub(layer.bias!));
    expect(
      difference(doubled, valuesOf(tensor(expected).reshape(5, 3).sub(layer.bias!).mul(2))),
    ).toBeLessThan(1e-5);
  });

  test("the gradient of the direction is orthogonal to it (Salimans and Kingma 2016, section 2.1)", () => {
    manualSeed(2);
    const layer = weightNorm(nn.Conv2d(2, 3, 3), "weight", { dim: 0 });
    layer(tensor.randn(2, 2, 5, 5))
      .square()
      .sum()
      .backward();
    const direction = layer.parameters()[2];
    const slopes = direction!.grad!;
    expect(slopes.norm().item()).toBeGreaterThan(1);
    const along = direction!.detach().mul(slopes).sum([1, 2, 3]);
    for (const product of valuesOf(along)) expect(Math.abs(product)).toBeLessThan(1e-4);
  });

  test("copies are their own, and it can be taken off again", () => {
    manualSeed(3);
    const layer = weightNorm(nn.Linear(2, 2));
    const copy = deepcopy(layer);
    const before = valuesOf(copy.weight);
    noGrad(() => layer.parameters()[1]!.mul_(3));
    // Computed anew, in other kernels: up to rounding.
    expect(difference(valuesOf(copy.weight), before)).toBeLessThan(1e-6);
    const weight = valuesOf(layer.weight);
    expect(() => {
      layer.weight = new nn.Parameter(tensor.zeros(2, 2));
    }).toThrow(/removeParametrizations/);
    removeParametrizations(layer, "weight");
    expect([...layer.namedParameters()].map(([name]) => name)).toEqual(["bias", "weight"]);
    expect(layer.weight).toBeInstanceOf(nn.Parameter);
    expect(difference(valuesOf(layer.weight), weight)).toBeLessThan(1e-6);
    expect(() => removeParametrizations(layer, "weight")).toThrow(/weight is not computed/);
    expect(() => weightNorm(nn.ReLU())).toThrow(/ReLU has no parameter "weight"/);
  });
});

describe("spectral normalisation", () => {
  test("brings the largest singular value to 1, and follows it while training", () => {
    // singular values 5, 2 and 1, in turned axes
    const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
    const turn = tensor([
      [c, -s, 0],
      [s, c, 0],
      [0, 0, 1],
    ]);
    const layer = nn.Linear(3, 3, { bias: false });
    layer.weight.data = turn.matmul(tensor([[5, 0, 0], [0, 2, 0], [0, 0, 1]])); // biome-ignore format: a matrix
    manualSeed(3);
    spectralNorm(layer);
    expect(Object.keys(layer.stateDict())).toEqual([
      "parametrizations.weight.original",
      "parametrizations.weight.0._u",
      "parametrizations.weight.0._v",
    ]);
    const gram = (): number[] => valuesOf(layer.weight.t().matmul(layer.weight));
    expect(difference(gram(), [1, 0, 0, 0, 0.16, 0, 0, 0, 0.04])).toBeLessThan(1e-4);
    // the second axis grows to be the longest: the iteration finds it, but only while training
    noGrad(() =>
      layer.stateDict()["parametrizations.weight.original"]!.copy_(
        turn.matmul(tensor([[5, 0, 0], [0, 20, 0], [0, 0, 1]])), // biome-ignore format: a matrix
      ),
    );
    layer.eval();
    const still = gram();
    expect(gram()).toEqual(still);
    layer.train();
    for (let i = 0; i < 12; i++) valuesOf(layer(tensor.ones(1, 3)));
    layer.eval();
    expect(difference(gram(), [0.0625, 0, 0, 0, 1, 0, 0, 0, 0.0025])).toBeLessThan(1e-3);
  });

  test("its gradient is that of the quotient, with the singular vectors as constants", () => {
    manualSeed(4);
    const layer = spectralNorm(nn.Linear(3, 2, { bias: false })).eval();
    const [original] = layer.parameters();
    const at = (): gb.Tensor =>
      layer(tensor([[1, -2, 0.5]]))
        .square()
        .sum();
    at().backward();
    const slopes = valuesOf(original!.grad!);
    const values = valuesOf(original!);
    slopes.forEach((slope, i) => {
      const shifted = (step: number): number => {
        original!.data = tensor(values.map((v, k) => (k === i ? v + step : v))).reshape(2, 3);
        return at().item();
      };
      expect(slope).toBeCloseTo((shifted(1e-2) - shifted(-1e-2)) / 2e-2, 2);
    });
  });
});

test("parameters become a vector, and a vector parameters", () => {
  const model = nn.Sequential(nn.Linear(3, 2), nn.PReLU());
  const vector = nn.utils.parametersToVector(model.parameters());
  expect(valuesOf(vector)).toEqual(model.parameters().flatMap(valuesOf));
  vector.square().sum().backward();
  expect(valuesOf(model[1].weight.grad!)).toEqual([0.5]);
  const numbers = Array.from({ length: 9 }, (_, i) => i);
  nn.utils.vectorToParameters(tensor(numbers), model.parameters());
  expect(model.parameters().flatMap(valuesOf)).toEqual(numbers);
  expect(() => nn.utils.vectorToParameters(tensor([1]), model.parameters())).toThrow(
    /have 9 numbers, the vector is \[1\]/,
  );
});
