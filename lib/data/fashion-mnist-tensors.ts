// Fashion-MNIST as data sets of tensors, ready for a loader.

import type { Tensor } from "../tensor/tensor.js";
import { TensorDataset } from "./dataset.js";
import { type DataSource, type LoadOptions, loadFashionMNIST } from "./fashion-mnist.js";
import { FASHION_MNIST_CLASSES, type RawImages, SIDE } from "./fashion-mnist-files.js";
import { hostTensor } from "./host-tensor.js";

export interface FashionMNISTOptions extends LoadOptions {
  /** Shift and scale the pixels so that those of the training set have mean 0 and standard deviation 1. Default: false. */
  readonly standardize?: boolean;
}

export interface FashionMNIST {
  /** Images, float32 [N, 1, 28, 28], and labels, int32 [N]. */
  readonly train: TensorDataset<[Tensor, Tensor]>;
  readonly test: TensorDataset<[Tensor, Tensor]>;
  /** The names of the ten classes. */
  readonly classes: readonly string[];
  readonly source: DataSource;
  /** For titles: "Fashion-MNIST", or "Fashion-MNIST (sample)" where the real set could not be had. */
  readonly name: string;
}

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017, arXiv:1708.07747): 60,000 training and 10,000 test images of clothes in ten
 * classes, pixels from 0 (background) to 1. Where it comes from, and what is done when it cannot be had: see `loadFashionMNIST`.
 */
export async function fashionMNIST(options: FashionMNISTOptions = {}): Promise<FashionMNIST> {
  const { train, test, source } = await loadFashionMNIST(options);
  const levels = options.standardize ? standardized(grey(), train.images) : grey();
  return {
    train: toDataset(train, levels),
    test: toDataset(test, levels),
    classes: FASHION_MNIST_CLASSES,
    source,
    name: source === "sample" ? "Fashion-MNIST (sample)" : "Fashion-MNIST",
  };
}

function toDataset(
  { images, labels, count }: RawImages,
  levels: Float32Array,
): TensorDataset<[Tensor, Tensor]> {
  const pixels = new Float32Array(images.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = levels[images[i]!]!;
  return new TensorDataset(
    hostTensor(pixels, [count, 1, SIDE, SIDE]),
    hostTensor(Int32Array.from(labels), [count]),
  );
}

/** The value of each byte: byte / 255. */
function grey(): Float32Array {
  return Float32Array.from({ length: 256 }, (_, byte) => byte / 255);
}

/** (level - mean) / std in float32, with the mean and standard deviation of all pixels of `images`. */
function standardized(levels: Float32Array, images: Uint8Array): Float32Array {
  const counts = new Float64Array(levels.length);
  for (const byte of images) counts[byte]!++;
  const average = (of: (level: number) => number): number =>
    levels.reduce((sum, level, byte) => sum + counts[byte]! * of(level), 0) / images.length;
  const mean = average((level) => level);
  const std = Math.sqrt(average((level) => (level - mean) ** 2));
  return levels.map((level) => Math.fround(level - Math.fround(mean)) / Math.fround(std));
}
