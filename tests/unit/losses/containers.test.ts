// ModuleList and ModuleDict: PyTorch's names of parameters, modes, order, changes, and what their errors say.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, expect, test } from "vitest";

const { nn, tensor } = gb;

afterAll(closeSession);

class Net extends nn.Module {
  readonly layers: gb.nn.ModuleList<gb.nn.Linear> = nn.ModuleList([nn.Linear(2, 3), nn.Linear(3, 3)]);
  readonly heads: gb.nn.ModuleDict<{ mean: gb.nn.Linear; spread: gb.nn.Linear }>;
  constructor(heads: { mean: gb.nn.Linear; spread: gb.nn.Linear }) {
    super();
    this.heads = nn.ModuleDict(heads);
  }
  forward(x: gb.Tensor): gb.Tensor {
    let y = x;
    for (const layer of this.layers) y = layer(y).relu();
    return this.heads.mean(y);
  }
}

test("a list holds its modules in order", () => {
  const [a, b, c, d] = [nn.ReLU(), nn.Tanh(), nn.Identity(), nn.Sigmoid()];
  const list = nn.ModuleList<gb.nn.Module>([a]).append(b).extend([c]).insert(1, d);
  expect([...list]).toEqual([a, d, b, c]);
  expect(list.length).toBe(4);
  expect([list[0], list.at(-1), list.at(9)]).toEqual([a, c, undefined]);
  expect([...list.insert(-1, nn.GELU())].map((module) => module.constructor.name)).toEqual([
    "ReLU",
    "Sigmoid",
    "Tanh",
    "GELU",
    "Identity",
  ]);
  expect(nn.ModuleList().length).toBe(0);
});

test("what a list holds belongs to the model", () => {
  const list = nn.ModuleList([nn.Linear(2, 3), nn.Linear(3, 1, { bias: false })]);
  expect(Object.keys(list.stateDict())).toEqual(["0.weight", "0.bias", "1.weight"]);
  expect(list.eval().at(1)!.training).toBe(false);
  expect(String(list)).toContain("(1): Linear(inFeatures=3");
});

test("a list is not a model", () => {
  const list = nn.ModuleList([nn.ReLU()]);
  expect(() => list.forward()).toThrow(/call its modules in the model's forward, or use nn\.Sequential/);
  expect(() => nn.ModuleList([nn.ReLU as unknown as gb.nn.Module])).toThrow(
    "ModuleList: module 0 is not a module, but function; write nn.ReLU(), not nn.ReLU",
  );
});

test("a dictionary holds modules by name", () => {
  const relu = nn.ReLU();
  const dict = nn.ModuleDict<Record<string, gb.nn.Module>>({ first: nn.Linear(2, 1) }).set("second", relu);
  expect([dict.keys(), dict.size, dict.has("first"), dict.has("forward")]).toEqual([
    ["first", "second"],
    2,
    true,
    false,
  ]);
  expect(dict.get("second")).toBe(relu);
  expect([...dict].map(([key]) => key)).toEqual(["first", "second"]);
  expect(dict.update([["third", nn.Tanh()]]).values().length).toBe(3);
  expect([dict.delete("second"), dict.delete("second"), dict.get("second")]).toEqual([
    true,
    false,
    undefined,
  ]);
  expect(Object.keys(dict.stateDict())).toEqual(["first.weight", "first.bias"]);
});

test("names that a dictionary cannot hold", () => {
  const relu = nn.ReLU();
  for (const key of ["forward", "training", "a.b", ""]) {
    expect(() => nn.ModuleDict({ [key]: relu })).toThrow(`a module cannot be called "${key}"`);
  }
  expect(() => nn.ModuleDict({ a: 3 as unknown as gb.nn.Module })).toThrow('"a" is not a module, but number');
});

test("a model of lists and dictionaries trains", () => {
  const net = new Net({ mean: nn.Linear(3, 1), spread: nn.Linear(3, 1) });
  expect([...net.namedParameters()].map(([name]) => name)).toEqual([
    "layers.0.weight",
    "layers.0.bias",
    "layers.1.weight",
    "layers.1.bias",
    "heads.mean.weight",
    "heads.mean.bias",
    "heads.spread.weight",
    "heads.spread.bias",
  ]);
  nn.MSELoss()(net(tensor([[1, 2]])), tensor([[3]])).backward();
  expect(net.heads.mean.bias!.grad!.item()).not.toBe(0);
  expect(net.heads.spread.bias!.grad).toBeNull();
});
