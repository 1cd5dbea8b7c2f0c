// Sets of the MNIST family: four IDX files, images of 28 x 28 grey values in ten classes.

import { join } from "node:path";
import { downloadFiles } from "../download.js";
import { type IdxArray, parseIdxFile, readUnpacked } from "./idx.js";
import { allInOrder, checkSum, type ImageSource, Missing, type RawImages } from "./source.js";

/** Pixels along each side. */
export const SIDE = 28;

/** SHA-256 of the four unpacked files: they are packed in different ways. */
export interface IdxChecksums {
  readonly trainImages: string;
  readonly trainLabels: string;
  readonly testImages: string;
  readonly testLabels: string;
}

/** The files as they are published: gzip'd. */
export const PACKED_NAMES: readonly string[] = [
  "train-labels-idx1-ubyte.gz",
  "train-images-idx3-ubyte.gz",
  "t10k-labels-idx1-ubyte.gz",
  "t10k-images-idx3-ubyte.gz",
];

/** What a set of the family says of itself; the rest is the same for all. */
export type IdxFamily = Omit<ImageSource, "files" | "read" | "download"> & {
  readonly checksums: IdxChecksums;
};

export function idxSource({ checksums, ...set }: IdxFamily): ImageSource {
  const { trainImages, trainLabels, testImages, testLabels } = checksums;
  return {
    ...set,
    files: PACKED_NAMES,
    async read(folder) {
      const [train, test] = await allInOrder([
        readSet(folder, "train", 60_000, trainImages, trainLabels),
        readSet(folder, "t10k", 10_000, testImages, testLabels),
      ]);
      return { train, test };
    },
    async download(mirror, scratch) {
      await downloadFiles(mirror, PACKED_NAMES, scratch);
      return scratch;
    },
  };
}

async function readSet(
  folder: string,
  part: string,
  count: number,
  imagesSum: string,
  labelsSum: string,
): Promise<RawImages> {
  const [images, labels] = await allInOrder([
    readChecked(folder, `${part}-images-idx3-ubyte`, imagesSum),
    readChecked(folder, `${part}-labels-idx1-ubyte`, labelsSum),
  ]);
  return rawImages(images, labels, count);
}

async function readChecked(folder: string, file: string, sum: string): Promise<IdxArray> {
  for (const name of [file, `${file}.gz`]) {
    const path = join(folder, name);
    try {
      const bytes = await readUnpacked(path);
      checkSum(bytes, path, sum);
      return parseIdxFile(bytes, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw new Missing(`no ${file}.gz in ${folder}`);
}

/** `count` images and labels, after a look at their shapes. */
export function rawImages(images: IdxArray, labels: IdxArray, count: number): RawImages {
  const fits = `${images.shape}` === `${[count, SIDE, SIDE]}` && `${labels.shape}` === `${[count]}`;
  if (!fits)
    throw new Error(`expected ${count} images and labels; got [${images.shape}] and [${labels.shape}]`);
  return { images: images.data, labels: labels.data, count };
}
