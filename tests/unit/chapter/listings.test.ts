// The chapter's listings, written line by line in TypeScript beside their Python twins (listings/), give what PyTorch gives.
// listings.json holds PyTorch's results; make_listings.py writes it.

import { readFileSync } from "node:fs";
import * as gb from "gradbook";
import { describe, expect, test } from "vitest";
import * as activations from "./listings/activations.ts";
import * as clipping from "./listings/clipping.ts";
import * as initialization from "./listings/initialization.ts";
import * as normalization from "./listings/normalization.ts";
import * as optimizers from "./listings/optimizers.ts";
import * as regularization from "./listings/regularization.ts";
import * as schedules from "./listings/schedules.ts";
import * as transfer from "./listings/transfer.ts";

const MODULES: Readonly<Record<string, Readonly<Record<string, () => unknown>>>> = {
  activations,
  clipping,
  initialization,
  normalization,
  optimizers,
  regularization,
  schedules,
  transfer,
};

type Results = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const expected = JSON.parse(readFileSync(new URL("listings.json", import.meta.url), "utf8")) as Results;

/** Relative to the largest number around: a weight after twenty steps differs by a few roundings from PyTorch's. */
const TOLERANCE = 2e-5;

interface Digest {
  readonly shape: readonly number[];
  readonly head: readonly number[];
  readonly sum: number;
  readonly norm: number;
}

const isDigest = (value: unknown): value is Digest =>
  typeof value === "object" && value !== null && "head" in value;

function close(actual: number, wanted: number, scale: number, where: string): void {
  if (Math.abs(actual - wanted) <= TOLERANCE * scale) return;
  expect.fail(`${where}: ${actual}, PyTorch gives ${wanted}`);
}

function compare(actual: unknown, wanted: unknown, where: string): void {
  if (isDigest(wanted)) {
    expect(actual, where).toBeInstanceOf(gb.Tensor);
    const tensor = actual as gb.Tensor;
    expect(tensor.shape, where).toEqual(wanted.shape);
    const values = [...tensor.toTypedArray()].map(Number);
    for (const [i, value] of wanted.head.entries())
      close(values[i]!, value, Math.max(1, Math.abs(value)), `${where}[${i}]`);
    const norm = Math.sqrt(values.reduce((total, value) => total + value * value, 0));
    close(norm, wanted.norm, Math.max(1, wanted.norm), `${where}, norm`);
    const sum = values.reduce((total, value) => total + value, 0);
    close(sum, wanted.sum, Math.max(1, Math.abs(wanted.sum), wanted.norm), `${where}, sum`);
  } else if (Array.isArray(wanted)) {
    expect((actual as unknown[]).length, where).toBe(wanted.length);
    for (const [i, value] of wanted.entries()) compare((actual as unknown[])[i], value, `${where}[${i}]`);
  } else if (typeof wanted === "number")
    close(actual as number, wanted, Math.max(1, Math.abs(wanted)), where);
  else expect(actual, where).toBe(wanted);
}

const camelCase = (name: string): string =>
  name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

test("each Python listing has its twin", () => {
  const names = (results: Readonly<Record<string, object>>, rename: (name: string) => string): string[] =>
    Object.entries(results)
      .flatMap(([file, members]) => Object.keys(members).map((name) => `${file}.${rename(name)}`))
      .sort();
  expect(names(MODULES, String)).toEqual(names(expected, camelCase));
});

for (const [file, results] of Object.entries(expected)) {
  describe(file, () => {
    for (const [name, wanted] of Object.entries(results)) {
      test(camelCase(name), () => {
        compare(MODULES[file]![camelCase(name)]!(), wanted, name);
      });
    }
  });
}
