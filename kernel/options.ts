// What the kernel is started with: `--connection-file F`, and for tests `--library INDEX_JS`, the library to preload. The
// environment variable GRADBOOK_HISTORY names the folder of the sessions' histories; empty: none is kept.

import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { NOTEBOOK_MODULE } from "./preloaded.js";

/** The connection file's contents, as Jupyter writes them. */
export interface Connection {
  readonly transport: string;
  readonly ip: string;
  readonly shell_port: number;
  readonly control_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly hb_port: number;
  readonly key: string;
  readonly signature_scheme: string;
}

export interface KernelOptions {
  readonly connection: Connection;
  /** URL of the library's index. */
  readonly library: string;
  /** Where the compiler finds the declarations of the modules that the kernel itself provides. */
  readonly paths: Record<string, string[]>;
  /** Folder of the sessions' histories; undefined: none is kept. */
  readonly historyFolder: string | undefined;
}

/** Below the project that this file is a part of. */
const HISTORY = fileURLToPath(new URL("../../.gradbook/history", import.meta.url));

export function readOptions(argv: readonly string[]): KernelOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: { "connection-file": { type: "string" }, library: { type: "string" } },
  });
  const file = values["connection-file"];
  if (file === undefined) throw new Error("The kernel needs --connection-file FILE, which Jupyter writes.");
  const connection = JSON.parse(readFileSync(file, "utf8")) as Connection;
  const library =
    values.library === undefined
      ? import.meta.resolve("gradbook")
      : pathToFileURL(path.resolve(values.library)).href;
  const declarations = fileURLToPath(library).replace(/\.js$/, ".d.ts");
  const { GRADBOOK_HISTORY: history = HISTORY } = process.env;
  return {
    connection,
    library,
    historyFolder: history === "" ? undefined : history,
    paths: {
      gradbook: [declarations],
      "gradbook/*": [path.join(path.dirname(declarations), "*")],
      [NOTEBOOK_MODULE]: [fileURLToPath(new URL("./notebook.d.ts", import.meta.url))],
    },
  };
}
