// CIFAR-10, small colour photographs (Krizhevsky, 2009), in its binary format.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { downloadFiles } from "../download.js";
import { readUnpacked } from "./idx.js";
import {
  allInOrder,
  checkSum,
  type ImageSource,
  type LoadOptions,
  loadImages,
  Missing,
  type RawDataset,
  type RawImages,
} from "./source.js";
import { textures } from "./stand-in.js";
import { untar } from "./tar.js";
import { type ImageDataset, type ImageOptions, type ImageShape, imageDataset } from "./tensors.js";

/** The names of the ten classes, in the order of their labels. */
export const CIFAR10_CLASSES: readonly string[] = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];

const SHAPE: ImageShape = [3, 32, 32];
const PIXELS = 3 * 32 * 32;
/** Images in each file. */
const PER_FILE = 10_000;

const TRAIN_FILES = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
const TEST_FILE = "test_batch.bin";

const ARCHIVE = {
  name: "cifar-10-binary.tar.gz",
  /** Of the file as it is published, packed. */
  sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
} as const;

const SOURCE: ImageSource = {
  title: "CIFAR-10",
  directory: "cifar-10",
  size: "170 MB",
  files: [...TRAIN_FILES, TEST_FILE],
  folders: ["", "cifar-10-batches-bin"],
  mirrors: ["https://www.cs.toronto.edu/~kriz/"],
  async read(folder) {
    const parts = await allInOrder(TRAIN_FILES.map((name) => readBatch(join(folder, name))));
    const test = await readBatch(join(folder, TEST_FILE));
    return { train: joined(parts), test };
  },
  async download(mirror, scratch) {
    await downloadFiles(mirror, [ARCHIVE.name], scratch);
    const path = join(scratch, ARCHIVE.name);
    checkSum(await readFile(path), path, ARCHIVE.sha256);
    const members = untar(await readUnpacked(path), path);
    for (const [name, bytes] of members) {
      if (name.endsWith(".bin")) await writeFile(join(scratch, name.slice(name.lastIndexOf("/") + 1)), bytes);
    }
    return scratch;
  },
  sampleIs: "a generated stand-in (coloured textures)",
  sample: async () => ({ train: textures(2000, 1), test: textures(500, 2) }),
};

/** Records of one byte for the label and 3 x 32 x 32 for the image: red, green, blue, each row by row. */
async function readBatch(path: string): Promise<RawImages> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "ENOENT" ? new Missing(`no ${path}`) : error;
  });
  const length = PER_FILE * (1 + PIXELS);
  if (bytes.length !== length) {
    throw new Error(
      `${path} is damaged or another file: it has ${bytes.length} bytes, should have ${length}`,
    );
  }
  const labels = new Uint8Array(PER_FILE);
  const images = new Uint8Array(PER_FILE * PIXELS);
  for (let i = 0; i < PER_FILE; i++) {
    const at = i * (1 + PIXELS);
    labels[i] = bytes[at]!;
    if (labels[i]! >= CIFAR10_CLASSES.length) {
      throw new Error(`${path} is damaged or another file: image ${i} has the label ${labels[i]}, above 9`);
    }
    images.set(bytes.subarray(at + 1, at + 1 + PIXELS), i * PIXELS);
  }
  return { images, labels, count: PER_FILE };
}

function joined(parts: readonly RawImages[]): RawImages {
  return {
    images: Buffer.concat(parts.map(({ images }) => images)),
    labels: Buffer.concat(parts.map(({ labels }) => labels)),
    count: parts.reduce((sum, { count }) => sum + count, 0),
  };
}

/** CIFAR-10 as raw bytes: 50,000 training and 10,000 test images [N, 3, 32, 32] with their labels. The SHA-256 of a download is
 *  checked; of files that are there, their lengths and labels.
 *
 *  @example (await gb.data.loadCIFAR10({ sample: true })).train.count // -> 2000 */
export function loadCIFAR10(options: LoadOptions = {}): Promise<RawDataset> {
  return loadImages(SOURCE, options);
}

/**
 * CIFAR-10 (Krizhevsky, 2009): 50,000 training and 10,000 test photographs in ten classes, [N, 3, 32, 32], pixels from 0 to 1. It
 * comes from the cache (the files of the binary version) or the network; where neither has it, generated coloured textures stand
 * in for it, and that is said.
 *
 * ```ts
 * const { train, name } = await gb.data.cifar10({ sample: true });
 * train.tensors[0].shape // -> [ 2000, 3, 32, 32 ]
 * ```
 */
export async function cifar10(options: ImageOptions = {}): Promise<ImageDataset> {
  return imageDataset(await loadCIFAR10(options), SHAPE, "CIFAR-10", "stand-in", CIFAR10_CLASSES, options);
}
