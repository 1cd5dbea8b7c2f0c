// The memory of a run: bounded, however long it trains, with its whole curve and every validation value.

import { RowStore, thin } from "@gradbook/kernel/wire/rows";
import { rowLength, stepColumn } from "gradbook/train/run";
import { expect, test } from "vitest";

const WIDTH = rowLength(0);

function row(step: number, validationLoss = Number.NaN): Float32Array {
  const values = new Float32Array(WIDTH).fill(Number.NaN);
  values[stepColumn("step")] = step;
  values[stepColumn("validationLoss")] = validationLoss;
  return values;
}

const column = (rows: Float32Array, at: number): number[] => [...rows].filter((_, i) => i % WIDTH === at);

test("up to its bound every row is kept as it came", () => {
  const store = new RowStore(WIDTH, 100);
  for (let step = 0; step < 100; step++) store.add(row(step));
  expect(column(store.values, 0)).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test("beyond it rows are thinned out evenly, and validation values stay", () => {
  const store = new RowStore(WIDTH, 100);
  const steps = 10_000;
  for (let step = 0; step < steps; step++) store.add(row(step, step % 1000 === 999 ? step : undefined));
  expect(store.count).toBeLessThanOrEqual(100);
  const kept = column(store.values, 0);
  expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
  const gaps = kept.slice(1).map((step, i) => step - kept[i]!);
  expect(Math.max(kept[0]!, steps - kept.at(-1)!, ...gaps)).toBeLessThan(steps / 20);
  const validation = column(store.values, stepColumn("validationLoss")).filter(
    (value) => !Number.isNaN(value),
  );
  expect(validation).toEqual(Array.from({ length: 10 }, (_, i) => i * 1000 + 999));
});

test("rows that do not fill a whole row are ignored", () => {
  const store = new RowStore(WIDTH, 100);
  store.add(new Float32Array(WIDTH + 3));
  expect(store.count).toBe(1);
});

test("a message is thinned to its limit and keeps the newest row", () => {
  const rows = Float32Array.from(Array.from({ length: 1000 }, (_, step) => [...row(step)]).flat());
  const few = column(thin(rows, WIDTH, 10), 0);
  expect(few).toHaveLength(10);
  expect(few.at(-1)).toBe(999);
  expect(thin(rows, WIDTH, 1000)).toBe(rows);
});
