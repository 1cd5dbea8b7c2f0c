// Data sets of tensors: batches, single samples, subsets and splits, and Fashion-MNIST as tensors.

import { readFileSync } from "node:fs";
import { randomSplit, Subset, TensorDataset } from "gradbook/data/dataset";
import { hostTensor } from "gradbook/data/host-tensor";
import { fashionMNIST } from "gradbook/data/images/fashion-mnist";
import { DataLoader } from "gradbook/data/loader";
import { explain } from "gradbook/tensor/explain";
import { manualSeed } from "gradbook/tensor/random/default";
import { closeSession, session } from "gradbook/tensor/session";
import type { Tensor } from "gradbook/tensor/tensor";
import { afterAll, describe, expect, test } from "vitest";

const golden = JSON.parse(readFileSync(new URL("./golden/loader.json", import.meta.url), "utf8"));

afterAll(closeSession);

/** Five samples [i * 10, i * 10 + 1] with labels -i. */
function five(): TensorDataset<[Tensor, Tensor]> {
  const x = Float32Array.from({ length: 10 }, (_, i) => Math.floor(i / 2) * 10 + (i % 2));
  return new TensorDataset(hostTensor(x, [5, 2]), hostTensor(Int32Array.of(0, -1, -2, -3, -4), [5]));
}

describe("TensorDataset", () => {
  test("a part of a tensor is made once, and not again, as a whole, for each batch", () => {
    const whole = hostTensor(
      Float32Array.from({ length: 4000 }, (_, i) => i),
      [1000, 4],
    );
    const parts = [whole.narrow(0, 10, 900), whole.flip([0])];
    for (const part of parts) {
      const set = new TensorDataset(part);
      set.getBatch(Int32Array.of(0));
      const [batch] = set.getBatch(Int32Array.of(3, 1));
      // two rows of four numbers, of what is stored: nothing of the size of the part is computed
      expect(explain(batch)).toMatch(/^1 kernel, 0 FLOP, .* 0 B of memory\s+inside$/m);
      expect(batch.select(1, 0).toArray()).toEqual(part === parts[0] ? [52, 44] : [3984, 3992]);
    }
  });

  test("gathers the same rows of all tensors, in the order asked for", () => {
    const [x, y] = five().getBatch(Int32Array.of(3, 0, 3));
    expect(x.toArray()).toEqual([
      [30, 31],
      [0, 1],
      [30, 31],
    ]);
    expect(y.toArray()).toEqual([-3, 0, -3]);
    expect([x.dtype, y.dtype]).toEqual(["float32", "int32"]);
  });

  test("gives single samples without their axis", () => {
    const [x, y] = five().get(-1);
    expect(x.toArray()).toEqual([40, 41]);
    expect(y.item()).toBe(-4);
    expect(() => five().get(5)).toThrow("there is no sample 5 in a data set of 5");
  });

  test("refuses tensors of different lengths, scalars and none at all", () => {
    const x = hostTensor(new Float32Array(6), [3, 2]);
    expect(() => new TensorDataset(x, hostTensor(new Int32Array(2), [2]))).toThrow("got [3, 2] and [2]");
    expect(() => new TensorDataset(hostTensor(new Float32Array(1), []))).toThrow("got []");
    expect(() => new TensorDataset()).toThrow("got none");
  });
});

test("a loader's batches differ in their numbers, not in their plan", () => {
  const loader = new DataLoader(five(), { batchSize: 2, shuffle: true, dropLast: true });
  const sums = (): number[] => [...loader].map(([x, y]) => x.sum().item() + y.sum().item());
  sums();
  const { compiles, runs } = session().statistics();
  for (let pass = 0; pass < 5; pass++) sums();
  expect(session().statistics().compiles).toBe(compiles);
  expect(session().statistics().runs).toBeGreaterThan(runs);
});

test("the last batch is smaller", () => {
  const shapes = [...new DataLoader(five(), { batchSize: 2 })].map(([x, y]) => [x.shape, y.shape]);
  expect(shapes).toEqual([
    [[2, 2], [2]],
    [[2, 2], [2]],
    [[1, 2], [1]],
  ]);
});

describe("Subset and randomSplit", () => {
  test("a subset renumbers samples", () => {
    const subset = new Subset(five(), [4, 1]);
    expect(subset.length).toBe(2);
    expect(subset.getBatch(Int32Array.of(1, 0))[1].toArray()).toEqual([-1, -4]);
    expect(() => new Subset(five(), [0, 7])).toThrow("there is no sample 7 in a data set of 5");
  });

  test("a split is PyTorch's for the seed", () => {
    const ten = new TensorDataset(hostTensor(new Float32Array(10), [10]));
    manualSeed(42);
    expect(randomSplit(ten, [7, 3]).map(({ indices }) => [...indices])).toEqual(golden.split);
    const eleven = new TensorDataset(hostTensor(new Float32Array(11), [11]));
    manualSeed(42);
    expect(randomSplit(eleven, [0.5, 0.5]).map(({ indices }) => [...indices])).toEqual(golden.splitFractions);
    expect(() => randomSplit(ten, [7, 4])).toThrow(
      "must add up to the 10 samples of the set, or to 1 as fractions; got [7, 4]",
    );
    expect(() => randomSplit(ten, [11, -1])).toThrow("got [11, -1]");
  });
});

describe("fashionMNIST", () => {
  test("gives images from 0 to 1 and int32 labels, and says when it is the sample", async () => {
    const { train, test: held, classes, source, name } = await fashionMNIST({ sample: true });
    expect([source, name]).toEqual(["sample", "Fashion-MNIST (sample)"]);
    expect(classes).toHaveLength(10);
    const [images, labels] = train.tensors;
    expect([images.shape, images.dtype]).toEqual([[2000, 1, 28, 28], "float32"]);
    expect([labels.shape, labels.dtype]).toEqual([[2000], "int32"]);
    expect(held.tensors[0].shape).toEqual([500, 1, 28, 28]);
    expect([images.amin().item(), images.amax().item()]).toEqual([0, 1]);
    const [X, y] = train.getBatch(Int32Array.of(5, 6));
    expect([X.shape, y.shape]).toEqual([[2, 1, 28, 28], [2]]);
    const one = images.toTypedArray().subarray(5 * 784, 6 * 784);
    expect(X.toTypedArray().subarray(0, 784)).toEqual(one);
    expect(
      Array.from(one, (value) => value * 255).every((byte) => Math.abs(byte - Math.round(byte)) < 1e-4),
    ).toBe(true);
  });

  test("standardize gives the training pixels mean 0 and standard deviation 1", async () => {
    const { train } = await fashionMNIST({ sample: true, standardize: true });
    const pixels = Float32Array.from(train.tensors[0].toTypedArray());
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    const variance = pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length;
    expect(Math.abs(mean)).toBeLessThan(1e-6);
    expect(Math.abs(variance - 1)).toBeLessThan(1e-6);
  });
});
