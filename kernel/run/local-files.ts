// The notebook's own files: found with or without their extension, read again once they or what they import have changed, and
// compiled where Node could not merely leave out their types (enums, parameter properties, decorators).

import { readFileSync, statSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { PositionTable } from "../protocol/threads.js";

const EXTENSIONS = ["", ".ts", ".tsx", ".mts", ".js", ".mjs", ".cjs", ".json"];
export const TYPESCRIPT: RegExp = /\.(?:ts|tsx|mts)$/;
const RELATIVE = /^\.{0,2}\//;
/** What a file imports by a relative name. */
const IMPORTS = /(?:\bfrom|\bimport)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;

export class LocalFiles {
  readonly #compiled: (url: string, positions: PositionTable) => void;

  /** `compiled` is told where the lines of a compiled file come from. */
  constructor(compiled: (url: string, positions: PositionTable) => void) {
    this.#compiled = compiled;
  }

  /** The URL of the file that a relative name means in a folder; another one after each change. */
  url(specifier: string, folder: string): string | undefined {
    const file = RELATIVE.test(specifier) ? find(path.resolve(folder, specifier)) : undefined;
    return file === undefined ? undefined : `${pathToFileURL(file).href}?changed=${changed(file, new Set())}`;
  }

  /** For imports within such files, in TypeScript that a cell has required, and in cells, which go by the name `cell`. */
  resolve(specifier: string, parent: string | undefined, cell: string): string | undefined {
    if (parent?.startsWith("file:") !== true) return undefined;
    const file = fileURLToPath(parent);
    const isOwn = parent === cell || isLocalFile(parent) || TYPESCRIPT.test(file);
    return isOwn ? this.url(specifier, path.dirname(file)) : undefined;
  }

  /** The JavaScript of a file whose types Node cannot leave out; undefined for all others. */
  load(url: string): string | undefined {
    if (!isLocalFile(url) || !TYPESCRIPT.test(fileURLToPath(url))) return undefined;
    const source = readFileSync(fileURLToPath(url), "utf8");
    if (!url.includes(".tsx") && canStrip(source)) return undefined;
    const { compileFile } = require("../lang/compile-file.js") as typeof import("../lang/compile-file.js");
    const { code, positions } = compileFile(source, fileURLToPath(url));
    this.#compiled(url, positions);
    return code;
  }
}

/** The compiler is loaded with the first file that needs it. */
const require = createRequire(import.meta.url);

/** Begins the URL of a local file. */
export const LOCAL_FILE: RegExp = /file:.*\?changed=/;
const LOCAL_URL = new RegExp(`^${LOCAL_FILE.source}`);

/** Whether a URL is one that a cell, or a file that it imported, has given a local file. */
export const isLocalFile = (url: string): boolean => LOCAL_URL.test(url);

function canStrip(source: string): boolean {
  try {
    stripTypeScriptTypes(source);
    return true;
  } catch {
    return false;
  }
}

function find(wanted: string): string | undefined {
  const candidates = EXTENSIONS.map((extension) => wanted + extension);
  if (wanted.endsWith(".js")) candidates.push(wanted.replace(/\.js$/, ".ts"));
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}

/** When this file, or one that it imports, was last changed. */
function changed(file: string, seen: Set<string>): number {
  seen.add(file);
  const imported = [...readFileSync(file, "utf8").matchAll(IMPORTS)]
    .map(([, specifier]) => find(path.resolve(path.dirname(file), specifier!)))
    .filter((found) => found !== undefined && !seen.has(found));
  return Math.max(statSync(file).mtimeMs, ...imported.map((found) => changed(found!, seen)));
}
