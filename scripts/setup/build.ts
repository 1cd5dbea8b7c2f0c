// Compiles the library, the kernel and the extension, and lays out the folder that JupyterLab finds them in.

import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { JUPYTER, MODULES, ROOT } from "./paths.mjs";
import { dropStamp, hashOf, readStamp, writeStamp } from "./stamp.mjs";
import { step } from "./steps.mjs";
import { tool } from "./tool.mjs";

const EXTENSION: string = join(ROOT, "extension");
/** The bundled extension. */
export const BUILT_EXTENSION: string = join(EXTENSION, "labextension");
export const EXTENSION_NAME: string = join("@gradbook", "extension");

/** Compiles the TypeScript projects; the compiler itself skips what is up to date. */
export async function compile(projects: string[]): Promise<void> {
  // By its path: node_modules/.bin/tsc is the older compiler that the notebook kernel's converter brings along.
  const tsc = join(MODULES, "typescript", "bin", "tsc");
  await step("TypeScript", (say) => tool("TypeScript", process.execPath, [tsc, "-b", ...projects], { say }));
}

/** Bundles the extension for JupyterLab and puts it where JUPYTER_PATH points. */
async function buildExtension(): Promise<void> {
  const parts = ["dist", "style", "schema", "package.json"].map((name) => join(EXTENSION, name));
  // what is bundled of the other rooms: the record of a run with its diagnoses, and the marks of cells
  const borders = [join("lib", "dist", "train"), join("kernel", "dist", "protocol", "cells.js")];
  const stamp = hashOf([...parts, ...[...borders, "package-lock.json"].map((name) => join(ROOT, name))]);
  const target = join(JUPYTER, "labextensions", EXTENSION_NAME);
  if (readStamp("extension") === stamp && existsSync(join(target, "package.json"))) return;
  await step("JupyterLab extension", async (say) => {
    dropStamp("extension");
    const builder = join(MODULES, "@jupyter", "builder", "lib", "build-labextension.js");
    const core = join(MODULES, "@jupyterlab", "core-meta", "core.package.json");
    await tool("JupyterLab extension", process.execPath, [builder, "--core-package-file", core, "."], {
      say,
      cwd: EXTENSION,
    });
    rmSync(target, { recursive: true, force: true });
    mkdirSync(target, { recursive: true });
    cpSync(BUILT_EXTENSION, target, { recursive: true });
    writeStamp("extension", stamp);
  });
}

/** Writes the kernel's description, with this Node's path, where JUPYTER_PATH points. */
async function describeKernel(): Promise<void> {
  const module = join(ROOT, "kernel", "dist", "spec.js");
  const { writeKernelspec } = await import(pathToFileURL(module).href);
  await writeKernelspec(join(JUPYTER, "kernels", "gradbook"), {
    node: process.execPath,
    kernelMain: join(ROOT, "kernel", "dist", "main.js"),
  });
}

/** All of the above. */
export async function build(): Promise<void> {
  await compile(["lib", "kernel", "extension"]);
  await buildExtension();
  await describeKernel();
}
