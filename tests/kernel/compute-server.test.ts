// The compute server, a process of its own: the stop button while it computes something long or hangs, and its end by itself.

import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { MONITOR_COMM } from "gradbook/train/run";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Executed, KernelClient, type Received } from "./client.js";
import { HOPS_OF_A_STOP, withLateness } from "./lateness.js";

let kernel: KernelClient;
beforeAll(async () => {
  kernel = await KernelClient.start({ env: { GRADBOOK_SERVER: "1" } });
});
afterAll(async () => {
  await kernel.close();
  expect(kernel.problems).toEqual([]);
});

/** Runs a cell, stops it a moment after it says "go", and gives the seconds it then took to end, and the most it may take. */
async function stopped(code: string): Promise<{ cell: Executed; seconds: number; most: number }> {
  const id = kernel.startCell(code);
  await kernel.wait((m) => m.parent === id && m.type === "stream", `"go" of ${code}`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const start = performance.now();
  const { value: cell, late } = await withLateness(async () => {
    await kernel.request("interrupt_request", {}, "control");
    return kernel.finished(id);
  });
  return { cell, seconds: (performance.now() - start) / 1000, most: 0.2 + HOPS_OF_A_STOP * late };
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

/** A model of the notebook's whose steps nobody reads from; each brings data of this many rows. */
const training = (rows: number): string => `
  const weight = tensor.zeros(64).requiresGrad_();
  const optimizer = new optim.Adam([weight], { lr: 0.5 });
  const step = () => {
    weight.mul(tensor(new Float32Array(${rows} * 64).fill(1)).reshape(${rows}, 64)).mean().backward();
    optimizer.step();
    optimizer.zeroGrad();
  };
  step(); weight.toArray();`;

/** Times are measured on a machine that may be busy with other things: the best of a few tries counts. */
const MEASURED = { retry: 3 };

describe.skipIf(process.platform !== "linux")("the stop button", () => {
  test("ends a long plan within 0.2 s, and values live on", MEASURED, async () => {
    await kernel.execute("const a = tensor.ones(2048, 2048);");
    const { cell, seconds, most } = await stopped(
      "let b = a; for (let i = 0; i < 60; i++) b = b.matmul(a).mul(1e-3); console.log('go'); b.sum().item()",
    );
    expect(cell.reply.content.ename).toBe("Interrupted");
    expect(seconds).toBeLessThan(most);
    expect((await kernel.execute("a.mean().item()")).result).toBe("1");
  });

  test(
    "ends a cell within 0.2 s when the device hangs; a new server takes over, and what is lost is said",
    MEASURED,
    async () => {
      await kernel.execute("const kept = 5; const lost = tensor.ones(3).mul(2); lost.toArray()");
      process.kill(serverOf(kernel.process.pid!), "SIGSTOP");
      const { cell, seconds, most } = await stopped("console.log('go'); lost.sum().item()");
      expect(cell.reply.content.ename).toBe("Interrupted");
      expect(seconds).toBeLessThan(most);

      const next = await kernel.execute("lost.sum().item()");
      expect(next.reply.content.evalue).toMatch(/did not obey a stop.*a device that hangs/s);
      const after = await kernel.execute("tensor.full([2], kept).sum().item()");
      expect(after.result).toBe("10");
      const gone = await kernel.execute("lost.sum().item()");
      expect(gone.reply.content.evalue).toMatch(/^this value is lost/);
    },
  );

  test.each([
    ["that queues steps and never reads", "step()", 8],
    ["whose steps bring more data than is taken from them", "step()", 8192],
    ["that changes one value on and on", "x.add_(1)", 8],
  ])("ends a loop %s within 0.2 s when the device hangs", MEASURED, async (_, body, rows) => {
    await kernel.execute(`${training(rows)} let x = tensor.ones(3)`);
    process.kill(serverOf(kernel.process.pid!), "SIGSTOP");
    const { cell, seconds, most } = await stopped(`console.log('go'); while (true) { ${body}; }`);
    expect(cell.reply.content.ename).toBe("Interrupted");
    expect(seconds).toBeLessThan(most);
    // the next one is given the time to find the server dead
    const recovered = async () => (await kernel.execute("tensor.ones(2).sum().item()")).result;
    await expect.poll(recovered, { timeout: 15_000 }).toBe("2");
  });

  test("leaves parameters and the counts of their steps agreeing when the device was only late", async () => {
    await kernel.execute(training(8));
    const server = serverOf(kernel.process.pid!);
    process.kill(server, "SIGSTOP");
    const { cell } = await stopped("console.log('go'); while (true) step();");
    process.kill(server, "SIGCONT");
    expect(cell.reply.content.ename).toBe("Interrupted");
    // with a gradient that stays the same, each step of Adam moves by the learning rate
    const { result } = await kernel.execute(
      "const { step: taken } = optimizer.stateDict().state[0]; [weight.mean().item() / -0.5, (taken as any).item()]",
    );
    const [moved, counted] = JSON.parse(result!) as [number, number];
    expect(counted).toBeGreaterThan(1);
    expect(moved).toBeCloseTo(counted, 3);
    const goesOn = await kernel.execute("step(); Math.round(weight.mean().item() / -0.5)");
    expect(goesOn.result).toBe(String(counted + 1));
  });
});

describe.skipIf(process.platform !== "linux")("a compute server that ends by itself", () => {
  test("fails the cell that waits for it, with the likely cause of such an end", async () => {
    await kernel.execute("const a = tensor.ones(2048, 2048); a.mean().item()");
    const cell = kernel.startCell(
      "console.log('go'); let b = a; for (let i = 0; i < 60; i++) b = b.matmul(a).mul(1e-3); b.sum().item()",
    );
    await kernel.wait((m) => m.parent === cell && m.type === "stream", "go");
    process.kill(serverOf(kernel.process.pid!), "SIGKILL");
    const { ename, evalue } = (await kernel.finished(cell)).reply.content;
    expect(`${ename}: ${evalue}`).toMatch(
      /compute server has ended by SIGKILL, which the system sends when memory runs out; it had taken \d+ MiB\. The values/,
    );
    expect((await kernel.execute("tensor.ones(2).sum().item()")).result).toBe("2");
  });

  test("is told of while no cell runs, to those who come later, too, and so is the next one", async () => {
    const open = (): string => {
      const comm = randomUUID();
      kernel.send("comm_open", {
        comm_id: comm,
        target_name: MONITOR_COMM,
        data: { type: "sync", since: -1 },
      });
      return comm;
    };
    const told = async (comm: string, type: string): Promise<Record<string, unknown>> => {
      const isIt = ({ content }: Received): boolean =>
        content.comm_id === comm && (content.data as { type: string }).type === type;
      return (await kernel.wait(isIt, `"${type}" on the monitor's comm`)).content.data as Record<
        string,
        unknown
      >;
    };
    await kernel.execute("tensor.ones(2).sum().item()");
    const first = open();
    expect(await told(first, "snapshot")).not.toHaveProperty("engineGone");
    process.kill(serverOf(kernel.process.pid!), "SIGKILL");
    expect(await told(first, "engine")).toEqual({ type: "engine", gone: true });
    const second = open();
    expect(await told(second, "snapshot")).toHaveProperty("engineGone", true);
    expect((await kernel.execute("tensor.ones(3).sum().item()")).result).toBe("3");
    expect(await told(second, "engine")).toEqual({ type: "engine", gone: false });
  });
});
