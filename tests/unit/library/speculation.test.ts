// Updates that are started before they are asked for: whatever a loop does then, its numbers and errors are those of a loop in
// which nothing is started early. The reference is the same loop with every early run refused, so that all is run when asked for.

import * as gb from "gradbook";
import { installInterrupt } from "gradbook/compute/interrupt";
import { closeSession, session } from "gradbook/tensor/session";
import { afterAll, expect, it } from "vitest";
import { valuesOf } from "./support.js";

const { manualSeed, nn, optim, tensor } = gb;

/** More than it takes until a loop is known to repeat itself. */
const WARM = 90;

/** A session that has learned nothing yet, and counts the runs that it starts early, and those of them that were of use. */
function newSession(refuse = false): { started: number; used: number } {
  closeSession();
  const { client } = session();
  const { confirm, speculate } = client;
  const counts = { started: 0, used: 0 };
  client.speculate = (...run) => {
    counts.started++;
    return speculate.call(client, ...run);
  };
  client.confirm = (...run) => {
    const fine = !refuse && confirm.call(client, ...run);
    counts.used += fine ? 1 : 0;
    return fine;
  };
  return counts;
}
afterAll(closeSession);

interface Loop {
  readonly model: gb.nn.Sequential;
  /** Of the first layer. */
  readonly weight: gb.Tensor;
  readonly optimizer: gb.optim.SGD;
  readonly losses: number[];
  /** Of the next batch. */
  loss(wrong?: gb.Tensor): gb.Tensor;
  step(wrong?: gb.Tensor): void;
}

function* endless<T>(loader: Iterable<T>): Generator<T, never> {
  for (;;) yield* loader;
}

function loop(options: gb.optim.SGDOptions = {}): Loop {
  manualSeed(7);
  const model = nn.Sequential(nn.Linear(12, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 4));
  const { weight } = model[0] as gb.nn.Linear;
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, ...options });
  const lossFn = nn.CrossEntropyLoss();
  // more than travels with a run
  const set = gb.data.TensorDataset(tensor.randn(2000, 12), tensor.randint(0, 4, [2000]));
  const batches = endless(gb.data.DataLoader(set, { batchSize: 40, shuffle: true }));
  const losses: number[] = [];
  const loss: Loop["loss"] = (wrong) => {
    const [x, labels] = batches.next().value;
    return lossFn(model(x) as gb.Tensor, wrong ?? labels);
  };
  const step: Loop["step"] = (wrong) => {
    const value = loss(wrong);
    losses.push(value.item());
    value.backward();
    optimizer.step();
    optimizer.zeroGrad();
  };
  return { model, weight, optimizer, loss, losses, step };
}

/** Losses and parameters, and what was started early. */
function outcome(body: (loop: Loop) => void, options: gb.optim.SGDOptions, refuse: boolean) {
  const counts = newSession(refuse);
  const trained = loop(options);
  for (let i = 0; i < WARM; i++) trained.step();
  const warm = { ...counts };
  body(trained);
  for (let i = 0; i < 5; i++) trained.step();
  const values = [...trained.losses, ...trained.model.parameters().flatMap(valuesOf)];
  return { values, warm };
}

const bodies: Record<string, (loop: Loop) => void> = {
  "goes on": ({ step }) => {
    for (let i = 0; i < 20; i++) step();
  },
  "changes the rate": ({ optimizer, step }) => {
    optimizer.paramGroups[0]!.lr = 0.01;
    step();
  },
  "changes the rate between backward and update": ({ loss, losses, optimizer }) => {
    const value = loss();
    losses.push(value.item());
    value.backward();
    optimizer.paramGroups[0]!.lr = 0.3;
    optimizer.step();
    optimizer.zeroGrad();
  },
  "reads a loss and leaves it": ({ loss, losses }) => {
    losses.push(loss().item(), loss().item());
  },
  "reads parameters and gradients in between": ({ weight, loss, losses, optimizer }) => {
    const value = loss();
    losses.push(value.item(), ...valuesOf(weight));
    value.backward();
    losses.push(...valuesOf(weight.grad!));
    optimizer.step();
    losses.push(...valuesOf(weight));
    optimizer.zeroGrad();
  },
  "is interrupted while it reads a loss": ({ loss }) => {
    const value = loss();
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const interrupted = (): never => {
      flag[0] = 0;
      throw new Error("stopped");
    };
    installInterrupt({ flag, interrupted });
    flag[0] = 1;
    expect(() => value.item()).toThrow("stopped");
  },
  "sets a weight in between": ({ weight, loss, losses, optimizer }) => {
    const value = loss();
    losses.push(value.item());
    value.backward();
    gb.noGrad(() => weight.mul_(0.5));
    optimizer.step();
    optimizer.zeroGrad();
  },
  "adds up gradients of two batches": ({ loss, losses, optimizer }) => {
    for (let i = 0; i < 2; i++) {
      const value = loss();
      losses.push(value.item());
      value.backward();
    }
    optimizer.step();
    optimizer.zeroGrad();
  },
  "keeps what an update would destroy": ({ weight, step, losses }) => {
    const before = weight.sum();
    const kept = weight.clone();
    step();
    losses.push(before.item(), ...valuesOf(kept));
  },
};

const cases = Object.entries(bodies).map(([name, body], i) => [name, i % 2 === 0 ? 0.9 : 0, body] as const);

it.each(cases)("a loop that %s, momentum %d: the same bits", (_, momentum, body) => {
  const usual = outcome(body, { momentum }, true);
  const early = outcome(body, { momentum }, false);
  expect(usual.warm.used).toBe(0);
  // the first ones teach it
  expect(early.warm.used).toBeGreaterThan(WARM - 70);
  expect(early.warm.used).toBe(early.warm.started);
  expect(early.values).toEqual(usual.values);
});

it("a wrong label is told where it is read, once, and changes nothing", () => {
  newSession();
  const { model, step, losses } = loop();
  for (let i = 0; i < WARM; i++) step();
  const before = model.parameters().map(valuesOf);
  const wrong = tensor.full([40], 9, { dtype: "int32" });
  expect(() => step(wrong)).toThrow(/9/);
  expect(model.parameters().map(valuesOf)).toEqual(before);
  expect(losses).toHaveLength(WARM);
  step();
  session().client.synchronize();
  expect(losses.every(Number.isFinite)).toBe(true);
});

it("an update that fails after it was asked for leaves the old values", () => {
  newSession();
  const { model, step } = loop({ momentum: 0.9 });
  for (let i = 0; i < WARM; i++) step();
  const before = model.parameters().map(valuesOf);
  const { client } = session();
  const { confirm } = client;
  let fail: (() => void) | undefined;
  client.confirm = (sequence, undo) => {
    fail = undo;
    return confirm.call(client, sequence, undo);
  };
  step();
  expect(model.parameters().map(valuesOf)).not.toEqual(before);
  fail!();
  expect(model.parameters().map(valuesOf)).toEqual(before);
  client.confirm = confirm;
  for (let i = 0; i < WARM; i++) step();
  expect(model.parameters().flatMap(valuesOf).every(Number.isFinite)).toBe(true);
});

it("memory stays as it is", () => {
  newSession();
  const { step } = loop();
  const bytes = (): number => {
    for (let i = 0; i < WARM; i++) step();
    session().liveValues();
    return session().client.memory().allocatedBytes;
  };
  bytes();
  const early = bytes();
  for (let i = 0; i < 3; i++) bytes();
  // it comes and goes by the values of a few steps; had each kept its gradients, there would be 360 times 1 KB more
  expect(bytes()).toBeLessThan(1.1 * early);
});

it("a rate that changes in every step is never guessed", () => {
  const counts = newSession();
  const { step, optimizer } = loop();
  for (let i = 0; i < 2 * WARM; i++) {
    optimizer.paramGroups[0]!.lr *= 0.99;
    step();
  }
  expect(counts.started).toBe(0);
});
