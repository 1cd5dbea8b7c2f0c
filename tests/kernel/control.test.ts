// Controls over the monitor's comm, while a cell keeps the main thread busy or awaits: each acts within one step.

import { randomUUID } from "node:crypto";
import type { RunRequest } from "gradbook/train/control";
import { MONITOR_COMM, type RunInfo } from "gradbook/train/run";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KernelClient, type Received } from "./client.js";

let kernel: KernelClient;
const comm = randomUUID();

const data = (m: Received): Record<string, unknown> => m.content.data as Record<string, unknown>;
const onComm = (m: Received): boolean => m.type === "comm_msg" && m.content.comm_id === comm;

beforeAll(async () => {
  kernel = await KernelClient.start();
  kernel.send("comm_open", { comm_id: comm, target_name: MONITOR_COMM, data: { type: "sync", since: -1 } });
  const { reply } = await kernel.execute(`
    manualSeed(1);
    const X = tensor.randn(32, 20);
    const y = tensor.randint(0, 4, [32]);
    const model = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 4));
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
    let taken = 0;
    function step(): void {
      F.crossEntropy(model(X), y).backward();
      optimizer.step();
      optimizer.zeroGrad();
      taken++;
      console.log("step", taken);
    }`);
  expect(reply.content.status).toBe("ok");
});
afterAll(async () => {
  await kernel.close();
  expect(kernel.problems).toEqual([]);
});

/** The state of the last run, as the front end knows it. */
const info = (): RunInfo =>
  kernel.received
    .filter((m) => onComm(m) && data(m).type === "run")
    .map((m) => data(m).info as unknown as RunInfo)
    .at(-1)!;

/** The first state of the run with this name that is wanted. What cells have printed before is there then, too. */
async function until(
  name: string,
  what: string,
  wanted: (info: RunInfo) => boolean = () => true,
): Promise<RunInfo> {
  const infoOf = (m: Received): RunInfo => data(m).info as unknown as RunInfo;
  const found = await kernel.wait(
    (m) => onComm(m) && data(m).type === "run" && infoOf(m).name === name && wanted(infoOf(m)),
    what,
  );
  return infoOf(found);
}

const ask = (request: object): string =>
  kernel.send("comm_msg", { comm_id: comm, data: { run: info().id, ...request } });
const control = (action: (RunRequest & { type: "control" })["action"], value?: number): string =>
  ask({ type: "control", action, value });

/** Steps that a cell has printed. */
const steps = (id: string): number =>
  kernel
    .of(id)
    .filter((m) => m.type === "stream")
    .reduce((count, m) => count + (m.content.text as string).split("step").length - 1, 0);
/** Waits until a cell has printed so many. */
const printed = (id: string, count: number): Promise<unknown> =>
  kernel.wait(() => steps(id) >= count, `step ${count}`);

const LOOPS = [
  ["synchronous", "while (true) step();"],
  ["synchronous, inside a function", "(() => { while (true) step(); })()"],
  ["asynchronous", "while (true) { step(); await Promise.resolve(); }"],
] as const;

describe.each(LOOPS)("a %s loop", (name, loop) => {
  test("pauses, steps, changes its rate, keeps a pace, and stops", async () => {
    await kernel.execute(
      `watch(model, { name: ${JSON.stringify(name)} }); optimizer.paramGroups[0].lr = 0.05; 0`,
    );
    await until(name, "the run");
    const cell = kernel.startCell(loop);
    await printed(cell, 3);

    control("pause");
    await until(name, "a pause", ({ control }) => control?.paused === true);
    const restAt = steps(cell);
    // one step each, and not one more
    for (const more of [1, 2]) {
      control("step");
      await printed(cell, restAt + more);
    }
    control("pace", 20);
    await until(name, "the pace", ({ control }) => control?.pace === 20);
    expect(steps(cell)).toBe(restAt + 2);

    control("learningRate", 0.01);
    const { changes } = await until(name, "a change", (run) => run.changes !== undefined);
    expect(changes).toEqual([
      {
        step: expect.any(Number),
        kind: "learningRate",
        from: 0.05,
        to: 0.01,
        by: "hand",
        code: "optimizer.paramGroups[0].lr = 0.01;",
      },
    ]);

    control("resume");
    await until(name, "the pace", ({ control }) => control?.paused === false && control.pace === 20);
    const start = performance.now();
    const from = steps(cell);
    await printed(cell, from + 5);
    expect((performance.now() - start) / 5).toBeGreaterThan(35);

    control("stop");
    const { reply } = await kernel.finished(cell);
    expect(reply.content.ename).toBe("Interrupted");
    expect(reply.content.evalue).toMatch(/^Training was stopped before step \d+/);
    expect(info().status).toBe("stopped");
    expect((await kernel.execute("optimizer.paramGroups[0].lr")).result).toBe("0.01");
  });
});
