// norm.fold: models with batch normalisation before and after their linear layers give the same outputs without it.

import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mismatch } from "../parity/golden.js";
import { DEVICE, sized, useDevice } from "../parity/library.js";

const { nn, norm, tensor, manualSeed, init } = gb;

beforeAll(() => useDevice(DEVICE));
afterAll(() => closeSession());

/** Pixels in a row of an image, and units of the hidden layers. */
const [SIDE, FIRST, SECOND] = [sized(28, 10), sized(300, 40), sized(100, 20)];
const PIXELS = SIDE ** 2;

/** The chapter's first model with batch normalisation: after the activations, and before the first layer. */
const after = () =>
  nn.Sequential(
    nn.Flatten(),
    nn.BatchNorm1d(PIXELS),
    nn.Linear(PIXELS, FIRST),
    nn.ReLU(),
    nn.BatchNorm1d(FIRST),
    nn.Linear(FIRST, SECOND),
    nn.ReLU(),
    nn.BatchNorm1d(SECOND),
    nn.Linear(SECOND, 10),
  );
/** Its second: before the activations, linear layers without bias. */
const before = () =>
  nn.Sequential(
    nn.Flatten(),
    nn.Linear(PIXELS, FIRST, { bias: false }),
    nn.BatchNorm1d(FIRST),
    nn.ReLU(),
    nn.Linear(FIRST, SECOND, { bias: false }),
    nn.BatchNorm1d(SECOND),
    nn.ReLU(),
    nn.Linear(SECOND, 10),
  );

/** Statistics from a few batches, scales and shifts away from 1 and 0. */
function used(model: gb.nn.Module, ...shape: number[]): void {
  for (const module of model.modules()) {
    if (![nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d].some((kind) => module instanceof kind)) continue;
    const { weight, bias } = module as gb.nn.BatchNorm2d;
    init.uniform_(weight, { a: 0.5, b: 1.5 });
    init.uniform_(bias, { a: -0.5, b: 0.5 });
  }
  for (let i = 0; i < 3; i++) model(tensor.rand(32, ...shape).mul(i + 1));
  model.eval();
}

describe.each([
  ["after the activations", after, "Flatten,Linear,ReLU,Linear,ReLU,Linear"],
  ["before the activations", before, "Flatten,Linear,ReLU,Linear,ReLU,Linear"],
] as const)("the chapter's model with normalisation %s", (_, build, layers) => {
  test("gives the same outputs, without it", () => {
    manualSeed(42);
    const model = build();
    used(model, 1, SIDE, SIDE);
    const images = tensor.rand(16, 1, SIDE, SIDE);
    const expected = (model(images) as gb.Tensor).toTypedArray();
    const folded = norm.fold(model);
    expect([...folded].map((layer) => layer.constructor.name).join()).toBe(layers);
    expect(mismatch("outputs", (folded(images) as gb.Tensor).toTypedArray(), [...expected])).toBeUndefined();
    expect((model(images) as gb.Tensor).toTypedArray()).toEqual(expected);
  });
});

test("several in a row, nested ones and plain ones are folded; what cannot be stays", () => {
  manualSeed(1);
  const model = nn.Sequential(
    nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.BatchNorm1d(5, { affine: false }), nn.Tanh()),
    nn.BatchNorm1d(5),
    nn.ReLU(),
    nn.BatchNorm1d(5, { trackRunningStats: false }),
    nn.Linear(5, 3),
  );
  used(model, 6);
  const folded = norm.fold(model);
  expect(folded.toString().match(/BatchNorm1d/g)).toHaveLength(2);
  expect([...(folded.at(0) as gb.nn.Sequential)].map((layer) => layer.constructor.name)).toEqual([
    "Linear",
    "Tanh",
  ]);
  const x = tensor.randn(7, 6);
  const [a, b] = [model(x) as gb.Tensor, folded(x) as gb.Tensor];
  expect(mismatch("outputs", b.toTypedArray(), [...a.toTypedArray()])).toBeUndefined();
});

const CONVOLUTIONS: [string, () => gb.nn.Sequential, number[]][] = [
  [
    "before, with padding and groups",
    () =>
      nn.Sequential(
        nn.Conv2d(4, 6, 3, { padding: 1, stride: 2, groups: 2, bias: false }),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 6, [1, 2], { groups: 6 }),
        nn.BatchNorm2d(6, { affine: false }),
      ),
    [4, 6, 5],
  ],
  [
    "after, with groups",
    () => nn.Sequential(nn.BatchNorm2d(4), nn.Conv2d(4, 6, 2, { groups: 2, dilation: 2 })),
    [4, 6, 5],
  ],
  [
    "after, with elements of the input around it",
    () => nn.Sequential(nn.BatchNorm1d(2), nn.Conv1d(2, 3, 3, { padding: 2, paddingMode: "reflect" })),
    [2, 6],
  ],
  [
    "on both sides, in three dims",
    () => nn.Sequential(nn.BatchNorm3d(2), nn.Conv3d(2, 3, 2), nn.BatchNorm3d(3)),
    [2, 3, 4, 3],
  ],
];

test.each(CONVOLUTIONS)("convolutions %s: the same outputs without it", (_, build, shape) => {
  manualSeed(42);
  const model = build();
  used(model, ...shape);
  const x = tensor.rand(3, ...shape);
  const expected = (model(x) as gb.Tensor).toTypedArray();
  const folded = norm.fold(model);
  expect(folded.toString()).not.toMatch("BatchNorm");
  expect(mismatch("outputs", (folded(x) as gb.Tensor).toTypedArray(), [...expected])).toBeUndefined();
});

test("a convolution that pads with zeros does not take in what stands before it", () => {
  const model = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3, { padding: "same" })).eval();
  expect(() => norm.fold(model)).toThrow(
    /BatchNorm2d\(3.*Conv2d\(3, 4.*pads with zeros.*paddingMode.*nn\.Identity\(\)/s,
  );
  const kept = nn.Sequential(model.at(0)!, nn.Identity(), model.at(1)!).eval();
  expect(norm.fold(kept).toString()).toMatch("BatchNorm2d");
});

test("random numbers drawn afterwards are those that would have come without it", () => {
  const model = nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5)).eval();
  manualSeed(3);
  const expected = tensor.rand(3).toArray();
  manualSeed(3);
  norm.fold(model);
  expect(tensor.rand(3).toArray()).toEqual(expected);
});

test("training mode and other modules are refused", () => {
  expect(() => norm.fold(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)))).toThrow(
    /training mode.*call model\.eval\(\) first/,
  );
  expect(() => norm.fold(nn.Linear(2, 3) as unknown as gb.nn.Sequential)).toThrow(
    /needs an nn\.Sequential.*got Linear/,
  );
});
