// The order of samples against PyTorch's samplers (golden/loader.py), before any tensor is involved.

import { readFileSync } from "node:fs";
import { batchCount, batchIndices } from "gradbook/data/batch-indices";
import { defaultGenerator, manualSeed } from "gradbook/tensor/random/default";
import { Generator } from "gradbook/tensor/random/generator";
import { expect, test } from "vitest";

const golden = JSON.parse(readFileSync(new URL("./golden/loader.json", import.meta.url), "utf8"));

test("a generator is drawn from as PyTorch's samplers draw", () => {
  // The loader itself draws one more number before each pass; it is skipped here by hand.
  manualSeed(42);
  const passes = [0, 1].map(() => {
    defaultGenerator.drawSeed();
    return [...batchIndices(10, { batchSize: 3, shuffle: true })].map((batch) => [...batch]);
  });
  expect(passes).toEqual(golden.shuffled.passes);
});

test("without shuffle the order is that of the data; the last batch is smaller or left out", () => {
  const batches = (options: object): number[][] =>
    [...batchIndices(7, { batchSize: 3, ...options })].map((batch) => [...batch]);
  expect(batches({})).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  expect(batches({ dropLast: true })).toEqual([
    [0, 1, 2],
    [3, 4, 5],
  ]);
  expect([...batchIndices(0, { batchSize: 3 })]).toEqual([]);
  expect([...batchIndices(2)].map((batch) => [...batch])).toEqual([[0], [1]]);
});

test("batchCount agrees with what comes", () => {
  for (const n of [0, 1, 6, 7]) {
    for (const dropLast of [false, true]) {
      const options = { batchSize: 3, dropLast };
      expect(batchCount(n, options)).toBe([...batchIndices(n, options)].length);
    }
  }
});

test("nothing is drawn before the first batch is asked for", () => {
  const generator = new Generator(1);
  const batches = batchIndices(4, { shuffle: true, generator });
  const untouched = new Generator(1).uint32();
  expect(generator.clone().uint32()).toBe(untouched);
  batches.next();
  expect(generator.clone().uint32()).not.toBe(untouched);
});

test("bad sizes and an empty shuffle are refused", () => {
  for (const batchSize of [0, -1, 2.5, Number.NaN]) {
    expect(() => batchIndices(4, { batchSize }).next()).toThrow(
      `batchSize must be a whole number of at least 1; got ${batchSize}`,
    );
  }
  expect(() => batchIndices(0, { shuffle: true }).next()).toThrow("the data set is empty");
});
