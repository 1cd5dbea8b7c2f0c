// Writes a kernelspec: the folder from which Jupyter learns how to start this kernel.

import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { PROTOCOL_VERSION } from "./protocol/messages.js";

export interface KernelspecOptions {
  /** Absolute path of the Node binary. */
  readonly node: string;
  /** Absolute path of the kernel's main.js. */
  readonly kernelMain: string;
  /** Flags for Node, before the script. */
  readonly flags?: readonly string[];
  /** Environment variables of the kernel. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The name under which notebooks know this kernel. */
export const KERNEL_NAME = "gradbook";

const LOGOS: string = fileURLToPath(new URL("../logo", import.meta.url));

/** Writes kernel.json and the logos into `folder`, which is made if needed. */
export function writeKernelspec(folder: string, options: KernelspecOptions): void {
  const { node, kernelMain, flags = [], env = {} } = options;
  for (const [name, value] of Object.entries({ node, kernelMain })) {
    if (!path.isAbsolute(value))
      throw new Error(`writeKernelspec: ${name} must be absolute, got "${value}".`);
  }
  const spec = {
    argv: [node, ...flags, kernelMain, "--connection-file", "{connection_file}"],
    display_name: "TypeScript (Gradbook)",
    language: "typescript",
    interrupt_mode: "message",
    kernel_protocol_version: PROTOCOL_VERSION,
    env,
    metadata: { debugger: true },
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "kernel.json"), `${JSON.stringify(spec, null, 2)}\n`);
  for (const file of readdirSync(LOGOS)) copyFileSync(path.join(LOGOS, file), path.join(folder, file));
}
