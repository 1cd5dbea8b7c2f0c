// Tensors as pictures: images in a grid, and matrices as heat maps.

import { png, type Raster } from "gradbook/tensor/png";
import type { MimeBundle } from "../../protocol/messages.js";

/** What pictures are made of: any tensor. */
export interface Pixels {
  readonly shape: readonly number[];
  toTypedArray(): ArrayLike<number>;
}

export interface ImageOptions {
  /** The values that are black and white; by default 0 and 1, or 0 and 255, or the least and the greatest there are. */
  range?: readonly [black: number, white: number];
  /** Images in a row. */
  columns?: number;
  /** Screen pixels for each point of an image. */
  scale?: number;
}

export interface HeatmapOptions {
  /** The values at the ends of the colours; by default the least and the greatest, or the same on both sides of 0. */
  range?: readonly [low: number, high: number];
  /** Screen pixels for each element. */
  scale?: number;
}

/** A batch is shown up to here. */
const MOST_IMAGES = 64;
const COLUMNS = 8;
/** Smaller pictures are enlarged to about as many pixels. */
const COMFORTABLE = { images: 96, heatmap: 320 } as const;
const LARGEST_SCALE = 24;
/** A larger matrix is thinned out. */
const MOST_ELEMENTS = 1024;

/** Images in rows: `[N, C, H, W]`, `[C, H, W]`, `[N, H, W]` or `[H, W]`, with one channel or three. */
export function imageBundle(value: Pixels, options: ImageOptions = {}): MimeBundle {
  const [count, channels, height, width] = imageShape(value.shape);
  const shown = Math.min(count, MOST_IMAGES);
  const columns = Math.max(1, Math.min(options.columns ?? COLUMNS, shown));
  const rows = Math.ceil(shown / columns);
  const values = value.toTypedArray();
  const [black, white] = options.range ?? imageRange(values);
  const raster = blank(columns * (width + 1) - 1, rows * (height + 1) - 1);
  const plane = height * width;
  for (let image = 0; image < shown; image++) {
    const left = (image % columns) * (width + 1);
    const top = Math.floor(image / columns) * (height + 1);
    for (let point = 0; point < plane; point++) {
      const at = 3 * ((top + Math.floor(point / width)) * raster.width + left + (point % width));
      for (let channel = 0; channel < 3; channel++) {
        const source = image * channels * plane + (channels === 1 ? 0 : channel) * plane + point;
        raster.pixels[at + channel] = Math.round(255 * fraction(values[source]!, black, white));
      }
    }
  }
  const what = count === 1 ? "image" : `${count} images`;
  const some = shown < count ? `, the first ${shown} shown` : "";
  const text = `${what} of ${height} x ${width}${channels === 3 ? ", in colour" : ""}${some}; ${number(black)} is black, ${number(white)} white`;
  return pictureBundle(
    raster,
    options.scale ?? comfortable(Math.max(height, width), COMFORTABLE.images),
    text,
  );
}

/** A matrix (or a vector, as one row) in colours, with their meaning below. */
export function heatmapBundle(value: Pixels, options: HeatmapOptions = {}): MimeBundle {
  const { shape } = value;
  if (shape.length < 1 || shape.length > 2 || shape.includes(0)) {
    throw new TypeError(
      `display.heatmap: needs a matrix, got the shape [${shape.join(", ")}]. Take one out with .at(0), or flatten it?`,
    );
  }
  const [rows, columns] = shape.length === 1 ? [1, shape[0]!] : [shape[0]!, shape[1]!];
  const step = Math.ceil(Math.max(rows, columns) / MOST_ELEMENTS);
  const values = value.toTypedArray();
  const [low, high] = options.range ?? heatmapRange(values);
  const colours = low < 0 && high > 0 ? SIGNED : DENSITY;
  const raster = blank(Math.ceil(columns / step), Math.ceil(rows / step));
  for (let y = 0; y < raster.height; y++) {
    for (let x = 0; x < raster.width; x++) {
      const element = values[y * step * columns + x * step]!;
      const colour = Number.isNaN(element) ? NOT_A_NUMBER : colourAt(colours, fraction(element, low, high));
      raster.pixels.set(colour, 3 * (y * raster.width + x));
    }
  }
  const thinned = step > 1 ? `, every ${step}th row and column` : "";
  const text = `heat map of ${rows} x ${columns}${thinned}, from ${number(low)} to ${number(high)}`;
  const scale = options.scale ?? comfortable(Math.max(raster.height, raster.width), COMFORTABLE.heatmap);
  const bundle = pictureBundle(raster, scale, text);
  const gradient = colours.map((colour) => `rgb(${colour.join(",")})`).join(",");
  const legend = `<div style="display:flex;gap:8px;align-items:center;font-size:12px"><span>${number(low)}</span><span style="width:120px;height:10px;background:linear-gradient(to right,${gradient})"></span><span>${number(high)}</span></div>`;
  const image = `<img alt="${text}" src="data:image/png;base64,${bundle.data["image/png"]}">`;
  return { ...bundle, data: { ...bundle.data, "text/html": `<div>${image}${legend}</div>` } };
}

function pictureBundle(raster: Raster, scale: number, text: string): MimeBundle {
  const bytes = png(raster, Math.max(1, Math.round(scale)));
  return { data: { "image/png": Buffer.from(bytes).toString("base64"), "text/plain": text }, metadata: {} };
}

function blank(width: number, height: number): Raster {
  return { width, height, pixels: new Uint8Array(3 * width * height).fill(255) };
}

function imageShape(
  shape: readonly number[],
): [count: number, channels: number, height: number, width: number] {
  const isColour = (channels: number): boolean => channels === 1 || channels === 3;
  const [a = 0, b = 0, c = 0, d = 0] = shape;
  if (!shape.includes(0)) {
    if (shape.length === 2) return [1, 1, a, b];
    if (shape.length === 3) return isColour(a) ? [1, a, b, c] : [a, 1, b, c];
    if (shape.length === 4 && isColour(b)) return [a, b, c, d];
  }
  throw new TypeError(
    `display.image: the shape [${shape.join(", ")}] is not that of images: [N, C, H, W], [C, H, W], [N, H, W] or [H, W], ` +
      "where C is 1 or 3. display.heatmap shows any matrix.",
  );
}

function imageRange(values: ArrayLike<number>): readonly [number, number] {
  const [least, greatest] = extent(values);
  if (least < 0) return [least, greatest];
  if (greatest <= 1) return [0, 1];
  return greatest <= 255 ? [0, 255] : [least, greatest];
}

function heatmapRange(values: ArrayLike<number>): readonly [number, number] {
  const [least, greatest] = extent(values);
  if (least >= 0 || greatest <= 0) return [least, greatest];
  const far = Math.max(-least, greatest);
  return [-far, far];
}

function extent(values: ArrayLike<number>): [least: number, greatest: number] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return least > greatest ? [0, 1] : [least, greatest];
}

/** Where a value lies between two others, from 0 to 1. */
function fraction(value: number, low: number, high: number): number {
  if (Number.isNaN(value)) return 0;
  if (high === low) return value < low ? 0 : 1;
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}

function comfortable(size: number, pixels: number): number {
  return Math.min(LARGEST_SCALE, Math.max(1, Math.floor(pixels / size)));
}

const number = (value: number): string => String(Number(value.toPrecision(4)));

type Colour = readonly [red: number, green: number, blue: number];

/** From white to ink, in one hue. */
const DENSITY: readonly Colour[] = [
  [255, 255, 255],
  [213, 228, 242],
  [147, 187, 221],
  [63, 130, 184],
  [0, 50, 92],
];
/** Violet below zero, nearly white at zero, brown above. */
const SIGNED: readonly Colour[] = [
  [94, 60, 153],
  [247, 247, 247],
  [166, 97, 26],
];
const NOT_A_NUMBER: Colour = [213, 94, 0];

function colourAt(colours: readonly Colour[], place: number): Colour {
  const at = place * (colours.length - 1);
  const index = Math.min(Math.floor(at), colours.length - 2);
  const [from, to] = [colours[index]!, colours[index + 1]!];
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(from[channel] + (at - index) * (to[channel] - from[channel]));
  return [mix(0), mix(1), mix(2)];
}
