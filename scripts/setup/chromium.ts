// The browser for the browser tests: the system's Chromium or Chrome, installed on Debian as root when missing.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import * as debian from "./debian.mjs";
import { step } from "./steps.mjs";

const CANDIDATES: readonly string[] = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** The browser's path: GRADBOOK_CHROMIUM, or the first one found; undefined when there is none and none can be had. */
export async function prepareChromium(): Promise<string | undefined> {
  const found = findChromium();
  if (found || !debian.canInstall()) return found;
  await step("Chromium for the tests", (say) =>
    debian.install("Chromium", ["chromium", "fonts-dejavu-core"], say),
  );
  return findChromium();
}

function findChromium(): string | undefined {
  const chosen = process.env.GRADBOOK_CHROMIUM;
  for (const candidate of chosen ? [chosen] : CANDIDATES) {
    if (existsSync(candidate)) return candidate;
    const { status, stdout } = spawnSync(process.platform === "win32" ? "where" : "which", [candidate], {
      encoding: "utf8",
    });
    if (status === 0) return stdout.split(/\r?\n/)[0];
  }
  return undefined;
}
