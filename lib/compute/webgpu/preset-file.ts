// What was measured on an adapter, on disk: a file of JSON for each adapter and driver. Several processes may write it at once: each
// puts a whole file in the place of the old one, with what it has found in it, so that at worst a class is measured again.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AdapterDescription } from "./adapter.js";
import { ALL_TILES, type TileName } from "./tiles.js";

/** Counted up when the generated code changes so much that other tiles may be faster. */
const VERSION = 1;

export interface PresetFile {
  readonly folder: string;
  readonly adapter: Pick<AdapterDescription, "name" | "vendor" | "architecture" | "driver">;
}

/** Below the project that this file is a part of; where Gradbook is an installed package, beside the packages. */
export const PRESET_FOLDER: string = fileURLToPath(
  new URL("../../../../.gradbook/cache/webgpu/", import.meta.url),
);

interface Entry {
  readonly tile: string;
  /** Seconds, by tile: for people. */
  readonly seconds: Readonly<Record<string, number>>;
}

interface Content {
  readonly version: number;
  readonly adapter: PresetFile["adapter"];
  readonly products: Readonly<Record<string, Entry>>;
}

/** The tiles that are known by the class of product. A file that cannot be read, or is of another version, has none. */
export function readPresets(file: PresetFile): Map<string, TileName> {
  const entries = Object.entries(contentOf(file)?.products ?? {});
  return new Map(
    entries.flatMap(([kind, { tile }]) => (tile in ALL_TILES ? [[kind, tile as TileName] as const] : [])),
  );
}

/** Adds what was found. Where nothing can be written, nothing is kept. */
export function writePreset(file: PresetFile, kind: string, tile: TileName, seconds: Entry["seconds"]): void {
  const { folder, adapter } = file;
  const products = { ...contentOf(file)?.products, [kind]: { tile, seconds } };
  const text = JSON.stringify({ version: VERSION, adapter, products } satisfies Content, undefined, 2);
  const path = pathOf(file);
  const own = `${path}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(own, `${text}\n`);
    renameSync(own, path);
  } catch {
    // a full or read-only disk: measured again by the next process
  }
}

function pathOf({ folder, adapter }: PresetFile): string {
  const { name, vendor, architecture, driver } = adapter;
  const hash = createHash("sha256").update(JSON.stringify([name, vendor, architecture, driver]));
  return join(folder, `products-${hash.digest("hex").slice(0, 16)}.json`);
}

function contentOf(file: PresetFile): Content | undefined {
  try {
    const content = JSON.parse(readFileSync(pathOf(file), "utf8")) as Content;
    return content.version === VERSION ? content : undefined;
  } catch {
    return undefined;
  }
}
