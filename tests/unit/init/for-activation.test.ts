// init.forActivation: the choice for each layer, what it draws, and what it says.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEVICE, sized, useDevice } from "../parity/library.js";

const { nn, init, tensor, manualSeed } = gb;

beforeAll(() => useDevice(DEVICE));
afterAll(() => closeSession());

const choices = (model: gb.nn.Module, options?: gb.init.ForActivationOptions): string[] =>
  init.forActivation(model, options).map(({ path, init: name, why }) => `${path} ${name} ${why}`);

test("each layer of a Sequential gets what its activation asks for", () => {
  const model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(8, 6, { bias: false }),
    nn.BatchNorm1d(6),
    nn.LeakyReLU({ negativeSlope: 0.2 }),
    nn.Sequential(nn.Linear(6, 6), nn.SELU(), nn.Linear(6, 6)),
    nn.Tanh(),
    nn.Linear(6, 4),
    nn.Softsign(),
    nn.Linear(4, 4),
    nn.Hardshrink(),
    nn.Linear(4, 4),
    nn.RReLU({ lower: 0.1, upper: 0.3 }),
    nn.Dropout1d(0.1),
    nn.Linear(4, 2),
  );
  expect(choices(model)).toEqual([
    "1 kaimingUniform_ LeakyReLU with slope 0.2 follows: He",
    "4.0 lecunUniform_ SELU follows: LeCun",
    "4.2 xavierUniform_ Tanh follows: Glorot",
    "6 xavierUniform_ Softsign follows: Glorot",
    "8 xavierUniform_ Hardshrink follows, which has no entry in the table: Glorot",
    "10 kaimingUniform_ RReLU with slope 0.2 follows: He",
    "13 xavierUniform_ no activation follows: Glorot",
  ]);
});

test("convolutions are drawn by their activation, too; pooling in between is looked through", () => {
  const model = nn.Sequential(
    nn.Conv2d(1, 8, 3),
    nn.BatchNorm2d(8),
    nn.MaxPool2d(2),
    nn.ReLU(),
    nn.Conv2d(8, 8, 3),
    nn.Conv2d(8, 4, 1),
    nn.Tanh(),
  );
  expect(choices(model)).toEqual([
    "0 kaimingUniform_ ReLU follows: He",
    "4 xavierUniform_ no activation follows: Glorot",
    "5 xavierUniform_ Tanh follows: Glorot",
  ]);
  // He: variance 2 / fan-in, uniform within sqrt(3) deviations
  const bound = Math.sqrt(6 / 9);
  const most = model[0].weight.abs().max().item();
  expect(most).toBeLessThanOrEqual(bound);
  expect(most).toBeGreaterThan(0.8 * bound);
});

test("it draws what the functions it names draw, and clears biases", () => {
  const model = nn.Sequential(
    nn.Linear(20, 30),
    nn.LeakyReLU({ negativeSlope: 0.2 }),
    nn.Linear(30, 10),
    nn.SELU(),
    nn.Linear(10, 3),
  );
  manualSeed(5);
  init.forActivation(model, { distribution: "normal" });
  manualSeed(5);
  expect(init.kaimingNormal_(tensor.zeros(30, 20), 0.2).toArray()).toEqual(model[0].weight.toArray());
  expect(init.lecunNormal_(tensor.zeros(10, 30)).toArray()).toEqual(model[2].weight.toArray());
  expect(init.xavierNormal_(tensor.zeros(3, 10)).toArray()).toEqual(model[4].weight.toArray());
  expect(model[0].bias!.abs().sum().item()).toBe(0);
});

describe("a model of its own making", () => {
  class Net extends nn.Module {
    first = nn.Linear(5, 4);
    second = nn.Linear(4, 4);
    unused = nn.Linear(4, 4);
    activation = nn.GELU();
    norm = nn.BatchNorm1d(4);
    forward(x: gb.Tensor): gb.Tensor {
      return this.second(this.activation(this.norm(this.first(x))));
    }
  }

  test("is left as it is, with the remedy, where its order is not known", () => {
    const model = new Net();
    const before = model.first.weight.toArray();
    const report = init.forActivation(model);
    expect(report.map(({ init: name }) => name)).toEqual([null, null, null]);
    expect(report[0]!.why).toBe(
      "what follows is not known, as Net is not made of Sequentials; pass { inputs: [x] }",
    );
    expect(model.first.weight.toArray()).toEqual(before);
  });

  test("is run once in evaluation to see its order", () => {
    const model = new Net();
    model.norm.eval();
    expect(choices(model, { inputs: [tensor.ones(1, 5)] })).toEqual([
      "first kaimingUniform_ GELU follows: He",
      "second xavierUniform_ no activation follows: Glorot",
      "unused null it was not called",
    ]);
    expect([model.training, model.norm.training, model.first.training]).toEqual([true, false, true]);
    expect(model.norm.numBatchesTracked!.item()).toBe(0);
  });
});

/** Of deep networks. */
const LAYERS = sized(30, 12);

test("the signal keeps its size through a deep network of any of the activations", () => {
  for (const activation of [() => nn.ReLU(), () => nn.LeakyReLU({ negativeSlope: 0.2 }), () => nn.SELU()]) {
    manualSeed(7);
    const layers = Array.from({ length: LAYERS }, () => [nn.Linear(100, 100), activation()]).flat();
    const model = nn.Sequential(...layers);
    init.forActivation(model);
    const std = (model(tensor.randn(200, 100)) as gb.Tensor).std().item();
    expect(std, `${activation()}`).toBeGreaterThan(0.2);
    expect(std, `${activation()}`).toBeLessThan(3);
  }
});

describe("activations that square the scale", () => {
  const deep = (width: number, depth: number, name: "ReLU2" | "SwiGLU" | "GEGLU", norm: boolean) => {
    const fed = name === "ReLU2" ? width : 2 * width;
    const between = (): gb.nn.Module[] => (norm ? [nn.RMSNorm(fed)] : []);
    return nn.Sequential(
      ...Array.from({ length: depth }, () => [nn.Linear(width, fed), ...between(), nn[name]()]).flat(),
    );
  };

  test("say what is done, and what they need", () => {
    const model = nn.Sequential(nn.Linear(8, 8), nn.ReLU2(), nn.Dropout(0.1), nn.Linear(8, 8), nn.SwiGLU());
    expect(choices(model)).toEqual([
      "0 lecunUniform_ ReLU2 follows, which squares scales: variance 1/n for inputs of scale 1; normalise before it where there are several",
      "3 kaimingUniform_ SwiGLU follows, which squares scales: the gain after ReLU2; normalise before it where there are several",
    ]);
    const normalised = nn.Sequential(
      nn.Linear(8, 8),
      nn.ReLU2(),
      nn.LayerNorm(8),
      nn.Linear(8, 8),
      nn.ReLU2(),
    );
    expect(init.forActivation(normalised)[1]!.init).toBe("lecunUniform_");
  });

  test.each([
    ["ReLU2", 1.5],
    ["SwiGLU", 0.35578],
    ["GEGLU", 0.42522],
  ] as const)("%s: the input sums of the first two layers have variance 1", (name, square) => {
    // E[relu(z)^4] = 3/2; E[swish(z)^2] and E[gelu(z)^2] by integration over the normal density
    manualSeed(3);
    const width = sized(600, 240);
    const model = deep(width, 2, name, false);
    init.forActivation(model);
    const x = tensor.randn(250, width);
    const [start, activation, next] = [model[0] as gb.nn.Linear, model[1]!, model[2] as gb.nn.Linear];
    const first = start(x);
    expect(Math.abs(first.var().item() - 1)).toBeLessThan(0.03);
    const hidden = activation(first) as gb.Tensor;
    expect(Math.abs(hidden.square().mean().item() / square - 1)).toBeLessThan(0.1);
    // the weights are exact, the signal's own size is squared once
    expect(Math.abs(next.weight.var().item() * width * square - 1)).toBeLessThan(0.01);
    expect(Math.abs(next(hidden).var().item() - 1)).toBeLessThan(0.15);
  });

  test.each(["ReLU2", "SwiGLU", "GEGLU"] as const)(
    `%s: with a normalisation the signal keeps its size through ${LAYERS} layers`,
    (name) => {
      manualSeed(7);
      const model = deep(100, LAYERS, name, true);
      init.forActivation(model);
      const rms = (model(tensor.randn(200, 100)) as gb.Tensor).square().mean().sqrt().item();
      expect(rms).toBeGreaterThan(0.3);
      expect(rms).toBeLessThan(3);
    },
  );
});

test("what is no module, and an unknown distribution, are refused", () => {
  expect(() => init.forActivation(3 as never)).toThrow(/needs a module, got number/);
  expect(() => init.forActivation(nn.Linear(2, 2), { distribution: "cauchy" as never })).toThrow(/"cauchy"/);
});
