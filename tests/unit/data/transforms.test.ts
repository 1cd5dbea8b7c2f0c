// Transforms of images against PyTorch's grid_sample and against slices; the standardiser against the definition.

import { readFileSync } from "node:fs";
import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, describe, expect, test } from "vitest";
import { count, difference, valuesOf } from "../library/support.js";

const { data, tensor, manualSeed } = gb;
const { transforms } = data;
const golden = JSON.parse(readFileSync(new URL("./golden/transforms.json", import.meta.url), "utf8"));

afterAll(closeSession);

/** Every number says its place: image * 1000 + channel * 100 + row * 10 + column. */
const numbered = (n: number, c: number, h: number, w: number): gb.Tensor =>
  tensor(
    Array.from({ length: n }, (_, i) =>
      Array.from({ length: c }, (_, j) =>
        Array.from({ length: h }, (_, k) =>
          Array.from({ length: w }, (_, l) => i * 1000 + j * 100 + k * 10 + l),
        ),
      ),
    ),
  );

describe("affine maps are grid_sample's", () => {
  const x = tensor(golden.x).reshape(golden.shape);
  test.each<[string, (typeof golden.cases)[number]]>(
    golden.cases.map((c: { interpolation: string }, i: number) => [`${i}, ${c.interpolation}`, c]),
  )("case %s", (_, { maps, interpolation, y }) => {
    expect(difference(valuesOf(transforms.affine(x, maps, { interpolation })), y)).toBeLessThan(2e-6);
  });
});

describe("random transforms", () => {
  test("a flip mirrors about half of the images, whole", () => {
    manualSeed(42);
    const x = numbered(200, 2, 2, 3);
    const y = transforms.RandomHorizontalFlip()(x);
    const mirrored = x.flip(-1).toArray() as number[][][][];
    const [before, after] = [x.toArray(), y.toArray()] as [number[][][][], number[][][][]];
    const flipped = after.map((image, i) => JSON.stringify(image) === JSON.stringify(mirrored[i]));
    after.forEach((image, i) => {
      if (!flipped[i]) expect(image).toEqual(before[i]);
    });
    expect(Math.abs(flipped.filter(Boolean).length - 100)).toBeLessThan(25);
    expect(valuesOf(transforms.RandomHorizontalFlip({ p: 0 })(x))).toEqual(valuesOf(x));
  });

  test("a crop is a slice of the padded image, and every place comes", () => {
    const x = numbered(64, 2, 4, 5).add(1);
    const y = transforms.RandomCrop([3, 4], { padding: 1, fill: -7, generator: new gb.Generator(3) })(x);
    expect(y.shape).toEqual([64, 2, 3, 4]);
    const [before, after] = [x.toArray(), y.toArray()] as [number[][][][], number[][][][]];
    const pixel = (image: number[][][], c: number, i: number, j: number): number => image[c]![i]?.[j] ?? -7;
    const places = new Set<string>();
    after.forEach((image, n) => {
      const found = [0, 1, 2, 3].flatMap((top) =>
        [0, 1, 2, 3].flatMap((left) => {
          const same = image.every((channel, c) =>
            channel.every((row, i) =>
              row.every((value, j) => value === pixel(before[n]!, c, top + i - 1, left + j - 1)),
            ),
          );
          return same ? [`${top},${left}`] : [];
        }),
      );
      expect(found).toHaveLength(1);
      places.add(found[0]!);
    });
    expect(places.size).toBe(16);
    expect(() => transforms.RandomCrop(6)(x)).toThrow("6 x 6 does not fit into images of 4 x 5");
    expect(() => transforms.RandomCrop(2)(tensor.zeros(4, 5))).toThrow(
      "needs a batch of images [N, C, H, W]",
    );
  });

  test("a seed gives the same images, and batches share a plan", () => {
    const augment = transforms.Compose([
      transforms.RandomCrop(6, { padding: 1 }),
      transforms.RandomHorizontalFlip(),
      transforms.RandomAffine(15, { translate: [0.2, 0.2], scale: [0.8, 1.2], interpolation: "bilinear" }),
    ]);
    const x = numbered(8, 1, 6, 6);
    const take = (): number[] => valuesOf(augment(x));
    manualSeed(5);
    const first = take();
    const { compiles } = count(() => expect(take()).not.toEqual(first));
    expect(compiles).toBe(0);
    manualSeed(5);
    expect(take()).toEqual(first);
  });
});

test("ToTensor and Normalize", () => {
  const bytes = tensor([[[[0, 51, 255]], [[102, 0, 0]]]], { dtype: "int32" });
  const x = transforms.ToTensor()(bytes);
  expect(x.shape).toEqual([1, 3, 2, 1]);
  expect(difference(valuesOf(x), [0, 0.4, 0.2, 0, 1, 0])).toBeLessThan(1e-7);
  const y = transforms.Normalize([0, 0.2, 0.5], [1, 0.4, 0.5])(x);
  expect(difference(valuesOf(y), [0, 0.4, 0, -0.5, 1, -1])).toBeLessThan(1e-6);
  expect(() => transforms.Normalize([0], [0])).toThrow("standard deviations above 0");
  expect(() => transforms.Normalize([0, 0], [1, 1])(x)).toThrow("needs [N, 2, H, W]; got [1, 3, 2, 1]");
});

describe("Standardizer", () => {
  manualSeed(3);
  const x = tensor.randn(2500, 3, 2, 2).mul(5).add(1000);
  const statistics = (values: readonly number[]): [number, number] => {
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    return [mean, Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)];
  };

  test.each([
    ["feature", [3, 2, 2], 1],
    ["channel", [3, 1, 1], 4],
    ["all", [1, 1, 1], 12],
  ] as const)(
    "per %s: mean and deviation of the training set, in pieces and far from 0",
    (per, shape, together) => {
      const standardize = data.Standardizer({ per }).fit(data.TensorDataset(x, tensor.zeros(2500)));
      expect([standardize.mean.shape, standardize.std.shape]).toEqual([shape, shape]);
      const all = valuesOf(x);
      const group = all.filter((_, i) => i % 12 < together);
      const [mean, std] = statistics(group);
      expect(Math.abs(valuesOf(standardize.mean)[0]! / mean - 1)).toBeLessThan(1e-6);
      expect(Math.abs(valuesOf(standardize.std)[0]! / std - 1)).toBeLessThan(1e-4);
      const [zero, one] = statistics(valuesOf(standardize(x)));
      expect(Math.abs(zero)).toBeLessThan(1e-4);
      expect(Math.abs(one - 1)).toBeLessThan(1e-4);
      expect(difference(valuesOf(standardize.inverse(standardize(x))), all)).toBeLessThan(2e-4);
    },
  );

  test("is part of a model's state, keeps constant features, and refuses other shapes", () => {
    const model = gb.nn.Sequential(
      data.Standardizer().fit(
        tensor([
          [1, 5],
          [3, 5],
        ]),
      ),
      gb.nn.Linear(2, 1),
    );
    expect(Object.keys(model.stateDict())).toEqual(["0.mean", "0.std", "1.weight", "1.bias"]);
    expect(model.parameters()).toHaveLength(2);
    const standardize = model[0] as gb.data.Standardizer;
    expect(standardize(tensor([[3, 6]])).toArray()).toEqual([[1, 1]]);
    expect(() => standardize(tensor.zeros(4, 3))).toThrow("statistics of shape [2]; got [4, 3]");
    expect(() => data.Standardizer().fit(tensor.zeros(0, 2))).toThrow("at least one example");
    expect(() => data.Standardizer({ per: "channel" }).fit(tensor([1, 2]))).toThrow("channels are dim 1");
  });
});
