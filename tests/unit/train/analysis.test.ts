// Asking a model with dropout many times, finding dead units, pretraining, reusing layers, sweeps.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, describe, expect, test } from "vitest";
import { count, difference, valuesOf } from "../library/support.js";

const { nn, tensor, train, data, optim, manualSeed, noGrad } = gb;

afterAll(closeSession);

describe("mcPredict", () => {
  /** y = w · dropout(x) has the mean w · x and the variance w² · x² p / (1 - p). */
  function linear(): gb.nn.Sequential {
    const model = nn.Sequential(nn.Dropout(0.4), nn.Linear(3, 2, { bias: false }));
    (model[1] as gb.nn.Linear).weight.data = tensor([
      [1, -2, 0.5],
      [0, 1, 3],
    ]);
    return model;
  }

  test("has the mean and the deviation that follow from the rate", () => {
    manualSeed(42);
    const x = [2, -1, 1];
    const { mean, std } = train.mcPredict(linear(), tensor([x]), { samples: 3000 });
    const rows = [
      [1, -2, 0.5],
      [0, 1, 3],
    ];
    const wanted = rows.map((row) => ({
      mean: row.reduce((sum, w, i) => sum + w * x[i]!, 0),
      std: Math.sqrt(row.reduce((sum, w, i) => sum + (w * x[i]!) ** 2 * (0.4 / 0.6), 0)),
    }));
    valuesOf(mean).forEach((value, i) => {
      // four standard errors
      expect(Math.abs(value - wanted[i]!.mean)).toBeLessThan((4 * wanted[i]!.std) / Math.sqrt(3000));
    });
    valuesOf(std).forEach((value, i) => {
      expect(Math.abs(value / wanted[i]!.std - 1)).toBeLessThan(0.05);
    });
  });

  test("is mean and unbiased deviation of forward passes with dropout, in one plan, and restores all modes", () => {
    const model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2)).eval();
    model[0]!.train();
    const before = valuesOf((model[1] as gb.nn.BatchNorm1d).runningMean!);
    const x = tensor.randn(5, 3);
    manualSeed(1);
    const { mean, std } = train.mcPredict(model, x, { samples: 8, transform: (y) => y.softmax(1) });
    expect(model.modules().map(({ training }) => training)).toEqual([false, true, false, false, false]);
    expect(valuesOf((model[1] as gb.nn.BatchNorm1d).runningMean!)).toEqual(before);
    manualSeed(1);
    model[2]!.train();
    const passes = noGrad(() =>
      Array.from({ length: 8 }, () => valuesOf((model(x) as gb.Tensor).softmax(1))),
    );
    model[2]!.eval();
    const each = (of: (values: number[]) => number): number[] =>
      passes[0]!.map((_, i) => of(passes.map((p) => p[i]!)));
    const average = (values: number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
    const deviation = (values: number[]): number =>
      Math.sqrt(values.reduce((sum, v) => sum + (v - average(values)) ** 2, 0) / (values.length - 1));
    expect(difference(valuesOf(mean), each(average))).toBeLessThan(1e-6);
    expect(difference(valuesOf(std), each(deviation))).toBeLessThan(1e-6);
    const { compiles } = count(() =>
      train.mcPredict(model, x, { samples: 20, transform: (y) => y.softmax(1) }),
    );
    expect(compiles).toBeLessThanOrEqual(1);
  });

  test("a model without dropout is told so", () => {
    expect(() => train.mcPredict(nn.Linear(1, 1), tensor([[1]]))).toThrow("has no dropout layers");
    expect(() => train.mcPredict(linear(), tensor([[1, 1, 1]]), { samples: 1 })).toThrow("at least 2");
  });
});

describe("deadUnits", () => {
  test("finds exactly the units that are 0 for every example, and channels of convolutions", async () => {
    manualSeed(3);
    const model = nn.Sequential(
      nn.Conv2d(1, 4, 3),
      nn.ReLU(),
      nn.Flatten(),
      nn.Linear(16, 6),
      nn.BatchNorm1d(6),
      nn.ReLU(),
      nn.Linear(6, 2),
    );
    (model[0] as gb.nn.Conv2d).bias!.data = tensor([0, -100, 0, 0]);
    const shift = model[4] as gb.nn.BatchNorm1d;
    // the third fires for a few examples only, and those come late
    shift.bias!.data = tensor([0, 0, -0.7, -100, 0, -100]);
    const x = tensor.randn(200, 1, 4, 4);
    for (let i = 0; i < 30; i++) model(x);
    const set = data.TensorDataset(x, tensor.zeros(200));
    const found = await train.deadUnits(model, data.DataLoader(set, { batchSize: 16 }));
    const fires = noGrad(() =>
      nn
        .evalMode(model, () => model.slice(0, 6)(x) as gb.Tensor)
        .gt(0)
        .any(0),
    ).toArray();
    const silent = (fires as boolean[]).flatMap((any, unit) => (any ? [] : [unit]));
    expect(silent).toEqual([3, 5]);
    expect(found.map(({ path, units, dead }) => ({ path, units, dead }))).toEqual([
      { path: "0", units: 4, dead: [1] },
      { path: "3", units: 6, dead: silent },
    ]);
    expect(String(found)).toContain("33.3 %");
    expect(model.training).toBe(true);
  });
});

describe("pretraining", () => {
  const digits = async (): Promise<gb.Tensor> =>
    (await data.mnist({ sample: true })).train.tensors[0].slice(0, 300);

  test("a tied decoder is the transposed encoder, and trains with it", () => {
    const encoder = nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2), nn.ReLU());
    const decoder = train.tiedDecoder(encoder);
    const [first, last] = [encoder[1] as gb.nn.Linear, encoder[3] as gb.nn.Linear];
    const code = tensor.randn(3, 2);
    const wanted = code.matmul(last.weight).tanh().matmul(first.weight);
    expect(difference(valuesOf(decoder(code) as gb.Tensor), valuesOf(wanted))).toBeLessThan(1e-6);
    const both = nn.Sequential(encoder, decoder);
    expect([...both.namedParameters()].map(([name]) => name)).toEqual([
      "0.1.weight",
      "0.1.bias",
      "0.3.weight",
      "0.3.bias",
      "1.0.bias",
      "1.2.bias",
    ]);
    (both(tensor.randn(5, 6)) as gb.Tensor).square().mean().backward();
    expect(both.parameters().every(({ grad }) => grad !== null)).toBe(true);
    expect(() => train.tiedDecoder(nn.Sequential(nn.Linear(2, 2), nn.PReLU()))).toThrow("without parameters");
  });

  test.each([
    ["free", {}],
    ["tied, denoising", { tied: true, corruption: 0.2 }],
  ])(
    "%s: every hidden layer learns to keep what comes in, the output layer is left alone",
    async (_, options) => {
      manualSeed(42);
      const model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 30),
        nn.ReLU(),
        nn.Linear(30, 12),
        nn.ReLU(),
        nn.Linear(12, 10),
      );
      const before = model.stateDict();
      const saved = Object.fromEntries(
        Object.entries(before).map(([name, value]) => [name, valuesOf(value)]),
      );
      const loader = data.DataLoader(data.TensorDataset(await digits()), { batchSize: 50, shuffle: true });
      const layers = await train.pretrain(model, loader, {
        optimizer: (parameters) => new optim.Adam(parameters, { lr: 0.003 }),
        epochs: 6,
        log: null,
        ...options,
      });
      expect(layers.map(({ index, label }) => [index, label])).toEqual([
        [1, "Linear(784, 30)"],
        [3, "Linear(30, 12)"],
      ]);
      for (const { history } of layers) expect(history.at(-1)!.loss).toBeLessThan(0.7 * history[0]!.loss);
      const after = model.stateDict();
      const changed = Object.keys(saved).filter(
        (name) => difference(valuesOf(after[name]!), saved[name]!) > 0,
      );
      expect(changed).toEqual(["1.weight", "1.bias", "3.weight", "3.bias"]);
      expect(model.training).toBe(true);
    },
  );
});

describe("reusing a model", () => {
  const model = (): gb.nn.Sequential =>
    nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2));

  test("layers are frozen and thawed by name", () => {
    const net = model();
    train.freezeLayers(net, ["0", "1"]);
    net.train();
    expect(net.parameters().map(({ requiresGrad }) => requiresGrad)).toEqual([
      ...[false, false, false, false],
      ...[true, true, true, true],
    ]);
    expect([net[1]!.training, net[3]!.training]).toEqual([false, true]);
    train.unfreezeLayers(net, ["1"]);
    expect(net.train()[1]!.training).toBe(true);
    expect(() => train.freezeLayers(net, ["7"])).toThrow(
      'there is no module "7"; the model has 0, 1, 2, 3, 4, 5',
    );
  });

  test("a new head is put on a copy", () => {
    const net = model();
    const other = train.replaceHead(net, nn.Linear(3, 1));
    expect(other.length).toBe(6);
    expect((other(tensor.zeros(2, 4)) as gb.Tensor).shape).toEqual([2, 1]);
    expect(valuesOf((other[0] as gb.nn.Linear).weight)).toEqual(valuesOf((net[0] as gb.nn.Linear).weight));
    (other[0] as gb.nn.Linear).weight.data.zero_();
    expect(valuesOf((net[0] as gb.nn.Linear).weight).every((value) => value === 0)).toBe(false);
    expect(() => train.replaceHead(nn.Sequential(nn.ReLU()))).toThrow("no layer of the model has parameters");
  });

  test("learning rates shrink toward the input, and frozen layers have none", () => {
    const net = model();
    train.freezeLayers(net, ["0"]);
    const groups = train.layerwiseRates(net, { lr: 1, decay: 0.1 });
    expect(groups.map(({ params }) => params.length)).toEqual([2, 2, 2]);
    groups.forEach(({ lr }, i) => {
      expect(Math.abs(lr / 0.1 ** (2 - i) - 1)).toBeLessThan(1e-12);
    });
    expect(new optim.SGD(groups).paramGroups.map(({ lr }) => lr)).toEqual(groups.map(({ lr }) => lr));
  });
});

test("a sweep starts every run with the same numbers, keeps failures, and finds the best", async () => {
  manualSeed(9);
  const drawn: number[] = [];
  const found = await train.sweep(
    [1, 2, 3, 4],
    (candidate) => {
      drawn.push(tensor.rand(1).item());
      if (candidate === 3) throw new Error("diverged");
      return candidate === 4 ? Number.NaN : -candidate;
    },
    { better: "higher" },
  );
  expect(new Set(drawn).size).toBe(1);
  expect(found.best!.candidate).toBe(1);
  expect(found.trials.map(({ error }) => error)).toEqual([undefined, undefined, "diverged", undefined]);
  const [, first, , third, , ...failures] = String(found).split("\n");
  expect(first).toMatch(/^ *\* 1 +-1 /);
  // a long message must not make the table wide
  expect(third).toMatch(/^ *3 +failed +\d+\.\d$/);
  expect(failures).toEqual(["3 failed: diverged"]);
});
