// What becomes of a signal in 100 layers of 100 units, by activation and initialisation, against the known figures; saturated
// sigmoids; and data-driven initialisation. (SELU's normalisation and products of matrices are in statistics.test.ts.)

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, describe, expect, test } from "vitest";
import { valuesOf } from "../library/support.js";

const { nn, F, init, tensor, manualSeed, noGrad } = gb;

afterAll(closeSession);

const WIDTH = 100;
const SAMPLES = 1000;

type Activation = (x: gb.Tensor) => gb.Tensor;
type Initialize = (weight: gb.Tensor) => unknown;

const gain =
  (value: number): Initialize =>
  (weight) =>
    init.xavierNormal_(weight, { gain: value });
/** nn.Linear's own weights are left as they are. */
const asPyTorch: Initialize = () => undefined;

/** Outputs of each of `depth` layers without biases, for standard normal inputs. */
function outputs(activation: Activation, initialize: Initialize, depth = 100): gb.Tensor[] {
  manualSeed(0);
  let x = tensor.randn(SAMPLES, WIDTH);
  return Array.from({ length: depth }, () => {
    const { weight } = nn.Linear(WIDTH, WIDTH, { bias: false });
    initialize(weight);
    x = activation(noGrad(() => F.linear(x, weight)));
    return x;
  });
}

describe("the standard deviation after layers 1, 10, 30 and 100", () => {
  // one draw each, and draws differ: by little where the scale is attracting, by a factor where it is not
  const cases: readonly [string, Activation, Initialize, readonly number[], number][] = [
    ["SELU, LeCun", F.selu, (w) => init.lecunNormal_(w), [0.996, 1, 0.987, 1.01], 1.1],
    ["SELU, He", F.selu, (w) => init.kaimingNormal_(w), [1.31, 3.99, 12.9, 347], 4],
    ["ReLU, He", F.relu, (w) => init.kaimingNormal_(w), [0.824, 1.05, 1.39, 0.953], 4],
    ["ReLU, Glorot", F.relu, gain(1), [0.583, 0.0327, 4.2e-5, 8.5e-16], 4],
    ["ReLU, PyTorch's default", F.relu, asPyTorch, [0.337, 1.35e-4, 2.95e-12, Number.NaN], 4],
    ["tanh, Glorot", F.tanh, gain(1), [0.626, 0.232, 0.129, 0.084], 1.4],
    ["tanh, gain 5/3", F.tanh, gain(5 / 3), [0.757, 0.645, 0.651, 0.639], 1.1],
    ["tanh, PyTorch's default", F.tanh, asPyTorch, [0.458, 3.1e-3, 5.4e-8, Number.NaN], 4],
  ];
  test.each(cases)("%s", (_name, activation, initialize, expected, factor) => {
    const layers = outputs(activation, initialize);
    [1, 10, 30, 100].forEach((depth, i) => {
      const { [i]: wanted = Number.NaN } = expected;
      if (Number.isNaN(wanted)) return;
      // scaled up, as squares of 1e-16 would be too small for float32
      const actual = layers[depth - 1]!.mul(1 / wanted)
        .std()
        .item();
      // a random walk of the logarithm, with ten times as many steps as at layer 10
      const limit = depth === 100 ? factor ** 2 : factor;
      expect(actual, `layer ${depth}`).toBeGreaterThan(1 / limit);
      expect(actual, `layer ${depth}`).toBeLessThan(limit);
    });
  });
});

test("100 layers of ReLU with nn.Linear's default are dead: next to no signal, and a gradient of exactly 0", () => {
  manualSeed(0);
  const layers = Array.from({ length: 100 }, () => nn.Linear(WIDTH, WIDTH, { bias: false }));
  let x = tensor.randn(50, WIDTH);
  for (const layer of layers) x = layer(x).relu();
  expect(x.abs().amax().item()).toBeLessThan(1e-36);
  x.square().mean().backward();
  expect(layers[0]!.weight.grad!.abs().amax().item()).toBe(0);
});

describe("sigmoid", () => {
  /** Of the first five layers: the share of outputs beyond 0.01 and 0.99, and the mean slope. */
  const saturation = (initialize: Initialize): { share: number; slope: number }[] =>
    outputs(F.sigmoid, initialize, 5).map((y) => ({
      share: y.sub(0.5).abs().gt(0.49).float().mean().item(),
      slope: y.mul(y.neg().add(1)).mean().item(),
    }));

  test("saturates in every layer with standard normal weights", () => {
    const layers = saturation((weight) => init.normal_(weight));
    [0.64, 0.49, 0.47, 0.48, 0.53].forEach((expected, i) => {
      expect(Math.abs(layers[i]!.share - expected), `layer ${i + 1}`).toBeLessThan(0.08);
      expect(layers[i]!.slope).toBeGreaterThan(0.035);
      expect(layers[i]!.slope).toBeLessThan(0.07);
    });
  });

  test("does not with Glorot's", () => {
    for (const { share, slope } of saturation(gain(1))) {
      expect(share).toBe(0);
      expect(slope).toBeGreaterThan(0.2);
    }
  });
});

describe("init.lsuv (Mishkin and Matas 2016)", () => {
  const build = (): gb.nn.Sequential => {
    manualSeed(1);
    return nn.Sequential(
      nn.Linear(20, 40),
      nn.Tanh(),
      nn.Dropout(0.5),
      nn.Sequential(nn.Linear(40, 30), nn.ReLU()),
      nn.Linear(30, 5),
    ) as gb.nn.Sequential;
  };

  test("brings every layer's output to variance 1, in the order of the calls, and reports", () => {
    const model = build();
    const x = tensor.randn(300, 20).mul(3);
    const report = init.lsuv(model, x, { tolerance: 0.01 });
    expect(report.map(({ path }) => path)).toEqual(["0", "3.0", "4"]);
    for (const { after, reached, iterations } of report) {
      expect(Math.abs(after ** 2 - 1)).toBeLessThanOrEqual(0.01);
      expect(reached).toBe(true);
      expect(iterations).toBeLessThan(10);
    }
    // measured apart from it, on the finished model
    nn.evalMode(model, () => {
      const first = model[0]!(x) as gb.Tensor;
      const second = (model[3] as gb.nn.Sequential)[0]!(first.tanh()) as gb.Tensor;
      for (const y of [first, second])
        expect(Math.abs(y.var({ unbiased: false }).item() - 1)).toBeLessThan(0.011);
    });
    expect(model.training).toBe(true);
    // orthogonal up to the scale: the Gram matrix of the 20 columns is a multiple of the identity
    const weight = (model[0] as gb.nn.Linear).weight.detach();
    const gram = weight.t().matmul(weight);
    const square = gram.mul(tensor.eye(20)).sum().div(20);
    expect(gram.div(square).sub(tensor.eye(20)).abs().amax().item()).toBeLessThan(1e-4);
  });

  test("scales the weights there are with orthogonal: false, and says where it cannot", () => {
    const model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2));
    const before = valuesOf(model[0].weight);
    init.zeros_(model[1].weight);
    const report = init.lsuv(model, tensor.randn(100, 4), { orthogonal: false });
    const after = valuesOf(model[0].weight);
    const ratio = after[0]! / before[0]!;
    for (const [i, value] of after.entries()) expect(value / before[i]!).toBeCloseTo(ratio, 4);
    expect(report.map(({ reached }) => reached)).toEqual([true, false]);
    // only its bias is left
    expect(report[1]!.after).toBe(report[1]!.before);
    expect(() => init.lsuv(7 as unknown as gb.nn.Module, tensor.ones(1))).toThrow(/needs a module/);
  });
});
