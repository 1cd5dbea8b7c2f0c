// Where a set of images comes from: the cache, Debian's package, the network, or at last a small set that stands in for it.

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { unpackDebianPackage } from "../debian.js";
import { dataFolder } from "../places.js";

/** Images with their labels, as they come from the files. */
export interface RawImages {
  /** Unsigned bytes [count, ...shape]. */
  readonly images: Uint8Array;
  /** Unsigned bytes [count]: numbers of classes. */
  readonly labels: Uint8Array;
  readonly count: number;
}

/** Where a data set came from. "sample" means that it is not the whole set, or only a stand-in for it. */
export type DataSource = "cache" | "debian" | "download" | "sample";

export interface RawSets {
  readonly train: RawImages;
  readonly test: RawImages;
}

/** A whole set as raw bytes, and where it came from. */
export interface RawDataset extends RawSets {
  readonly source: DataSource;
}

export interface LoadOptions {
  /** The folder that holds the files or gets them; torchvision's `root` works too. Default: see `dataFolder`. */
  readonly root?: string;
  /** `true`: the small set and nothing else. `false`: never the small set, but an error. Default: the small set as the last resort. */
  readonly sample?: boolean;
  /** What to try, in this order. Default: all. */
  readonly sources?: readonly DataSource[];
  /** URLs, each ending in "/", to download from. Default: those of the set's authors, and copies. */
  readonly mirrors?: readonly string[];
  /** Is told what takes time or went another way than expected. Default: `console.info`. */
  readonly report?: (message: string) => void;
}

/** Everything there is to know about the files of one data set. */
export interface ImageSource {
  /** "Fashion-MNIST" */
  readonly title: string;
  /** Its folder below the data folder. */
  readonly directory: string;
  /** What is downloaded, in words: "31 MB". */
  readonly size: string;
  /** The files that are kept, by their paths below the folder that `read` reads. */
  readonly files: readonly string[];
  /** Folders below the root in which they may lie; "" first. */
  readonly folders: readonly string[];
  readonly mirrors: readonly string[];
  readonly debian?: { readonly package: string; readonly folder: string };
  /** Reads and checks the files of a folder; throws `Missing` where there are none. */
  read(folder: string): Promise<RawSets>;
  /** Fetches the files from a mirror below `scratch` and gives the folder that holds them. */
  download(mirror: string, scratch: string): Promise<string>;
  /** What the small set is: "the shipped sample". */
  readonly sampleIs: string;
  sample(): Promise<RawSets>;
}

/** Thrown where files are not there, which is no fault. */
export class Missing extends Error {}

/** Throws unless SHA-256 of `bytes` is `expected`. */
export function checkSum(bytes: Uint8Array, path: string, expected: string): void {
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== expected) {
    throw new Error(`${path} is damaged or another file: SHA-256 is ${found}, should be ${expected}`);
  }
}

interface Place {
  readonly set: ImageSource;
  readonly folder: string;
  readonly mirrors: readonly string[];
  readonly report: (message: string) => void;
}

const LOADERS: Readonly<Record<DataSource, (place: Place) => Promise<RawSets>>> = {
  cache: ({ set, folder }) =>
    readFirst(
      set,
      set.folders.map((below) => join(folder, below)),
    ),
  debian: async (place) => {
    const { debian } = place.set;
    if (debian === undefined) throw new Missing("there is no package");
    const installed = await readFirst(place.set, [debian.folder]).catch(() => undefined);
    const fetch = async (scratch: string): Promise<string> =>
      join(await unpackDebianPackage(debian.package, scratch), debian.folder);
    return installed ?? fetchInto(place, `Debian's package ${debian.package}`, fetch);
  },
  download: async (place) => {
    const failures: string[] = [];
    for (const mirror of place.mirrors) {
      try {
        return await fetchInto(place, mirror, (scratch) => place.set.download(mirror, scratch));
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
    throw new Error(failures.join("; "));
  },
  sample: ({ set }) => set.sample(),
};

/** The set from the first source that has it. What had to be fetched is kept in the root for the next time. An Error that lists
 *  every place tried when there is none. */
export async function loadImages(set: ImageSource, options: LoadOptions = {}): Promise<RawDataset> {
  const place: Place = {
    set,
    folder: options.root ?? join(dataFolder(), set.directory),
    mirrors: options.mirrors ?? set.mirrors,
    report: options.report ?? console.info,
  };
  const tried: string[] = [];
  for (const source of wantedSources(options)) {
    if (source === "sample" && tried.length > 0) {
      place.report(
        `${set.title} was not found; this is ${set.sampleIs} instead. Tried:\n${tried.join("\n")}`,
      );
    }
    try {
      return { ...(await LOADERS[source](place)), source };
    } catch (error) {
      tried.push(`- ${source}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    `${set.title} was not found. Tried:\n${tried.join("\n")}\n` +
      `Put ${set.files.map((file) => basename(file)).join(", ")} into ${place.folder}, or pass { root } with the folder that ` +
      `holds them, or { sample: true } for ${set.sampleIs}.`,
  );
}

function wantedSources({ sample, sources }: LoadOptions): readonly DataSource[] {
  if (sample === true) return ["sample"];
  const wanted = sources ?? (Object.keys(LOADERS) as DataSource[]);
  return sample === false ? wanted.filter((source) => source !== "sample") : wanted;
}

/** The sets from the first of `folders` that holds them; throws the first reason that is not mere absence. */
async function readFirst(set: ImageSource, folders: readonly string[]): Promise<RawSets> {
  const failures: Error[] = [];
  for (const folder of folders) {
    try {
      return await set.read(folder);
    } catch (error) {
      failures.push(error as Error);
    }
  }
  throw failures.find((failure) => !(failure instanceof Missing)) ?? failures[0];
}

/** Lets `fetch` put the files somewhere below a new folder, checks them, and only then moves them into the cache. */
async function fetchInto(
  { set, folder, report }: Place,
  from: string,
  fetch: (scratch: string) => Promise<string>,
): Promise<RawSets> {
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, "fetching-"));
  try {
    report(`Fetching ${set.title} (${set.size}) from ${from} ...`);
    const found = await fetch(scratch);
    const sets = await set.read(found);
    for (const name of set.files) await rename(join(found, name), join(folder, name));
    return sets;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** As `Promise.all`; of several errors the first in the list's order is thrown, not the first in time, so that the same files
 *  are missed in the same words each time. */
export async function allInOrder<T extends readonly Promise<unknown>[] | []>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
