// Averages of weights against their definition in double precision, the range test of learning rates, recalibrated statistics.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, describe, expect, test } from "vitest";
import { count, difference, smallClassifier, smallData, valuesOf } from "../library/support.js";

const { nn, optim, norm, tensor, manualSeed } = gb;
const { AveragedModel, getEmaAvgFn } = optim.swaUtils;

afterAll(closeSession);

/** Weights of a model after each of `steps` steps of training it; `each` is called after them. */
function train(model: gb.nn.Sequential, steps: number, each: () => void): number[][] {
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.3 });
  const [x, y] = smallData().tensors;
  return Array.from({ length: steps }, () => {
    nn.CrossEntropyLoss()(model(x), y).backward();
    optimizer.step();
    optimizer.zeroGrad();
    each();
    return model.parameters().flatMap(valuesOf);
  });
}

describe("AveragedModel", () => {
  test("is the mean of the models that went in, with the buffers of the last", () => {
    const model = smallClassifier();
    const averaged = AveragedModel(model);
    const seen = train(model, 5, () => averaged.updateParameters(model));
    const mean = seen[0]!.map((_, i) => seen.reduce((sum, weights) => sum + weights[i]!, 0) / seen.length);
    expect(difference(averaged.parameters().flatMap(valuesOf), mean)).toBeLessThan(1e-6);
    expect(averaged.nAveraged.item()).toBe(5);
    expect(averaged.module.buffers().map(valuesOf)).toEqual(model.buffers().map(valuesOf));
    expect(Object.keys(averaged.stateDict()).slice(0, 2)).toEqual(["n_averaged", "module.1.weight"]);
    // it computes with the averages
    const x = tensor.randn(3, 3, 4);
    const [first] = averaged.eval().module;
    expect(first).not.toBe(model[0]);
    expect(valuesOf(averaged(x))).toEqual(valuesOf(averaged.module(x)));
  });

  test("moves exponentially with getEmaAvgFn, buffers too where asked for, and reads nothing on the way", () => {
    const model = smallClassifier();
    const averaged = AveragedModel(model, { avgFn: getEmaAvgFn(0.8), useBuffers: true });
    const statistics: number[][] = [];
    let runs = 0;
    const seen = train(model, 4, () => {
      runs += count(() => averaged.updateParameters(model)).runs;
      statistics.push(valuesOf((model[2] as gb.nn.BatchNorm1d).runningMean!));
    });
    expect(runs).toBe(0);
    const ema = (rows: readonly number[][]): number[] =>
      rows.reduce((average, row) => average.map((v, i) => 0.8 * v + 0.2 * row[i]!));
    expect(difference(averaged.parameters().flatMap(valuesOf), ema(seen))).toBeLessThan(1e-6);
    const { runningMean } = averaged.module[2] as gb.nn.BatchNorm1d;
    expect(difference(valuesOf(runningMean!), ema(statistics))).toBeLessThan(1e-6);
  });

  test("goes on from a saved state, and says when models differ", () => {
    const model = smallClassifier();
    const averaged = AveragedModel(model);
    train(model, 2, () => averaged.updateParameters(model));
    const copy = AveragedModel(model);
    copy.loadStateDict(averaged.stateDict());
    train(model, 1, () => {
      averaged.updateParameters(model);
      copy.updateParameters(model);
    });
    expect(copy.parameters().map(valuesOf)).toEqual(averaged.parameters().map(valuesOf));
    const other = nn.Sequential(nn.Linear(1, 1)) as gb.nn.Sequential;
    expect(() => averaged.updateParameters(other)).toThrow(/the model has 2 parameters or buffers.* 5/);
  });
});

describe("lrRangeTest", () => {
  test("finds where the loss of a parabola falls and explodes", () => {
    // the loss is (w - t)² for targets t around 1, its slope 2 (w - t): steps are too long from a rate of 1/2 on, and explode above 1
    const model = nn.Linear(1, 1, { bias: false });
    model.weight.data = tensor([[3]]);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const targets = [0.9, 1.1];
    const batches = targets.map((target) => [tensor([[1]]), tensor([[target]])] as const);
    const options = { minLr: 1e-4, maxLr: 100, steps: 121 };
    const { rates, losses, smoothed, suggestion, steepest } = optim.lrRangeTest(
      model,
      optimizer,
      nn.MSELoss(),
      batches,
      options,
    );
    expect([losses.length, smoothed.length]).toEqual([rates.length, rates.length]);
    for (const [i, rate] of rates.entries()) expect(rate / (1e-4 * 10 ** (i / 20))).toBeCloseTo(1, 9);
    let weight = 3;
    for (const [i, rate] of rates.slice(0, 60).entries()) {
      const gap = weight - targets[i % 2]!;
      expect(losses[i]!).toBeCloseTo(gap ** 2, 5);
      weight -= rate * 2 * gap;
    }
    expect(rates.at(-1)!).toBeGreaterThan(1);
    expect(rates.length).toBeLessThan(121);
    expect(suggestion!).toBeGreaterThan(0.02);
    expect(suggestion!).toBeLessThan(0.12);
    expect(steepest!).toBeLessThan(0.5);
    expect(model.weight.item()).toBe(3);
  });

  test("sees the steepest fall through the noise of batches, to a factor of 2.5", () => {
    // losses that fall from 2.3 to 0.5 around a rate of 1e-3, where the curve is steepest, and explode at 0.1
    const curve = (rate: number): number =>
      2.3 - 1.8 / (1 + Math.exp(-4 * (Math.log10(rate) + 3))) + (rate / 0.1) ** 3;
    const model = nn.Linear(1, 1);
    const steps = 100;
    for (let seed = 0; seed < 20; seed++) {
      manualSeed(seed);
      const noise = valuesOf(tensor.randn(steps).mul(0.15));
      const batches = noise.map((off, i) => {
        const loss = curve(1e-6 * 1e6 ** (i / (steps - 1))) + off;
        return [tensor.zeros(1, 1), loss] as const;
      });
      const told = (output: gb.Tensor, loss: number): gb.Tensor => output.sum().mul(0).add(loss);
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
      const { steepest } = optim.lrRangeTest(model, optimizer, told, batches, { steps });
      expect(Math.abs(Math.log(steepest! / 1e-3)), `seed ${seed}: ${steepest}`).toBeLessThan(Math.log(2.5));
    }
  });

  test("leaves no trace in a model, its optimizer and the generator", () => {
    const model = smallClassifier();
    // batch norm's parameters get gradients, and no updates
    const optimizer = new optim.Adam([
      { params: model[1]!.parameters(), lr: 1e-3 },
      { params: model[4]!.parameters(), lr: 1e-4 },
    ]);
    const [x, y] = smallData().tensors;
    const batches = [0, 16, 32, 48].map((from) => [x.narrow(0, from, 16), y.narrow(0, from, 16)] as const);
    const before = Object.values(model.stateDict()).map(valuesOf);
    manualSeed(9);
    const next = valuesOf(tensor.rand(3));
    manualSeed(9);
    optim.lrRangeTest(model, optimizer, nn.CrossEntropyLoss(), batches, { steps: 10 });
    expect(Object.values(model.stateDict()).map(valuesOf)).toEqual(before);
    expect(optimizer.stateDict().state).toEqual({});
    expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([1e-3, 1e-4]);
    expect(model.training).toBe(true);
    expect(valuesOf(tensor.rand(3))).toEqual(next);
  });

  test("has no suggestion where the loss only rises, and says what it needs", () => {
    const model = nn.Linear(1, 1, { bias: false });
    model.weight.data = tensor([[1]]);
    const climb = new optim.SGD(model.parameters(), { lr: 0.1, maximize: true });
    const one = tensor([[1]]);
    const batches = [[one, tensor([[0]])]] as const;
    const result = optim.lrRangeTest(model, climb, nn.MSELoss(), batches, { steps: 10 });
    expect([result.suggestion, result.steepest]).toEqual([null, null]);
    const wrong = (options: gb.optim.RangeTestOptions, given: typeof batches | []) => () =>
      optim.lrRangeTest(model, climb, nn.MSELoss(), given, options);
    expect(wrong({ minLr: 1, maxLr: 0.1 }, batches)).toThrow(/needs 0 < minLr < maxLr/);
    expect(wrong({ steps: 1 }, batches)).toThrow(/steps must be a whole number > 1/);
    expect(wrong({}, [])).toThrow(/got no batches/);
  });
});

describe("norm.recalibrate", () => {
  test("gives plain averages over all batches, with dropout off and modes as before", () => {
    manualSeed(4);
    const model = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(3), nn.ReLU(), nn.BatchNorm1d(3).freeze());
    for (let i = 0; i < 3; i++) model(tensor.randn(8, 3).mul(5));
    const frozen = valuesOf(model[3].runningMean!);
    const batches = [5, 9, 7].map((size) => tensor.randn(size, 3).add(2));
    const modes = model.modules().map(({ training }) => training);
    const pairs = batches.map((x) => [x, tensor.zeros(1)] as const);
    expect(norm.recalibrate(model, pairs)).toBe(3);
    const average = (of: (x: gb.Tensor) => gb.Tensor): number[] => {
      const rows = batches.map((x) => valuesOf(of(x)));
      return rows[0]!.map((_, c) => rows.reduce((sum, row) => sum + row[c]!, 0) / rows.length);
    };
    expect(
      difference(
        valuesOf(model[1].runningMean!),
        average((x) => x.mean(0)),
      ),
    ).toBeLessThan(1e-5);
    expect(
      difference(
        valuesOf(model[1].runningVar!),
        average((x) => x.var(0)),
      ),
    ).toBeLessThan(1e-5);
    expect(model[1].numBatchesTracked!.item()).toBe(3);
    expect(model[1].momentum).toBe(0.1);
    expect(valuesOf(model[3].runningMean!)).toEqual(frozen);
    expect(model.modules().map(({ training }) => training)).toEqual(modes);
    expect(() => norm.recalibrate(model, [])).toThrow(/got no batches/);
  });
});
