// How the signal and its gradient fare in deep networks, against the figures of the chapter; batch norm's running statistics.

import * as gb from "gradbook";
import { expect, test } from "vitest";
import { difference, valuesOf } from "./support.js";

const { nn, init, tensor, noGrad, manualSeed, norm } = gb;

const DEPTH = 30;
const WIDTH = 100;
/** The interpreter would take minutes for all of them. */
const SAMPLES = process.env.GRADBOOK_DEVICE === "reference" ? 20 : 1000;

interface Propagation {
  /** Standard deviation of each layer's output. */
  readonly signal: number[];
  /** Root mean square of the last output. */
  readonly size: number;
  /** For each layer, the inner product of its weight with the gradient of `size`. */
  readonly euler: number[];
}

/** Standard normal samples through 30 ReLU layers of 100; the loss is the root mean square of the output. */
function propagate(initialize: (weight: gb.Tensor) => void): Propagation {
  manualSeed(0);
  const layers = Array.from({ length: DEPTH }, () => nn.Linear(WIDTH, WIDTH, { bias: false }));
  for (const { weight } of layers) initialize(weight);
  const outputs: gb.Tensor[] = [];
  let x = tensor.randn(SAMPLES, WIDTH);
  for (const layer of layers) {
    x = layer(x).relu();
    outputs.push(x);
  }
  const deviations = noGrad(() => outputs.map((output) => output.std()));
  const size = x.square().mean().sqrt();
  size.backward();
  return {
    size: size.item(),
    euler: layers.map(({ weight }) => weight.grad!.mul(weight.detach()).sum().item()),
    signal: deviations.map((deviation) => deviation.item()),
  };
}

// The figures are those of one draw, and draws differ.
const FACTOR = SAMPLES < 1000 ? 4 : 3;

test.each<[string, (weight: gb.Tensor) => void, number]>([
  ["PyTorch's default", () => undefined, 3e-12],
  ["Glorot", (weight) => init.xavierNormal_(weight), 4e-5],
  ["He", (weight) => init.kaimingNormal_(weight), 1],
])("%s: the signal after 30 layers", (_name, initialize, expected) => {
  const { signal, size, euler } = propagate(initialize);
  const last = signal[DEPTH - 1]!;
  expect(last / expected).toBeGreaterThan(1 / FACTOR);
  expect(last / expected).toBeLessThan(FACTOR);
  // the same factor a layer, all the way
  const rate = (last / signal[0]!) ** (1 / (DEPTH - 1));
  signal.forEach((value, i) => {
    expect(value / (signal[0]! * rate ** i)).toBeGreaterThan(1 / 3);
    expect(value / (signal[0]! * rate ** i)).toBeLessThan(3);
  });
  // the output is homogeneous in each layer's weight, so Euler's theorem gives the same product at every depth
  for (const product of euler) expect(product / size).toBeCloseTo(1, 3);
});

test("a gradient that comes from above vanishes and explodes on its way down as the signal does on its way up", () => {
  const ratio = (gain: number): number => {
    manualSeed(0);
    const layers = Array.from({ length: 20 }, () => nn.Linear(WIDTH, WIDTH, { bias: false }));
    for (const { weight } of layers) init.kaimingNormal_(weight).data.mul_(gain);
    const input = tensor.randn(SAMPLES / 5, WIDTH).requiresGrad_();
    let x = input;
    for (const layer of layers) x = layer(x).relu();
    x.sum().backward();
    return input.grad!.norm().item();
  };
  const [half, one, two] = [ratio(0.5), ratio(1), ratio(2)];
  // ReLU is homogeneous: twice the weights of 20 layers is 2^20 times the gradient
  expect(two / one / 2 ** 20).toBeCloseTo(1, 3);
  expect((half / one) * 2 ** 20).toBeCloseTo(1, 3);
});

test("running statistics of batch norm equal moving averages in double precision", () => {
  manualSeed(3);
  const layer = norm.BatchNorm1d(4, { momentum: 0.1 });
  const average = norm.BatchNorm1d(4, { momentum: null });
  const mean = [0, 0, 0, 0];
  const variance = [1, 1, 1, 1];
  const means = [0, 0, 0, 0];
  const batches = 40;
  for (let i = 0; i < batches; i++) {
    const x = tensor
      .randn(16, 4)
      .mul(2)
      .add(5 + i / 10);
    layer(x);
    average(x);
    const rows = x.toArray() as number[][];
    for (let c = 0; c < 4; c++) {
      const column = rows.map((row) => row[c]!);
      const m = column.reduce((sum, v) => sum + v, 0) / 16;
      const unbiased = column.reduce((sum, v) => sum + (v - m) ** 2, 0) / 15;
      mean[c] = 0.9 * mean[c]! + 0.1 * m;
      variance[c] = 0.9 * variance[c]! + 0.1 * unbiased;
      means[c] = means[c]! + m / batches;
    }
  }
  expect(difference(valuesOf(layer.runningMean!), mean)).toBeLessThan(1e-4);
  expect(difference(valuesOf(layer.runningVar!), variance)).toBeLessThan(1e-4);
  expect(difference(valuesOf(average.runningMean!), means)).toBeLessThan(1e-4);
  layer.eval();
  const x = [10, 9, 8, 7];
  const expected = x.map((v, c) => (v - mean[c]!) / Math.sqrt(variance[c]! + 1e-5));
  expect(difference(valuesOf(layer(tensor([x]))), expected)).toBeLessThan(1e-4);
});
