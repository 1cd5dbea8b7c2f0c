// Optimizers against PyTorch's: the whole path of 20 steps, fitting tanh(X Wᵀ + b) to Y, on every device.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decode, loadOperations, mismatch, type Options, TRAJECTORY_TOLERANCE } from "./golden.js";
import { DEVICES, fromGolden, useDevice } from "./library.js";
import { Coverage } from "./report.js";

const { optimizers, problem, torch } = loadOperations();
const coverage = new Coverage(
  `optimizers: trajectories that agree with PyTorch ${torch}`,
  optimizers,
  (golden) => golden.optimizer,
);

afterAll(() => {
  closeSession();
  coverage.print();
});

const BUILD: {
  readonly [name: string]: (parameters: gb.Tensor[], options: Options) => { step(): void; zeroGrad(): void };
} = {
  SGD: (parameters, options) => new gb.optim.SGD(parameters, options),
  Adam: (parameters, options) => new gb.optim.Adam(parameters, options),
};

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(optimizers)("$id", (golden) => {
    coverage.count(device, golden, false);
    const features = fromGolden(problem.features);
    const wanted = fromGolden(problem.wanted);
    const weight = fromGolden(problem.weight, true);
    const bias = fromGolden(problem.bias, true);
    const optimizer = BUILD[golden.optimizer]!([weight, bias], golden.options);
    const wrong = golden.steps.map((expected, step) => {
      const loss = gb.F.linear(features, weight, bias).tanh().sub(wanted).square().mean();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      const actual = [...weight.toTypedArray(), ...bias.toTypedArray(), loss.item()];
      return mismatch(`step ${step}`, actual, decode(expected), TRAJECTORY_TOLERANCE);
    });
    expect(wrong.filter((line) => line !== undefined).join("\n")).toBe("");
    coverage.count(device, golden, true);
  });
});
