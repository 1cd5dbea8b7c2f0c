// Normalisation layers against PyTorch's: values, gradients, running statistics, training and evaluation.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadLayers } from "../parity/layers.js";
import { DEVICES, useDevice } from "../parity/library.js";
import { type Build, moduleDisagreements } from "../parity/module-case.js";
import { Coverage } from "../parity/report.js";

const { modules, torch } = loadLayers();
const layers = modules.filter(({ module }) => module.includes("Norm"));
const coverage = new Coverage(`normalisation layers as PyTorch ${torch}`, layers, ({ module }) => module);

afterAll(() => {
  closeSession();
  coverage.print();
});

const { norm } = gb;
/** Layers whose arguments are a shape, and those whose arguments are numbers. */
const BUILD: { readonly [name: string]: Build } = {
  LayerNorm: (shape, options) => norm.LayerNorm(shape.length === 1 ? shape[0]! : shape, options),
  RMSNorm: (shape, options) => norm.RMSNorm(shape.length === 1 ? shape[0]! : shape, options),
  GroupNorm: ([groups, channels], options) => norm.GroupNorm(groups!, channels!, options),
  BatchNorm2d: ([features], options) => norm.BatchNorm2d(features!, options),
  BatchNorm3d: ([features], options) => norm.BatchNorm3d(features!, options),
  InstanceNorm1d: ([features], options) => norm.InstanceNorm1d(features!, options),
  InstanceNorm2d: ([features], options) => norm.InstanceNorm2d(features!, options),
  InstanceNorm3d: ([features], options) => norm.InstanceNorm3d(features!, options),
};

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(layers)("$id", (golden) => {
    coverage.count(device, golden, false);
    expect(moduleDisagreements(BUILD[golden.module]!, golden).join("\n")).toBe("");
    coverage.count(device, golden, true);
  });
});
