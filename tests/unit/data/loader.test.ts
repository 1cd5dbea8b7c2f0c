// The loader's passes against PyTorch's DataLoader (golden/loader.py): which samples, in which order, and how many draws.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import type { BatchOptions } from "gradbook/data/batch-indices";
import { type Dataset, Subset, TensorDataset } from "gradbook/data/dataset";
import { DataLoader } from "gradbook/data/loader";
import { zeros } from "gradbook/tensor/create";
import { defaultGenerator, manualSeed } from "gradbook/tensor/random/default";
import { Generator } from "gradbook/tensor/random/generator";
import { describe, expect, test } from "vitest";

const golden = JSON.parse(readFileSync(new URL("./golden/loader.json", import.meta.url), "utf8"));

/** A set whose samples are their own numbers; no tensors, so that only the order is tested. */
const numbers = (length: number): Dataset<number[]> => ({ length, getBatch: (indices) => [...indices] });
const draw = (generator: Generator): number => generator.randint(new Int32Array(1), 0, 2 ** 31 - 1)[0]!;

function passes(n: number, options: BatchOptions): { passes: number[][][]; after: number } {
  const loader = new DataLoader(numbers(n), options);
  const batches = [[...loader], [...loader]];
  return { passes: batches, after: draw(options.generator ?? defaultGenerator) };
}

describe("after manualSeed(42), two passes are PyTorch's", () => {
  test.each<[string, number, BatchOptions]>([
    ["shuffled", 10, { batchSize: 3, shuffle: true }],
    ["shuffledDropLast", 10, { batchSize: 3, shuffle: true, dropLast: true }],
    ["inOrder", 7, { batchSize: 3 }],
  ])("%s", (name, n, options) => {
    manualSeed(42);
    expect(passes(n, options)).toEqual(golden[name]);
  });

  test("60,000 samples in batches of 32", () => {
    manualSeed(42);
    const loader = new DataLoader(numbers(60_000), { batchSize: 32, shuffle: true });
    const digests = [0, 1].map(() => {
      const order = Int32Array.from([...loader].flat());
      return createHash("sha256").update(new Uint8Array(order.buffer)).digest("hex");
    });
    expect(digests).toEqual(golden.long);
  });
});

describe("with a generator of its own, two passes are PyTorch's", () => {
  test.each<[string, number, BatchOptions]>([
    ["ownGenerator", 10, { batchSize: 3 }],
    ["ownGeneratorExact", 9, { batchSize: 3 }],
    ["ownGeneratorDropLast", 10, { batchSize: 3, dropLast: true }],
  ])("%s", (name, n, options) => {
    expect(passes(n, { ...options, shuffle: true, generator: new Generator(7) })).toEqual(golden[name]);
  });
});

test("a pass that is left early has drawn what PyTorch has drawn", () => {
  const loader = new DataLoader(numbers(10), { batchSize: 4, shuffle: true, generator: new Generator(7) });
  const first = (): number[] => loader[Symbol.iterator]().next().value!;
  expect({ first: first(), second: first() }).toEqual(golden.leftEarly);
});

test("a draw between starting a pass and its first batch falls where it falls in PyTorch", () => {
  manualSeed(42);
  const pass = new DataLoader(numbers(10), { batchSize: 4, shuffle: true })[Symbol.iterator]();
  const between = draw(defaultGenerator);
  expect({ between, first: pass.next().value }).toEqual(golden.interleaved);
});

test("for await takes the same batches and lets macrotasks run between them", async () => {
  const loader = new DataLoader(numbers(100), { batchSize: 2, shuffle: true });
  manualSeed(42);
  const expected = [...loader];
  manualSeed(42);
  const taken: number[][] = [];
  let turns = 0;
  const count = (): void => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  for await (const batch of loader) taken.push(batch);
  clearImmediate(timer);
  expect(taken).toEqual(expected);
  expect(turns).toBeGreaterThanOrEqual(5);
});

test("length is the number of batches; a senseless batch size is refused at once", () => {
  expect(new DataLoader(numbers(10), { batchSize: 3 }).length).toBe(4);
  expect(new DataLoader(numbers(10), { batchSize: 3, dropLast: true }).length).toBe(3);
  expect(new DataLoader(numbers(10)).length).toBe(10);
  expect(() => new DataLoader(numbers(10), { batchSize: 0 })).toThrow("batchSize must be a whole number");
});

test("sets and loaders print as one line, not as their values", () => {
  const set = new TensorDataset(zeros(1234, 1, 28, 28), zeros([1234], { dtype: "int32" }));
  const line = "TensorDataset: 1,234 samples, each float32 [1, 28, 28] and int32 []";
  expect(inspect(set)).toBe(line);
  expect(inspect(new Subset(set, [3]))).toBe("Subset: 1 sample");
  const loader = new DataLoader(set, { batchSize: 32, shuffle: true });
  expect(inspect(loader)).toBe("DataLoader: 39 batches of 32 from 1,234 samples, shuffled");
});
