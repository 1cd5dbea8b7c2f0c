// MNIST, the handwritten digits (LeCun, Cortes and Burges, 1998): its files and where they can be had.

import { idxSource, SIDE } from "./idx-source.js";
import { type ImageSource, type LoadOptions, loadImages, type RawDataset } from "./source.js";
import { digits } from "./stand-in.js";
import { type ImageDataset, type ImageOptions, imageDataset } from "./tensors.js";

const CLASSES: readonly string[] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

const SOURCE: ImageSource = idxSource({
  title: "MNIST",
  directory: "mnist",
  size: "12 MB",
  folders: ["", "MNIST/raw"],
  mirrors: [
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
  ],
  checksums: {
    trainImages: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    trainLabels: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    testImages: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    testLabels: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
  },
  sampleIs: "a generated stand-in (digits of seven segments)",
  sample: async () => ({ train: digits(2000, 1), test: digits(500, 2) }),
});

/** MNIST as raw bytes: 60,000 training and 10,000 test images [N, 28, 28] with their labels, each file's SHA-256 checked.
 *  @example (await gb.data.loadMNIST({ sample: true })).train.count // -> 2000 */
export function loadMNIST(options: LoadOptions = {}): Promise<RawDataset> {
  return loadImages(SOURCE, options);
}

/**
 * MNIST (LeCun et al., 1998): 60,000 training and 10,000 test images of handwritten digits, [N, 1, 28, 28], pixels from 0 (background)
 * to 1. It comes from the cache or the network; where neither has it, generated digits of seven segments stand in for it, and
 * that is said.
 *
 * ```ts
 * const { test, name } = await gb.data.mnist({ sample: true });
 * test.length // -> 500
 * ```
 */
export async function mnist(options: ImageOptions = {}): Promise<ImageDataset> {
  return imageDataset(await loadMNIST(options), [1, SIDE, SIDE], "MNIST", "stand-in", CLASSES, options);
}
