// The kernels that are measured beside each other, and how each is started.

import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { PYTHON } from "../../../scripts/setup/python.ts";
import { KERNEL_MAIN, type StartOptions } from "../../kernel/client.ts";

export interface Contestant {
  readonly name: string;
  /** The program and its arguments. All are started and asked in the same way. */
  readonly command: NonNullable<StartOptions["command"]>;
  /** The same cell in the kernel's language. */
  readonly oneLine: (n: number) => string;
  readonly define: (n: number) => string;
  /** What is completed and inspected, with the cursor at the end. */
  readonly complete: string;
  readonly inspect: string;
}

const typescript = {
  oneLine: (n: number) => `1 + ${n}`,
  define: (n: number) => `const value${n} = { index: ${n}, name: "value" };`,
  complete: "Math.",
  inspect: "Math.hypot",
};

const tslab = join(dirname(createRequire(import.meta.url).resolve("tslab/package.json")), "bin", "tslab");

const CONTESTANTS: readonly Contestant[] = [
  {
    name: "gradbook",
    command: (file) => [process.execPath, KERNEL_MAIN, "--connection-file", file],
    ...typescript,
  },
  {
    name: "tslab",
    command: (file) => [process.execPath, tslab, "kernel", "--config-path", file],
    ...typescript,
  },
  {
    name: "ipykernel",
    command: (file) => [PYTHON, "-m", "ipykernel_launcher", "-f", file],
    oneLine: (n) => `1 + ${n}`,
    define: (n) => `value${n} = {"index": ${n}, "name": "value"}`,
    complete: "import math; math.",
    inspect: "max",
  },
];

/** Those that can be started here. */
export function contestants(): Contestant[] {
  return CONTESTANTS.filter(({ name }) => {
    if (name !== "ipykernel") return true;
    return spawnSync(PYTHON, ["-c", "import ipykernel_launcher"]).status === 0;
  });
}
