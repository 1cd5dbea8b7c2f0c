// Layers and losses as modules against PyTorch's: outputs, gradients of inputs and parameters, buffers, train and eval.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadOperations } from "./golden.js";
import { DEVICES, useDevice } from "./library.js";
import { type Build, moduleDisagreements } from "./module-case.js";
import { Coverage } from "./report.js";

const { modules, torch } = loadOperations();
const coverage = new Coverage(
  `modules: cases that agree with PyTorch ${torch}`,
  modules,
  (golden) => golden.module,
);

afterAll(() => {
  closeSession();
  coverage.print();
});

const { nn } = gb;

const BUILD: { readonly [name: string]: Build } = {
  Linear: ([inputs, outputs], options) => nn.Linear(inputs!, outputs!, options),
  Flatten: (_, options) => nn.Flatten(options),
  ReLU: () => nn.ReLU(),
  Sigmoid: () => nn.Sigmoid(),
  Tanh: () => nn.Tanh(),
  SiLU: () => nn.SiLU(),
  BatchNorm1d: ([features], options) => nn.BatchNorm1d(features!, options),
  CrossEntropyLoss: (_, { weight, ...options }) =>
    nn.CrossEntropyLoss(
      weight === undefined ? options : { ...options, weight: gb.tensor(weight as number[]) },
    ),
};

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(modules)("$id", (golden) => {
    coverage.count(device, golden, false);
    expect(moduleDisagreements(BUILD[golden.module]!, golden).join("\n")).toBe("");
    coverage.count(device, golden, true);
  });
});
