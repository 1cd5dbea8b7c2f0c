// Going back to an earlier step of a watched run: what is trained from there is, bit for bit, what was trained the first time.

import * as gb from "gradbook";
import { closeSession, settleSession } from "gradbook/tensor/session";
import { describe, expect, test } from "vitest";
import { smallData } from "../library/support.js";

const { nn, F, optim, data, train, tensor, manualSeed, watch } = gb;

type Batch = [gb.Tensor, gb.Tensor];

/** All parameters and buffers, bit by bit. */
const bitsOf = (model: gb.nn.Module): unknown =>
  Object.entries(model.stateDict()).map(([name, value]) => [
    name,
    ...new Int32Array(value.toTypedArray().slice().buffer),
  ]);

/** Everything that remembers something: running statistics, dropout, moments, a shuffled loader, a schedule, noise on the data. */
function setUp(seed = 5) {
  manualSeed(seed);
  const model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(12, 8),
    nn.BatchNorm1d(8),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(8, 4),
  );
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.02 });
  const schedule = optim.lrScheduler.warmup(new optim.lrScheduler.ExponentialLR(optimizer, 0.95), {
    steps: 4,
  });
  const loader = data.DataLoader(smallData(), { batchSize: 10, shuffle: true });
  return { model, optimizer, schedule, loader };
}

type Parts = {
  model: gb.nn.Sequential;
  optimizer: { step(): void; zeroGrad(): void };
  schedule: { step(): void };
};

/** The book's loop over some batches; gives the losses. */
function loop({ model, optimizer, schedule }: Parts, batches: Iterable<Batch>): number[] {
  const losses: number[] = [];
  for (const [X, y] of batches) {
    const loss = F.crossEntropy(model(X.add(tensor.randn(X.shape).mul(0.1))), y);
    losses.push(loss.item());
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    schedule.step();
  }
  return losses;
}

// a pass has 7 batches
test.each([0, 3, 7, 12])("a fork at step %i goes on as the original did", (step) => {
  const original = setUp();
  const watcher = watch(original.model, { snapshots: { every: 1, keep: 50 } });
  const losses = [1, 2, 3].flatMap(() => loop(original, original.loader));
  const bits = bitsOf(original.model);

  const fork = train.fork(watcher, { step });
  expect(fork.step).toBe(step);
  const copy = { ...fork, schedule: fork.schedulers[0]! };
  const again = loop(copy, fork.batches);
  while (step + again.length < 21) again.push(...loop(copy, original.loader));
  expect(again).toEqual(losses.slice(step));
  expect(bitsOf(fork.model)).toEqual(bits);
  // the original has not been touched
  expect(bitsOf(original.model)).toEqual(bits);
  expect(fork.watcher.steps).toBe(21);
});

test("a rewound training goes on as it did, in the same variables, as often as one likes", () => {
  const original = setUp();
  let { watcher } = {
    watcher: watch(original.model, { name: "rewound", snapshots: { every: 2, keep: 50 } }),
  };
  const losses = loop(original, original.loader);
  for (const step of [5, 2]) {
    const rewound = watcher.rewind(step);
    expect(rewound.step).toBe(step === 5 ? 4 : 2);
    expect(loop(original, rewound.batches as Iterable<Batch>)).toEqual(losses.slice(rewound.step));
    expect(watcher.active).toBe(false);
    ({ watcher } = rewound);
  }
});

test("another learning rate changes what comes after, and nothing before", () => {
  const original = setUp();
  const watcher = watch(original.model, { snapshots: { every: 1 } });
  const constant = { step: () => undefined };
  const losses = loop({ ...original, schedule: constant }, original.loader);
  const fork = train.fork(watcher, { step: 3, lr: 1, name: "faster" });
  expect(fork.optimizer.paramGroups[0]!.lr).toBe(1);
  const again = loop({ ...fork, schedule: constant }, fork.batches);
  expect(again[0]).toBe(losses[3]);
  expect(again[1]).not.toBe(losses[4]);
  expect(train.fork("faster").step).toBe(7);
  expect(train.fork(watcher, { lr: 0 }).optimizer.paramGroups[0]!.lr).toBe(0);
});

test.each([2, 7])("a run of fit goes on from step %i with the same weights and records", async (step) => {
  const original = setUp();
  const options = {
    lossFn: nn.CrossEntropyLoss(),
    epochs: 3,
    validation: data.DataLoader(smallData(), { batchSize: 16, shuffle: true }),
    log: null,
  };
  const watcher = watch(original.model, { snapshots: { every: 1, keep: 50 } });
  const history = await train.fit(original.model, original.loader, {
    ...options,
    optimizer: original.optimizer,
    schedulers: { step: original.schedule },
  });
  const fork = train.fork(watcher, { step });
  const again = await train.fit(fork.model, original.loader, {
    ...options,
    optimizer: fork.optimizer,
    schedulers: { step: fork.schedulers[0]! },
    from: fork,
  });
  const values = (of: typeof history) => of.map(({ seconds: _, ...record }) => record);
  expect(values(again)).toEqual(values(history));
  expect(bitsOf(fork.model)).toEqual(bitsOf(original.model));
});

describe("what is kept", () => {
  const stepsKept = (watcher: gb.train.Watcher): readonly number[] => {
    const kept: number[] = [];
    for (let step = 0; step <= watcher.steps; step++) {
      try {
        kept.push(watcher.momentAt("test", step).step);
      } catch {
        // there is none before the first
      }
    }
    return [...new Set(kept)];
  };
  const run = (steps: number, snapshots?: gb.train.SnapshotOptions | false): gb.train.Watcher => {
    const model = nn.Linear(3, 2);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const watcher = watch(model, { ...(snapshots !== undefined && { snapshots }) });
    const x = tensor.ones(4, 3);
    for (let i = 0; i < steps; i++) {
      model(x).square().mean().backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
    watcher.finish();
    return watcher;
  };

  test("by default a dozen, ever further apart, from the first to one of the last", () => {
    const kept = stepsKept(run(6000));
    expect(kept).toHaveLength(12);
    expect(kept[0]).toBe(0);
    expect(kept.at(-1)).toBeGreaterThan(6000 / 1.8);
    const ratios = kept.slice(2).map((step, i) => step / kept[i + 1]!);
    // four in a decade, one given up
    expect(ratios.filter((ratio) => ratio > 1.85)).toHaveLength(1);
    expect(Math.max(...ratios)).toBeLessThan(3.3);
  });

  test("as asked for: the newest", () => {
    expect(stepsKept(run(100, { every: 10, keep: 3 }))).toEqual([80, 90, 100]);
    expect(stepsKept(run(100, false))).toEqual([]);
    expect(() => run(1, { every: 0 })).toThrow("snapshots.every must be a whole number");
  });

  test("what is not there is said", () => {
    expect(() => run(20, false).rewind(3)).toThrow("rewind: no copies of this run are there");
    expect(() => run(100, { every: 10, keep: 3 }).rewind(3)).toThrow("the first is before step 80");
    expect(() => train.fork("nobody")).toThrow('there is no run named "nobody"');
  });
});

test("the copies outlive the engine: after it is lost, the model comes back from the last one", async () => {
  const { model, optimizer, schedule, loader } = setUp();
  const batch = (): Batch[] => [[tensor.ones(10, 3, 4), tensor.zeros(10, { dtype: "int32" })]];
  const watcher = watch(model, { snapshots: { every: 3 } });
  loop({ model, optimizer, schedule }, loader);
  const fork = train.fork(watcher, { step: 6 });
  const bits = bitsOf(fork.model);
  const next = loop({ ...fork, schedule: fork.schedulers[0]! }, batch());
  // at the end of a cell the last one is brought home
  await settleSession();
  closeSession();
  expect(watcher.rewind(7).step).toBe(6);
  expect(bitsOf(model)).toEqual(bits);
  expect(loop({ model, optimizer, schedule }, batch())).toEqual(next);
});
