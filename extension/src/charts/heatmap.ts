// The histogram over time as a heat map: steps from left to right as on the slider, values upwards, darker for more.
// Drawn on a canvas, because it has as many cells as pixels; what moves while somebody scrubs is only a line above it.

import { rampColor } from "./tokens.js";

/** What is drawn, as rows of cells from the bottom up. */
export interface HeatRows {
  readonly count: number;
  /** The shares of all rows at one sample. */
  readonly at: (sample: number) => ArrayLike<number>;
}

/** Colours of a ramp as bytes: 256 entries of red, green, blue, opacity. */
export function rampTable(stops: readonly string[]): Uint8ClampedArray {
  const table = new Uint8ClampedArray(4 * 256);
  for (let i = 0; i < 256; i++) {
    const channels = rampColor(stops, i / 255)
      .match(/\d+/g)!
      .map(Number);
    table.set([...channels, 255], 4 * i);
  }
  return table;
}

/** For each of `width` columns the sample that it shows; `place` is where a step lies between 0 and 1, ascending. */
export function columnSamples(
  steps: ArrayLike<number>,
  width: number,
  place: (step: number) => number,
): Int32Array {
  const columns = new Int32Array(width);
  let sample = 0;
  for (let column = 0; column < width; column++) {
    const at = width > 1 ? column / (width - 1) : 1;
    // a column shows the sample nearest to it
    while (
      sample + 1 < steps.length &&
      Math.abs(place(steps[sample + 1]!) - at) <= Math.abs(place(steps[sample]!) - at)
    ) {
      sample++;
    }
    columns[column] = sample;
  }
  return columns;
}

/**
 * The pixels of a heat map of `columns.length` x `height`. Colour by the square root of the share, so that thin tails
 * show; `full` is the share of the darkest colour.
 */
export function heatPixels(
  rows: HeatRows,
  columns: Int32Array,
  height: number,
  full: number,
  table: Uint8ClampedArray,
): Uint8ClampedArray<ArrayBuffer> {
  const width = columns.length;
  const pixels = new Uint8ClampedArray(4 * width * height);
  const colors = new Uint32Array(table.buffer);
  const target = new Uint32Array(pixels.buffer);
  let drawn = -1;
  const column = new Uint32Array(height);
  for (let x = 0; x < width; x++) {
    const sample = columns[x]!;
    if (sample !== drawn) {
      const shares = rows.at(sample);
      for (let y = 0; y < height; y++) {
        const row = Math.min(Math.floor(((height - 1 - y + 0.5) / height) * rows.count), rows.count - 1);
        const level = Math.sqrt(Math.min(Math.max(shares[row]! / full, 0), 1));
        column[y] = colors[Math.round(255 * level)]!;
      }
      drawn = sample;
    }
    for (let y = 0; y < height; y++) target[y * width + x] = column[y]!;
  }
  return pixels;
}
