// Modules as a whole: scoped modes, freezing, copies, backward hooks, and the summary.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, describe, expect, test } from "vitest";
import { count, smallClassifier, valuesOf } from "../library/support.js";

const { nn, tensor, optim, noGrad, deepcopy } = gb;

afterAll(closeSession);

describe("scoped modes", () => {
  test("put every module back into its own mode: after a value, an error, and a promise", async () => {
    const model = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(2).eval()));
    const modes = (): boolean[] => model.modules().map((module) => module.training);
    const before = modes();
    expect(new Set(before).size).toBe(2);
    expect(nn.evalMode(model, modes)).toEqual(before.map(() => false));
    expect(modes()).toEqual(before);
    expect(nn.trainMode(model, modes)).toEqual(before.map(() => true));
    expect(() =>
      nn.evalMode(model, () => {
        throw new Error("inside");
      }),
    ).toThrow("inside");
    expect(modes()).toEqual(before);
    const later = nn.evalMode(model, async () => {
      await Promise.resolve();
      return modes();
    });
    expect(modes()).toEqual(before.map(() => false));
    expect(await later).toEqual(before.map(() => false));
    expect(modes()).toEqual(before);
    const failing = nn.evalMode(model, () => Promise.reject(new Error("later")));
    await expect(failing).rejects.toThrow("later");
    expect(modes()).toEqual(before);
  });
});

describe("freeze()", () => {
  test("stops gradients and running statistics, and survives train()", () => {
    const model = smallClassifier();
    model.slice(0, 3).freeze();
    model.train();
    expect([...model].map((layer) => layer.training)).toEqual([false, false, false, true, true]);
    const before = deepcopy(model.stateDict());
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.5 });
    nn.CrossEntropyLoss()(
      model(tensor.randn(6, 3, 4)),
      tensor([0, 1, 2, 3, 0, 1], { dtype: "int32" }),
    ).backward();
    optimizer.step();
    const changed = Object.entries(model.stateDict()).filter(([key, value]) => {
      return valuesOf(value).some((v, i) => v !== valuesOf(before[key]!)[i]);
    });
    expect(changed.map(([key]) => key)).toEqual(["4.weight", "4.bias"]);
    model.unfreeze().train();
    expect(model.modules().every((module) => module.training && !module.frozen)).toBe(true);
    expect(model.parameters().every((parameter) => parameter.requiresGrad)).toBe(true);
  });
});

describe("deepcopy()", () => {
  test("shares nothing with the original and computes the same", () => {
    const model = smallClassifier().eval();
    model[1]!.requiresGrad_(false);
    const x = tensor.randn(4, 3, 4);
    const copy = deepcopy(model);
    expect(copy).toBeInstanceOf(nn.Sequential);
    expect(String(copy)).toBe(String(model));
    expect(Object.keys(copy.stateDict())).toEqual(Object.keys(model.stateDict()));
    expect(copy.parameters().map(({ requiresGrad }) => requiresGrad)).toEqual(
      model.parameters().map(({ requiresGrad }) => requiresGrad),
    );
    expect(copy.training).toBe(false);
    const expected = valuesOf(model(x));
    noGrad(() => {
      for (const parameter of model.parameters()) parameter.fill_(0);
      for (const buffer of model.buffers()) buffer.fill_(0);
    });
    expect(valuesOf(copy(x))).toEqual(expected);
    copy.train();
    expect(model.training).toBe(false);
  });

  test("keeps shared parameters shared, takes no hooks along, and copies tensors and records", () => {
    class Tied extends nn.Module {
      readonly first = nn.Linear(2, 2);
      readonly others = [nn.Linear(2, 2)];
      readonly options = { scale: 2, list: [1, 2] };
      calls = 0;
      constructor() {
        super();
        this.others[0]!.weight = this.first.weight;
      }
      forward(x: gb.Tensor): gb.Tensor {
        return this.others[0]!(this.first(x)).mul(this.options.scale);
      }
    }
    const tied = new Tied();
    tied.registerForwardHook(() => void tied.calls++);
    const copy = deepcopy(tied);
    expect(copy.first.weight).toBe(copy.others[0]!.weight);
    expect(copy.first.weight === tied.first.weight).toBe(false);
    expect(copy.options).toEqual(tied.options);
    expect(copy.options.list).not.toBe(tied.options.list);
    copy(tensor.ones(1, 2));
    expect(tied.calls).toBe(0);
    const leaf = tensor([1, 2], { requiresGrad: true });
    const pair = deepcopy({ leaf, same: leaf, none: null });
    expect(pair.leaf).toBe(pair.same);
    expect(pair.leaf.requiresGrad).toBe(true);
    expect(pair.none).toBe(null);
  });
});

describe("registerFullBackwardHook", () => {
  test("tells the gradients of inputs and outputs, as PyTorch does", () => {
    // Linear(2, 1) with weight [[2, 3]] and no bias, loss = sum(y²): dy = 2 y, dx = dy W
    const layer = nn.Linear(2, 1, { bias: false });
    layer.weight.data = tensor([[2, 3]]);
    const seen: number[][][] = [];
    const handle = layer.registerFullBackwardHook((module, gradInputs, gradOutputs) => {
      expect(module).toBe(layer);
      seen.push(
        [gradInputs, gradOutputs].map((list) => list.flatMap((g) => (g === null ? [] : valuesOf(g)))),
      );
    });
    const x = tensor([[1, 1]], { requiresGrad: true });
    const loss = layer(x).square().sum();
    // reading the loss works out the backward pass, and must not run hooks
    expect(loss.item()).toBe(25);
    expect(seen).toEqual([]);
    loss.backward(undefined, { retainGraph: true });
    loss.backward();
    expect(seen).toEqual([
      [[20, 30], [10]],
      [[20, 30], [10]],
    ]);
    expect(valuesOf(layer.weight.grad!)).toEqual([20, 20]);
    handle.remove();
    layer(x).sum().backward();
    expect(seen.length).toBe(2);
  });

  test("at a first layer, whose input needs no gradient, and at a module of two inputs and outputs", () => {
    const seen: string[] = [];
    const shapes = (list: readonly (gb.Tensor | null)[]): string =>
      list.map((g) => (g === null ? "null" : `[${g.shape}]`)).join(" ");
    const hook: Parameters<gb.nn.Module["registerFullBackwardHook"]>[0] = (module, inputs, outputs) => {
      seen.push(`${module.constructor.name}: ${shapes(inputs)} -> ${shapes(outputs)}`);
    };
    class Both extends nn.Module {
      forward(a: gb.Tensor, b: gb.Tensor): { sum: gb.Tensor; product: gb.Tensor } {
        return { sum: a.add(b), product: a.mul(b) };
      }
    }
    const both = new Both();
    const first = nn.Linear(3, 2);
    both.registerFullBackwardHook(hook);
    first.registerFullBackwardHook(hook);
    const y = first(tensor.ones(4, 3));
    const { sum, product } = both(y, y.mul(2));
    sum.add(product).sum().backward();
    expect(seen).toEqual(["Both: [4,2] [4,2] -> [4,2] [4,2]", "Linear: null -> [4,2]"]);
  });
});

describe("summary()", () => {
  test("counts parameters, shapes and operations without running anything", () => {
    const model = nn.Sequential(
      nn.Flatten(),
      nn.Linear(784, 300, { bias: false }),
      nn.BatchNorm1d(300),
      nn.ReLU(),
      nn.Linear(300, 10),
    );
    valuesOf(model[1].weight);
    model[1].requiresGrad_(false);
    let table: gb.nn.Summary | undefined;
    const { runs } = count(() => {
      table = nn.summary(model, [32, 1, 28, 28]);
    });
    expect(runs).toBe(0);
    expect(table!.rows.map(({ path, kind, outputShape }) => `${path} ${kind} ${outputShape}`)).toEqual([
      " Sequential 32,10",
      "0 Flatten 32,784",
      "1 Linear 32,300",
      "2 BatchNorm1d 32,300",
      "3 ReLU 32,300",
      "4 Linear 32,10",
    ]);
    expect(table!.rows.map(({ parameters }) => parameters)).toEqual([0, 0, 235200, 600, 0, 3010]);
    expect(table!.frozen).toBe(235200);
    const flops = table!.rows.map((row) => row.flops);
    expect(flops[2]).toBe(2 * 32 * 784 * 300);
    expect(flops[4]).toBe(32 * 300);
    expect(flops[5]).toBe(2 * 32 * 300 * 10 + 32 * 10);
    expect(table!.flops).toBe(flops.reduce((a, b) => a + b));
    expect(model.training).toBe(true);
    expect(String(table)).toContain("Parameters: 238,810, of which frozen: 235,200 (98 %)");
  });

  test("sees what a forward pass computes with functions, and shared layers once", () => {
    class Twice extends nn.Module {
      readonly layer = nn.Linear(8, 8);
      readonly again = this.layer;
      forward(x: gb.Tensor): gb.Tensor {
        return this.again(this.layer(x).relu()).matmul(tensor.ones(8, 2));
      }
    }
    const table = nn.summary(new Twice(), [4, 8]);
    expect(table.parameters).toBe(72);
    const [whole, layer] = table.rows;
    expect(layer!.flops).toBe(2 * (2 * 4 * 8 * 8 + 4 * 8));
    expect(whole!.flops).toBe(4 * 8 + 2 * 4 * 8 * 2);
  });

  test("says what it needs", () => {
    expect(() => nn.summary(nn.ReLU())).toThrow(/needs the shapes of the model's inputs/);
    expect(() => nn.summary(nn.Linear(3, 2), [4, 5])).toThrow(/its last dimension must be 3/);
    expect(() => nn.Sequential(nn.ReLU()).getSubmodule("1")).toThrow(/there is no "1"; there are 0/);
  });
});
