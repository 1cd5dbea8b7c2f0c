// A layer's values of one example as a small picture: a square of pixels, one a unit, or the channels of a convolution
// side by side.

import { rampColor } from "./tokens.js";

export interface Grid {
  readonly width: number;
  readonly height: number;
  /** The value shown at a pixel, or -1 where there is none. */
  readonly at: (x: number, y: number) => number;
}

/** Where values of a shape (without the batch) lie in a tile. */
export function tileGrid(shape: readonly number[]): Grid {
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.length === 3) {
    const [channels, height, width] = shape as [number, number, number];
    const across = Math.ceil(Math.sqrt(channels));
    return {
      width: across * width,
      height: Math.ceil(channels / across) * height,
      at: (x, y) => {
        const channel = Math.floor(y / height) * across + Math.floor(x / width);
        return channel < channels ? (channel * height + (y % height)) * width + (x % width) : -1;
      },
    };
  }
  const width = Math.ceil(Math.sqrt(count));
  const at = (x: number, y: number): number => (y * width + x < count ? y * width + x : -1);
  return { width, height: Math.ceil(count / width), at };
}

/** Where the values of `paintBars` lie. */
export function barGrid(count: number): Grid {
  return { width: count, height: 1, at: (x) => x };
}

/** Number of the unit that a value belongs to: its channel, or itself. */
export function unitOf(index: number, shape: readonly number[]): number {
  const [, ...inner] = shape;
  return Math.floor(index / inner.reduce((product, size) => product * size, 1));
}

/** How values become colours: from 0 to the largest one, or around 0 as far as the largest size. */
export type Colouring =
  | { readonly kind: "density"; readonly stops: readonly string[] }
  | { readonly kind: "signed"; readonly stops: readonly [minus: string, zero: string, plus: string] };

/** Draws values into a canvas, one pixel a value; colour by the square root, so that small values show. */
export function paintTile(
  canvas: HTMLCanvasElement,
  values: ArrayLike<number>,
  grid: Grid,
  colouring: Colouring,
): void {
  canvas.width = grid.width;
  canvas.height = grid.height;
  const context = canvas.getContext("2d");
  if (!context) return;
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  for (let y = 0; y < grid.height; y++) {
    for (let x = 0; x < grid.width; x++) {
      const index = grid.at(x, y);
      if (index < 0) continue;
      context.fillStyle = colourOf(values[index]! / (largest || 1), colouring);
      context.fillRect(x, y, 1, 1);
    }
  }
}

/** Draws a few values as upright bars from a line at the bottom, or in the middle if some are negative. */
export function paintBars(
  canvas: HTMLCanvasElement,
  values: ArrayLike<number>,
  [minus, plus]: readonly [minus: string, plus: string],
): void {
  const size = 80;
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext("2d");
  if (!context) return;
  const all = Array.from(values);
  const largest = Math.max(...all.map(Math.abs)) || 1;
  const line = all.some((value) => value < 0) ? size / 2 : size - 1;
  const step = size / all.length;
  all.forEach((value, i) => {
    const height = Math.max((Math.abs(value) / largest) * (line - 2), 1);
    context.fillStyle = value < 0 ? minus : plus;
    context.fillRect(i * step + 1, value < 0 ? line : line - height, Math.max(step - 2, 1), height);
  });
}

/** Draws a picture of the shape [channels, height, width], from its least value to its largest: three channels are red, green
 *  and blue; of others the first is drawn with the ramp. */
export function paintPicture(
  canvas: HTMLCanvasElement,
  values: ArrayLike<number>,
  [channels, height, width]: readonly [number, number, number],
  ramp: readonly [string, string],
): void {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!);
    high = Math.max(high, values[i]!);
  }
  const span = high - low || 1;
  const plane = width * height;
  for (let i = 0; i < plane; i++) {
    const level = (channel: number): number => (values[channel * plane + i]! - low) / span;
    context.fillStyle =
      channels === 3
        ? `rgb(${[0, 1, 2].map((channel) => Math.round(255 * level(channel))).join(", ")})`
        : rampColor(ramp, level(0));
    context.fillRect(i % width, Math.floor(i / width), 1, 1);
  }
}

/** The colour of a value between -1 and 1. */
function colourOf(value: number, colouring: Colouring): string {
  const level = Math.sqrt(Math.abs(value));
  if (colouring.kind === "density") return rampColor(colouring.stops, value > 0 ? level : 0);
  const [minus, zero, plus] = colouring.stops;
  return rampColor([zero, value < 0 ? minus : plus], level);
}
