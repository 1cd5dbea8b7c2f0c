// What normalisation layers promise, without another library: invariances, views, second derivatives, prints and errors.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mismatch } from "../parity/golden.js";
import { DEVICE, useDevice } from "../parity/library.js";

const { nn, norm, tensor, manualSeed } = gb;

beforeAll(() => useDevice(DEVICE));
afterAll(() => closeSession());

const agree = (a: gb.Tensor, b: gb.Tensor): boolean =>
  mismatch("values", a.toTypedArray(), [...b.toTypedArray()]) === undefined;

describe("invariances (Ba et al. 2016, table 1)", () => {
  const INPUTS = 20;
  const UNITS = 12;
  const weightNormalised = (weights: gb.Tensor, data: gb.Tensor): gb.Tensor => {
    const layer = nn.utils.parametrizations.weightNorm(nn.Linear(INPUTS, UNITS, { bias: false }));
    const [length, direction] = layer.parameters();
    length!.data.fill_(1);
    direction!.data.copy_(weights);
    return layer(data);
  };
  const followedBy =
    (layer: gb.norm.BatchNorm1d | gb.norm.LayerNorm) => (weights: gb.Tensor, data: gb.Tensor) =>
      layer(data.matmul(weights.t()));
  const NORMALISED = {
    batch: followedBy(norm.BatchNorm1d(UNITS, { eps: 0 })),
    weight: weightNormalised,
    layer: followedBy(norm.LayerNorm(UNITS, { eps: 0 })),
  };
  // each change of the weights [units, inputs] or of the data [examples, inputs]
  type Change = (w: gb.Tensor, x: gb.Tensor) => [gb.Tensor, gb.Tensor];
  const CHANGES: [string, Change, { batch: boolean; weight: boolean; layer: boolean }][] = [
    ["rescaling the weight matrix", (w, x) => [w.mul(3), x], { batch: true, weight: true, layer: true }],
    [
      "recentring the weight matrix",
      (w, x) => [w.add(tensor.linspace(-1, 1, INPUTS)), x],
      { batch: false, weight: false, layer: true },
    ],
    [
      "rescaling one weight vector",
      (w, x) => [w.mul(tensor.where(tensor.arange(UNITS).eq(2).unsqueeze(1), 5, 1)), x],
      { batch: true, weight: true, layer: false },
    ],
    ["rescaling the data set", (w, x) => [w, x.mul(0.2)], { batch: true, weight: false, layer: true }],
    [
      "recentring the data set",
      (w, x) => [w, x.add(tensor.linspace(-2, 1, INPUTS))],
      { batch: true, weight: false, layer: false },
    ],
    [
      "rescaling a single example",
      (w, x) => [w, x.mul(tensor.where(tensor.arange(8).eq(3).unsqueeze(1), 4, 1))],
      { batch: false, weight: false, layer: true },
    ],
  ];

  test.each(
    CHANGES.flatMap(([what, change, holds]) =>
      (["batch", "weight", "layer"] as const).map((kind) => ({ what, change, kind, holds: holds[kind] })),
    ),
  )("$kind normalisation, $what: $holds", ({ change, kind, holds }) => {
    manualSeed(5);
    const w = tensor.randn(UNITS, INPUTS);
    const x = tensor.randn(8, INPUTS);
    const [w2, x2] = change(w, x);
    const output = NORMALISED[kind];
    expect(agree(output(w2, x2), output(w, x))).toBe(holds);
  });
});

test("one group is layer normalisation, a group a channel is instance normalisation", () => {
  manualSeed(6);
  const x = tensor.randn(3, 4, 5);
  expect(agree(norm.GroupNorm(1, 4, { affine: false })(x), norm.LayerNorm([4, 5])(x))).toBe(true);
  expect(agree(norm.GroupNorm(4, 4)(x), norm.InstanceNorm1d(4)(x))).toBe(true);
});

test("the functions are the layers with their parameters given", () => {
  manualSeed(10);
  const { F } = gb;
  const x = tensor.randn(3, 4, 5);
  const [weight, bias] = [tensor.randn(4), tensor.randn(4)];
  const group = norm.GroupNorm(2, 4, { eps: 0.1 });
  group.loadStateDict({ weight, bias });
  expect(agree(F.groupNorm(x, 2, { weight, bias, eps: 0.1 }), group(x))).toBe(true);
  const last = x.permute(0, 2, 1);
  const layer = norm.LayerNorm(4, { eps: 0.1 });
  layer.loadStateDict({ weight, bias });
  expect(agree(F.layerNorm(last, 4, { weight, bias, eps: 0.1 }), layer(last))).toBe(true);
  const root = norm.RMSNorm([5, 4]);
  expect(agree(F.rmsNorm(last, [5, 4]), root(last))).toBe(true);
  expect(F.layerNorm(tensor([[1, 3]]), 2, { eps: 0 }).toArray()).toEqual([[-1, 1]]);
});

test("views are normalised like copies", () => {
  manualSeed(7);
  const x = tensor.randn(4, 3, 6);
  const copy = tensor(x.permute(2, 1, 0).toArray());
  const view = x.permute(2, 1, 0);
  for (const layer of [
    norm.LayerNorm(4),
    norm.RMSNorm(4),
    norm.GroupNorm(3, 3),
    norm.BatchNorm1d(3),
    norm.InstanceNorm1d(3),
  ]) {
    expect(agree(layer(view), layer(copy)), layer.toString()).toBe(true);
  }
});

test.each([
  ["LayerNorm", norm.LayerNorm(5)],
  ["RMSNorm", norm.RMSNorm(5)],
  ["BatchNorm1d", norm.BatchNorm1d(5)],
])("%s: the derivative of the gradient's square is that of central differences", (_, layer) => {
  manualSeed(8);
  const values = tensor.randn(4, 5).toTypedArray();
  const weights = tensor.randn(4, 5);
  const penalty = (at: ArrayLike<number>): [gb.Tensor, gb.Tensor] => {
    const x = tensor(Float32Array.from(at)).reshape(4, 5).requiresGrad_();
    const [g] = tensor.autograd.grad(layer(x).mul(weights).sum(), x, { createGraph: true });
    return [x, g!.square().sum()];
  };
  const [x, p] = penalty(values);
  p.backward();
  const gradient = x.grad!.toTypedArray();
  const step = 2 ** -7;
  for (const i of [0, 7, 19]) {
    const moved = (side: number): number =>
      penalty(values.map((v, k) => (k === i ? v + side * step : v)))[1].item();
    const numeric = (moved(1) - moved(-1)) / (2 * step);
    expect(Math.abs(numeric - gradient[i]!)).toBeLessThan(5e-3 * Math.max(1, Math.abs(numeric)));
  }
});

test("a null momentum leaves the statistics of instance normalisation as they are", () => {
  const layer = norm.InstanceNorm1d(2, { trackRunningStats: true, momentum: null });
  layer(tensor.randn(3, 2, 4).add(5));
  expect(layer.runningMean!.toArray()).toEqual([0, 0]);
  expect(layer.runningVar!.toArray()).toEqual([1, 1]);
});

test("an empty batch gives an empty output and leaves the statistics as they are, as in PyTorch", () => {
  const layer = norm.BatchNorm1d(3);
  const y = layer(tensor.zeros(0, 3));
  y.sum().backward();
  expect(y.shape).toEqual([0, 3]);
  expect(layer.runningMean!.toArray()).toEqual([0, 0, 0]);
  expect(layer.runningVar!.toArray()).toEqual([1, 1, 1]);
  expect(layer.numBatchesTracked!.item()).toBe(1);
  expect(layer.weight!.grad!.toArray()).toEqual([0, 0, 0]);
});

test("a large offset does not cost digits", () => {
  manualSeed(9);
  const x = tensor.randn(4, 64);
  const layer = norm.LayerNorm(64);
  const shifted = layer(x.add(1000)).sub(layer(x)).abs().amax().item();
  // the addition itself rounds to 2^-14
  expect(shifted).toBeLessThan(2e-4);
});

test("they print their options", () => {
  expect(`${norm.LayerNorm([3, 4])}`).toBe("LayerNorm([3, 4], eps=1e-05, elementwiseAffine=true)");
  expect(`${norm.RMSNorm(8)}`).toBe("RMSNorm([8], eps=null, elementwiseAffine=true)");
  expect(`${norm.GroupNorm(2, 6)}`).toBe("GroupNorm(2, 6, eps=1e-05, affine=true)");
  expect(`${norm.InstanceNorm2d(3)}`).toBe(
    "InstanceNorm2d(3, eps=1e-05, momentum=0.1, affine=false, trackRunningStats=false)",
  );
});

test.each<[string, () => unknown, RegExp]>([
  [
    "LayerNorm",
    () => norm.LayerNorm(5)(tensor.zeros(2, 4)),
    /LayerNorm.*got \[2, 4\]; its last dim must be \[5\]/,
  ],
  ["LayerNorm, two dims", () => norm.LayerNorm([2, 5])(tensor.zeros(5)), /its last dims must be \[2, 5\]/],
  ["LayerNorm of nothing", () => norm.LayerNorm([]), /normalizedShape must be one or more extents/],
  ["RMSNorm", () => norm.RMSNorm(5)(tensor.zeros(2, 4)), /RMSNorm.*its last dim must be \[5\]/],
  ["GroupNorm, groups", () => norm.GroupNorm(4, 6), /6 channels in 4 groups/],
  [
    "GroupNorm, channels",
    () => norm.GroupNorm(2, 6)(tensor.zeros(3, 4)),
    /needs \[N, C, \.\.\.\] with C = 6/,
  ],
  [
    "BatchNorm2d",
    () => norm.BatchNorm2d(3)(tensor.zeros(2, 3)),
    /got \[2, 3\]; it needs \[N, C, H, W\] with C = 3/,
  ],
  [
    "BatchNorm2d, one value",
    () => norm.BatchNorm2d(3)(tensor.zeros(1, 3, 1, 1)),
    /more than one value for each channel/,
  ],
  ["BatchNorm3d", () => norm.BatchNorm3d(3)(tensor.zeros(2, 3, 4)), /needs \[N, C, D, H, W\]/],
  [
    "InstanceNorm1d",
    () => norm.InstanceNorm1d(3)(tensor.zeros(2, 4, 5)),
    /needs \[N, C, L\] or \[C, L\] with C = 3/,
  ],
  [
    "InstanceNorm2d, one place",
    () => norm.InstanceNorm2d(3)(tensor.zeros(2, 3, 1, 1)),
    /more than one place/,
  ],
])("%s says what it needs", (_, call, message) => {
  expect(call).toThrow(message);
});
