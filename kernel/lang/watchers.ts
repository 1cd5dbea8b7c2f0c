// Which files and folders TypeScript watches for changes between two cells: the user's own.

import path from "node:path";
import type ts from "@tslab/typescript-for-tslab";

const UNWATCHED: ts.FileWatcher = { close: () => {} };
const NO_TIMER = Symbol("no timer");

/**
 * The system with few watchers. Installed files are hundreds: watching them would cost a fifth of a second at the start. Of
 * `node_modules` the entries are watched, since a package that a cell imports may be installed meanwhile.
 *
 * What a folder's change makes invalid is looked at anyway before the next cell is compiled, so the timer that TypeScript asks
 * for then is not set: tslab's converter has room for one timer only, that of the cell, and would refuse every later cell.
 */
export function withFewWatchers(system: ts.System, packages: readonly string[]): ts.System {
  const isOurs = (file: string): boolean =>
    packages.some((folder) => file === folder || file.startsWith(folder + path.sep));
  let folderChanges = false;
  const own = Object.create(system) as ts.System;
  own.watchFile = (file, ...more) => {
    if (isOurs(file) || /[\\/]node_modules[\\/]/.test(file)) return UNWATCHED;
    return system.watchFile?.(file, ...more) ?? UNWATCHED;
  };
  own.watchDirectory = (folder, changed, recursive = false, options) => {
    if (isOurs(folder)) return UNWATCHED;
    const whole = recursive && path.basename(folder) !== "node_modules";
    const noted: ts.DirectoryWatcherCallback = (name) => {
      folderChanges = true;
      try {
        changed(name);
      } finally {
        folderChanges = false;
      }
    };
    return system.watchDirectory?.(folder, noted, whole, options) ?? UNWATCHED;
  };
  own.setTimeout = (...given) => (folderChanges ? NO_TIMER : system.setTimeout?.(...given));
  own.clearTimeout = (timer) => {
    if (timer !== NO_TIMER) system.clearTimeout?.(timer);
  };
  return own;
}
