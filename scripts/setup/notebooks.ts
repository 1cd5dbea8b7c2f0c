// Executes notebooks without a browser, through the real kernel, and says how it went.

import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { jupyterEnvironment } from "./jupyter.ts";
import { NOTEBOOKS, ROOT } from "./paths.mjs";
import { PYTHON } from "./python.ts";

const CELL_SECONDS = 300;

export interface Outcome {
  ok: boolean;
  seconds: number;
  /** How many code cells the notebook has. */
  cells: number;
  /** When it failed: the code cell (from 1), its first line, and the error. */
  cell?: number;
  line?: string;
  error?: string;
}

/** The names of all notebooks, in order. */
export function allNotebooks(): string[] {
  return readdirSync(NOTEBOOKS)
    .filter((name) => name.endsWith(".ipynb"))
    .sort();
}

/** Executes a notebook: its name in the notebooks folder, or a path. With `saveTo` it is written there, with its outputs. */
export function runNotebook(name: string, { saveTo }: { saveTo?: string } = {}): Promise<Outcome> {
  const path = resolve(NOTEBOOKS, name);
  const script = join(ROOT, "scripts", "python", "run_notebook.py");
  const args = [script, path, String(CELL_SECONDS), ...(saveTo === undefined ? [] : [saveTo])];
  const env = { ...process.env, ...jupyterEnvironment() };
  return new Promise((resolve, reject) => {
    execFile(PYTHON, args, { env, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (error)
        reject(new Error(`${name} could not be run: ${stderr.trim().split("\n").slice(-5).join("\n")}`));
      else resolve(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Outcome);
    });
  });
}

/** What to print for an outcome. */
export function describeOutcome(name: string, { ok, seconds, cells, cell, line, error }: Outcome): string {
  const head = `${ok ? "ok    " : "FAILED"}  ${name}  ${cells} cells, ${seconds.toFixed(1)} s`;
  return ok ? head : `${head}\n        cell ${cell} (${line}): ${error}`;
}
