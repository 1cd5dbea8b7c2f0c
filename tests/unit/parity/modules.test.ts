// Layers and losses as modules against PyTorch's: outputs, gradients of inputs and parameters, buffers, train and eval.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decode, loadOperations, type ModuleCase, mismatch, type Options } from "./golden.js";
import { DEVICES, fromGolden, useDevice } from "./library.js";
import { Coverage } from "./report.js";
import { weightedSum } from "./weighted.js";

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
type Module = gb.nn.Module;

const BUILD: { readonly [name: string]: (args: readonly number[], options: Options) => Module } = {
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

function disagreements({ module: name, arguments: args, options, state, steps }: ModuleCase): string[] {
  const module = BUILD[name]!(args, options);
  const loaded = Object.entries(state).map(([key, value]) => [key, fromGolden(value)] as const);
  module.loadStateDict(Object.fromEntries(loaded), { strict: false });
  const found: (string | undefined)[] = [];
  steps.forEach((step, number) => {
    const at = (what: string): string => `step ${number} (${step.mode}): ${what}`;
    module.train(step.mode === "train");
    const inputs = step.inputs.map((input, i) => fromGolden(input, step.gradients[i] !== null));
    module.zeroGrad();
    const output = module(...inputs) as gb.Tensor;
    weightedSum([output]).backward();
    if (`${output.shape}` !== `${step.output.shape}`) found.push(at(`output has shape [${output.shape}]`));
    found.push(mismatch(at("output"), output.toTypedArray(), decode(step.output.data)));
    step.gradients.forEach((gradient, i) => {
      if (gradient !== null)
        found.push(mismatch(at(`gradient ${i}`), inputs[i]!.grad?.toTypedArray() ?? [], decode(gradient)));
    });
    const parameters = Object.fromEntries(module.namedParameters());
    expect(Object.keys(parameters)).toEqual(Object.keys(step.parameterGradients));
    for (const [key, gradient] of Object.entries(step.parameterGradients)) {
      const actual = parameters[key]!.grad?.toTypedArray() ?? [];
      found.push(mismatch(at(`gradient of ${key}`), actual, decode(gradient.data)));
    }
    const buffers = Object.fromEntries(module.namedBuffers());
    expect(Object.keys(buffers)).toEqual(Object.keys(step.buffers));
    for (const [key, buffer] of Object.entries(step.buffers))
      found.push(mismatch(at(key), buffers[key]!.toTypedArray(), decode(buffer.data)));
  });
  return found.filter((line) => line !== undefined);
}

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(modules)("$id", (golden) => {
    coverage.count(device, golden, false);
    expect(disagreements(golden).join("\n")).toBe("");
    coverage.count(device, golden, true);
  });
});
