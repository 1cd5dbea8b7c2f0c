// Where a run comes from, and two runs compared in words.

import { readFileSync } from "node:fs";
import * as gb from "gradbook";
import { settleSession } from "gradbook/tensor/session";
import { installHost } from "gradbook/train/host";
import { RunRecorder } from "gradbook/train/recorder";
import type { OptimizerInfo, RunInfo } from "gradbook/train/run";
import { afterEach, expect, test } from "vitest";

const { init, nn, optim, tensor, data, train, watch, manualSeed, F } = gb;

afterEach(() => {
  Reflect.deleteProperty(globalThis, Symbol.for("gradbook.host"));
});

let cell: { execution: number; code: string } | undefined;
const install = (): void =>
  installHost({ publish: () => undefined, display: () => undefined, cell: () => cell });

interface Setting {
  readonly name: string;
  readonly lr?: number;
  readonly activation?: gb.nn.Module;
  readonly values?: number;
  readonly momentum?: number;
}

/** A run of a few steps; gives what is recorded of it. */
function run({ name, lr = 0.1, activation = nn.ReLU(), values = 1, momentum = 0 }: Setting): RunInfo {
  manualSeed(4);
  const set = new data.TensorDataset(tensor.ones(16, 4).mul(values), tensor.zeros(16, { dtype: "int32" }));
  const model = nn.Sequential(nn.Linear(4, 5), activation as never, nn.Linear(5, 3));
  const optimizer = new optim.SGD(model.parameters(), { lr, momentum });
  const watcher = watch(model, { name, dataset: "ones" });
  for (const [x, y] of data.DataLoader(set, { batchSize: 8 })) optimizer.step(F.crossEntropy(model(x), y));
  watcher.finish();
  return watcher.info;
}

test("the cells that set a run up and trained it, each once, and the versions", async () => {
  install();
  cell = { execution: 3, code: "watch(model)" };
  const model = nn.Linear(2, 1);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const watcher = watch(model);
  const step = (): void => optimizer.step(model(tensor.ones(1, 2)).sum());
  await settleSession();
  for (const execution of [4, 6]) {
    cell = { execution, code: `train(${execution})` };
    step();
    step();
    await settleSession();
  }
  cell = { execution: 7, code: "1 + 1" };
  await settleSession();
  expect(watcher.info.provenance).toEqual({
    cells: [
      { execution: 3, code: "watch(model)" },
      { execution: 4, code: "train(4)" },
      { execution: 6, code: "train(6)" },
    ],
    versions: {
      gradbook: JSON.parse(readFileSync("lib/package.json", "utf8")).version,
      node: process.versions.node,
    },
  });
});

test("the data are known again by their values, whatever they are wrapped in", () => {
  const hash = (info: RunInfo): string => info.provenance!.datasetHash!;
  const [a, again, other] = [run({ name: "a" }), run({ name: "b" }), run({ name: "c", values: 2 })];
  expect(hash(a)).toMatch(/^[0-9a-f]{16}$/);
  expect(hash(again)).toBe(hash(a));
  expect(hash(other)).not.toBe(hash(a));
});

test("what differs is told in sentences, and what is the same in one", () => {
  install();
  cell = { execution: 1, code: "const rate = 0.1;\n  go();" };
  const a = run({ name: "he" });
  cell = { execution: 2, code: "const rate = 0.01;\ngo();" };
  const b = run({ name: "tanh", lr: 0.01, activation: nn.Tanh() });
  const sgd = (learningRate: number): OptimizerInfo => ({ kind: "SGD", learningRate });
  const changed = {
    ...b,
    optimizer: sgd(0.01),
    changes: [{ step: 7, kind: "learningRate", from: 0.01, to: 0.001, by: "hand" } as const],
  };
  const sentences = train.compareRuns({ ...a, optimizer: sgd(0.1) }, changed);
  expect(sentences).toContain("The learning rate is 0.1 in he, 0.01 in tanh.");
  expect(sentences).toContain("In tanh, the learning rate was changed by hand from 0.01 to 0.001 at step 7.");
  expect(sentences).toContain("Only in the code of he: const rate = 0.1;");
  expect(sentences).toContain("Only in the code of tanh: const rate = 0.01;");
  expect(sentences.at(-1)).toMatch(/^The same: .*\bdata set\b.*\bdevice\b/);
  expect(train.compareRuns(a, a)).toEqual(["Nothing that is recorded of the two runs differs."]);
});

test("the weights that runs began with are compared by their scale", () => {
  const info = (name: string, fill: (weight: gb.Tensor) => unknown): RunInfo => {
    manualSeed(42);
    const model = nn.Sequential(nn.Linear(200, 200), nn.ReLU(), nn.Linear(200, 3));
    fill((model.at(0) as gb.nn.Linear).weight);
    const watcher = watch(model, { name });
    model(tensor.randn(8, 200)).sum().backward();
    watcher.finish();
    return watcher.info;
  };
  const [he, usual] = [info("scale he", init.kaimingNormal_), info("scale usual", () => undefined)];
  expect(he.weightScale).toBeCloseTo(2, 1);
  expect(usual.weightScale).toBeCloseTo(1 / 3, 1);
  expect(train.compareRuns(he, usual)).toContain(
    "The scale of the first weights (n · Var) is 2 in scale he, 1/3 in scale usual.",
  );
});

test("which device computes", () => {
  const before = process.env.GRADBOOK_DEVICE;
  try {
    delete process.env.GRADBOOK_DEVICE;
    expect(new RunRecorder([], {}).info.device).toBe("cpu");
    process.env.GRADBOOK_DEVICE = "webgpu";
    expect(new RunRecorder([], {}).info.device).toBe("gpu");
  } finally {
    if (before === undefined) delete process.env.GRADBOOK_DEVICE;
    else process.env.GRADBOOK_DEVICE = before;
  }
});
