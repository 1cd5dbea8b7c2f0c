// The peers from npm: only the benchmark needs them, so they are installed when it asks for them, below .gradbook.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The versions that are compared with. */
const PACKAGES = {
  "@jax-js/jax": "0.1.25",
  "@tensorflow/tfjs": "4.22.0",
  "@tensorflow/tfjs-backend-wasm": "4.22.0",
} as const;

const folder = fileURLToPath(new URL("../../.gradbook/bench-peers", import.meta.url));
let installed: boolean | undefined;

/** The folder whose node_modules has them; undefined where they could not be fetched. */
export function installJavaScriptPeers(): string | undefined {
  const list = Object.entries(PACKAGES);
  installed ??= list.every(([name]) => existsSync(join(folder, "node_modules", name))) || install(list);
  return installed ? folder : undefined;
}

function install(list: readonly (readonly [string, string])[]): boolean {
  console.log("Installing jax-js and tfjs to compare with ...");
  mkdirSync(folder, { recursive: true });
  const wanted = list.map(([name, version]) => `${name}@${version}`);
  const options = ["--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  // the npm that came with some Node on the path: the project's own Node is the program alone
  return spawnSync("npm", ["install", ...options, ...wanted], { cwd: dirname(folder) }).status === 0;
}
