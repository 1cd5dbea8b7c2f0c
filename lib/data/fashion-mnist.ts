// Loading Fashion-MNIST as raw bytes: from the cache, Debian's package, the network, or at last the shipped sample.

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { unpackDebianPackage } from "./debian.js";
import { downloadFiles } from "./download.js";
import type { RawImages, SetFiles } from "./fashion-mnist-files.js";
import {
  DEBIAN_FOLDER,
  DEBIAN_PACKAGE,
  MIRRORS,
  PACKED_NAMES,
  SAMPLE,
  SIDE,
  TEST_FILES,
  TRAIN_FILES,
} from "./fashion-mnist-files.js";
import type { IdxArray } from "./idx.js";
import { parseIdx, parseIdxFile, readUnpacked } from "./idx.js";
import { assetPath, dataFolder } from "./places.js";

/** Where a data set came from. "sample" means that it is not the whole set. */
export type DataSource = "cache" | "debian" | "download" | "sample";

export interface RawFashionMNIST {
  readonly train: RawImages;
  readonly test: RawImages;
  readonly source: DataSource;
}

export interface LoadOptions {
  /** The folder that holds the files or gets them; torchvision's `root` works too. Default: see `dataFolder`. */
  readonly root?: string;
  /** `true`: the shipped sample and nothing else. `false`: never the sample, but an error. Default: the sample as the last resort. */
  readonly sample?: boolean;
  /** What to try, in this order. Default: all. */
  readonly sources?: readonly DataSource[];
  /** URLs, each ending in "/", to download from. Default: the authors' server and copies of it. */
  readonly mirrors?: readonly string[];
  /** Is told what takes time or went another way than expected. Default: `console.info`. */
  readonly report?: (message: string) => void;
}

interface Place {
  readonly folder: string;
  readonly mirrors: readonly string[];
  readonly report: (message: string) => void;
}

type Sets = Omit<RawFashionMNIST, "source">;

const LOADERS: Readonly<Record<DataSource, (place: Place) => Promise<Sets>>> = {
  cache: ({ folder }) => readFirst([folder, join(folder, "FashionMNIST", "raw")]),
  debian: async (place) => {
    const installed = await readFirst([DEBIAN_FOLDER]).catch(() => undefined);
    return installed ?? fetchInto(place, `Debian's package ${DEBIAN_PACKAGE}`, fromDebian);
  },
  download: async (place) => {
    const failures: string[] = [];
    for (const mirror of place.mirrors) {
      try {
        return await fetchInto(place, mirror, (folder) => fromMirror(mirror, folder));
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
    throw new Error(failures.join("; "));
  },
  sample: readSample,
};

/**
 * Fashion-MNIST as raw bytes: 60,000 training and 10,000 test images [N, 28, 28] with their labels, each file's SHA-256 checked.
 * What had to be fetched is kept in `root` for the next time. An Error that lists every place tried when there is none.
 */
export async function loadFashionMNIST(options: LoadOptions = {}): Promise<RawFashionMNIST> {
  const place: Place = {
    folder: options.root ?? join(dataFolder(), "fashion-mnist"),
    mirrors: options.mirrors ?? MIRRORS,
    report: options.report ?? console.info,
  };
  const tried: string[] = [];
  for (const source of wantedSources(options)) {
    if (source === "sample" && tried.length > 0) {
      place.report(
        `Fashion-MNIST was not found; this is the shipped sample instead. Tried:\n${tried.join("\n")}`,
      );
    }
    try {
      return { ...(await LOADERS[source](place)), source };
    } catch (error) {
      tried.push(`- ${source}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    `Fashion-MNIST was not found. Tried:\n${tried.join("\n")}\n` +
      `Put ${PACKED_NAMES.join(", ")} into ${place.folder}, or pass { root } with the folder that holds them, ` +
      "or { sample: true } for the shipped sample.",
  );
}

function wantedSources({ sample, sources }: LoadOptions): readonly DataSource[] {
  if (sample === true) return ["sample"];
  const wanted = sources ?? (Object.keys(LOADERS) as DataSource[]);
  return sample === false ? wanted.filter((source) => source !== "sample") : wanted;
}

/** The sets from the first of `folders` that holds them; throws the first reason that is not mere absence. */
async function readFirst(folders: readonly string[]): Promise<Sets> {
  const failures: Error[] = [];
  for (const folder of folders) {
    try {
      return await readSets(folder);
    } catch (error) {
      failures.push(error as Error);
    }
  }
  throw failures.find((failure) => !(failure instanceof Missing)) ?? failures[0];
}

class Missing extends Error {}

async function readSets(folder: string): Promise<Sets> {
  const [train, test] = await Promise.all([readSet(folder, TRAIN_FILES), readSet(folder, TEST_FILES)]);
  return { train, test };
}

async function readSet(folder: string, files: SetFiles): Promise<RawImages> {
  const [images, labels] = await Promise.all([
    readChecked(folder, files.images),
    readChecked(folder, files.labels),
  ]);
  return rawImages(images, labels, files.count);
}

async function readChecked(folder: string, file: { name: string; sha256: string }): Promise<IdxArray> {
  for (const name of [file.name, `${file.name}.gz`]) {
    const path = join(folder, name);
    try {
      const bytes = await readUnpacked(path);
      checkSum(bytes, path, file.sha256);
      return parseIdxFile(bytes, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw new Missing(`no ${file.name}.gz in ${folder}`);
}

function checkSum(bytes: Uint8Array, path: string, expected: string): void {
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== expected) {
    throw new Error(`${path} is damaged or another file: SHA-256 is ${found}, should be ${expected}`);
  }
}

function rawImages(images: IdxArray, labels: IdxArray, count: number): RawImages {
  const fits = `${images.shape}` === `${[count, SIDE, SIDE]}` && `${labels.shape}` === `${[count]}`;
  if (!fits)
    throw new Error(`expected ${count} images and labels; got [${images.shape}] and [${labels.shape}]`);
  return { images: images.data, labels: labels.data, count };
}

/** Lets `fetch` put the files somewhere below a new folder, checks them, and only then moves them into the cache. */
async function fetchInto(
  { folder, report }: Place,
  from: string,
  fetch: (scratch: string) => Promise<string>,
): Promise<Sets> {
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, "fetching-"));
  try {
    report(`Fetching Fashion-MNIST (31 MB) from ${from} ...`);
    const found = await fetch(scratch);
    const sets = await readSets(found);
    for (const name of PACKED_NAMES) await rename(join(found, name), join(folder, name));
    return sets;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function fromDebian(scratch: string): Promise<string> {
  return join(await unpackDebianPackage(DEBIAN_PACKAGE, scratch), DEBIAN_FOLDER);
}

async function fromMirror(mirror: string, scratch: string): Promise<string> {
  await downloadFiles(mirror, PACKED_NAMES, scratch);
  return scratch;
}

async function readSample(): Promise<Sets> {
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
