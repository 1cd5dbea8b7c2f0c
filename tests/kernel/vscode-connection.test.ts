// The kernel behind JupyterLab's own KernelConnection over ZeroMQ sockets, which is what VS Code's Jupyter extension runs: it checks
// each message before it takes it, and settles a request only by the right reply and the right statuses.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { writeKernelspec } from "@gradbook/kernel/spec";
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { KERNEL_MAIN } from "./client.js";
import { type RawKernel, startRaw } from "./raw-connection.js";

const scratch = mkdtempSync(path.join(os.tmpdir(), "gradbook vscode "));
const folder = path.join(scratch, "my notebooks");
mkdirSync(folder);
writeKernelspec(scratch, { node: process.execPath, kernelMain: KERNEL_MAIN });

let kernel: RawKernel;
beforeAll(async () => {
  // it tells of every connection
  vi.spyOn(console, "debug").mockReturnValue();
  kernel = await startRaw(scratch, folder);
});
afterAll(async () => {
  await kernel[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true });
});

type Cell = Kernel.IShellFuture<KernelMessage.IExecuteRequestMsg, KernelMessage.IExecuteReplyMsg>;

/** A cell on its way, and the types and contents of what it has put out so far. */
interface Started {
  readonly cell: Cell;
  readonly out: { type: string; content: Record<string, unknown> }[];
}

function start(code: string): Started {
  const cell = kernel.connection.requestExecute({ code, allow_stdin: true, store_history: true }, false);
  const out: Started["out"] = [];
  cell.onIOPub = ({ header, content }) => {
    out.push({ type: header.msg_type, content: content as Record<string, unknown> });
  };
  return { cell, out };
}

/** What a cell replies and puts out, statuses left out. */
async function run(code: string): Promise<{ reply: Record<string, unknown>; out: Started["out"] }> {
  const { cell, out } = start(code);
  const { content } = await cell.done;
  return { reply: { ...content }, out: out.filter(({ type }) => type !== "status") };
}

const printed = (out: Started["out"]): string =>
  out
    .filter(({ type }) => type === "stream")
    .map(({ content }) => content.text)
    .join("");

test("it connects, and learns which language cells have", async () => {
  const info = await kernel.connection.info;
  expect(info).toMatchObject({ implementation: "gradbook", language_info: { name: "typescript" } });
  await vi.waitFor(() => expect(kernel.connection.status).toBe("idle"), { timeout: 20_000 });
  expect(kernel.connection.connectionStatus).toBe("connected");
});

test("a cell's prints, displays and result come in order; it runs in the notebook's folder, with the library", async () => {
  const code = "console.log(process.cwd()); display('shown'); tensor([1, 2]).sum().item()";
  const { reply, out } = await run(code);
  expect(out).toEqual([
    { type: "execute_input", content: { code, execution_count: reply.execution_count } },
    { type: "stream", content: { name: "stdout", text: `${folder}\n` } },
    expect.objectContaining({ type: "display_data" }),
    expect.objectContaining({
      type: "execute_result",
      content: expect.objectContaining({ data: { "text/plain": "3" } }),
    }),
  ]);
  expect(reply.status).toBe("ok");
});

test("an error comes as one; a cell that waits behind it runs, as VS Code decides itself whether it should", async () => {
  const failing = start("throw new RangeError('too large')");
  const behind = start("1");
  expect((await failing.cell.done).content).toMatchObject({ status: "error", ename: "RangeError" });
  expect(failing.out).toContainEqual({
    type: "error",
    content: expect.objectContaining({ ename: "RangeError", evalue: "too large" }),
  });
  expect((await behind.cell.done).content.status).toBe("ok");
});

test("a display changes in place, by a later cell, too", async () => {
  const first = start("const shown = display('one'); shown.update('two'); 0");
  await first.cell.done;
  const texts = (): unknown[] =>
    first.out
      .filter(({ type }) => /display_data/.test(type))
      .map(({ type, content }) => [type, (content.data as Record<string, string>)["text/plain"]]);
  expect(texts()).toEqual([
    ["display_data", "'one'"],
    ["update_display_data", "'two'"],
  ]);
  // it goes to the cell with the display
  await run("shown.update('three')");
  expect(texts()).toHaveLength(3);
  expect(texts().at(-1)).toEqual(["update_display_data", "'three'"]);
});

test("a question waits for its answer", async () => {
  const { cell, out } = start("prompt('Name?')");
  cell.onStdin = (message) => {
    expect(message.content).toEqual({ prompt: "Name?", password: false });
    kernel.connection.sendInputReply(
      { status: "ok", value: "Ada" },
      message.header as KernelMessage.IHeader<"input_request">,
    );
  };
  await cell.done;
  expect(out).toContainEqual({
    type: "execute_result",
    content: expect.objectContaining({ data: { "text/plain": "'Ada'" } }),
  });
});

test.each([
  ["a loop", "console.log('go'); while (true);"],
  ["a loop that waits", "console.log('go'); while (true) await null;"],
  ["a wait for nothing", "console.log('go'); await new Promise(() => {})"],
  ["a question", "console.log('go'); prompt('Name?')"],
])("the stop button ends %s, and the next cell runs", async (_, code) => {
  const { cell, out } = start(code);
  await vi.waitFor(() => expect(printed(out)).toBe("go\n"), { timeout: 20_000 });
  await kernel.interrupt();
  expect((await cell.done).content).toMatchObject({ status: "error", ename: "Interrupted" });
  expect((await run("1")).reply.status).toBe("ok");
});

test("names are completed and explained, also while a cell runs", async () => {
  const { cell, out } = start("console.log('go'); while (true);");
  await vi.waitFor(() => expect(printed(out)).toBe("go\n"), { timeout: 20_000 });
  const code = "tensor.zer";
  const completed = await kernel.connection.requestComplete({ code, cursor_pos: code.length });
  expect(completed.content).toMatchObject({
    status: "ok",
    cursor_start: 7,
    matches: expect.arrayContaining(["zeros"]),
  });
  const explained = await kernel.connection.requestInspect({
    code: "tensor.zeros",
    cursor_pos: 12,
    detail_level: 0,
  });
  expect(explained.content).toMatchObject({
    found: true,
    data: { "text/plain": expect.stringContaining("zeros") },
  });
  await kernel.interrupt();
  await cell.done;
});

test("comms work both ways, with bytes", async () => {
  await run(`
    import { comms } from "@gradbook/kernel/notebook";
    comms.register("echo", (comm) => { comm.onMessage = ({ data, buffers }) => comm.send(data, buffers.map((b) => b.toReversed())); });`);
  const comm = kernel.connection.createComm("echo");
  const answered = new Promise<KernelMessage.ICommMsgMsg>((resolve) => (comm.onMsg = resolve));
  await comm.open({}).done;
  await comm.send({ a: 1 }, {}, [new Uint8Array([1, 2, 3]).buffer]).done;
  const { content, buffers } = await answered;
  expect(content.data).toEqual({ a: 1 });
  expect([...new Uint8Array((buffers![0] as DataView).buffer)]).toEqual([3, 2, 1]);

  const opened = new Promise<unknown>((resolve) =>
    kernel.connection.registerCommTarget("front-end", (_, message) => resolve(message.content.data)),
  );
  await run("comms.open('front-end', { hello: true })");
  expect(await opened).toEqual({ hello: true });
});

test("a restart ends a cell that runs, and the next kernel knows nothing of it", async () => {
  await run("var kept = 1");
  const { out } = start("console.log('go'); while (true);");
  await vi.waitFor(() => expect(printed(out)).toBe("go\n"), { timeout: 20_000 });
  await kernel[Symbol.asyncDispose]();
  kernel = await startRaw(scratch, folder);
  const { out: shown } = await run("typeof kept");
  expect(shown).toContainEqual({
    type: "execute_result",
    content: expect.objectContaining({ data: { "text/plain": "'undefined'" }, execution_count: 1 }),
  });
});
