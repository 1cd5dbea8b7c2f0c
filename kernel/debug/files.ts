// The local files that cells import, as the debugger knows them: by their absolute paths. Where leaving out the types would not
// do, run/local-files.ts has compiled a file, and V8 knows the map to its source.

import { readFileSync } from "node:fs";
import nodePath from "node:path";
import { fileURLToPath } from "node:url";
import { positionsOfMap } from "../lang/sourcemap.js";
import { isLocalFile, TYPESCRIPT } from "../run/local-files.js";
import type { Parsed, Script } from "./script.js";

export class DebuggedFiles {
  readonly #scripts = new Map<string, Script>();

  /** V8 has read a script; undefined unless it is a local file. */
  parsed({ url, sourceMapURL = "" }: Parsed): Script | undefined {
    if (!isLocalFile(url)) return undefined;
    const path = fileURLToPath(url);
    const positions = TYPESCRIPT.test(path) ? positionsOfMap(sourceMapURL) : undefined;
    const name = nodePath.basename(path);
    const script: Script = { of: "file", url, path, name, positions, isOwn: () => false };
    this.#scripts.set(url, script);
    return script;
  }

  of(path: string): Script[] {
    return [...this.#scripts.values()].filter((script) => script.path === path);
  }

  /** What the file says now. */
  source(path: string): string | undefined {
    try {
      return nodePath.isAbsolute(path) ? readFileSync(path, "utf8") : undefined;
    } catch {
      return undefined;
    }
  }

  get all(): Script[] {
    return [...new Map([...this.#scripts.values()].map((script) => [script.path, script])).values()];
  }
}
