// Removes what install-kernel has written. Other people's files with the same names are left alone.

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { EXTENSION_NAME } from "../setup/build.ts";
import { command } from "../setup/command.ts";
import { placeFrom } from "../setup/install.ts";
import { Problem } from "../setup/problem.mjs";

await command(async () => {
  const { share, name } = placeFrom(process.argv.slice(2), "gradbook");
  const folder = join(share, "kernels", name);
  const spec = join(folder, "kernel.json");
  if (!existsSync(spec)) throw new Problem(`No kernel "${name}" is installed in ${share}.`);
  const { language, display_name: title } = JSON.parse(readFileSync(spec, "utf8"));
  if (language !== "typescript" || !String(title).includes("Gradbook"))
    throw new Problem(`${spec} describes another kernel ("${title}"); it is left alone.`);
  rmSync(folder, { recursive: true });
  rmSync(join(share, "labextensions", EXTENSION_NAME), { recursive: true, force: true });
  console.log(`\n  Removed ${folder} and the monitor beside it.\n`);
});
