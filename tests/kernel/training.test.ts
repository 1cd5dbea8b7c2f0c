// The real library in a kernel: names and types without imports, a network that trains while the front end watches, the stop
// button in the middle of it.

import { randomUUID } from "node:crypto";
import { MONITOR_COMM } from "gradbook/train/run";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KernelClient } from "./client.js";

let kernel: KernelClient;
beforeAll(async () => {
  kernel = await KernelClient.start();
});
afterAll(async () => {
  await kernel.close();
  expect(kernel.problems).toEqual([]);
});

async function run(code: string): Promise<string | undefined> {
  const { reply, stderr, result } = await kernel.execute(code);
  expect(reply.content.status, JSON.stringify(reply.content.traceback)).toBe("ok");
  expect(stderr).toBe("");
  return result;
}

test("the preloaded names complete, with kinds, and what every function has comes last", async () => {
  type Entry = { text: string; type: string };
  const complete = async (code: string) => {
    const { content } = await kernel.request("complete_request", { code, cursor_pos: code.length });
    const { _jupyter_types_experimental: entries } = content.metadata as Record<string, Entry[]>;
    expect(entries!.map(({ text }) => text)).toEqual(content.matches);
    return entries!.map(({ text, type }) => `${text} ${type}`);
  };
  expect(await complete("nn.")).toEqual(
    expect.arrayContaining(["Linear class", "BatchNorm1d class", "functional module", "summary function"]),
  );
  expect(await complete("optim.")).toEqual(expect.arrayContaining(["SGD class", "Adam class"]));
  expect(await complete("tensor.")).toEqual(
    expect.arrayContaining([expect.stringMatching(/^zeros /), "randn function"]),
  );
  const display = await complete("display.");
  expect(display.indexOf("apply method")).toBeGreaterThan(display.indexOf("svg property"));
});

test.each([
  [
    "nn.Linear",
    [
      "Linear<Bias extends boolean = true>(inFeatures: number, outFeatures: number, options?: (LinearOptions &",
      "y = x Wᵀ + b.",
      "```typescript\nconst layer = nn.Linear(",
    ],
  ],
  ["tensor.randn", ["function randn(", "Standard normal numbers.", "```typescript\nmanualSeed(42);\n"]],
  ["display.heatmap", ["Display.heatmap(value: Pixels", "```typescript\ndisplay.heatmap("]],
])("%s is explained with signature, description and example", async (code, parts) => {
  const { content } = await kernel.request("inspect_request", {
    code,
    cursor_pos: code.length,
    detail_level: 0,
  });
  const { "text/markdown": markdown, "text/plain": plain } = content.data as Record<string, string>;
  for (const part of parts) expect(markdown).toContain(part);
  expect(plain).toContain("Example:\n    ");
  expect(plain).not.toContain("```");
});

test("types reach later cells without a warning", async () => {
  await run(`manualSeed(42);
    const model = nn.Sequential(nn.Linear(20, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 4));
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
    const lossFn = nn.CrossEntropyLoss();`);
  await run(`const X = tensor.randn(32, 20);
    const y = tensor(Array.from({ length: 32 }, (_, i) => i % 4), { dtype: "int32" });
    function step(): number {
      const loss = lossFn(model(X), y);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    }`);
  expect(await run("model[0].weight.shape")).toBe("[ 16, 20 ]");
  const wrong = await kernel.execute("const text: string = model[0].weight");
  expect(wrong.stderr).toContain("TS2322");
});

test("a run is watched while the cell is busy, and stops at once with everything usable", {
  retry: 3,
}, async () => {
  const comm = randomUUID();
  kernel.send("comm_open", { comm_id: comm, target_name: MONITOR_COMM, data: { type: "sync", since: -1 } });
  await run("let steps = 0; let last = NaN; const watcher = watch(model, { name: 'He' }); 0");
  const id = kernel.startCell("console.log('go'); while (true) { last = step(); steps++; }");
  const rows = await kernel.wait(
    (m) =>
      m.content.comm_id === comm &&
      (m.content.data as { type: string }).type === "rows" &&
      m.buffers[0]!.length > 0,
    "rows",
  );
  expect(kernel.of(id).some((m) => m.content.execution_state === "idle")).toBe(false);
  expect(rows.buffers).toHaveLength(1);

  const start = performance.now();
  await kernel.request("interrupt_request", {}, "control");
  const { reply, messages } = await kernel.finished(id);
  expect(performance.now() - start).toBeLessThan(200);
  expect(reply.content.ename).toBe("Interrupted");
  const picture = messages.filter((m) => m.type === "update_display_data").at(-1)!;
  const { "text/plain": told } = picture.content.data as { "text/plain": string };
  const count = Number(await run("watcher.steps"));
  expect(told).toContain(`stopped after ${count.toLocaleString("en-US")} steps`);

  expect(await run("const before = last; [steps > 0, step() < before * 1.5, Number.isFinite(last)]")).toBe(
    "[ true, true, true ]",
  );
});

test("a run is judged while its cell is busy, and the last verdict is stored with its picture", async () => {
  const comm = randomUUID();
  kernel.send("comm_open", { comm_id: comm, target_name: MONITOR_COMM, data: { type: "sync", since: -1 } });
  const id = kernel.startCell(`{
    const loud = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 4));
    loud[2].weight.data.mul_(200);
    const sgd = new optim.SGD(loud.parameters(), { lr: 1e-4 });
    watch(loud, { name: "loud" });
    for (const end = Date.now() + 2500; Date.now() < end; ) {
      lossFn(loud(X), y).backward();
      sgd.step();
      sgd.zeroGrad();
    }
  }`);
  const judged = await kernel.wait(
    (m) => m.content.comm_id === comm && (m.content.data as { type: string }).type === "verdict",
    "verdict",
  );
  expect(kernel.of(id).some((m) => m.content.execution_state === "idle")).toBe(false);
  expect(judged.content.data).toMatchObject({ verdict: { root: { rule: "initial-loss", step: 0 } } });
  const { messages } = await kernel.finished(id);
  const picture = messages.filter((m) => m.type === "update_display_data").at(-1)!;
  expect(picture.content.data).toMatchObject({
    "text/plain": expect.stringMatching(/The loss starts at [\d.]+ instead of 1\.39\./),
    "application/vnd.gradbook.run.v1+json": { verdict: { root: { rule: "initial-loss" } } },
  });
});

test("mistakes are told in the words of the library, at the cell's line", async () => {
  const { reply } = await kernel.execute("const image = tensor.zeros(32, 1, 28, 28);\nmodel(image)");
  const traceback = (reply.content.traceback as string[]).join("\n");
  expect(reply.content.evalue).toContain("20");
  expect(traceback).toMatch(/cell\[\d+\]\.ts:2:/);
  expect((reply.content.traceback as string[])[1]).toContain("2 | model(image)");
});

test("an error in a step that nobody reads from is shown under the cell that made it, and loses nothing", async () => {
  await run("const weight = model[0].weight.toArray(); 0");
  const { reply } = await kernel.execute(`
    lossFn(model(X), tensor(Array(32).fill(9), { dtype: "int32" })).backward();
    optimizer.step();
    optimizer.zeroGrad();`);
  expect(reply.content.status).toBe("error");
  // the same step was asked for in an earlier cell already
  expect(reply.content.evalue).toMatch(
    /^crossEntropy: target 9 is out of range for 4 classes \(0 to 3\) \(first computed for cell \[2\], line 6\)$/,
  );
  expect(
    await run("JSON.stringify(weight) === JSON.stringify(model[0].weight.toArray()) && step() > 0"),
  ).toBe("true");
});
