// Whole networks against PyTorch: the same seed gives the same signals and first 50 losses. The interpreter would take minutes.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildClassifier, fashionMNIST, Training, whyNoData } from "./classifier.js";
import { type DepthInit, loadTraining, mismatch, TRAJECTORY_TOLERANCE } from "./golden.js";
import { DEVICE, useDevice } from "./library.js";

const golden = loadTraining();
const { nn, init, manualSeed, tensor } = gb;
const noData = await whyNoData();
if (noData !== undefined) console.warn(`Fashion-MNIST: skipped. ${noData}`);

afterAll(closeSession);

const INITS: { readonly [name in DepthInit]: ((weight: gb.Tensor) => void) | undefined } = {
  default: undefined,
  defaultZeroBias: () => undefined,
  glorot: (weight) => void init.xavierUniform_(weight),
  he: (weight) => void init.kaimingUniform_(weight, { nonlinearity: "relu" }),
};

describe(DEVICE, () => {
  beforeAll(() => useDevice(DEVICE));

  const depths = Object.keys(INITS) as DepthInit[];
  test.each(depths)("signal and gradient through 30 ReLU layers, %s init", (name) => {
    const initialize = INITS[name];
    manualSeed(42);
    const layers = Array.from({ length: 30 }, () => nn.Linear(100, 100));
    if (initialize !== undefined) {
      for (const { weight, bias } of layers) {
        initialize(weight);
        init.zeros_(bias);
      }
    }
    const expected = golden.depth[name];
    expect([...layers[0]!.weight.toTypedArray().slice(0, 5)]).toEqual(expected.firstWeights.map(Math.fround));
    expect([...layers[29]!.weight.toTypedArray().slice(0, 5)]).toEqual(expected.lastWeights.map(Math.fround));
    let x = tensor.randn(200, 100);
    const std: gb.Tensor[] = [];
    for (const layer of layers) {
      x = layer(x).relu();
      std.push(x.std());
    }
    x.mean().backward();
    const norms = layers.map(({ weight }) => weight.grad!.norm());
    // they run over 13 orders of magnitude: each is compared by itself
    for (const [actual, wanted] of [
      [std, expected.std],
      [norms, expected.gradientNorm],
    ] as const)
      expect(
        actual.map((value, i) => Math.abs(value.item() / wanted[i]! - 1)).filter((e) => e > 1e-4),
      ).toEqual([]);
  });

  describe.skipIf(noData !== undefined)("Fashion-MNIST", () => {
    test.each([
      ["classifier", false],
      ["classifierBatchNorm", true],
    ] as const)("first losses of the %s", async (name, batchNorm) => {
      const { firstLosses, running50 } = golden[name][0]!;
      const { train } = await fashionMNIST();
      const model = buildClassifier([784, 300, 100, 10], batchNorm);
      const losses: number[] = [];
      for (const { loss } of new Training(model, train).epoch()) {
        if (losses.push(loss) === firstLosses.length) break;
      }
      expect(mismatch("losses", losses, firstLosses, TRAJECTORY_TOLERANCE)).toBeUndefined();
      if (running50 === undefined) return;
      const norms = model.modules().filter((module) => module instanceof nn.BatchNorm1d);
      running50.forEach(({ mean, var: variance }, i) => {
        const { runningMean, runningVar } = norms[i]!;
        expect(mismatch(`mean of norm ${i}`, runningMean!.toTypedArray(), mean, 1e-4)).toBeUndefined();
        expect(mismatch(`variance of norm ${i}`, runningVar!.toTypedArray(), variance, 1e-4)).toBeUndefined();
      });
    });
  });
});
