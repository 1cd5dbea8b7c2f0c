// The cells as the debugger knows them, by the path that front ends give a cell's text. The paths name no files: whoever wants a
// cell's text asks for it.

import { isOwnCode } from "../lang/own-code.js";
import type { CompiledCell } from "../protocol/threads.js";
import { murmur2 } from "./murmur.js";
import type { Script } from "./script.js";

/** How front ends make a cell's path themselves. */
export const PATHS = {
  prefix: "gradbook-cells/",
  suffix: ".ts",
  hashMethod: "Murmur2",
  hashSeed: 0xc70f6907,
} as const;

/** The compiled code begins with a line of the kernel's, which V8 is told to count as line -1. */
const HEADER_LINES = 1;

export class DebuggedCells {
  readonly #scripts = new Map<string, Script>();
  readonly #sources = new Map<string, string>();

  add({ name, source, code, positions }: CompiledCell): Script {
    const script: Script = {
      of: "cell",
      url: name,
      path: this.dump(source),
      name,
      positions,
      isOwn: (line, column) => line < 0 || isOwnCode(code.split("\n")[line + HEADER_LINES] ?? "", column),
    };
    this.#scripts.set(name, script);
    return script;
  }

  get(url: string): Script | undefined {
    return this.#scripts.get(url);
  }

  of(path: string): Script[] {
    return [...this.#scripts.values()].filter((script) => script.path === path);
  }

  dump(source: string): string {
    const { prefix, suffix, hashSeed } = PATHS;
    const path = `${prefix}${murmur2(source, hashSeed)}${suffix}`;
    this.#sources.set(path, source);
    return path;
  }

  source(path: string): string | undefined {
    return this.#sources.get(path);
  }
}
