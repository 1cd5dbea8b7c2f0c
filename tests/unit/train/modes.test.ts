// What a run tells of training and evaluation mode: counted in loops that get it wrong, and in those that get it right.

import * as gb from "gradbook";
import { installHost } from "gradbook/train/host";
import type { LayerInfo, RunInfo } from "gradbook/train/run";
import { withModes } from "gradbook/train/watch/modes";
import { afterEach, expect, test } from "vitest";

const { nn, optim, tensor, watch } = gb;

afterEach(() => {
  Reflect.deleteProperty(globalThis, Symbol.for("gradbook.host"));
});

/** Gives what the latest description of a run is, at any time from now on. */
function listen(): () => RunInfo {
  let last: RunInfo | undefined;
  installHost({
    publish: (event) => {
      if (event.type === "run") last = event.info;
    },
    display: () => undefined,
  });
  return () => last!;
}

/** Ten steps, each followed by an evaluation; the last description of the run. */
function trained(layer: gb.nn.Module, before: (model: gb.nn.Module) => void, grad = false): RunInfo {
  const last = listen();
  const model = nn.Sequential(nn.Linear(3, 4), layer, nn.Linear(4, 1));
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
  const x = tensor.ones(4, 3);
  watch(model);
  for (let step = 0; step < 10; step++) {
    model(x).sum().backward();
    optimizer.step();
    optimizer.zeroGrad();
    before(model);
    if (grad) model(x);
    else gb.noGrad(() => model(x));
    model.train();
  }
  return last();
}

const WRONG = { trainingEvaluations: 8, firstTrainingEvaluation: 1 };

test.each([
  ["eval() is forgotten, with dropout", nn.Dropout(0.5), () => undefined, WRONG],
  ["eval() is forgotten, with batch norm", nn.BatchNorm1d(4), () => undefined, WRONG],
  ["eval() is called", nn.Dropout(0.5), (model: gb.nn.Module) => void model.eval(), undefined],
  ["no layer minds", nn.Tanh(), () => undefined, undefined],
])("%s", (_, layer, before, modes) => {
  expect(trained(layer, before).modes).toEqual(modes);
});

test("an evaluation that records gradients does not count as training", () => {
  expect(trained(nn.BatchNorm1d(4), (model) => void model.eval(), true).modes).toBeUndefined();
});

const KEPT = { keptGradients: 8, firstKeptGradients: 1 };

test.each<[what: string, clear: (optimizer: gb.optim.SGD, model: gb.nn.Module) => void, modes: unknown]>([
  ["zeroGrad() is forgotten", () => {}, KEPT],
  ["zeroGrad() is called", (optimizer) => optimizer.zeroGrad(), undefined],
  [
    "gradients are set to 0 in place",
    (_, model) => {
      for (const { grad } of model.parameters()) grad!.zero_();
    },
    undefined,
  ],
])("%s after each step", (_, clear, modes) => {
  const last = listen();
  const model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1));
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
  const x = tensor.ones(4, 3);
  watch(model);
  for (let step = 0; step < 10; step++) {
    // two halves of a batch add up, as is meant
    model(x).sum().backward();
    const loss = model(x).pow(2).sum();
    loss.backward();
    loss.item();
    optimizer.step();
    clear(optimizer, model);
  }
  expect(last().modes).toEqual(modes);
});

test.each<[what: string, update: (model: gb.nn.Module, count: number) => void, modes: unknown]>([
  ["nothing steps the model", () => {}, { withoutStep: 39 }],
  [
    "the optimizer is another model's",
    () => new optim.SGD(nn.Linear(2, 1).parameters(), { lr: 0.1 }).step(),
    { withoutStep: 39 },
  ],
  [
    "the loop updates the weights itself",
    (model) =>
      gb.noGrad(() => {
        for (const parameter of model.parameters()) parameter.sub_(parameter.grad!.mul(0.01));
      }),
    undefined,
  ],
  [
    "it begins late",
    (model, count) => {
      if (count === 39) new optim.SGD(model.parameters(), { lr: 0.1 }).step();
    },
    {},
  ],
])("forty times backward(): %s", (_, update, modes) => {
  const last = listen();
  const model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1));
  watch(model);
  for (let count = 0; count < 40; count++) {
    model(tensor.ones(4, 3)).sum().backward();
    update(model, count);
    for (const parameter of model.parameters()) parameter.grad!.zero_();
  }
  expect(last().modes).toEqual(modes);
});

test("gradients that another model's loss has left, cleared before the next step, are not kept", () => {
  const infos = new Map<string, RunInfo>();
  installHost({
    publish: (event) => {
      if (event.type === "run") infos.set(event.info.name, event.info);
    },
    display: () => undefined,
  });
  const [generator, critic] = [nn.Linear(2, 3), nn.Linear(3, 1)];
  const [first, second] = [generator, critic].map((net) => new optim.SGD(net.parameters(), { lr: 0.01 }));
  watch(critic, { name: "critic" });
  for (let step = 0; step < 10; step++) {
    second!.zeroGrad();
    critic(generator(tensor.ones(4, 2)).detach())
      .mean()
      .backward();
    second!.step();
    first!.zeroGrad();
    critic(generator(tensor.ones(4, 2)))
      .mean()
      .neg()
      .backward();
    first!.step();
  }
  expect(infos.get("critic")!.modes).toBeUndefined();
});

test("steps in evaluation mode are counted, and told of ever less often", () => {
  const model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1));
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
  const told: unknown[] = [];
  installHost({
    publish: (event) => {
      if (event.type === "run" && event.info.modes !== told.at(-1)) told.push(event.info.modes);
    },
    display: () => undefined,
  });
  watch(model);
  for (let step = 0; step < 20; step++) {
    if (step === 4) model.eval();
    model(tensor.ones(4, 3)).sum().backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
  expect(told).toEqual(
    [1, 2, 4, 8, 16].map((evaluationSteps) => ({ evaluationSteps, firstEvaluationStep: 4 })),
  );
});

test("layers are described with their dropout, and with statistics that move or do not", () => {
  const model = nn.Sequential(
    nn.Linear(3, 4),
    nn.BatchNorm1d(4),
    nn.AlphaDropout(0.1),
    nn.Linear(4, 4),
    nn.BatchNorm1d(4),
    nn.Linear(4, 1),
  );
  model.at(4)!.freeze();
  const layer = (path: string, kind?: string): LayerInfo => ({
    path,
    label: "",
    kind: "Linear",
    ...(kind !== undefined && { normalisation: { kind } }),
  });
  expect(withModes(model, [layer("0", "BatchNorm1d"), layer("3", "BatchNorm1d"), layer("5")])).toEqual([
    { ...layer("0"), normalisation: { kind: "BatchNorm1d", moving: true }, dropout: "AlphaDropout" },
    { ...layer("3"), normalisation: { kind: "BatchNorm1d", moving: false } },
    layer("5"),
  ]);
});
