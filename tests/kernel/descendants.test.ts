// A kernel that is killed takes its compute server with it.

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { KernelClient } from "./client.js";

/** Processes below `root`, zombies left out: what /proc says of parents. */
function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // "pid (command) state parent ...": the command may hold spaces and parentheses
      const [state, parent] = readFileSync(`/proc/${entry}/stat`, "utf8").split(") ").at(-1)!.split(" ");
      if (state !== "Z") parents.set(Number(entry), Number(parent));
    } catch {
      // it has ended meanwhile
    }
  }
  const below = (pid: number): number[] =>
    [...parents].filter(([, parent]) => parent === pid).flatMap(([child]) => [child, ...below(child)]);
  return below(root);
}

function alive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

describe.runIf(process.platform === "linux")("with the engine in the compute server", () => {
  test("SIGKILL of the kernel leaves no process after 2 s", async () => {
    const kernel = await KernelClient.start({ env: { GRADBOOK_SERVER: "1" } });
    const { result } = await kernel.execute("tensor.ones(3).sum().item()");
    expect(result).toBe("3");
    const below = descendants(kernel.process.pid!);
    expect(below.length).toBeGreaterThan(0);
    kernel.process.kill("SIGKILL");
    await vi.waitFor(() => expect(below.filter(alive)).toEqual([]), { timeout: 2000, interval: 20 });
    await kernel.close();
  });
});
