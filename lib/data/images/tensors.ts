// From raw images to data sets of tensors, ready for a loader.

import type { Tensor } from "../../tensor/tensor.js";
import { type About, describe } from "../about.js";
import { TensorDataset } from "../dataset.js";
import { hostTensor } from "../host-tensor.js";
import type { DataSource, LoadOptions, RawDataset, RawImages } from "./source.js";

export interface ImageOptions extends LoadOptions {
  /** Shift and scale the pixels so that those of each channel have mean 0 and standard deviation 1 in the training set. Default:
   *  false. */
  readonly standardize?: boolean;
}

export interface ImageDataset {
  /** Images, float32 [N, C, H, W], and labels, int32 [N]. */
  readonly train: TensorDataset<[Tensor, Tensor]>;
  readonly test: TensorDataset<[Tensor, Tensor]>;
  /** The names of the classes, in the order of their labels. */
  readonly classes: readonly string[];
  readonly source: DataSource;
  /** For titles: "CIFAR-10", or "CIFAR-10 (stand-in)" where the real set could not be had. */
  readonly name: string;
}

/** [channels, height, width] */
export type ImageShape = readonly [number, number, number];

/** Pixels from 0 to 1, or standardised. `small`: what the set is called where it is not the real one. */
export function imageDataset(
  { train, test, source }: RawDataset,
  shape: ImageShape,
  title: string,
  small: string,
  classes: readonly string[],
  options: ImageOptions,
): ImageDataset {
  const channels = Array.from({ length: shape[0] }, (_, c) =>
    options.standardize ? standardized(grey(), train, shape, c) : grey(),
  );
  const name = source === "sample" ? `${title} (${small})` : title;
  const about: About = { name, classes };
  return {
    train: describe(toDataset(train, shape, channels), about),
    test: describe(toDataset(test, shape, channels), about),
    classes,
    source,
    name,
  };
}

/** `levels`: the value of each byte, for each channel. */
function toDataset(
  { images, labels, count }: RawImages,
  shape: ImageShape,
  levels: readonly Float32Array[],
): TensorDataset<[Tensor, Tensor]> {
  const pixels = new Float32Array(images.length);
  eachChannel(images, shape, (channel, start, end) => {
    const values = levels[channel]!;
    for (let i = start; i < end; i++) pixels[i] = values[images[i]!]!;
  });
  return new TensorDataset(
    hostTensor(pixels, [count, ...shape]),
    hostTensor(Int32Array.from(labels), [count]),
  );
}

function eachChannel(
  images: Uint8Array,
  [channels, height, width]: ImageShape,
  visit: (channel: number, start: number, end: number) => void,
): void {
  const plane = height * width;
  for (let start = 0; start < images.length; start += plane) {
    visit((start / plane) % channels, start, start + plane);
  }
}

/** The value of each byte: byte / 255. */
function grey(): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => byte / 255);
}

/** (level - mean) / std in float32, with the mean and standard deviation of all pixels of a channel. */
function standardized(
  levels: Float32Array,
  { images }: RawImages,
  shape: ImageShape,
  channel: number,
): Float32Array {
  const counts = new Float64Array(levels.length);
  eachChannel(images, shape, (of, start, end) => {
    if (of === channel) for (let i = start; i < end; i++) counts[images[i]!]!++;
  });
  const total = images.length / shape[0];
  const average = (of: (level: number) => number): number =>
    levels.reduce((sum, level, byte) => sum + counts[byte]! * of(level), 0) / total;
  const mean = average((level) => level);
  const std = Math.sqrt(average((level) => (level - mean) ** 2));
  return levels.map((level) => Math.fround(level - Math.fround(mean)) / Math.fround(std));
}
