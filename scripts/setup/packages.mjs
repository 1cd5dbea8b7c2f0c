// The packages from npm, by `npm ci` from the lockfile. `npm start` leaves the test-only ones out; `npm test` adds them.

import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { MODULES, ROOT } from "./paths.mjs";
import { dropStamp, hashOf, readStamp, writeStamp } from "./stamp.mjs";
import { step } from "./steps.mjs";
import { tool } from "./tool.mjs";

/** npm itself: the one that runs us, else the one on the PATH. */
function npm() {
  const running = process.env.npm_execpath;
  if (running && basename(running) === "npm-cli.js") return { command: process.execPath, first: [running] };
  return { command: "npm", first: [], shell: process.platform === "win32" };
}

const count = () =>
  existsSync(MODULES)
    ? readdirSync(MODULES).reduce(
        (sum, name) => sum + (name.startsWith("@") ? readdirSync(join(MODULES, name)).length : 1),
        0,
      )
    : 0;

/**
 * Brings node_modules to what the lockfile says. Nothing happens when it already is; test-only packages stay.
 * @param {{ tests: boolean }} wanted
 */
export async function installPackages({ tests }) {
  const lock = hashOf([join(ROOT, "package-lock.json")], [process.platform, process.arch]);
  const have = existsSync(MODULES) ? readStamp("packages") : "";
  if (have === `${lock} full` || (have === `${lock} start` && !tests)) return;
  const full = tests || have.endsWith(" full");
  const name = have === `${lock} start` ? "Node packages for tests" : "Node packages";
  await step(name, async (say) => {
    const { command, first, shell = false } = npm();
    dropStamp("packages");
    const progress = setInterval(() => say(`${count()} packages`), 500);
    try {
      // `npm ci` would throw away what is there; changing what is there leaves the lockfile as it is, too (--no-save).
      const verb = have === "" ? ["ci"] : ["install", "--no-save"];
      const args = [...first, ...verb, "--ignore-scripts", full ? "--include=dev" : "--omit=dev"];
      await tool(name, command, args, { shell });
    } finally {
      clearInterval(progress);
    }
    // Otherwise npm would run the next bootstrap on the project's Node, which may still lack a system library.
    for (const link of ["node", "node.cmd", "node.ps1"]) rmSync(join(MODULES, ".bin", link), { force: true });
    writeStamp("packages", `${lock} ${full ? "full" : "start"}`);
  });
}
