// Gradient clipping against PyTorch, also with infinite and NaN gradients; what is read and when; max-norm and penalties.

import * as gb from "gradbook";
import { closeSession, session } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { count, valuesOf } from "../library/support.js";
import { decode, disagreement, TOLERANCE } from "../parity/golden.js";
import { DEVICE, DEVICES, fromGolden, useDevice } from "../parity/library.js";
import { type ClipCase, loadOptim } from "./golden.js";

const { nn, tensor } = gb;
const { utils } = nn;
const { clips } = loadOptim();

afterAll(closeSession);

/** Parameters with the case's gradients. */
function withGradients({ gradients }: ClipCase): gb.Tensor[] {
  return gradients.map((golden) => {
    const gradient = fromGolden(golden);
    const parameter = tensor.zeros(gradient.shape, { requiresGrad: true });
    parameter.grad = gradient;
    return parameter;
  });
}

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(clips)("$id", (golden) => {
    const parameters = withGradients(golden);
    const { normType } = golden.options;
    if (golden.function === "clipGradValue_") utils.clipGradValue_(parameters, golden.limit);
    else {
      const total = utils.clipGradNorm_(parameters, golden.limit, {
        normType: normType === "inf" ? Number.POSITIVE_INFINITY : normType!,
      });
      expect(disagreement([total.item()], decode([golden.total!]))).toBeLessThan(TOLERANCE);
    }
    parameters.forEach((parameter, i) => {
      expect(disagreement(valuesOf(parameter.grad!), decode(golden.after[i]!))).toBeLessThan(TOLERANCE);
    });
  });
});

describe("clipping in a loop", () => {
  beforeAll(() => useDevice(DEVICE));

  const network = (): {
    model: gb.nn.Sequential;
    step: (after: () => void) => void;
    optimizer: gb.optim.SGD;
  } => {
    gb.manualSeed(5);
    const model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1));
    const optimizer = new gb.optim.SGD(model.parameters(), { lr: 0.5 });
    const x = tensor.randn(6, 3);
    const step = (after: () => void): void => {
      model(x).sub(3).square().mean().backward();
      after();
      optimizer.step();
      optimizer.zeroGrad();
    };
    return { model, step, optimizer };
  };

  test("is part of the step's one run, and its norm can be read later", () => {
    const { model, step } = network();
    const totals: gb.Tensor[] = [];
    const body = (): void => step(() => totals.push(utils.clipGradNorm_(model.parameters(), 0.01)));
    body();
    body();
    const seen = count(() => {
      for (let i = 0; i < 50; i++) body();
    });
    expect(seen).toMatchObject({ runs: 50 });
    expect(seen.compiles).toBeLessThanOrEqual(1);
    const read = totals.map((total) => total.item());
    expect(read.every((value) => value > 0.01)).toBe(true);
    expect(new Set(read).size).toBeGreaterThan(40);
  });

  test("the update is that of the clipped gradients", () => {
    const { model, step, optimizer } = network();
    const before = model.parameters().map(valuesOf);
    step(() => utils.clipGradNorm_(model.parameters(), 0.01));
    const moved = model.parameters().flatMap((p, i) => valuesOf(p).map((value, j) => value - before[i]![j]!));
    const length = Math.hypot(...moved);
    expect(length).toBeCloseTo(0.01 * optimizer.paramGroups[0]!.lr, 6);
  });

  test("gradients are given back by zeroGrad() although they were clipped", () => {
    const growth = (clip: boolean): number => {
      const { model, step } = network();
      const buffers: number[] = [];
      for (let i = 0; i < 20; i++) {
        step(() => {
          if (clip) utils.clipGradNorm_(model.parameters(), 0.1);
        });
        buffers.push(session().client.memory().buffers);
      }
      return buffers[19]! - buffers[9]!;
    };
    // the norm of each step is one more handle; its four gradients must not be
    expect(growth(true) - growth(false)).toBeLessThanOrEqual(10);
  });

  test("a gradient that is not finite stops where asked for, by name, and changes nothing", () => {
    const { model } = network();
    const x = tensor([[1, 2, 3]]);
    model(x).sum().backward();
    const weight = model[2]!.parameters()[0]!;
    const before = valuesOf(model.parameters()[0]!.grad!);
    weight.grad = tensor([[1, Number.NaN, Number.POSITIVE_INFINITY, 2]]);
    const check = { errorIfNonfinite: true };
    expect(() => utils.clipGradNorm_(model.namedParameters(), 1, check)).toThrow(
      /clipGradNorm_: the total norm is NaN.*2\.weight \[1, 4\] \(1 NaN, 1 infinite of 4\)\. Nothing was changed/s,
    );
    expect(() => utils.clipGradNorm_(model.parameters(), 1, check)).toThrow(/number 2 \[1, 4\]/);
    expect(valuesOf(model.parameters()[0]!.grad!)).toEqual(before);
    weight.grad = tensor([[1e30, 1e30, 0, 0]]);
    expect(() => utils.clipGradNorm_(model.parameters(), 1, check)).toThrow(/all finite, and too large/);
    weight.grad = null;
    expect(utils.clipGradNorm_(model.namedParameters(), 1, check).item()).toBeGreaterThan(0);
  });

  test("what has no gradients has norm 0", () => {
    expect(utils.clipGradNorm_(network().model.parameters(), 1).item()).toBe(0);
    expect(utils.getTotalNorm([tensor([3, 0]), tensor([[4]])]).item()).toBe(5);
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      "a model",
      () => utils.clipGradNorm_(nn.Linear(1, 1) as never, 1),
      /clipGradNorm_: .*model\.parameters\(\)/,
    ],
    ["a negative limit", () => utils.clipGradNorm_([], -1), /maxNorm must be a number >= 0, got -1/],
    ["a norm of 0", () => utils.clipGradNorm_([], 1, { normType: 0 }), /normType must be .* got 0/],
    ["a negative value", () => utils.clipGradValue_([], -1), /clipValue must be .* got -1/],
  ])("%s is told", (_what, mistake, message) => {
    expect(mistake).toThrow(message);
  });
});

describe("weights", () => {
  test("maxNorm_ scales rows (or columns) down to the limit, and leaves shorter ones alone", () => {
    const weight = tensor(
      [
        [3, 4],
        [0.3, 0.4],
        [0, 0],
      ],
      { requiresGrad: true },
    );
    utils.maxNorm_(weight, 2);
    expect(disagreement(valuesOf(weight), [1.2, 1.6, 0.3, 0.4, 0, 0])).toBeLessThan(1e-6);
    expect(weight.requiresGrad && weight.isLeaf).toBe(true);
    const columns = tensor([
      [3, 1],
      [4, 1],
    ]);
    utils.maxNorm_(columns, 1, 0);
    expect(disagreement(valuesOf(columns), [0.6, Math.SQRT1_2, 0.8, Math.SQRT1_2])).toBeLessThan(1e-6);
  });

  test("penalties and their gradients", () => {
    const weight = tensor(
      [
        [1, -2],
        [0, 3],
      ],
      { requiresGrad: true },
    );
    const bias = tensor([-1], { requiresGrad: true });
    const loss = utils
      .l1Penalty([weight, bias])
      .mul(10)
      .add(utils.l2Penalty([weight, bias]));
    expect(loss.item()).toBe(70 + 15);
    loss.backward();
    expect(valuesOf(weight.grad!)).toEqual([12, -14, 0, 16]);
    expect(valuesOf(bias.grad!)).toEqual([-12]);
  });
});
