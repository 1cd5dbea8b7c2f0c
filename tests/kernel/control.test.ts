// Controls over the monitor's comm, while a cell keeps the main thread busy or awaits: each acts within one step.

import { randomUUID } from "node:crypto";
import type { RunRequest } from "gradbook/train/control";
import type { MicroscopeData } from "gradbook/train/microscope-data";
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

/** The answers of a kind so far. */
const answers = (type: string): Received[] =>
  kernel.received.filter((m) => onComm(m) && data(m).type === type);
const answer = (type: string, number: number): Promise<Received> =>
  kernel.wait(() => answers(type).length > number, `answer "${type}"`).then(() => answers(type)[number]!);

/** A run that has paused; gives its cell. */
async function pausedRun(name: string): Promise<string> {
  const { reply } = await kernel.execute(`watch(model, { name: ${JSON.stringify(name)} }); 0`);
  expect(reply.content.status, JSON.stringify(reply.content)).toBe("ok");
  await until(name, "the run");
  const cell = kernel.startCell("while (true) step();");
  await printed(cell, 3);
  control("pause");
  await until(name, "a pause", ({ control }) => control?.paused === true);
  return cell;
}

test("one example of a paused step can be looked at, in numbers that come with the message", async () => {
  const cell = await pausedRun("looked at");
  ask({ type: "microscope", example: 5 });
  const { content, buffers } = await answer("microscope", 0);
  const seen = (content.data as { data: MicroscopeData }).data;
  expect(seen).toMatchObject({ example: 5, batchSize: 32 });
  expect(seen.layers.map(({ label }) => label)).toEqual(["Linear(20, 16) → ReLU", "Linear(16, 4)"]);
  const numbers = new Float32Array(new Uint8Array(buffers[0]!).buffer);
  const { at, length } = seen.probabilities!;
  const total = numbers.subarray(at, at + length).reduce((sum, p) => sum + p, 0);
  expect([length, total]).toEqual([4, expect.closeTo(1, 6)]);

  ask({ type: "microscope", example: 99 });
  expect(data(await answer("refused", 0)).text).toBe("There is no example 99 in a batch of 32 (0 to 31).");
  ask({ type: "control", action: "pace", value: -1 });
  expect(data(await answer("refused", 1)).text).toContain("The pace must be");
  control("stop");
  await kernel.finished(cell);
  ask({ type: "microscope" });
  expect(data(await answer("refused", 2)).text).toContain("does not train now");
});

test("the stop button ends a pause, and the next cell runs at full speed", async () => {
  const cell = await pausedRun("interrupted");
  const start = performance.now();
  await kernel.request("interrupt_request", {}, "control");
  const { reply } = await kernel.finished(cell);
  expect(reply.content.ename).toBe("Interrupted");
  expect(performance.now() - start).toBeLessThan(1000);
  expect((await kernel.execute("step(); step(); 'went on'")).result).toBe("'went on'");
});

test("a run that has ended offers a cell that goes on from an earlier step", async () => {
  const { reply } = await kernel.execute(`
    const lossFn = nn.CrossEntropyLoss();
    const loader = gb.data.DataLoader(new gb.data.TensorDataset(X, y), { batchSize: 4, shuffle: true });
    const losses: number[] = [];
    watch(model, { name: "forked", snapshots: { every: 1 } });
    for (const [a, b] of loader) {
      const loss = lossFn(model(a), b);
      losses.push(loss.item());
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
    }`);
  expect(reply.content.status).toBe("ok");
  const ended = await until(
    "forked",
    "its end",
    ({ status, snapshots }) => status === "finished" && snapshots?.at(-1) === 8,
  );
  ask({ type: "fork", run: ended.id, step: 5, learningRate: 0.01 });
  const code = data(await answer("code", 0)).code as string;
  expect(code).toContain('gb.train.fork("forked", { step: 5, lr: 0.01 })');
  const forked = await kernel.execute(`${code}\nfork.watcher.steps`);
  expect(forked.reply.content.status, JSON.stringify(forked.reply.content)).toBe("ok");
  expect(forked.result).toBe("8");
  const { forkedFrom } = await until("forked #2", "the fork", (run) => run.forkedFrom !== undefined);
  expect(forkedFrom).toEqual({ run: ended.id, step: 5 });
});

test("a step that a run is to stop on is not applied, and the cell says where it went wrong", async () => {
  const { reply } = await kernel.execute(`
    const net = nn.Linear(2, 1);
    watch(net, { name: "halted", stopOn: ["nan"] });
    new optim.SGD(net.parameters(), { lr: 1 }).step(net(tensor.ones(1, 2)).mul(0).sub(1).log().sum());`);
  expect(reply.content.ename).toBe("TrainingHalted");
  const { halted } = await until("halted", "the halt", (run) => run.halted !== undefined);
  const reasons = [
    { text: "outside", values: { operation: "log" } },
    { text: "log", values: {} },
  ];
  expect(halted).toEqual({ rule: "nan", step: 0, reasons });
  expect(reply.content.evalue).toContain("log in the loss, outside of the model, made the first number");
});
