// Finding and starting what is measured: this library in both homes of its engine, and PyTorch where a Python has it.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Runner } from "./runner.ts";

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export const HOMES = { thread: "0", server: "1" } as const;
export type Home = keyof typeof HOMES;

/** This library with its engine on a thread of its own process, or in the compute server. */
export async function startOurs(home: Home): Promise<Runner> {
  const runner = await Runner.start(process.execPath, [file("ours.ts")], { GRADBOOK_SERVER: HOMES[home] });
  if (runner === undefined) throw new Error(`the library could not be started with its engine in a ${home}`);
  return runner;
}

/** PyTorch in the Python that GRADBOOK_TORCH_PYTHON names, else in the system's; undefined where there is none. */
export async function startTorch(env: Record<string, string>): Promise<Runner | undefined> {
  const chosen = process.env.GRADBOOK_TORCH_PYTHON;
  const candidates = chosen ? [chosen] : ["/usr/bin/python3", "python3"];
  for (const python of candidates) {
    if (spawnSync(python, ["-c", "import torch"], { stdio: "ignore" }).status !== 0) continue;
    return Runner.start(python, [file("peer_torch.py")], env);
  }
  return undefined;
}
