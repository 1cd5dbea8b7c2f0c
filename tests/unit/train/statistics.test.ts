// The statistics of a watched run against those of the full tensors of a second network with the same seed, which nobody watches.

import * as gb from "gradbook";
import { BINS, histogramBlock, histogramOffset, shareToByte } from "gradbook/train/histograms";
import { installHost } from "gradbook/train/host";
import { type LayerField, layerColumn, ROW_LENGTH, sampleLength, stepColumn } from "gradbook/train/run";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DEVICES, useDevice } from "../parity/library.js";
import { bins, expected, type Network, takeApart, together } from "./full-tensors.js";

const { F, manualSeed, nn, optim, tensor, watch } = gb;

const sgd: Network["optimizer"] = (parameters) => new optim.SGD(parameters, { lr: 0.5, momentum: 0.9 });
const adam: Network["optimizer"] = (parameters) =>
  new optim.Adam(parameters, { lr: 0.05, weightDecay: 0.01 });
/** The slope there is less than 5 % of the largest. */
const flatSigmoid = (y: number): boolean => y < 0.02 || y > 0.98;
const flatTanh = (y: number): boolean => Math.abs(y) > 0.96;

const NETWORKS: { readonly [name: string]: Network } = {
  "dense, ReLU, SGD with clipping": {
    build: () => nn.Sequential(nn.Linear(9, 40), nn.ReLU(), nn.Linear(40, 35), nn.ReLU(), nn.Linear(35, 4)),
    input: [11, 9],
    optimizer: sgd,
    layers: [
      { head: 0, last: 1 },
      { head: 2, last: 3 },
      { head: 4, last: 4 },
    ],
    clip: 0.01,
  },
  "dense, batch normalisation, sigmoid and tanh far out, Adam": {
    build: () => {
      const wide = nn.Linear(20, 8);
      gb.noGrad(() => wide.weight.mul_(30));
      return nn.Sequential(
        nn.Linear(6, 20, { bias: false }),
        nn.BatchNorm1d(20),
        nn.Sigmoid(),
        wide,
        nn.Tanh(),
        nn.Linear(8, 3),
      );
    },
    input: [16, 6],
    optimizer: adam,
    layers: [
      { head: 0, last: 2, norm: 1 },
      { head: 3, last: 4 },
      { head: 5, last: 5 },
    ],
    flat: [flatSigmoid, flatTanh, undefined],
  },
  "convolutions with batch normalisation, SGD": {
    build: () =>
      nn.Sequential(
        nn.Conv2d(2, 5, 3),
        nn.BatchNorm2d(5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(5, 3, 2),
        nn.ELU(),
        nn.Flatten(),
        nn.Linear(12, 4),
      ),
    input: [4, 2, 8, 8],
    optimizer: sgd,
    layers: [
      { head: 0, last: 2, norm: 1, channels: true },
      { head: 4, last: 5, channels: true },
      { head: 7, last: 7 },
    ],
    flat: [undefined, (y) => y + 1 < 0.0784, undefined],
  },
  "wide, with more weights than are added up, or counted, in one go": {
    build: () => nn.Sequential(nn.Linear(131, 90), nn.LeakyReLU(), nn.Linear(90, 3)),
    input: [3, 131],
    optimizer: sgd,
    layers: [
      { head: 0, last: 1 },
      { head: 2, last: 2 },
    ],
  },
  "layer normalisation, GELU, over positions, Adam": {
    build: () => nn.Sequential(nn.Linear(5, 12), nn.LayerNorm(12), nn.GELU(), nn.Flatten(), nn.Linear(36, 3)),
    input: [7, 3, 5],
    optimizer: adam,
    layers: [
      { head: 0, last: 2 },
      { head: 4, last: 4 },
    ],
  },
};

/** Tensors of more elements have their histograms from some of them. */
const COUNTED = 4096;

const STEPS = 3;

let rows: number[][] = [];
let samples: number[][] = [];
let histograms: Uint8Array[] = [];
let layerCount = 0;

beforeEach(() => {
  [rows, samples, histograms] = [[], [], []];
  installHost({
    display: () => undefined,
    publish: (event) => {
      if (event.type !== "rows") return;
      const cut = <T extends Float32Array | Uint8Array>(all: T, length: number): T[] =>
        Array.from(
          { length: all.length / length },
          (_, i) => all.subarray(i * length, (i + 1) * length) as T,
        );
      rows.push(...cut(event.steps, ROW_LENGTH).map((row) => [...row]));
      samples.push(...cut(event.samples, sampleLength(layerCount)).map((row) => [...row]));
      histograms.push(...cut(event.histograms, histogramBlock(layerCount)));
    },
  });
});
afterAll(() => {
  Reflect.deleteProperty(globalThis, Symbol.for("gradbook.host"));
});

/** Relative, or to numbers below 1e-6 absolute: rounding of sums that cancel. */
function close(measured: number, wanted: number): boolean {
  if (Number.isNaN(wanted)) return Number.isNaN(measured);
  return Math.abs(measured - wanted) <= 1e-5 * Math.max(Math.abs(wanted), 1e-1);
}

function make(network: Network) {
  manualSeed(7);
  const model = network.build();
  const optimizer = network.optimizer(model.parameters());
  const x = tensor.randn(network.input);
  const y = tensor.randint(0, 3, [network.input[0]!]);
  const backward = (): void => F.crossEntropy(model(x) as gb.Tensor, y).backward();
  const clip = (): void => {
    if (network.clip !== undefined) nn.utils.clipGradNorm_(model.parameters(), network.clip);
  };
  return { model, optimizer, backward, clip };
}

describe.each(DEVICES)("%s", (device) => {
  beforeAll(() => useDevice(device));

  test.each(Object.entries(NETWORKS))("%s: every statistic and histogram of every layer", (_, network) => {
    const plain = make(network);
    const steps = Array.from({ length: STEPS }, () =>
      takeApart(network, plain.model, plain.optimizer, plain.backward, plain.clip),
    );
    const seen = make(network);
    layerCount = network.layers.length;
    const watcher = watch(seen.model);
    for (let i = 0; i < STEPS; i++) {
      seen.backward();
      seen.clip();
      seen.optimizer.step();
      seen.optimizer.zeroGrad();
    }
    watcher.finish();
    expect(samples.map(([step]) => step)).toEqual([0, 1, 2]);
    steps.forEach((step, at) => {
      expect(close(rows[at]![stepColumn("gradientNorm")]!, step.gradientNorm)).toBe(true);
      network.layers.forEach((_, layer) => {
        const wrong = expected(network, step, layer)
          .map(([field, wanted]) => ({ field, wanted, measured: samples[at]![layerColumn(layer, field)]! }))
          .filter(({ measured, wanted }) => !close(measured, wanted));
        expect({ at, layer, wrong }).toEqual({ at, layer, wrong: [] });
        for (const [quantity, tensors] of [
          ["input", [step.entering[layer]!]],
          ["output", [step.outputs[layer]!]],
          ["gradient", [step.gradients[layer]!]],
          ["weight", step.weights[layer]!],
        ] as const) {
          const offset = histogramOffset(layer, quantity);
          const measured = [...histograms[at]!.subarray(offset, offset + BINS)];
          const wanted = bins(tensors, quantity);
          // a number next to an edge may fall on its other side when it is rounded otherwise; and what a part of the
          // elements shows of all is within a few percent
          const allowed = together(tensors).length <= COUNTED ? 0.02 : 0.12;
          const moved = measured.reduce(
            (sum, byte, i) => sum + Math.abs((byte / 255) ** 2 - (wanted[i]! / 255) ** 2),
            0,
          );
          expect(moved, `${quantity} of layer ${layer} at step ${at}`).toBeLessThan(allowed);
        }
      });
    });
  });

  test("what is not finite is counted, and left out of the rest", () => {
    layerCount = 1;
    const layer = nn.Linear(2, 3, { bias: false });
    layer.weight.data = tensor([
      [1, Number.NaN],
      [Number.POSITIVE_INFINITY, 2],
      [-4, 0],
    ]);
    const watcher = watch(layer);
    const optimizer = new optim.SGD(layer.parameters(), { lr: 1 });
    layer(tensor([[1, 0]]))
      .sum()
      .backward();
    optimizer.step();
    watcher.finish();
    const value = (field: LayerField): number => samples[0]![layerColumn(0, field)]!;
    expect([value("weightNans"), value("weightInfinities")]).toEqual([1, 1]);
    expect([value("weightMin"), value("weightMax"), value("weightMean")]).toEqual([-4, 2, -0.25]);
    expect(value("weightNorm")).toBeCloseTo(Math.sqrt(21), 5);
    // 1 * 1 + NaN * 0, infinity, -4
    expect([value("nans"), value("infinities"), value("mean")]).toEqual([1, 1, -4]);
    const weights = histograms[0]!.subarray(
      histogramOffset(0, "weight"),
      histogramOffset(0, "weight") + BINS,
    );
    expect(weights[BINS - 1]).toBe(shareToByte(1 / 5));
    expect(weights[BINS / 2]).toBe(shareToByte(1 / 5));
  });

  test("units without a positive output for 1,000 examples are silent", () => {
    layerCount = 2;
    const model = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1));
    const [first] = [model[0] as ReturnType<typeof nn.Linear>];
    first.weight.data = tensor([[1], [-1], [0], [0]]);
    first.bias!.data = tensor([0, 0, -1, 1]);
    for (const parameter of model.parameters()) parameter.requiresGrad = false;
    const head = model[2] as ReturnType<typeof nn.Linear>;
    head.weight.requiresGrad = true;
    const optimizer = new optim.SGD([head.weight], { lr: 0.01 });
    const watcher = watch(model);
    for (let step = 0; step < 6; step++) {
      // unit 0 fires in steps 0 and 1 only, unit 1 in the others, unit 2 never, unit 3 always
      model(tensor.full([300, 1], step < 2 ? 1 : -1))
        .mean()
        .backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
    watcher.finish();
    const silent = samples.map((row) => row[layerColumn(0, "silent")]);
    // after 900 examples nobody can tell yet; after 1,200 unit 0 has been silent for 600, after 1,800 for 1,200
    expect(silent).toEqual([Number.NaN, Number.NaN, Number.NaN, 0.25, 0.25, 0.5]);
    expect(samples[0]![layerColumn(1, "silent")]).toBeNaN();
  });
});
