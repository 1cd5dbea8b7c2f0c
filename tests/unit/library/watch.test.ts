// watch(): what is published while a network trains, against the same training in plain loops and double precision.

import { spawnSync } from "node:child_process";
import { inspect } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as gb from "gradbook";
import { installHost } from "gradbook/train/host";
import { watchedLayers } from "gradbook/train/layers";
import {
  type LayerField,
  layerColumn,
  ROW_LENGTH,
  type RunEvent,
  type RunInfo,
  sampleLength,
  stepColumn,
} from "gradbook/train/run";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { count, difference, seeded } from "./support.js";

const { nn, optim, tensor, watch } = gb;

type Matrix = readonly (readonly number[])[];

const SAMPLES = 7;
const LEARNING_RATE = 0.3;
const random = seeded(5);
const matrix = (rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.fround(random() * 2 - 1)));

const images = matrix(SAMPLES, 6);
const labels = [0, 2, 1, 1, 0, 2, 2];
const weights = { w1: matrix(5, 6), b1: matrix(1, 5)[0]!, w2: matrix(3, 5), b2: matrix(1, 3)[0]! };

let events: RunEvent[] = [];
const publish = (event: RunEvent): void => void events.push(event);

beforeEach(() => {
  events = [];
  installHost({ publish, display: () => undefined });
});

afterEach(() => {
  Reflect.deleteProperty(globalThis, Symbol.for("gradbook.host"));
});

function network(): { model: gb.nn.Sequential; optimizer: gb.optim.SGD } {
  const first = nn.Linear(6, 5);
  const second = nn.Linear(5, 3);
  const { w1, b1, w2, b2 } = weights;
  [first.weight.data, first.bias!.data] = [tensor(w1), tensor(b1)];
  [second.weight.data, second.bias!.data] = [tensor(w2), tensor(b2)];
  const model = nn.Sequential(first, nn.ReLU(), second);
  return { model, optimizer: new optim.SGD(model.parameters(), { lr: LEARNING_RATE }) };
}

const x = (): gb.Tensor => tensor(images);
const y = (): gb.Tensor => tensor(labels, { dtype: "int32" });

function trainStep(model: gb.nn.Sequential, optimizer: gb.optim.SGD, read: (loss: gb.Tensor) => void): void {
  const loss = nn.CrossEntropyLoss()(model(x()), y());
  read(loss);
  loss.backward();
  optimizer.step();
  optimizer.zeroGrad();
}

function tableOf(table: "steps" | "samples", length: number, run?: string): number[][] {
  return events.flatMap((event) => {
    if (event.type !== "rows" || (run !== undefined && event.run !== run)) return [];
    return Array.from({ length: event[table].length / length }, (_, i) =>
      Array.from(event[table].subarray(i * length, (i + 1) * length)),
    );
  });
}
const rowsOf = (run?: string): number[][] => tableOf("steps", ROW_LENGTH, run);
const samplesOf = (): number[][] => tableOf("samples", sampleLength(2));
const infos = (): RunInfo[] => events.flatMap((event) => (event.type === "run" ? [event.info] : []));

// --- the same by hand ------------------------------------------------------------------------------------------------

const times = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const transpose = (a: Matrix): number[][] => a[0]!.map((_, j) => a.map((row) => row[j]!));
const columnSums = (a: Matrix): number[] =>
  transpose(a).map((column) => column.reduce((sum, v) => sum + v, 0));
const norm = (...lists: (readonly number[])[]): number => Math.hypot(...lists.flat());
const mean = (list: readonly number[]): number => list.reduce((sum, v) => sum + v, 0) / list.length;
const std = (list: readonly number[]): number => Math.sqrt(mean(list.map((v) => (v - mean(list)) ** 2)));

function statistics(activation: Matrix): number[] {
  const all = activation.flat();
  return [mean(all), std(all), mean(transpose(activation).map(std)), mean(all.map((v) => Number(v === 0)))];
}

const BY_HAND: readonly LayerField[] = [
  "mean",
  "std",
  "batchStd",
  "zeros",
  "gradientNorm",
  "weightGradientNorm",
];

/** Loss, accuracy and the layers' numbers of each step. */
function byHand(steps: number): { loss: number; accuracy: number; layers: number[][] }[] {
  let { w1, b1, w2, b2 } = weights;
  const descend = (p: Matrix, g: Matrix): number[][] =>
    p.map((row, i) => row.map((v, j) => v - LEARNING_RATE * g[i]![j]!));
  return Array.from({ length: steps }, () => {
    const z1 = times(images, transpose(w1)).map((row) => row.map((v, j) => v + b1[j]!));
    const a1 = z1.map((row) => row.map((v) => Math.max(v, 0)));
    const z2 = times(a1, transpose(w2)).map((row) => row.map((v, j) => v + b2[j]!));
    const p = z2.map((row) => {
      const powers = row.map(Math.exp);
      const total = powers.reduce((sum, v) => sum + v, 0);
      return powers.map((v) => v / total);
    });
    const dz2 = p.map((row, i) => row.map((v, j) => (v - Number(labels[i] === j)) / SAMPLES));
    const dz1 = times(dz2, w2).map((row, i) => row.map((v, j) => (z1[i]![j]! > 0 ? v : 0)));
    const [dw1, dw2] = [times(transpose(dz1), images), times(transpose(dz2), a1)];
    const [db1, db2] = [columnSums(dz1), columnSums(dz2)];
    [w1, w2] = [descend(w1, dw1), descend(w2, dw2)];
    [b1, b2] = [descend([b1], [db1])[0]!, descend([b2], [db2])[0]!];
    return {
      loss: mean(p.map((row, i) => -Math.log(row[labels[i]!]!))),
      accuracy: mean(z2.map((row, i) => Number(row.indexOf(Math.max(...row)) === labels[i]))),
      layers: [
        [...statistics(a1), norm(dz1.flat()), norm(dw1.flat(), db1)],
        [...statistics(z2), norm(dz2.flat()), norm(dw2.flat(), db2)],
      ],
    };
  });
}

// ---------------------------------------------------------------------------------------------------------------------

const STEPS = 5;

test.each([
  ["nothing is read", () => undefined],
  ["the loss is read early", (loss: gb.Tensor) => void loss.item()],
])("rows equal statistics of the full tensors when %s", (_name, read) => {
  const { model, optimizer } = network();
  const watcher = watch(model, { name: "exact", dataset: "noise" });
  for (let i = 0; i < STEPS; i++) trainStep(model, optimizer, read);
  watcher.finish();
  const expected = byHand(STEPS);
  const rows = rowsOf();
  const samples = samplesOf();
  expect(samples.map(([step]) => step)).toEqual([0, 1, 2, 3, 4]);
  expect(rows.map((row) => row[stepColumn("step")])).toEqual([0, 1, 2, 3, 4]);
  rows.forEach((row, i) => {
    const { loss, accuracy, layers } = expected[i]!;
    expect(row[stepColumn("loss")]).toBeCloseTo(loss, 5);
    expect(row[stepColumn("accuracy")]).toBeCloseTo(accuracy, 6);
    expect(row[stepColumn("learningRate")]).toBeCloseTo(LEARNING_RATE, 6);
    expect(row[stepColumn("validationLoss")]).toBeNaN();
    layers.forEach((fields, layer) => {
      const measured = BY_HAND.map((field) => samples[i]![layerColumn(layer, field)]!);
      expect(difference(measured, fields)).toBeLessThan(1e-5);
    });
  });
  expect(infos()[0]).toMatchObject({
    status: "running",
    dataset: "noise",
    layers: [
      { path: "0", label: "Linear(6, 5) → ReLU", kind: "ReLU" },
      { path: "2", label: "Linear(5, 3)", kind: "Linear" },
    ],
  });
  expect(infos().at(-1)).toMatchObject({ status: "finished", classes: 3 });
  expect(inspect(watcher)).toBe(`${watcher.info.name}: finished, 5 steps, 2 layers`);
});

test("watching adds no run and no product to a step, and finish() leaves nothing behind", () => {
  const { model, optimizer } = network();
  const step = (): void => trainStep(model, optimizer, () => undefined);
  for (let i = 0; i < 3; i++) step();
  const plain = count(step);
  const watcher = watch(model);
  for (let i = 0; i < 3; i++) step();
  const watched = count(step);
  expect([watched.runs, watched.matmuls]).toEqual([plain.runs, plain.matmuls]);
  watcher.finish();
  const before = rowsOf().length;
  step();
  expect(count(step)).toEqual(plain);
  expect(rowsOf().length).toBe(before);
});

test("watching again ends the run and starts another one with a number; no step is recorded twice", () => {
  const { model, optimizer } = network();
  const first = watch(model, { name: "He" });
  trainStep(model, optimizer, () => undefined);
  const second = watch(model, { name: "He" });
  expect([first.active, second.active]).toEqual([false, true]);
  trainStep(model, optimizer, () => undefined);
  trainStep(model, optimizer, () => undefined);
  second.finish();
  const [he, ...others] = infos();
  expect(he!.name).toBe("He");
  const again = others.find(({ name }) => name === "He #2")!;
  expect(again.id).not.toBe(he!.id);
  expect(
    infos()
      .filter(({ id }) => id === he!.id)
      .at(-1)!.status,
  ).toBe("finished");
  expect(infos().some(({ id, superseded }) => id === he!.id && superseded === true)).toBe(true);
  expect(infos().some(({ id, superseded }) => id === again.id && superseded === true)).toBe(false);
  expect(rowsOf(he!.id).map(([step]) => step)).toEqual([0]);
  expect(rowsOf(again.id).map(([step]) => step)).toEqual([0, 1]);
});

test("a run knows how many steps an epoch has, where a loader gives its batches", () => {
  const { model, optimizer } = network();
  const loader = new gb.data.DataLoader(new gb.data.TensorDataset(x(), y()), { batchSize: 3 });
  const epochs = (train: () => void): (number | undefined)[] => {
    const { run } = watch(model);
    train();
    return infos().flatMap(({ id, optimizer: known, stepsPerEpoch }) =>
      id === run && known ? [stepsPerEpoch] : [],
    );
  };
  const byLoader = (): void => {
    for (const [X, target] of loader) {
      nn.CrossEntropyLoss()(model(X), target).backward();
      optimizer.step();
    }
  };
  expect(new Set(epochs(byLoader))).toEqual(new Set([3]));
  // a pass before it, of whatever loader, says nothing about a loop that makes its own batches
  expect(new Set(epochs(() => trainStep(model, optimizer, () => undefined)))).toEqual(new Set([undefined]));
});

test("watching changes no bit of the training, and samples share one plan", () => {
  const trained = (steps: number, watched: boolean): { weights: number[][]; plans: number } => {
    const { model, optimizer } = network();
    const watcher = watched ? watch(model) : undefined;
    const plans = count(() => {
      for (let i = 0; i < steps; i++)
        trainStep(model, optimizer, (loss) => void (i % 7 === 0 && loss.item()));
    }).compiles;
    watcher?.finish();
    return { weights: model.parameters().map((parameter) => [...parameter.toTypedArray()]), plans };
  };
  expect(trained(300, true).weights).toEqual(trained(300, false).weights);
  // with and without the loss read: a step with layers, one with a row, and one with neither
  expect(trained(300, true).plans).toBe(0);
});

test("a step that tells only its loss has the plan of a step that tells nothing", () => {
  // no row is due because the machine is slow
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  const model = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3));
  const optimizer = new optim.SGD(model.parameters(), { lr: LEARNING_RATE });
  const steps = (number: number): number =>
    count(() => {
      for (let i = 0; i < number; i++) trainStep(model, optimizer, () => undefined);
    }).compiles;
  steps(3);
  const watcher = watch(model, { snapshots: false });
  steps(100);
  expect(steps(200)).toBe(0);
  watcher.finish();
  now.mockRestore();
  const later = rowsOf().filter(([step]) => step! >= 100);
  const sampledSteps = new Set(samplesOf().map(([step]) => step));
  const tellOnlyTheLoss = later.filter(([step]) => !sampledSteps.has(step));
  expect(tellOnlyTheLoss.length).toBeGreaterThan(1);
  for (const row of tellOnlyTheLoss) {
    expect(row[stepColumn("loss")]).toBeGreaterThan(0);
    expect(row[stepColumn("accuracy")]).toBeNaN();
  }
});

test("works without a host, and publishes while the event loop turns", async () => {
  Reflect.deleteProperty(globalThis, Symbol.for("gradbook.host"));
  const { model, optimizer } = network();
  const watcher = watch(model);
  trainStep(model, optimizer, () => undefined);
  installHost({ publish, display: () => undefined });
  trainStep(model, optimizer, () => undefined);
  while (rowsOf().length < 1) await new Promise(setImmediate);
  watcher.finish();
  expect(rowsOf().at(-1)![0]).toBe(1);
});

test("evaluation in between is not recorded", () => {
  const { model, optimizer } = network();
  const watcher = watch(model);
  for (let i = 0; i < 3; i++) {
    trainStep(model, optimizer, () => undefined);
    model.eval();
    gb.noGrad(() => (model(x()) as gb.Tensor).sum().item());
    model.train();
  }
  watcher.finish();
  const expected = byHand(3).map(({ layers }) => layers[0]![0]!);
  expect(rowsOf().map(([step]) => step)).toEqual([0, 1, 2]);
  expect(
    difference(
      samplesOf().map((row) => row[layerColumn(0, "mean")]!),
      expected,
    ),
  ).toBeLessThan(1e-5);
});

test("normalisation and activations with parameters belong to the layer before them", () => {
  const model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(4, 3, { bias: false }),
    nn.BatchNorm1d(3),
    nn.PReLU(),
    nn.Linear(3, 2),
  );
  expect(watchedLayers(model).map(({ info }) => info)).toEqual([
    {
      path: "1",
      label: "Linear(4, 3) → BatchNorm1d → PReLU",
      kind: "PReLU",
      activation: { name: "PReLU", numParameters: 1, init: 0.25 },
      normalisation: { kind: "BatchNorm1d", momentum: 0.1 },
      units: 3,
      fanIn: 4,
      fanOut: 3,
      parameters: 12,
    },
    { path: "4", label: "Linear(3, 2)", kind: "Linear", units: 2, fanIn: 3, fanOut: 2, parameters: 8 },
  ]);
});

test("convolutions are layers like others; pooling and padding belong to none", () => {
  const model = nn.Sequential(
    nn.ZeroPad2d(1),
    nn.Conv2d(1, 4, 3),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(4, 2, 3),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
  );
  expect(watchedLayers(model).map(({ info }) => info)).toMatchObject([
    { path: "1", label: "Conv2d(1, 4) → ReLU", kind: "ReLU", units: 4, fanIn: 9, fanOut: 36, parameters: 40 },
    { path: "4", label: "Conv2d(4, 2)", kind: "Conv2d", units: 2, fanIn: 36, fanOut: 18, parameters: 74 },
  ]);
});

test("a watched model that nobody holds any more is let go", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let released = 0;
  const registry = new FinalizationRegistry(() => released++);
  for (let i = 0; i < 5; i++) {
    const model = nn.Sequential(nn.Linear(4, 2));
    registry.register(model, i);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    watch(model);
    model(tensor.ones(3, 4)).mean().backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
  // the last one may still be in a variable of the loop
  await vi.waitFor(
    () => {
      collect();
      expect(released).toBeGreaterThanOrEqual(4);
    },
    { timeout: 10_000 },
  );
});

test("a program that closes the engine right after a watched step ends", () => {
  const program = `
    import * as gb from "gradbook";
    import { closeSession } from "gradbook/tensor/session";
    const model = gb.nn.Linear(3, 2);
    gb.watch(model);
    const optimizer = new gb.optim.SGD(model.parameters());
    gb.F.crossEntropy(model(gb.tensor.ones(4, 3)), gb.tensor([0, 1, 0, 1], { dtype: "int32" })).backward();
    optimizer.step();
    closeSession();`;
  const { status, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    timeout: 15_000,
  });
  expect({ status, signal }).toEqual({ status: 0, signal: null });
});
