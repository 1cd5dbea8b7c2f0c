// Steering a training loop that never gives way to the event loop: what each control does, and at which step.

import * as gb from "gradbook";
import { settleSession } from "gradbook/tensor/session";
import type { RunRequest } from "gradbook/train/control";
import { installHost } from "gradbook/train/host";
import { ROW_LENGTH, type RunEvent, type RunInfo, stepColumn } from "gradbook/train/run";
import { afterEach, beforeEach, expect, test } from "vitest";
import { smallClassifier, valuesOf } from "../library/support.js";

const { F, optim, tensor, watch } = gb;

/** A front end that answers what is published, in the middle of the loop. */
class FrontEnd {
  readonly count = new Int32Array(new SharedArrayBuffer(4));
  readonly events: RunEvent[] = [];
  #queue: RunRequest[] = [];
  /** Called with each new state of the run. */
  see: (info: RunInfo) => void = () => undefined;

  install(): void {
    installHost({
      publish: (event) => {
        this.events.push(event);
        if (event.type === "run") this.see(event.info);
      },
      display: () => undefined,
      requests: { count: this.count, take: () => this.#queue.shift(), listen: () => undefined },
    });
  }

  ask(request: RunRequest): void {
    this.#queue.push(request);
    Atomics.add(this.count, 0, 1);
  }

  get info(): RunInfo {
    return this.events.flatMap((event) => (event.type === "run" ? [event.info] : [])).at(-1)!;
  }
}

let frontEnd: FrontEnd;
beforeEach(() => {
  frontEnd = new FrontEnd();
  frontEnd.install();
});
afterEach(() => {
  Reflect.deleteProperty(globalThis, Symbol.for("gradbook.host"));
});

const layer = (model: gb.nn.Sequential, i: number): gb.nn.Linear => model.at(i) as gb.nn.Linear;

/** A watched classifier and its loop; `each` is called before the forward pass of each step. */
function training(lr = 0.1, momentum = 0) {
  const model = smallClassifier();
  const optimizer = new optim.SGD(model.parameters(), { lr, momentum });
  const watcher = watch(model);
  const x = tensor.randn(16, 3, 4);
  const y = tensor.randint(0, 4, [16]);
  let taken = 0;
  return {
    model,
    optimizer,
    watcher,
    ask: (action: (RunRequest & { type: "control" })["action"], value?: number): void =>
      frontEnd.ask({ type: "control", run: watcher.run, action, ...(value !== undefined && { value }) }),
    weights: (): number[] => valuesOf(layer(model, 1).weight),
    get taken(): number {
      return taken;
    },
    run(steps: number, each: (step: number) => void = () => undefined): void {
      for (let i = 0; i < steps; i++) {
        each(i);
        F.crossEntropy(model(x) as gb.Tensor, y).backward();
        optimizer.step();
        taken++;
        optimizer.zeroGrad();
      }
    },
  };
}

test("paused before the update, stepped, and resumed, with the state that is published", () => {
  const loop = training();
  const paused: number[] = [];
  let steps = 3;
  frontEnd.see = ({ control }) => {
    if (control?.paused !== true) return;
    paused.push(loop.taken);
    loop.ask(steps-- > 0 ? "step" : "resume");
  };
  loop.run(10, (step) => {
    if (step === 4) loop.ask("pause");
    // the loop is in the middle of a step that was let go: it will pause again, and is told what to do then
    if (frontEnd.info.control?.paused && step > 4) loop.ask(steps-- > 0 ? "step" : "resume");
  });
  expect(paused).toEqual([4]);
  expect(loop.taken).toBe(10);
  expect(frontEnd.info.control).toEqual({ paused: false, pace: 0 });
});

test("a pause asked for in the middle of a step begins in the next one at the latest", () => {
  const loop = training();
  let pausedAt = -1;
  frontEnd.see = ({ control }) => {
    if (control?.paused !== true) return;
    pausedAt = loop.taken;
    loop.ask("resume");
  };
  const stop = loop.model.registerForwardHook(() => {
    if (loop.taken === 5) loop.ask("pause");
  });
  loop.run(8);
  stop.remove();
  expect(pausedAt).toBe(6);
});

test("a stop leaves the model as the last finished step left it, and nothing in the gradients", () => {
  const loop = training();
  let before: number[] = [];
  expect(() =>
    loop.run(10, (step) => {
      if (step !== 3) return;
      before = loop.weights();
      loop.ask("stop");
    }),
  ).toThrow(expect.objectContaining({ name: "Interrupted", message: expect.stringContaining("step 3") }));
  expect(loop.weights()).toEqual(before);
  expect(layer(loop.model, 1).weight.grad).toBeNull();
  loop.run(2);
  expect(loop.taken).toBe(5);
});

test("another learning rate counts from the step in which it is asked for, and is recorded with its code", () => {
  const asked = training(0.1);
  asked.run(5, (step) => {
    if (step === 2) asked.ask("learningRate", 0.025);
  });
  const written = training(0.1);
  written.run(5, (step) => {
    if (step === 2) written.optimizer.paramGroups[0]!.lr = 0.025;
  });
  expect(asked.weights()).toEqual(written.weights());
  // what is said of a run may be said again
  const changes = new Map(
    frontEnd.events.flatMap((event) =>
      event.type === "run" && event.info.changes !== undefined ? [[event.info.id, event.info.changes]] : [],
    ),
  );
  const change = { step: 2, kind: "learningRate", from: 0.1, to: 0.025 };
  expect([...changes.values()]).toEqual([
    [{ ...change, by: "hand", code: "optimizer.paramGroups[0].lr = 0.025;" }],
    [{ ...change, by: "code" }],
  ]);
});

test("groups keep the proportions of their rates", () => {
  const model = smallClassifier();
  const groups = [
    { params: layer(model, 1).parameters(), lr: 0.1 },
    { params: layer(model, 4).parameters(), lr: 0.01 },
  ];
  const optimizer = new optim.SGD(groups, { lr: 0.1 });
  const watcher = watch(model);
  frontEnd.ask({ type: "control", run: watcher.run, action: "learningRate", value: 0.05 });
  F.crossEntropy(model(tensor.randn(4, 3, 4)) as gb.Tensor, tensor.randint(0, 4, [4])).backward();
  optimizer.step();
  expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.05, 0.005]);
  expect(frontEnd.info.changes![0]!.code).toBe("for (const group of optimizer.paramGroups) group.lr *= 0.5;");
});

test("of what schedules and programs change only jumps are marked", () => {
  const loop = training(0.1);
  const schedule = new optim.lrScheduler.StepLR(loop.optimizer, 3, { gamma: 0.1 });
  loop.run(8, (step) => {
    if (step > 0) schedule.step();
    if (step === 4) loop.optimizer.paramGroups[0]!.momentum = 0.5;
  });
  expect(frontEnd.info.changes!.map(({ step, kind, by }) => [step, kind, by])).toEqual([
    [3, "learningRate", "schedule"],
    [6, "learningRate", "schedule"],
  ]);
});

type Scheduler = { step(): void };
test.each<[name: string, make: (optimizer: gb.optim.SGD) => Scheduler, jumps: number[]]>([
  [
    "1cycle, to its end",
    (optimizer) => new optim.lrScheduler.OneCycleLR(optimizer, 0.4, { totalSteps: 30 }),
    [],
  ],
  ["cosine, to 0", (optimizer) => new optim.lrScheduler.CosineAnnealingLR(optimizer, 29), []],
  [
    "warm-up",
    (optimizer) => new optim.lrScheduler.LambdaLR(optimizer, (step) => Math.min(1, (step + 1) / 20)),
    [],
  ],
  ["half at each step", (optimizer) => new optim.lrScheduler.ExponentialLR(optimizer, 0.5), []],
  [
    "warm restarts",
    (optimizer) => new optim.lrScheduler.CosineAnnealingWarmRestarts(optimizer, 10),
    [10, 20],
  ],
  [
    "milestones",
    (optimizer) => new optim.lrScheduler.MultiStepLR(optimizer, [5, 7, 20], { gamma: 0.1 }),
    [5, 7, 20],
  ],
])("a schedule's own pace is no jump: %s", (_, make, jumps) => {
  const loop = training(0.1, 0.9);
  const schedule = make(loop.optimizer);
  loop.run(30, (step) => {
    if (step > 0) schedule.step();
  });
  const marked = (frontEnd.info.changes ?? []).filter(({ kind }) => kind === "learningRate");
  expect(marked.map(({ step }) => step)).toEqual(jumps);
});

test("a pace is kept, and given up by the next request", () => {
  const loop = training();
  loop.ask("pace", 50);
  const start = performance.now();
  loop.run(6);
  // five pauses of 20 ms
  expect(performance.now() - start).toBeGreaterThan(99);
  expect(frontEnd.info.control).toEqual({ paused: false, pace: 50 });
  loop.watcher.pace(1e-3);
  // would wait a quarter of an hour, if it were not asked to stop
  loop.ask("stop");
  expect(() => loop.run(1)).toThrow("Training was stopped");
});

test("outside of a notebook nothing waits, and a script can stop itself", () => {
  Reflect.deleteProperty(globalThis, Symbol.for("gradbook.host"));
  const loop = training();
  loop.watcher.pause();
  loop.run(3);
  loop.watcher.stop();
  expect(() => loop.run(1)).toThrow("Training was stopped before step 3");
  expect(() => loop.watcher.pace(-1)).toThrow("pace: must be 0");
});

test("a cell that ends in the middle of a step leaves a record up to the last whole step, and goes on from there", async () => {
  const loop = training();
  const steps = (): number[] =>
    frontEnd.events.flatMap((event) => {
      if (event.type !== "rows" || event.run !== loop.watcher.run) return [];
      const rows = event.steps.length / ROW_LENGTH;
      return Array.from({ length: rows }, (_, row) => event.steps[row * ROW_LENGTH + stepColumn("step")]!);
    });
  loop.run(250);
  // stopped between backward() and the step
  F.crossEntropy(loop.model(tensor.randn(16, 3, 4)) as gb.Tensor, tensor.randint(0, 4, [16])).backward();
  await settleSession(true);
  expect(loop.watcher.steps).toBe(250);
  expect(steps().at(-1)).toBe(249);
  loop.run(20);
  await settleSession();
  expect(loop.watcher.steps).toBe(270);
  expect(steps().at(-1)).toBe(269);
  expect(steps()).toEqual(steps().toSorted((a, b) => a - b));
});

test("requests for a run that is gone are refused", () => {
  const loop = training();
  frontEnd.ask({ type: "control", run: "nobody", action: "pause" });
  loop.run(1);
  const answers = frontEnd.events.flatMap((event) => (event.type === "answer" ? [event.answer] : []));
  expect(answers).toEqual([{ type: "refused", run: "nobody", text: expect.any(String) }]);
});
