// Runs the benchmarks of tests/bench beside their peers; options (e.g. --json FILE) go to them. With --kernel: the notebook
// kernel beside others.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { compile } from "../setup/build.ts";
import { command } from "../setup/command.ts";
import { prepareData } from "../setup/data.ts";
import { ROOT } from "../setup/paths.mjs";
import { preparePython } from "../setup/python.ts";

await command(async () => {
  const args = process.argv.slice(2);
  const kernel = args.includes("--kernel");
  await compile(kernel ? ["lib", "kernel"] : ["lib"]);
  if (kernel) await preparePython();
  else await prepareData();
  const script = join(ROOT, "tests", "bench", ...(kernel ? ["kernel", "main.ts"] : ["main.ts"]));
  return spawnSync(process.execPath, [script, ...args], { stdio: "inherit" }).status ?? 1;
});
