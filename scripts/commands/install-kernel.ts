// Makes the kernel, and the monitor for JupyterLab, known outside this project: to other Jupyter installations, VS Code, the
// console. What is installed points into this folder, which has to stay where it is.

import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BUILT_EXTENSION, build, EXTENSION_NAME } from "../setup/build.ts";
import { command } from "../setup/command.ts";
import { placeFrom } from "../setup/install.ts";
import { ROOT } from "../setup/paths.mjs";

const KERNEL_NAME = "gradbook";

await command(async () => {
  const { share, name } = placeFrom(process.argv.slice(2), KERNEL_NAME);
  await build();
  const { writeKernelspec } = await import(pathToFileURL(join(ROOT, "kernel", "dist", "spec.js")).href);
  const folder = join(share, "kernels", name);
  writeKernelspec(folder, { node: process.execPath, kernelMain: join(ROOT, "kernel", "dist", "main.js") });
  const extension = join(share, "labextensions", EXTENSION_NAME);
  rmSync(extension, { recursive: true, force: true });
  cpSync(BUILT_EXTENSION, extension, { recursive: true });
  console.log(`\n  The kernel: ${folder}\n  The monitor for JupyterLab: ${extension}\n`);
});
