// The memory of a run: bounded, however long it trains, with its whole curve and every validation value.

import { RowStore, thin } from "@gradbook/kernel/wire/rows";
import { SampleStore } from "@gradbook/kernel/wire/samples";
import { BINS, histogramBlock, histogramOffset } from "gradbook/train/histograms";
import { ROW_LENGTH, sampleLength, stepColumn } from "gradbook/train/run";
import { expect, test } from "vitest";

const WIDTH = ROW_LENGTH;

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
  expect(kept[0]).toBe(0);
  const gaps = kept.slice(1).map((step, i) => step - kept[i]!);
  expect(Math.max(steps - kept.at(-1)!, ...gaps)).toBeLessThan(steps / 20);
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

/** A sample of two layers whose histogram bytes tell the step and the place. */
function sample(step: number): [Float32Array, Uint8Array] {
  const histograms = new Uint8Array(histogramBlock(2));
  histograms.fill(step % 256, histogramOffset(1, "gradient"), histogramOffset(1, "gradient") + BINS);
  return [new Float32Array(sampleLength(2)).fill(step), histograms];
}

test("samples are kept with their histograms, which are found by layer, quantity and step", () => {
  const store = new SampleStore(2, 1e9);
  for (let step = 0; step < 50; step++) store.add(...sample(step));
  store.add(new Float32Array(sampleLength(2)).fill(50), new Uint8Array(0));
  expect(store.count).toBe(51);
  expect(store.values.subarray(-sampleLength(2))).toEqual(new Float32Array(sampleLength(2)).fill(50));
  const { steps, bytes } = store.histograms(1, "gradient", 46);
  expect(steps).toEqual([47, 48, 49]);
  expect([...bytes]).toEqual(steps.flatMap((step) => new Array(BINS).fill(step)));
  expect(store.histograms(0, "gradient", 48).bytes).toEqual(new Uint8Array(BINS));
});

test("the memory of samples is bounded; the first and the newest stay", () => {
  const one = sampleLength(2) * 4 + histogramBlock(2);
  const store = new SampleStore(2, 100 * one);
  for (let step = 0; step < 10_000; step++) store.add(...sample(step));
  expect(store.count).toBeLessThanOrEqual(100);
  const { steps } = store.histograms(0, "input", -1);
  expect([steps[0], steps.at(-1)]).toEqual([0, 9_999]);
});
