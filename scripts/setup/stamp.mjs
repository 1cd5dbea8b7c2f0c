// Stamps: a finished step leaves the hash of what it was made from, so that the next run can skip it.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LOCAL } from "./paths.mjs";

const file = (/** @type {string} */ name) => join(LOCAL, "stamps", name);

/** The stamp that step `name` left, or "" if it never finished. */
export function readStamp(/** @type {string} */ name) {
  try {
    return readFileSync(file(name), "utf8");
  } catch {
    return "";
  }
}

/**
 * Marks step `name` as finished.
 * @param {string} name
 * @param {string} stamp
 */
export function writeStamp(name, stamp) {
  mkdirSync(dirname(file(name)), { recursive: true });
  writeFileSync(file(name), stamp);
}

/** Forgets that step `name` was finished: called before a step that replaces things. */
export function dropStamp(/** @type {string} */ name) {
  rmSync(file(name), { force: true });
}

/**
 * A hash over files and folders (recursively, names and contents); what is missing counts as empty.
 * @param {string[]} paths
 * @param {string[]} [words] other things the step depends on, e.g. versions
 */
export function hashOf(paths, words = []) {
  const hash = createHash("sha256");
  for (const word of words) hash.update(`word ${word}\n`);
  const add = (/** @type {string} */ path) => {
    const kind = statSync(path, { throwIfNoEntry: false });
    if (kind?.isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else if (kind) hash.update(`file ${path.slice(dirname(LOCAL).length)}\n`).update(readFileSync(path));
  };
  for (const path of paths) add(path);
  return hash.digest("hex");
}
