// Where data lives on this machine: the package's own assets, and the cache below the project's folder.

import { existsSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { chosenDataFolder } from "./settings.js";

/** A file shipped with the package. */
export function assetPath(name: string): string {
  return join(packageFolder(), "data", "assets", name);
}

/** Where data sets are kept: GRADBOOK_DATA, or `.gradbook/data` in the project that uses the package. */
export function dataFolder(): string {
  return chosenDataFolder() ?? join(projectFolder(), ".gradbook", "data");
}

/** The folder of the package: the nearest one above this file that holds a package.json. */
function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** The folder with the `node_modules` the package is in; in the project's own sources, the one above the package. */
function projectFolder(): string {
  const installed = packageFolder();
  const end = installed.indexOf(`${sep}node_modules${sep}`);
  return end < 0 ? dirname(installed) : installed.slice(0, end);
}
