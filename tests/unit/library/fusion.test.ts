// How many kernels the chapter's computations take: what belongs to one row, one product or one update runs together.

import * as gb from "gradbook";
import { buildPlan } from "gradbook/compute/plan/index";
import type { GraphSpec } from "gradbook/graph/spec";
import { session } from "gradbook/tensor/session";
import { afterAll, describe, expect, test } from "vitest";

const { F, manualSeed, nn, optim, tensor } = gb;
type Tensor = gb.Tensor;

/** Kernels of the plans that `body` defines, in order. */
function plansOf(body: () => void): number[] {
  const { client } = session();
  const define = client.define.bind(client);
  const graphs: GraphSpec[] = [];
  client.define = (plan, graph) => {
    graphs.push(graph);
    define(plan, graph);
  };
  try {
    body();
  } finally {
    client.define = define;
  }
  return graphs.map((graph) => buildPlan(graph).kernels.length);
}

const kernelsFor = (...tensors: readonly Tensor[]): number =>
  session().explain(tensors.map((x) => x.storage.node))!.kernels.length;

afterAll(() => {
  manualSeed(0);
});

describe("a row at a time", () => {
  const leaf = (...shape: number[]): Tensor => tensor.randn(shape, { requiresGrad: true });
  const labels = tensor.randint(0, 10, [32]);
  const cases: readonly [
    name: string,
    input: () => Tensor,
    layer: (x: Tensor) => Tensor,
    forward: number,
    backward: number,
  ][] = [
    ["softmax", () => leaf(32, 10), (x) => x.softmax(1), 1, 1],
    ["softmax along another dim", () => leaf(8, 10, 7), (x) => x.softmax(1), 1, 1],
    ["logSoftmax", () => leaf(32, 10), (x) => x.logSoftmax(1), 1, 1],
    // the average over the batch is a second kernel, and so is the number of examples that count
    [
      "crossEntropy of each example",
      () => leaf(32, 10),
      (x) => F.crossEntropy(x, labels, { reduction: "none" }),
      1,
      1,
    ],
    ["crossEntropy", () => leaf(32, 10), (x) => F.crossEntropy(x, labels), 2, 2],
    ["LayerNorm", () => leaf(32, 100), nn.LayerNorm(100), 1, 2],
    ["LayerNorm of the last two dims", () => leaf(32, 3, 10, 20), nn.LayerNorm([10, 20]), 1, 2],
    ["RMSNorm", () => leaf(32, 100), nn.RMSNorm(100), 1, 2],
    ["BatchNorm1d", () => leaf(32, 100), nn.BatchNorm1d(100), 1, 1],
    ["BatchNorm2d", () => leaf(8, 6, 5, 5), nn.BatchNorm2d(6), 1, 1],
    ["GroupNorm", () => leaf(8, 6, 5, 5), nn.GroupNorm(3, 6), 1, 2],
    ["InstanceNorm2d", () => leaf(8, 6, 5, 5), nn.InstanceNorm2d(6), 1, 1],
  ];
  test.each(cases)("%s", (_, input, layer, forward, backward) => {
    const x = input();
    x.toArray();
    labels.toArray();
    const y = layer(x);
    expect(kernelsFor(y), "forward").toBeLessThanOrEqual(forward);
    y.toArray();
    y.backward(tensor.ones(...y.shape));
    // the gradient of ones is computed in the same kernels
    const gradients = [x, ...(layer instanceof nn.Module ? layer.parameters() : [])].map(({ grad }) => grad!);
    expect(kernelsFor(...gradients), "backward").toBeLessThanOrEqual(backward);
  });
});

describe("halves and parts", () => {
  const gates: readonly [string, (x: Tensor) => Tensor][] = [
    ["glu", F.glu],
    ["swiglu", F.swiglu],
    ["geglu", F.geglu],
  ];
  test.each(gates)("%s, forward and backward, is one kernel", (_, gate) => {
    const x = tensor.randn([6, 8], { requiresGrad: true });
    const g = tensor.randn(6, 4);
    for (const leaf of [x, g]) leaf.toArray();
    const y = gate(x);
    y.backward(g);
    expect(kernelsFor(y, x.grad!)).toBe(1);
  });

  test("gradients of parts along any dim, in any order, with gaps and overlaps", () => {
    const x = tensor.arange(24).float().reshape(2, 3, 4).requiresGrad_();
    const part = (dim: number, from: number, length: number): Tensor => x.narrow(dim, from, length);
    /** The gradient of a sum of weight * part is the weights at the parts' places. */
    const gradient = (...parts: readonly (readonly [Tensor, number])[]): unknown => {
      x.grad = null;
      parts
        .map(([p, weight]) => p.mul(weight).sum())
        .reduce((a, b) => a.add(b))
        .backward();
      return x.grad!.toArray();
    };
    const rows = (of: (row: number) => number): number[][][] =>
      Array.from({ length: 2 }, () => Array.from({ length: 3 }, (_, row) => Array(4).fill(of(row))));
    const byRow = (weights: readonly number[]): number[][][] => rows((row) => weights[row]!);
    expect(gradient([part(1, 1, 2), 5], [part(1, 0, 1), 3])).toEqual(byRow([3, 5, 5]));
    expect(gradient([part(1, 0, 1), 3], [part(1, 1, 1), 5], [part(1, 2, 1), 7])).toEqual(byRow([3, 5, 7]));
    expect(gradient([part(1, 0, 1), 3], [part(1, 2, 1), 7])).toEqual(byRow([3, 0, 7]));
    expect(gradient([part(1, 0, 2), 3], [part(1, 1, 2), 7])).toEqual(byRow([3, 10, 7]));
    const halves = gradient([part(0, 1, 1), 2], [part(0, 0, 1), 1]) as number[][][];
    expect(halves.map((half) => half[0]![0])).toEqual([1, 2]);
  });
});

test("rows and columns that no cache holds are not passed over several times by one kernel", () => {
  const wide = tensor.zeros(2, 100_000);
  const long = tensor.zeros(20_000, 16);
  for (const x of [wide, long]) x.toTypedArray();
  expect(kernelsFor(wide.softmax(1))).toBeGreaterThan(2);
  expect(kernelsFor(nn.BatchNorm1d(16)(long))).toBeGreaterThan(2);
});

describe("a training step", () => {
  const deep = (norm?: () => gb.nn.Module): gb.nn.Sequential => {
    const layers: gb.nn.Module[] = [];
    for (let i = 0; i < 20; i++)
      layers.push(nn.Linear(i === 0 ? 784 : 100, 100), ...(norm ? [norm()] : []), nn.SiLU());
    return nn.Sequential(...layers, nn.Linear(100, 10));
  };
  const plain = (): gb.nn.Sequential =>
    nn.Sequential(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(), nn.Linear(100, 10));
  const normed = (): gb.nn.Sequential =>
    nn.Sequential(
      nn.BatchNorm1d(784),
      nn.Linear(784, 300),
      nn.BatchNorm1d(300),
      nn.ReLU(),
      nn.Linear(300, 100),
      nn.BatchNorm1d(100),
      nn.ReLU(),
      nn.Linear(100, 10),
    );
  type Rule = new (
    parameters: Iterable<Tensor>,
    options: { lr: number },
  ) => { step(): void; zeroGrad(): void };
  const cases: readonly [string, () => gb.nn.Sequential, Rule, number][] = [
    // 3 products forward, 5 backward; the loss, its average over the batch, bias gradients with their updates
    ["of the classifier with SGD", plain, optim.SGD as never, 11],
    ["of the classifier with Adam", plain, optim.Adam as never, 11],
    ["with batch norm and Adam", normed, optim.Adam as never, 17],
    // 62 products and one or two kernels for each norm
    ["of 20 layers with NAdam", () => deep(), optim.NAdam as never, 65],
    [
      "of 20 layers with batch norm and NAdam",
      () => deep(() => nn.BatchNorm1d(100)),
      optim.NAdam as never,
      104,
    ],
    [
      "of 20 layers with layer norm and NAdam",
      () => deep(() => nn.LayerNorm(100)),
      optim.NAdam as never,
      104,
    ],
  ];
  test.each(cases)("%s", (_, build, Optimizer, most) => {
    manualSeed(42);
    const model = build();
    const optimizer = new Optimizer(model.parameters(), { lr: 0.01 });
    const images = tensor.randn(32, 784);
    const labels = tensor.randint(0, 10, [32]);
    const step = (): void => {
      F.crossEntropy(model(images) as Tensor, labels).backward();
      optimizer.step();
      optimizer.zeroGrad();
    };
    // the first steps also compute what there was at the start
    const kernels = plansOf(() => {
      for (let i = 0; i < 3; i++) step();
    });
    expect(kernels.at(-1)).toBeLessThanOrEqual(most);
  });
});

test("deviations of numbers around 10,000 are right to 5 digits, in rows and in columns", () => {
  manualSeed(1);
  const x = tensor.randn(64, 64).add(1e4);
  /** Each number less the first, over the deviation: where the mean is rounded to does not matter. */
  const expected = (values: readonly number[]): number[] => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return values.map((value) => (value - values[0]!) / Math.sqrt(variance + 1e-5));
  };
  const check = (given: readonly (readonly number[])[], normed: readonly (readonly number[])[]): void => {
    for (const [i, values] of given.entries()) {
      for (const [j, value] of expected(values).entries()) {
        expect(Math.abs(normed[i]![j]! - normed[i]![0]! - value)).toBeLessThan(
          1e-5 * Math.max(1, Math.abs(value)),
        );
      }
    }
  };
  const listed = (y: Tensor): number[][] => y.toArray() as number[][];
  check(listed(x), listed(F.layerNorm(x, 64)));
  check(listed(x.t()), listed(nn.BatchNorm1d(64)(x).t()));
});
