// fit against the same steps written out, and what it promises beside: early stopping, accumulation, checkpoints that go on with
// the same bits, errors that lose nothing.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as gb from "gradbook";
import { installInterrupt } from "gradbook/compute/interrupt";
import { closeSession } from "gradbook/tensor/session";
import { host, installHost } from "gradbook/train/host";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { count, smallClassifier, smallData, valuesOf } from "../library/support.js";

const { nn, tensor, train, data, optim, manualSeed, F } = gb;
const lossFn = nn.CrossEntropyLoss();
const silent = { lossFn, log: null };

let scratch = "";
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "gradbook-fit-"));
});
afterAll(async () => {
  closeSession();
  await rm(scratch, { recursive: true, force: true });
});

/** All parameters and buffers, bit by bit. */
const bitsOf = (model: gb.nn.Module): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries(model.stateDict()).map(([name, value]) => [
      name,
      Array.from(new Int32Array(value.toTypedArray().slice().buffer)),
    ]),
  );

const shuffled = (batchSize = 8): gb.data.DataLoader<[gb.Tensor, gb.Tensor]> =>
  data.DataLoader(smallData(), { batchSize, shuffle: true });

describe("training", () => {
  test("is the loop one would write, and its records are the averages of that loop", async () => {
    const byHand = smallClassifier();
    const loader = shuffled(10);
    const optimizer = new optim.Adam(byHand.parameters(), { lr: 0.01 });
    manualSeed(3);
    const losses: number[][] = [[], []];
    const hits = [0, 0];
    for (const epoch of [0, 1]) {
      for (const [x, y] of loader) {
        const logits = byHand(x) as gb.Tensor;
        const loss = lossFn(logits, y);
        losses[epoch]!.push(...Array(y.numel()).fill(loss.item()));
        hits[epoch]! += logits.argmax(1).eq(y).sum().item();
        loss.backward();
        nn.utils.clipGradNorm_(byHand.parameters(), 0.5);
        optimizer.step();
        optimizer.zeroGrad();
      }
    }
    const model = smallClassifier();
    manualSeed(3);
    const history = await train.fit(model, loader, {
      ...silent,
      optimizer: new optim.Adam(model.parameters(), { lr: 0.01 }),
      epochs: 2,
      clipGradNorm: 0.5,
    });
    // the loop above reads its losses between the passes, so that its sums are in other kernels, and in another order
    for (const [name, value] of Object.entries(model.stateDict())) {
      expect(tensor.allclose(value, byHand.stateDict()[name]!, { rtol: 1e-5, atol: 1e-6 }), name).toBe(true);
    }
    for (const [i, record] of history.entries()) {
      const mean = losses[i]!.reduce((sum, loss) => sum + loss, 0) / 64;
      expect(Math.abs(record.loss / mean - 1)).toBeLessThan(1e-6);
      expect(Math.abs(record.accuracy - hits[i]! / 64)).toBeLessThan(1e-6);
      expect([record.epoch, record.epochs, record.learningRate]).toEqual([i + 1, 2, 0.01]);
    }
  });

  test("accumulated batches make the step of one large batch, also in the smaller group at the end", async () => {
    const run = async (batchSize: number, accumulate: number): Promise<number[]> => {
      manualSeed(42);
      const model = nn.Sequential(nn.Flatten(), nn.Linear(12, 4));
      let steps = 0;
      await train.fit(model, data.DataLoader(smallData(), { batchSize }), {
        ...silent,
        optimizer: new optim.SGD(model.parameters(), { lr: 0.5 }),
        epochs: 1,
        accumulate,
        callbacks: [{ onStep: () => void steps++ }],
      });
      expect(steps).toBe(3);
      return valuesOf(model.parameters()[0]!);
    };
    // 64 samples: 24 + 24 + 16
    const [large, small] = [await run(24, 1), await run(8, 3)];
    small.forEach((value, i) => {
      expect(Math.abs(value - large[i]!)).toBeLessThan(1e-6);
    });
  });

  test("schedules are stepped after each step and after each epoch; a plateau sees the validation's value", async () => {
    const model = smallClassifier();
    const optimizer = new optim.SGD(model.parameters(), { lr: 1 });
    const { LambdaLR, ReduceLROnPlateau } = optim.lrScheduler;
    const rates: number[] = [];
    await train.fit(model, shuffled(16), {
      ...silent,
      optimizer,
      epochs: 2,
      schedulers: { step: new LambdaLR(optimizer, (step: number) => 1 / (1 + step)) },
      callbacks: [{ onStep: () => void rates.push(optimizer.paramGroups[0]!.lr) }],
    });
    expect(rates).toEqual([2, 3, 4, 5, 6, 7, 8, 9].map((step) => 1 / step));
    optimizer.paramGroups[0]!.lr = 0;
    const plateau = new ReduceLROnPlateau(optimizer, { mode: "max", patience: 0, factor: 0.5 });
    optimizer.paramGroups[0]!.lr = 1e-30;
    const history = await train.fit(model, shuffled(64), {
      ...silent,
      optimizer,
      epochs: 3,
      validation: shuffled(64),
      monitor: "accuracy",
      schedulers: { epoch: plateau },
    });
    // nothing gets better: cut after the second epoch
    expect(history.map(({ learningRate }) => learningRate)).toEqual([1e-30, 1e-30, 1e-30]);
  });

  test("a float target has no accuracy unless one asks for a metric", async () => {
    const x = tensor.randn(32, 2);
    const set = data.TensorDataset(x, x.sum(1, { keepdim: true }));
    const model = nn.Linear(2, 1);
    const options = {
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      lossFn: nn.MSELoss(),
      epochs: 2,
      log: null,
    };
    const plain = await train.fit(model, data.DataLoader(set, { batchSize: 8 }), options);
    expect(plain[0]!.accuracy).toBeNaN();
    expect(String(plain)).not.toContain("accuracy");
    const history = await train.fit(model, data.DataLoader(set, { batchSize: 8 }), {
      ...options,
      metrics: { mae: new train.MeanAbsoluteError(), mse: new train.MeanSquaredError() },
    });
    const { loss, mse } = history[1]!;
    expect(Math.abs(mse / loss - 1)).toBeLessThan(1e-5);
    expect(String(history).split("\n")[0]).toMatch(/^ *epoch +loss +mae +mse +learning rate +seconds$/);
    // @ts-expect-error there is no such metric
    await expect(train.fit(model, [], { ...options, metrics: {}, monitor: "r2" })).rejects.toThrow(
      'monitor is "r2", which is not measured; there are loss',
    );
  });

  test("steps of all epochs share their plans", async () => {
    const model = smallClassifier();
    const loader = shuffled(16);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const run = (): Promise<unknown> => train.fit(model, loader, { ...silent, optimizer, epochs: 1 });
    await run();
    await run();
    let running: Promise<unknown> | undefined;
    const { compiles } = count(() => {
      running = run();
    });
    await running;
    expect(compiles).toBe(0);
  });
});

describe("early stopping", () => {
  test("ends after the patience, with the best epoch's parameters and buffers", async () => {
    const model = smallClassifier();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
    const kept: Record<string, number[]>[] = [];
    const history = await train.fit(model, shuffled(), {
      ...silent,
      optimizer,
      epochs: 50,
      validation: data.DataLoader(smallData(), { batchSize: 64 }),
      earlyStopping: { patience: 3 },
      callbacks: [
        {
          onEpochEnd({ epoch }) {
            kept.push(bitsOf(model));
            // from here on it only gets worse
            if (epoch === 4) optimizer.paramGroups[0]!.lr = 20;
          },
        },
      ],
    });
    const losses = history.map(({ validation }) => validation!.loss);
    expect(history.bestEpoch).toBe(losses.indexOf(Math.min(...losses)) + 1);
    expect(history.length).toBe(history.bestEpoch + 3);
    expect(history.stoppedEarly).toBe(true);
    expect(bitsOf(model)).toEqual(kept[history.bestEpoch - 1]);
    expect(history.best!.epoch).toBe(history.bestEpoch);
    expect(String(history)).toContain(`* ${history.bestEpoch} `);
  });

  test("goes by a metric, and a callback can stop, too", async () => {
    const model = smallClassifier();
    const history = await train.fit(model, shuffled(), {
      ...silent,
      optimizer: new optim.SGD(model.parameters(), { lr: 0 }),
      epochs: 9,
      monitor: "accuracy",
      validation: data.DataLoader(smallData(), { batchSize: 64 }),
      earlyStopping: { patience: 2, minDelta: 1 },
    });
    expect([history.length, history.bestEpoch]).toEqual([3, 1]);
    const stopped = await train.fit(model, shuffled(8), {
      ...silent,
      optimizer: new optim.SGD(model.parameters(), { lr: 0 }),
      epochs: 9,
      callbacks: [{ onStep: ({ step, stop }) => (step === 11 ? stop() : undefined) }],
    });
    expect([stopped.length, stopped.stoppedEarly]).toEqual([2, true]);
  });
});

describe("checkpoints", () => {
  /** A run with all that has a state: batch norm, dropout, NAdam, schedules, a shuffle, random inputs. */
  function setUp(own: boolean) {
    const model = nn.Sequential(...smallClassifier().slice(0, 4), nn.Dropout({ p: 0.3 }), nn.Linear(8, 4));
    const optimizer = new optim.NAdam(model.parameters(), { lr: 0.02 });
    const generator = own ? new gb.Generator(5) : undefined;
    const noisy = data.TransformedDataset(
      smallData(),
      ([x, y]) => [x.add(tensor.randn(x.shape).mul(0.1)), y] as [gb.Tensor, gb.Tensor],
    );
    const loader = data.DataLoader(noisy, { batchSize: 10, shuffle: true, ...(generator && { generator }) });
    const schedulers = {
      step: new optim.lrScheduler.ExponentialLR(optimizer, 0.99),
      epoch: new optim.lrScheduler.ReduceLROnPlateau(optimizer, { patience: 0 }),
    };
    manualSeed(7);
    return { model, optimizer, loader, options: { ...silent, optimizer, schedulers, epochs: 4 } };
  }

  test.each([
    ["in the middle of an epoch, after 10 of 28 steps", 10, false],
    ["at the end of an epoch, after 14 of 28 steps", 14, false],
    ["with a generator of the loader's own", 17, true],
  ])("a run that goes on from one %s ends with the same bits", async (name, stopAt, own) => {
    const whole = setUp(own);
    const expected = await train.fit(whole.model, whole.loader, whole.options);

    const path = join(scratch, `${name.replaceAll(/\W/g, "-")}.safetensors`);
    const checkpoint = { path, everySteps: 1 };
    const first = setUp(own);
    const broken = train.fit(first.model, first.loader, {
      ...first.options,
      checkpoint,
      callbacks: [
        {
          // the step after the last one that was saved
          onStep({ step }) {
            if (step > stopAt) throw new Error("power cut");
          },
        },
      ],
    });
    await expect(broken).rejects.toThrow("power cut");

    const second = setUp(own);
    // nothing of this process's own state may matter
    manualSeed(999);
    second.loader.options.generator?.manualSeed(999);
    const history = await train.fit(second.model, second.loader, {
      ...second.options,
      checkpoint: { ...checkpoint, resume: true },
    });
    expect(bitsOf(second.model)).toEqual(bitsOf(whole.model));
    const plain = (records: gb.train.History): unknown => records.map(({ seconds, ...rest }) => rest);
    expect(plain(history)).toEqual(plain(expected));
    const rateOf = ({ optimizer }: typeof whole): number => optimizer.paramGroups[0]!.lr;
    expect(rateOf(second)).toBe(rateOf(whole));
  });

  test("the file is of use without fit, and a run that is over is not run again", async () => {
    const path = join(scratch, "plain.safetensors");
    const { model, loader, options } = setUp(false);
    const checkpoint = { path, resume: true };
    const history = await train.fit(model, loader, { ...options, epochs: 2, checkpoint });
    const saved = await gb.load<gb.train.Checkpoint>(path);
    const other = setUp(false).model;
    other.loadStateDict(saved.model);
    expect(bitsOf(other)).toEqual(bitsOf(model));
    const before = bitsOf(model);
    const again = await train.fit(model, loader, { ...options, epochs: 2, checkpoint });
    expect([...again]).toEqual([...history]);
    expect(bitsOf(model)).toEqual(before);
    await gb.save(model.stateDict(), path);
    await expect(train.fit(model, loader, { ...options, checkpoint })).rejects.toThrow(
      "is not a checkpoint of fit",
    );
  });
});

describe("what goes wrong loses nothing", () => {
  test("a loss that is not finite ends the training with the parameters from before the epoch", async () => {
    const model = smallClassifier();
    const before = bitsOf(model);
    const bad = smallData().tensors;
    const images = bad[0].clone();
    images.data.select(0, 0);
    const broken = data.TensorDataset(
      images.mul(tensor([Number.NaN, ...Array(63).fill(1)]).reshape(64, 1, 1)),
      bad[1],
    );
    const training = train.fit(model, data.DataLoader(broken, { batchSize: 16 }), {
      ...silent,
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      epochs: 2,
    });
    await expect(training).rejects.toThrow(
      "the training loss of epoch 1 is NaN. The model has been put back",
    );
    expect(bitsOf(model)).toEqual(before);
  });

  test("an error in a step leaves no gradients behind, and the model trains on", async () => {
    const model = smallClassifier();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const wrong = data.TensorDataset(smallData().tensors[0], tensor(Array(64).fill(9), { dtype: "int32" }));
    const run = (set: typeof wrong): Promise<unknown> =>
      train.fit(model, data.DataLoader(set, { batchSize: 16 }), { ...silent, optimizer, epochs: 1 });
    await expect(run(wrong)).rejects.toThrow("target 9 is out of range for 4 classes");
    expect(model.parameters().every(({ grad }) => grad === null)).toBe(true);
    await run(smallData());
    const logits = model(smallData().tensors[0]) as gb.Tensor;
    expect(F.crossEntropy(logits, smallData().tensors[1]).item()).toBeLessThan(2);
  });
});

test("the stop button ends fit after a whole step, and the model trains on as if it had stopped there by itself", async () => {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  installInterrupt({
    flag,
    interrupted() {
      Atomics.store(flag, 0, 0);
      throw new Error("Interrupted");
    },
  });
  const run = async (press: boolean): Promise<Record<string, number[]>> => {
    const model = smallClassifier();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const loader = data.DataLoader(smallData(), { batchSize: 8 });
    let passes = 0;
    // asked for in the fifth forward pass, seen at the end of its step
    const hook = model.registerForwardPreHook(() => {
      if (++passes === 5 && press) Atomics.store(flag, 0, 1);
    });
    const stop = { onStep: ({ step, stop: end }: gb.train.FitContext) => (step === 5 ? end() : undefined) };
    const first = train.fit(model, loader, {
      ...silent,
      optimizer,
      epochs: 3,
      callbacks: press ? [] : [stop],
    });
    if (press) await expect(first).rejects.toThrow("Interrupted");
    else await first;
    hook.remove();
    expect(passes).toBe(5);
    expect(model.parameters().every(({ grad }) => grad === null)).toBe(true);
    await train.fit(model, loader, { ...silent, optimizer, epochs: 1 });
    return bitsOf(model);
  };
  expect(await run(true)).toEqual(await run(false));
});

test("where there is a host, a line says how far the run is, and changes in place", async () => {
  const shown: { text: unknown; id: string | undefined; update: boolean | undefined }[] = [];
  const before = host();
  installHost({
    publish: () => {},
    display: (content, options) => void shown.push({ text: content["text/plain"], ...options } as never),
  });
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 60));
  try {
    const model = smallClassifier();
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    await train.fit(model, shuffled(4), { lossFn, optimizer, epochs: 2, log: () => {} });
  } finally {
    clock.mockRestore();
    installHost(before as never);
  }
  expect(shown.length).toBeGreaterThan(3);
  expect(shown[0]!.text).toMatch(/^epoch 1 of 2, batch \d+ of 16, \d\.\d s$/);
  expect(shown.at(-1)!.text).toMatch(/^2 epochs in \d\.\d s$/);
  expect(shown.map(({ update }) => update)).toEqual(shown.map((_, i) => i > 0));
  expect(new Set(shown.map(({ id }) => id)).size).toBe(1);
});

test("evaluate gives every module its own mode back and measures without touching statistics", async () => {
  const model = smallClassifier();
  model.train();
  model[2]!.eval();
  const before = bitsOf(model);
  const result = await train.evaluate(model, data.DataLoader(smallData(), { batchSize: 10 }), lossFn);
  expect(model.modules().map(({ training }) => training)).toEqual([true, true, true, false, true, true]);
  expect(bitsOf(model)).toEqual(before);
  const [x, y] = smallData().tensors;
  const logits = model.eval()(x) as gb.Tensor;
  expect(Math.abs(result.loss - lossFn(logits, y).item())).toBeLessThan(1e-6);
  expect(Math.abs(result.accuracy - logits.argmax(1).eq(y).float().mean().item())).toBeLessThan(1e-6);
});

test("maxNorm keeps the weights of each unit within the norm, and leaves smaller ones alone", async () => {
  const model = smallClassifier();
  const linear = model[4] as gb.nn.Linear;
  linear.weight.data = linear.weight.data.mul(tensor([100, 0.01, 0.01, 100]).reshape(4, 1));
  const small = valuesOf(linear.weight).slice(8, 24);
  await train.fit(model, shuffled(64), {
    ...silent,
    optimizer: new optim.SGD(model.parameters(), { lr: 0 }),
    epochs: 1,
    callbacks: [train.maxNorm(2)],
  });
  const norms = valuesOf(linear.weight.norm({ dim: 1 }));
  expect(norms.map((norm) => Math.abs(norm - 2) < 1e-5)).toEqual([true, false, false, true]);
  expect(valuesOf(linear.weight).slice(8, 24)).toEqual(small);
});

test("a line is printed for each epoch, and the result prints as a table", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const model = smallClassifier();
  const history = await train.fit(model, shuffled(), {
    optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
    lossFn,
    epochs: 2,
    validation: shuffled(64),
  });
  const lines = log.mock.calls.map(([line]) => line as string);
  log.mockRestore();
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(
    /^epoch 2\/2: loss \d\.\d{4}, accuracy \d\.\d{4}, validation loss \d\.\d{4}, accuracy \d\.\d{4} \(\d+\.\d s\)$/,
  );
  const [groups, header, ...rows] = String(history).split("\n");
  // each group ends with its last column; all of it has room beside a monitor in a window of 1280 pixels
  expect(groups).toBe("               training        validation  learning");
  expect(header).toBe("epoch    loss  accuracy    loss  accuracy      rate  seconds");
  expect(rows).toHaveLength(2);
  expect(rows.every((row) => row.length === header!.length)).toBe(true);
});
