// Every activation against PyTorch's, or against its formula in float64 where PyTorch has none: as function and as layer.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadLayers } from "../parity/layers.js";
import { DEVICES, useDevice } from "../parity/library.js";
import { moduleDisagreements } from "../parity/module-case.js";
import { type OperationCall, operationDisagreements } from "../parity/operation-case.js";
import { Coverage } from "../parity/report.js";

const { nn, F } = gb;
const { ops, modules, torch } = loadLayers();
const names = [...new Set(ops.map(({ op }) => op))];
const layers = modules.filter(({ module }) => !module.includes("Norm"));
const functionCoverage = new Coverage(`activation functions as PyTorch ${torch}`, ops, ({ op }) => op);
const layerCoverage = new Coverage(`activation layers as PyTorch ${torch}`, layers, ({ module }) => module);

afterAll(() => {
  closeSession();
  functionCoverage.print();
  layerCoverage.print();
});

type Function = (x: gb.Tensor, ...rest: unknown[]) => gb.Tensor;

/** Functions whose further inputs or numbers are positional; for all others the options are the last argument. */
const POSITIONAL: { readonly [name: string]: OperationCall } = {
  prelu: (_, [x, weight]) => [F.prelu(x!, weight!)],
  threshold: (_, [x], { threshold, value }) => [F.threshold(x!, threshold as number, value as number)],
  swish: (_, [x, beta], options) => [F.swish(x!, beta === undefined ? options : { beta })],
};

const call: OperationCall = (op, inputs, options) => {
  const own = POSITIONAL[op];
  if (own !== undefined) return own(op, inputs, options);
  return [(F[op as keyof typeof F] as unknown as Function)(inputs[0]!, options)];
};

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(names)("F.%s", (op) => {
    const wrong: string[] = [];
    for (const golden of ops.filter((candidate) => candidate.op === op)) {
      const lines = operationDisagreements(call, golden);
      functionCoverage.count(device, golden, lines.length === 0);
      wrong.push(...lines.map((line) => `${golden.id}: ${line}`));
    }
    expect(wrong.join("\n")).toBe("");
  });

  test.each(layers)("nn.$id", (golden) => {
    layerCoverage.count(device, golden, false);
    const Layer = nn[golden.module as "Threshold"] as unknown as (...args: unknown[]) => gb.nn.Module;
    const wrong = moduleDisagreements(
      (args, options) => Layer(...args, ...(args.length === 0 ? [options] : [])),
      golden,
    );
    expect(wrong.join("\n")).toBe("");
    layerCoverage.count(device, golden, true);
  });
});
