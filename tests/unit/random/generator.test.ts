// The host generator against PyTorch's, bit for bit (golden/generator.py), and its errors.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defaultGenerator, manualSeed } from "gradbook/tensor/random/default";
import { Generator } from "gradbook/tensor/random/generator";
import { describe, expect, test } from "vitest";

interface Stream {
  seed: number;
  initialSeed: string;
  uniform: number[];
  uniformRange: number[];
  normalFew: number[];
  normalFewMore: number[];
  normalBlock: number[];
  normalTail: number[];
  normalCached: number[];
  randperm: number[];
  randint: number[];
  drawSeed: string;
  longUniform: string;
  longNormal: string;
  longPermutation: string;
}

const golden = JSON.parse(readFileSync(new URL("./golden/generator.json", import.meta.url), "utf8")) as {
  default: number[];
  streams: Stream[];
};

const floats = (length: number): Float32Array => new Float32Array(length);
const bits = (values: Float32Array): number[] => Array.from(new Int32Array(values.buffer));
const digest = (values: Float32Array | Int32Array): string =>
  createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex");

describe.each(golden.streams)("seed $seed", (expected) => {
  test("every kind of draw equals PyTorch's to the last bit", () => {
    const g = new Generator().manualSeed(expected.seed);
    expect(g.initialSeed()).toBe(BigInt(expected.initialSeed));
    expect(bits(g.uniform(floats(5)))).toEqual(expected.uniform);
    expect(bits(g.uniform(floats(7), -0.0357142873108387, 0.0357142873108387))).toEqual(
      expected.uniformRange,
    );
    expect(bits(g.normal(floats(3)))).toEqual(expected.normalFew);
    expect(bits(g.normal(floats(4), 0.25, 1.5))).toEqual(expected.normalFewMore);
    expect(bits(g.normal(floats(16)))).toEqual(expected.normalBlock);
    expect(bits(g.normal(floats(21), -0.5, 0.02))).toEqual(expected.normalTail);
    expect(bits(g.normal(floats(1)))).toEqual(expected.normalCached);
    expect(Array.from(g.randperm(20))).toEqual(expected.randperm);
    expect(Array.from(g.randint(new Int32Array(6), -5, 1000003))).toEqual(expected.randint);
    expect(g.drawSeed()).toBe(BigInt(expected.drawSeed));
    expect(digest(g.uniform(floats(10001)))).toBe(expected.longUniform);
    expect(digest(g.normal(floats(100003)))).toBe(expected.longNormal);
    expect(digest(g.randperm(60000))).toBe(expected.longPermutation);
  });
});

test("a generator made without a seed is PyTorch's", () => {
  expect(bits(new Generator().uniform(floats(4)))).toEqual(golden.default);
});

test("manualSeed seeds the default generator and forgets a kept normal sample", () => {
  expect(manualSeed(7)).toBe(defaultGenerator);
  const first = defaultGenerator.normal(floats(3));
  expect(manualSeed(7).normal(floats(3))).toEqual(first);
  expect(defaultGenerator.normal(floats(3))).not.toEqual(first);
});

test("a state restores the stream, the kept normal sample included; a clone goes its own way", () => {
  const g = new Generator(3);
  g.uniform(floats(700));
  g.normal(floats(1));
  const state = g.getState();
  const clone = g.clone();
  const next = [g.normal(floats(5)), g.uniform(floats(1300))];
  expect([clone.normal(floats(5)), clone.uniform(floats(1300))]).toEqual(next);
  g.setState(state);
  expect([g.normal(floats(5)), g.uniform(floats(1300))]).toEqual(next);
});

test("seeds outside 64 bits, fractions and bad ranges are refused by name", () => {
  const g = new Generator(1);
  expect(() => g.manualSeed(1.5)).toThrow("whole number of at most 2^53; got 1.5");
  expect(() => g.manualSeed(Number.NaN)).toThrow("got NaN");
  expect(() => g.manualSeed(2n ** 64n)).toThrow("fit into 64 bits");
  expect(() => g.uniform(floats(1), 2, 1)).toThrow("from = 2, to = 1");
  expect(() => g.uniform(floats(1), -3e38, 3e38)).toThrow("finite");
  expect(() => g.normal(floats(1), 0, -1)).toThrow("std must be 0 or more; got -1");
  expect(() => g.randperm(-1)).toThrow("randperm: n must be a whole number");
  expect(() => g.randint(new Int32Array(1), 5, 5)).toThrow("low = 5, high = 5");
});

test("the low 32 bits choose the stream, of bigint seeds too", () => {
  const expected = new Generator(5).uniform(floats(4));
  expect(new Generator(2n ** 40n + 5n).uniform(floats(4))).toEqual(expected);
  expect(new Generator(-(2n ** 63n) + 5n).uniform(floats(4))).toEqual(expected);
});
