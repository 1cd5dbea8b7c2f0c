// Convolutions, pooling and padding against PyTorch's values and gradients, as functions and as layers.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  disagreement,
  type JsonNumber,
  load,
  type ModuleCase,
  type OperationCase,
  type Options,
} from "../parity/golden.js";
import { DEVICES, useDevice } from "../parity/library.js";
import { moduleDisagreements } from "../parity/module-case.js";
import { operationDisagreements } from "../parity/operation-case.js";
import { Coverage } from "../parity/report.js";

interface SpatialFile {
  readonly torch: string;
  readonly ops: readonly OperationCase[];
  readonly modules: readonly ModuleCase[];
  readonly seeded: { readonly [layer: string]: { readonly [parameter: string]: readonly JsonNumber[] } };
}

const { nn, F } = gb;
const golden = load<SpatialFile>("spatial");
const names = [...new Set(golden.ops.map(({ op }) => op))];
const functions = new Coverage(`spatial functions as PyTorch ${golden.torch}`, golden.ops, ({ op }) => op);
const layers = new Coverage(
  `spatial layers as PyTorch ${golden.torch}`,
  golden.modules,
  ({ module }) => module,
);

afterAll(() => {
  closeSession();
  functions.print();
  layers.print();
});

type Result = gb.Tensor | { values: gb.Tensor; indices: gb.Tensor };
type Function = (...args: unknown[]) => Result;

/** A case's call: inputs, arguments, and all else as options. */
function call(
  op: string,
  inputs: readonly gb.Tensor[],
  { arguments: args = [], ...options }: Options,
): gb.Tensor[] {
  const [x, weight, bias] = inputs;
  const given = op.startsWith("conv") ? [x, weight, bias ?? null] : [x, ...(args as unknown[])];
  const result = (F[op as keyof typeof F] as unknown as Function)(...given, options);
  return result instanceof gb.Tensor ? [result] : [result.values, result.indices];
}

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(names)("%s", (op) => {
    const wrong: string[] = [];
    for (const one of golden.ops.filter((candidate) => candidate.op === op)) {
      const lines = operationDisagreements(call, one);
      functions.count(device, one, lines.length === 0);
      wrong.push(...lines.map((line) => `${one.id}: ${line}`));
    }
    expect(wrong.join("\n")).toBe("");
  });

  test.each(golden.modules)("nn.$id", (one) => {
    const Layer = nn[one.module as "Conv2d"] as unknown as (...args: unknown[]) => gb.nn.Module;
    const bare = Object.keys(one.options).length === 0;
    const lines = moduleDisagreements((args, options) => Layer(...args, ...(bare ? [] : [options])), one);
    layers.count(device, one, lines.length === 0);
    expect(lines.join("\n")).toBe("");
  });
});

const SEEDED: { readonly [layer: string]: () => gb.nn.Module } = {
  Conv1d: () => nn.Conv1d(2, 3, 4),
  Conv2d: () => nn.Conv2d(2, 2, 3),
  Conv3d: () => nn.Conv3d(1, 2, 2),
  Conv2dGroups: () => nn.Conv2d(4, 2, 3, { groups: 2 }),
  ConvTranspose1d: () => nn.ConvTranspose1d(3, 2, 4),
  ConvTranspose2d: () => nn.ConvTranspose2d(2, 4, 3, { groups: 2 }),
  Conv2dNoBias: () => nn.Conv2d(2, 2, 2, { bias: false }),
};

test.each(Object.keys(SEEDED))("%s starts with PyTorch's weights for a seed", (name) => {
  gb.manualSeed(42);
  const state: Record<string, gb.Tensor> = SEEDED[name]!().stateDict();
  const { following, ...expected } = golden.seeded[name]!;
  expect(Object.keys(state)).toEqual(Object.keys(expected));
  for (const [key, values] of Object.entries(expected)) {
    expect(disagreement(state[key]!.toTypedArray(), values as number[])).toBeLessThan(1e-7);
  }
  expect(gb.tensor.rand(1).item()).toBeCloseTo(following![0] as number, 7);
});
