// Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017, arXiv:1708.07747): its files, where they can be had, and the small sample of
// them that is shipped with the package.

import { assetPath } from "../places.js";
import { type IdxArray, parseIdx, readUnpacked } from "./idx.js";
import { idxSource, rawImages, SIDE } from "./idx-source.js";
import {
  checkSum,
  type ImageSource,
  type LoadOptions,
  loadImages,
  type RawDataset,
  type RawSets,
} from "./source.js";
import { type ImageDataset, type ImageOptions, imageDataset } from "./tensors.js";

/** The names of the ten classes, in the order of their labels. */
export const FASHION_MNIST_CLASSES: readonly string[] = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];

/** The sample: the arrays of both sets, images before labels, one after the other as IDX, gzip'd. */
export const SAMPLE = {
  asset: "fashion-mnist-sample.idx.gz",
  sha256: "a2b85cfba601eb491244f92d3827bd79e070fa2861ad9904c328c7c8faa88dbb",
  trainCount: 2000,
  testCount: 500,
} as const;

/** Where Debian's package puts the files. */
export const DEBIAN_FOLDER = "/usr/share/datasets/fashion-mnist";

const SOURCE: ImageSource = idxSource({
  title: "Fashion-MNIST",
  directory: "fashion-mnist",
  size: "31 MB",
  folders: ["", "FashionMNIST/raw"],
  // the authors' own server, their repository, and Keras's copy
  mirrors: [
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
  ],
  debian: { package: "dataset-fashion-mnist", folder: DEBIAN_FOLDER },
  checksums: {
    trainImages: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    trainLabels: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    testImages: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    testLabels: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
  },
  sampleIs: "the shipped sample",
  sample: readSample,
});

/**
 * Fashion-MNIST as raw bytes: 60,000 training and 10,000 test images [N, 28, 28] with their labels, each file's SHA-256 checked.
 * What had to be fetched is kept in `root` for the next time. An Error that lists every place tried when there is none.
 *
 *  @example (await gb.data.loadFashionMNIST({ sample: true })).train.count // -> 2000 */
export function loadFashionMNIST(options: LoadOptions = {}): Promise<RawDataset> {
  return loadImages(SOURCE, options);
}

/**
 * Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017, arXiv:1708.07747): 60,000 training and 10,000 test images of clothes in ten
 * classes, [N, 1, 28, 28], pixels from 0 (background) to 1. It comes from the cache, Debian's package or the network; where none
 * has it, a sample of 2,000 and 500 images that is shipped with the package is used, and that is said.
 *
 * ```ts
 * const { train } = await gb.data.fashionMNIST({ sample: true });
 * train.tensors[0].shape // -> [ 2000, 1, 28, 28 ]
 * ```
 */
export async function fashionMNIST(options: ImageOptions = {}): Promise<ImageDataset> {
  const raw = await loadFashionMNIST(options);
  return imageDataset(raw, [1, SIDE, SIDE], "Fashion-MNIST", "sample", FASHION_MNIST_CLASSES, options);
}

async function readSample(): Promise<RawSets> {
  const path = assetPath(SAMPLE.asset);
  let rest = await readUnpacked(path);
  checkSum(rest, path, SAMPLE.sha256);
  const next = (): IdxArray => {
    const parsed = parseIdx(rest, path);
    rest = parsed.rest;
    return parsed.array;
  };
  const train = rawImages(next(), next(), SAMPLE.trainCount);
  return { train, test: rawImages(next(), next(), SAMPLE.testCount) };
}
