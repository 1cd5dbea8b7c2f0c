// Initialisation against PyTorch's: for a seed the same values, and as many numbers drawn.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decode, mismatch } from "../parity/golden.js";
import { type InitCase, loadLayers } from "../parity/layers.js";
import { DEVICES, useDevice } from "../parity/library.js";
import { Coverage } from "../parity/report.js";

const { init, tensor, manualSeed } = gb;
const { inits, gains, torch } = loadLayers();
const coverage = new Coverage(`initialisation as PyTorch ${torch}`, inits, (golden) => golden.function);

afterAll(() => {
  closeSession();
  coverage.print();
});

type Initialise = (x: gb.Tensor, ...rest: unknown[]) => gb.Tensor;

function initialise(golden: InitCase, options: object = {}): gb.Tensor {
  const call = init[golden.function as "normal_"] as Initialise;
  const x = tensor.full(golden.shape, 7);
  expect(call(x, ...golden.arguments, { ...golden.options, ...options })).toBe(x);
  return x;
}

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(inits)("$id", (golden) => {
    coverage.count(device, golden, false);
    manualSeed(golden.seed);
    const values = initialise(golden).toTypedArray();
    expect(mismatch("values", values, decode(golden.values))).toBeUndefined();
    expect(tensor.rand(1).item()).toBeCloseTo(golden.following[0], 6);
    coverage.count(device, golden, true);
  });
});

describe("without a device of its own", () => {
  beforeAll(() => useDevice("reference"));
  const random = inits.filter(({ id }) => id.endsWith("/many") && !/eye|ones|zeros|constant/.test(id));

  test.each(random)("$function draws from the generator it is given, and from no other", (golden) => {
    manualSeed(1);
    const before = tensor.rand(1).item();
    manualSeed(1);
    const generator = new gb.Generator(golden.seed);
    const values = initialise(golden, { generator }).toTypedArray();
    expect(mismatch("values", values, decode(golden.values))).toBeUndefined();
    expect(tensor.rand(1).item()).toBe(before);
  });

  test.each(gains)("calculateGain($arguments)", ({ arguments: [name, param], gain }) => {
    expect(init.calculateGain(name as "relu", param)).toBeCloseTo(gain, 11);
  });

  test("a missing bias is left alone", () => {
    for (const call of [init.zeros_, init.eye_, init.orthogonal_, init.truncNormal_, init.dirac_]) {
      expect(call(null)).toBeNull();
    }
    expect(init.sparse_(null, 0.5)).toBeNull();
  });

  test("a parameter stays a leaf that learns", () => {
    const { weight } = gb.nn.Linear(4, 3);
    init.orthogonal_(weight);
    weight.sum().backward();
    expect(weight.grad!.toTypedArray()).toEqual(new Float32Array(12).fill(1));
  });

  test.each<[string, () => unknown, RegExp]>([
    ["a vector", () => init.orthogonal_(tensor.zeros(3)), /at least 2 dims, got \[3\]/],
    ["no matrix", () => init.eye_(tensor.zeros(3, 2, 2)), /needs a matrix, got \[3, 2, 2\]/],
    ["sparse, no matrix", () => init.sparse_(tensor.zeros(3), 0.5), /needs a matrix/],
    ["sparsity in percent", () => init.sparse_(tensor.zeros(3, 3), 30), /share from 0 to 1, got 30/],
    ["no kernel", () => init.dirac_(tensor.zeros(3, 3)), /weight of a convolution/],
    ["uneven groups", () => init.dirac_(tensor.zeros(3, 3, 3), { groups: 2 }), /3 output channels.*2/],
    ["limits turned round", () => init.truncNormal_(tensor.zeros(3), { a: 2, b: -2 }), /a = 2, b = -2/],
    ["no spread", () => init.truncNormal_(tensor.zeros(3), { std: 0 }), /std must be greater than 0/],
    ["integers", () => init.normal_(tensor.zeros([3], { dtype: "int32" })), /float32 tensor, got int32/],
    ["an unknown activation", () => init.calculateGain("swosh" as "relu"), /"swosh"; known: .*gelu/],
  ])("%s is refused", (_, call, message) => {
    expect(call).toThrow(message);
  });
});
