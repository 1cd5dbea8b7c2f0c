// What the functions of gb.train are not given, or given in another order, is said in words, and nothing is trained.

import { data, F, nn, optim, tensor, train, watch } from "gradbook";
import { expect, test } from "vitest";

const model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1));
const batches = data.DataLoader(data.TensorDataset(tensor.ones(4, 2), tensor.ones(4, 1)), { batchSize: 2 });
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
// biome-ignore lint/suspicious/noExplicitAny: what this file is about
const [t, o, w] = [train as any, optim as any, watch as any];

test.each<[string, () => unknown, string]>([
  [
    "fit under another name",
    () => t.fit(model, batches, { optimizer, loss: F.mseLoss, epochs: 1 }),
    "fit: needs { lossFn }, such as nn.CrossEntropyLoss(), got nothing",
  ],
  [
    "fit with the optimizer's name",
    () => t.fit(model, batches, { optimizer: "adam", lossFn: F.mseLoss, epochs: 1 }),
    'fit: needs { optimizer }, made with model.parameters(), got "adam"',
  ],
  [
    "fit with a part of an epoch",
    () => t.fit(model, batches, { optimizer, lossFn: F.mseLoss, epochs: 1.5 }),
    "fit: needs { epochs }, a whole number, got 1.5",
  ],
  [
    "evaluate",
    () => t.evaluate(model, batches),
    "evaluate: needs a loss, such as nn.CrossEntropyLoss(), got nothing",
  ],
  ["sweep", () => t.sweep([1, 2]), "sweep: needs a function that gives a score for a candidate, got nothing"],
  [
    "a race of models",
    () => t.race({ a: model }, batches, { optimizer: () => optimizer, lossFn: F.mseLoss }),
    "race: needs functions that make a model, as in { a: (seed) => nn.Linear(2, 1) }, got a function",
  ],
  [
    "a race without batches",
    () => t.race({ a: () => model }, { optimizer: () => optimizer }),
    "race: needs { optimizer }, a function that makes one for a model, after the batches, got nothing",
  ],
  [
    "the range test without an optimizer",
    () => o.lrRangeTest(model, batches, {}),
    "lrRangeTest: needs an optimizer after the model, got an object",
  ],
  [
    "freezing a number of layers",
    () => t.freezeLayers(model, 2),
    'freezeLayers: needs an array of paths, such as [0] or ["encoder.2"], got 2',
  ],
  ["watch", () => w("run"), 'watch: needs a model first, as in watch(model, { name }), got "run"'],
  [
    "a file without its path",
    () => data.saveSafetensors(model.stateDict() as never, "file" as never),
    'saveSafetensors: needs tensors by their names after the path, such as model.stateDict(), got "file"',
  ],
])("%s", async (_, call, message) => {
  const before = model.stateDict()["0.weight"]!.toArray();
  await expect((async () => call())()).rejects.toThrow(message);
  expect(model.stateDict()["0.weight"]!.toArray()).toEqual(before);
});

test("layers are frozen by their numbers, too", () => {
  train.freezeLayers(model, [0]);
  expect(model.parameters().map(({ requiresGrad }) => requiresGrad)).toEqual([false, false, true, true]);
  train.unfreezeLayers(model, ["0"]);
  expect(model.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
});

test("a tensor that there is no memory for", () => {
  expect(() => tensor.randn(1e6, 1e6)).toThrow(
    "randn: [1000000, 1000000] takes 3725.3 GiB, and there is not as",
  );
});
