// Second derivatives against PyTorch's: activations, operations, convolutions, normalisation and losses.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decode, type GoldenTensor, type JsonNumber, load, mismatch } from "../parity/golden.js";
import { DEVICES, fromGolden, useDevice } from "../parity/library.js";
import { Coverage } from "../parity/report.js";
import { weightedSum } from "../parity/weighted.js";

interface Case {
  readonly id: string;
  readonly where: "F" | "Tensor" | "nn";
  readonly op: string;
  readonly inputs: readonly GoldenTensor[];
  readonly arguments: readonly unknown[];
  readonly options: { readonly [name: string]: unknown };
  readonly second: readonly (readonly JsonNumber[])[];
  /** Inputs after the first that are options. */
  readonly tensors?: readonly string[];
  /** A target filled with this number. */
  readonly target?: number;
  readonly then?: "square";
}

const { torch, cases } = load<{ torch: string; cases: Case[] }>("gradients");
const coverage = new Coverage(`second derivatives as PyTorch ${torch}`, cases, ({ op }) => op);

afterAll(() => {
  closeSession();
  coverage.print();
});

type AnyFunction = (...args: unknown[]) => gb.Tensor;

function value(one: Case, inputs: readonly gb.Tensor[]): gb.Tensor {
  const [x, ...rest] = inputs as [gb.Tensor, ...gb.Tensor[]];
  const { op, where, tensors = [], target } = one;
  if (where === "nn") {
    const Layer = gb.nn[op as "BatchNorm1d"] as unknown as (...args: unknown[]) => gb.nn.BatchNorm1d;
    return Layer(...one.arguments, one.options)(x);
  }
  if (where === "Tensor") {
    return (x[op as "mul"] as unknown as AnyFunction).call(x, ...rest, ...one.arguments);
  }
  const options = { ...one.options, ...Object.fromEntries(tensors.map((name, i) => [name, rest[i]])) };
  const given = [...(tensors.length > 0 ? [x] : inputs)];
  if (target !== undefined) given.push(gb.tensor.full(x.shape, target));
  const f = gb.F[op as keyof typeof gb.F] as unknown as AnyFunction;
  return f(...given, ...one.arguments, ...(Object.keys(options).length > 0 ? [options] : []));
}

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(cases)("$id", (one) => {
    coverage.count(device, one, false);
    const inputs = one.inputs.map((input) => fromGolden(input, true));
    const by = inputs.filter(({ requiresGrad }) => requiresGrad);
    const y = value(one, inputs);
    const s = weightedSum([one.then === "square" ? y.square() : y]);
    const options = { createGraph: true, allowUnused: true } as const;
    const slopes = gb.autograd.grad(s, by, options) as (gb.Tensor | null)[];
    const curved = slopes.filter((g): g is gb.Tensor => g?.requiresGrad === true);
    const second: (gb.Tensor | null)[] =
      curved.length === 0 ? [] : gb.autograd.grad(weightedSum(curved), by, { allowUnused: true });
    const wrong = by.map((x, i) => {
      const actual = second[i]?.toTypedArray() ?? new Float32Array(x.numel());
      return mismatch(`input ${i}`, actual, decode(one.second[i]!));
    });
    expect(wrong.filter((line) => line !== undefined).join("\n")).toBe("");
    coverage.count(device, one, true);
  });
});
