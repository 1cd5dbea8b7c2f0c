// Samplers against PyTorch's for a seed, data sets of single samples, and data sets made of others.

import { readFileSync } from "node:fs";
import * as gb from "gradbook";
import { closeSession } from "gradbook/tensor/session";
import { afterAll, describe, expect, expectTypeOf, test } from "vitest";
import { count } from "../library/support.js";

const { data, tensor, manualSeed } = gb;
const golden = JSON.parse(readFileSync(new URL("./golden/loader.json", import.meta.url), "utf8"));

afterAll(closeSession);

const numbers = (length: number): gb.data.Dataset<number[]> => ({
  length,
  getBatch: (indices) => [...indices],
});
const column = (...values: number[]): gb.data.TensorDataset<[gb.Tensor]> =>
  data.TensorDataset(tensor(values));

describe("samplers draw what PyTorch's draw", () => {
  const n = { length: 10 };
  const weights = [0.1, 0.2, 0, 3, 1, 0.7];
  test.each<[string, () => gb.data.Sampler]>([
    ["random", () => data.RandomSampler(n)],
    ["randomFewer", () => data.RandomSampler(n, { numSamples: 4 })],
    ["randomMore", () => data.RandomSampler(n, { numSamples: 25 })],
    ["randomReplacement", () => data.RandomSampler(n, { replacement: true, numSamples: 70 })],
    ["subset", () => data.SubsetRandomSampler([5, 3, 9, 7])],
    ["weighted", () => data.WeightedRandomSampler(weights, 50)],
    ["weightedWithout", () => data.WeightedRandomSampler(weights, 4, { replacement: false })],
  ])("%s", (name, make) => {
    manualSeed(42);
    const sampler = make();
    const passes = [[...sampler], [...sampler]];
    expect(passes).toEqual(golden.samplers[name]);
    expect(sampler.length).toBe(passes[0]!.length);
  });

  test("in a loader, with its batches", () => {
    manualSeed(42);
    const sampler = data.WeightedRandomSampler(weights, 7);
    const loader = data.DataLoader(numbers(6), { batchSize: 3, sampler });
    expect([...loader]).toEqual(golden.samplers.loader);
    expect(loader.length).toBe(3);
    const batchSampler = data.BatchSampler([4, 2, 0, 1], 3, { dropLast: true });
    expect([...data.DataLoader(numbers(6), { batchSampler })]).toEqual([[4, 2, 0]]);
    expect([...data.DataLoader(numbers(6), { sampler: [5, 1] })]).toEqual([[5], [1]]);
  });

  test("options that contradict each other are refused at once", () => {
    expect(() => data.DataLoader(numbers(6), { sampler: [1], shuffle: true })).toThrow("leave out shuffle");
    expect(() => data.DataLoader(numbers(6), { batchSampler: [[1]], batchSize: 2 })).toThrow(
      "leave out batchSize",
    );
    expect(() => data.WeightedRandomSampler([0, 0], 1)).toThrow("not all 0");
    expect(() => data.WeightedRandomSampler([1, 0], 2, { replacement: false })).toThrow(
      "from 1 with a weight",
    );
  });
});

describe("samples one by one", () => {
  const squares = { length: 5, get: (i: number) => ({ x: tensor([i, -i]), name: `n${i}`, y: i * i }) };

  test("are put together: tensors stacked, numbers as a tensor, text as an array", () => {
    const loader = data.DataLoader(squares, { batchSize: 3 });
    expectTypeOf(loader).toEqualTypeOf<gb.data.DataLoader<{ x: gb.Tensor; name: string[]; y: gb.Tensor }>>();
    const [first, second] = [...loader];
    expect(first!.x.toArray()).toEqual([
      [0, -0],
      [1, -1],
      [2, -2],
    ]);
    expect([second!.name, second!.y.toArray(), second!.y.dtype]).toEqual([["n3", "n4"], [9, 16], "float32"]);
  });

  test("by a function of one's own, also from promises", async () => {
    const set = { length: 4, get: async (i: number) => i * 10 };
    const loader = data.DataLoader(set, { batchSize: 3, collate: (samples: number[]) => samples.join("+") });
    const taken: string[] = [];
    for await (const batch of loader) taken.push(batch);
    expect(taken).toEqual(["0+10+20", "30"]);
    expect(() => [...loader]).toThrow("use `for await");
  });

  test("parts that do not fit are told", () => {
    const uneven = { length: 2, get: (i: number) => Array(i + 1).fill(1) as number[] };
    expect(() => [...data.DataLoader(uneven, { batchSize: 2 })]).toThrow("different numbers of parts");
    expect(() => data.DataLoader({ length: 2 } as never)).toThrow(
      "with getBatch(indices) or get(index); got object",
    );
  });
});

describe("sets made of others", () => {
  test("one after the other: every batch has its own samples, and all batches share a plan", () => {
    const both = data.ConcatDataset([column(0, 1, 2), column(), column(3, 4), column(5)]);
    expect(both.length).toBe(6);
    const order = [5, 0, 4, 3, 2, 1];
    expect(both.getBatch(Int32Array.from(order))[0].toArray()).toEqual(order);
    const sum = (...at: number[]): number => both.getBatch(Int32Array.from(at))[0].sum().item();
    sum(0, 1, 2);
    expect(count(() => expect([sum(3, 4, 5), sum(0, 3, 5), sum(2, 2, 2)]).toEqual([12, 8, 6])).compiles).toBe(
      0,
    );
    expect(() => data.ConcatDataset([column()])).toThrow("not empty");
  });

  test("a transform changes batches as they are taken, and the types follow", () => {
    const set = data.TransformedDataset(column(1, 2, 3), ([x]) => [x.mul(2), x] as [gb.Tensor, gb.Tensor]);
    const [[doubled, x]] = [...data.DataLoader(set, { batchSize: 3 })] as [[gb.Tensor, gb.Tensor]];
    expect([doubled.toArray(), x.toArray()]).toEqual([
      [2, 4, 6],
      [1, 2, 3],
    ]);
  });
});
