// System packages on Debian and its relatives, when we are root: there set-up installs what is missing by itself.

import { existsSync } from "node:fs";
import { tool } from "./tool.mjs";

/** Whether missing system packages can be installed from here. */
export function canInstall() {
  return process.getuid?.() === 0 && existsSync("/etc/debian_version") && existsSync("/usr/bin/apt-get");
}

/**
 * Installs Debian packages (with the package lists brought up to date first).
 * @param {string} what the step's name
 * @param {string[]} packages
 * @param {(line: string) => void} say
 */
export async function install(what, packages, say) {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await tool(`${what} lists`, "apt-get", ["update", "-q"], { say, env });
  await tool(what, "apt-get", ["install", "-y", "-q", "--no-install-recommends", ...packages], { say, env });
}
