// Writes a kernelspec: the folder from which Jupyter learns how to start this kernel.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
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

/** Writes kernel.json and the logo into `folder`, which is made if needed. */
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
    metadata: { debugger: false },
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "kernel.json"), `${JSON.stringify(spec, null, 2)}\n`);
  writeFileSync(path.join(folder, "logo-svg.svg"), LOGO);
}

/** A loss curve going down on an open notebook page. */
const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
  <rect x="6" y="6" width="52" height="52" rx="10" fill="#1f6feb"/>
  <path d="M16 14v34h34" fill="none" stroke="#ffffff" stroke-opacity="0.55" stroke-width="3" stroke-linecap="round"/>
  <path d="M20 18c4 18 10 24 28 25" fill="none" stroke="#ffffff" stroke-width="5" stroke-linecap="round"/>
  <circle cx="48" cy="43" r="4.5" fill="#ffd33d"/>
</svg>
`;
