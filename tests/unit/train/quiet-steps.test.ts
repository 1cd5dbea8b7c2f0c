// Steps in which nothing is measured, as most of a run: what is done to the training in them is noticed all the same.

import * as gb from "gradbook";
import type { RunRequest } from "gradbook/train/control";
import { installHost } from "gradbook/train/host";
import { afterEach, expect, test } from "vitest";
import { smallData, valuesOf } from "../library/support.js";

const { data, F, manualSeed, nn, optim, tensor, train, watch } = gb;

/** After the first hundred, which are all measured, and no step before which a copy is taken. */
const LATE = 200;

afterEach(() => {
  Reflect.deleteProperty(globalThis, Symbol.for("gradbook.host"));
});

/** A watched training on one batch; `each` is called before each step, and may say that the gradients are kept after it. */
function training() {
  const queue: RunRequest[] = [];
  const count = new Int32Array(new SharedArrayBuffer(4));
  const requests = { count, take: () => queue.shift(), listen: () => undefined };
  installHost({ publish: () => undefined, display: () => undefined, requests });
  manualSeed(3);
  const model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.1), nn.Tanh(), nn.Linear(4, 1));
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
  const x = tensor.ones(4, 3);
  const watcher = watch(model);
  return {
    model,
    optimizer,
    watcher,
    ask(action: "stop" | "pause"): void {
      queue.push({ type: "control", run: watcher.run, action });
      Atomics.add(count, 0, 1);
    },
    runTo(end: number, each: (step: number) => "keep" | undefined = () => undefined): void {
      while (watcher.steps < end) {
        const keep = each(watcher.steps);
        (model(x) as gb.Tensor).pow(2).sum().backward();
        optimizer.step();
        if (keep === undefined) optimizer.zeroGrad();
      }
    },
  };
}

test("another learning rate is marked at its step, and so are those of an optimizer that is new", () => {
  const { model, optimizer, watcher, runTo } = training();
  runTo(LATE + 30, (step) => {
    if (step === LATE + 3) optimizer.paramGroups[0]!.lr = 0.05;
    return undefined;
  });
  const second = new optim.SGD(model.parameters(), { lr: 0.1 });
  for (let i = 0; i < 30; i++) {
    if (i === 17) second.paramGroups[0]!.lr = 0.01;
    (model(tensor.ones(4, 3)) as gb.Tensor).pow(2).sum().backward();
    second.step();
    second.zeroGrad();
  }
  expect(watcher.steps).toBe(LATE + 60);
  expect(watcher.info.changes).toEqual([
    { step: LATE + 3, kind: "learningRate", from: 0.01, to: 0.05, by: "code" },
    { step: LATE + 47, kind: "learningRate", from: 0.1, to: 0.01, by: "code" },
  ]);
});

test.each([LATE, LATE + 1, LATE + 7])("a stop asked for before step %i is obeyed in it", (when) => {
  const { watcher, ask, runTo } = training();
  const run = (): void =>
    runTo(LATE + 30, (step) => {
      if (step === when) ask("stop");
      return undefined;
    });
  expect(run).toThrow(expect.objectContaining({ name: "Interrupted" }));
  expect(watcher.steps).toBe(when);
});

test("steps in evaluation mode are counted from the first one on, and the run is told when they are over", () => {
  const { model, watcher, runTo } = training();
  runTo(LATE + 30, (step) => {
    if (step === LATE + 5) model.eval();
    if (step === LATE + 13) model.train();
    return undefined;
  });
  // counts are told in powers of two
  expect(watcher.info.modes).toEqual({ evaluationSteps: 8, firstEvaluationStep: LATE + 5 });
});

test("an evaluation without eval() is counted, and its loop has as many steps as before", () => {
  const { model, watcher, runTo } = training();
  runTo(LATE + 30, (step) => {
    if (step === LATE + 5) gb.noGrad(() => model(tensor.ones(2, 3)));
    return undefined;
  });
  expect(watcher.info.modes).toEqual({ trainingEvaluations: 1, firstTrainingEvaluation: LATE + 5 });
  expect(watcher.steps).toBe(LATE + 30);
});

test("gradients that are kept from some step on are noticed", () => {
  const { watcher, runTo } = training();
  runTo(10 * LATE, (step) => (step >= LATE + 3 ? "keep" : undefined));
  const { keptGradients = 0, firstKeptGradients = 0 } = watcher.info.modes ?? {};
  expect(keptGradients).toBeGreaterThan(2);
  expect(firstKeptGradients).toBeGreaterThan(LATE + 3);
});

test("a copy taken among them knows the place in the data: what goes on from it has the same bits", () => {
  manualSeed(7);
  const model = nn.Sequential(nn.Flatten(), nn.Linear(12, 6), nn.Dropout(0.2), nn.Tanh(), nn.Linear(6, 4));
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
  const loader = data.DataLoader(smallData(), { batchSize: 10, shuffle: true });
  const watcher = watch(model);
  type Batches = Iterable<[gb.Tensor, gb.Tensor]>;
  const go = (net: gb.nn.Module, by: gb.optim.SGD, batches: Batches, left: number): number => {
    let taken = 0;
    for (const [X, y] of batches) {
      if (taken === left) break;
      F.crossEntropy(net(X) as gb.Tensor, y).backward();
      by.step();
      by.zeroGrad();
      taken++;
    }
    return taken;
  };
  const END = 330;
  for (let left = END; left > 0; ) left -= go(model, optimizer, loader as Batches, left);
  const fork = train.fork(watcher, { step: END - 3 });
  expect(fork.step).toBe(317);
  let left = END - fork.step;
  const by = fork.optimizer as gb.optim.SGD;
  left -= go(fork.model, by, fork.batches as Batches, left);
  while (left > 0) left -= go(fork.model, by, loader as Batches, left);
  const bits = (net: gb.nn.Module): number[][] => net.parameters().map((one) => valuesOf(one));
  expect(bits(fork.model)).toEqual(bits(model));
});
