// The stop button while the compute server, a process of its own, computes something long or hangs.

import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Executed, KernelClient } from "./client.js";

let kernel: KernelClient;
beforeAll(async () => {
  kernel = await KernelClient.start({ env: { GRADBOOK_SERVER: "1" } });
});
afterAll(async () => {
  await kernel.close();
  expect(kernel.problems).toEqual([]);
});

/** Runs a cell, stops it a moment after it says "go", and gives the seconds it then took to end. */
async function stopped(code: string): Promise<{ cell: Executed; seconds: number }> {
  const id = kernel.startCell(code);
  await kernel.wait((m) => m.parent === id && m.type === "stream", `"go" of ${code}`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const start = performance.now();
  await kernel.request("interrupt_request", {}, "control");
  const cell = await kernel.finished(id);
  return { cell, seconds: (performance.now() - start) / 1000 };
}

/** The process that the kernel has started. */
function serverOf(pid: number): number {
  const parentOf = (child: string) =>
    Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${child}/status`, "utf8"))?.[1]);
  const found = readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && parentOf(name) === pid;
    } catch {
      return false; // it has ended meanwhile
    }
  });
  expect(found).toHaveLength(1);
  return Number(found[0]);
}

/** Times are measured on a machine that may be busy with other things: the best of a few tries counts. */
const MEASURED = { retry: 3 };

describe.skipIf(process.platform !== "linux")("the stop button", () => {
  test("ends a long plan within 0.2 s, and values live on", MEASURED, async () => {
    await kernel.execute("const a = tensor.ones(2048, 2048);");
    const { cell, seconds } = await stopped(
      "let b = a; for (let i = 0; i < 60; i++) b = b.matmul(a).mul(1e-3); console.log('go'); b.sum().item()",
    );
    expect(cell.reply.content.ename).toBe("Interrupted");
    expect(seconds).toBeLessThan(0.2);
    expect((await kernel.execute("a.mean().item()")).result).toBe("1");
  });

  test(
    "ends a cell within 0.2 s when the device hangs; a new server takes over, and what is lost is said",
    MEASURED,
    async () => {
      await kernel.execute("const kept = 5; const lost = tensor.ones(3).mul(2); lost.toArray()");
      process.kill(serverOf(kernel.process.pid!), "SIGSTOP");
      const { cell, seconds } = await stopped("console.log('go'); lost.sum().item()");
      expect(cell.reply.content.ename).toBe("Interrupted");
      expect(seconds).toBeLessThan(0.2);

      const next = await kernel.execute("lost.sum().item()");
      expect(next.reply.content.evalue).toMatch(/did not obey a stop.*a device that hangs/s);
      const after = await kernel.execute("tensor.full([2], kept).sum().item()");
      expect(after.result).toBe("10");
      const gone = await kernel.execute("lost.sum().item()");
      expect(gone.reply.content.evalue).toMatch(/^this value is lost/);
    },
  );
});
