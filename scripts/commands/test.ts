// Builds, checks and tests everything; names on the command line choose groups. The last line counts.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build, compile } from "../setup/build.ts";
import { prepareChromium } from "../setup/chromium.ts";
import { command } from "../setup/command.ts";
import { prepareData } from "../setup/data.ts";
import { type Count, failedAsAWhole, GROUPS, type Group } from "../setup/groups.ts";
import { jupyterEnvironment } from "../setup/jupyter.ts";
import { LOCAL } from "../setup/paths.mjs";
import { Problem } from "../setup/problem.mjs";
import { preparePython, prepareTestPython } from "../setup/python.ts";
import { prepareSoftwareGpu } from "../setup/swiftshader.ts";

await command(async () => {
  const groups = chooseGroups(process.argv.slice(2));
  const total = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  const env = await prepare(groups);
  for (const group of groups) {
    const since = performance.now();
    console.log(`\n${group.name}`);
    const count = await runGroup(group, env);
    const took = `${((performance.now() - since) / 1000).toFixed(1)} s`;
    console.log(`${group.name}: ${describe(count)} (${took})`);
    for (const key of ["passed", "failed", "skipped"] as const) total[key] += count[key];
    failures.push(...count.failures.map((failure) => `${group.name}: ${failure}`));
  }
  if (failures.length > 0) console.log(`\nWhat failed:\n\n${failures.join("\n\n")}`);
  console.log(`\n${describe(total)}`);
  return total.failed === 0 ? 0 : 1;
});

function chooseGroups(names: string[]): readonly Group[] {
  const known = GROUPS.map((group) => group.name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Problem(`No group of tests is called ${unknown.join(" or ")}. There are: ${known.join(", ")}.`);
  }
  return names.length === 0 ? GROUPS : GROUPS.filter((group) => names.includes(group.name));
}

/** Does the set-up these groups need; gives the environment for them. */
async function prepare(groups: readonly Group[]): Promise<Record<string, string>> {
  if (groups.every((group) => group.build === "code")) {
    await compile(["lib", "kernel", "extension"]);
    if (groups.some((group) => group.data)) await prepareData();
    return {};
  }
  await preparePython();
  await prepareTestPython();
  await build();
  await prepareData();
  const chromium = groups.some((group) => group.browser) ? await prepareChromium() : undefined;
  return {
    ...jupyterEnvironment(),
    ...home(),
    ...(chromium ? { GRADBOOK_CHROMIUM: chromium } : {}),
  };
}

/** A home of their own for the programs that the tests start: a browser writes profiles and caches there. */
function home(): Record<string, string> {
  const folder = join(LOCAL, "tests", "home");
  mkdirSync(folder, { recursive: true });
  const npmrc = join(process.env.HOME ?? "", ".npmrc");
  return { HOME: folder, npm_config_userconfig: process.env.npm_config_userconfig ?? npmrc };
}

async function runGroup(group: Group, env: Record<string, string>): Promise<Count> {
  if (group.browser && !env.GRADBOOK_CHROMIUM) {
    return failedAsAWhole(
      "There is no Chromium: install it (on Debian: sudo apt install chromium), or set GRADBOOK_CHROMIUM.",
    );
  }
  if (!group.gpu) return group.run(env);
  const gpu = await prepareSoftwareGpu();
  if (gpu === undefined) {
    return failedAsAWhole(
      "There is no GPU in software: it comes with Chromium (on Debian: sudo apt install chromium), which was not found, or " +
        "without it. GRADBOOK_CHROMIUM names another one.",
    );
  }
  return group.run({ ...env, ...gpu });
}

function describe({ passed, failed, skipped }: Omit<Count, "failures">): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
