// Runs the benchmarks of tests/bench beside their peers; options (e.g. --json FILE) go to them.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { compile } from "../setup/build.ts";
import { command } from "../setup/command.ts";
import { prepareData } from "../setup/data.ts";
import { ROOT } from "../setup/paths.mjs";

await command(async () => {
  await compile(["lib"]);
  await prepareData();
  const script = join(ROOT, "tests", "bench", "main.ts");
  return spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: "inherit" }).status ?? 1;
});
