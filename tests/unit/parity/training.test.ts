// What training begins with, against PyTorch: the same seed gives the same weights, numbers, batches and running statistics.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildClassifier } from "./classifier.js";
import { loadTraining, mismatch } from "./golden.js";
import { DEVICES, useDevice } from "./library.js";

const golden = loadTraining();
const { nn, init, manualSeed, tensor } = gb;

afterAll(closeSession);

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test("the chapter's leaky ReLU layer has the weights the book prints, all of them bit for bit", () => {
    manualSeed(42);
    const layer = nn.Linear(50, 40);
    init.kaimingUniform_(layer.weight, 0.2, { nonlinearity: "leaky_relu" });
    const weight = layer.weight.toTypedArray();
    expect([...weight.slice(0, 3)].map((w) => w.toFixed(4))).toEqual(["0.0269", "-0.2432", "-0.2572"]);
    expect([...weight]).toEqual(golden.leakyWeights.weight.map(Math.fround));
    expect([...layer.bias!.toTypedArray()]).toEqual(golden.leakyWeights.bias.map(Math.fround));
  });

  test("random numbers follow PyTorch's generator through a mixed sequence", () => {
    const { rand5, randn5, randn20, randint1000x8, randperm10, rand3 } = golden.generator;
    manualSeed(42);
    expect([...tensor.rand(5).toTypedArray()]).toEqual(rand5!.map(Math.fround));
    expect(mismatch("randn(5)", tensor.randn(5).toTypedArray(), randn5!, 1e-6)).toBeUndefined();
    expect(mismatch("randn(20)", tensor.randn(20).toTypedArray(), randn20!, 1e-6)).toBeUndefined();
    expect([...tensor.randint(0, 1000, [8]).toTypedArray()]).toEqual(randint1000x8);
    expect([...tensor.randperm(10).toTypedArray()]).toEqual(randperm10);
    expect([...tensor.rand(3).toTypedArray()]).toEqual(rand3!.map(Math.fround));
  });

  test("a loader's passes begin with PyTorch's batches, after the classifier has drawn its weights", () => {
    buildClassifier([784, 300, 100, 10], false);
    const numbers = new gb.data.TensorDataset(tensor.arange(60_000));
    const loader = new gb.data.DataLoader(numbers, { batchSize: 32, shuffle: true });
    for (const expected of golden.classifier[0]!.firstBatches) {
      const [first] = loader;
      expect(first![0]!.toArray()).toEqual(expected);
    }
  });

  test("running statistics are a moving average: equal to a float64 one over 50 batches", () => {
    manualSeed(42);
    const features = Array.from({ length: 8 }, (_, i) => i);
    const x = tensor.randn(50, 32, 8).mul(tensor(features).add(1)).add(tensor(features).mul(3));
    const norm = nn.BatchNorm1d(8);
    for (let step = 1; step <= 50; step++) {
      norm(x.at(step - 1));
      const expected = golden.movingAverage[step];
      if (expected === undefined) continue;
      expect(mismatch(`mean ${step}`, norm.runningMean!.toTypedArray(), expected.mean, 1e-4)).toBeUndefined();
      expect(mismatch(`var ${step}`, norm.runningVar!.toTypedArray(), expected.var, 1e-4)).toBeUndefined();
    }
  });
});
