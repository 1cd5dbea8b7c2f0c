// What VS Code's Jupyter extension needs of a kernel, as its sources show (microsoft/vscode-jupyter: raw/finder, raw/launcher,
// raw/session; and VS Code's own extensions/ipynb). docs/vscode.md says what was seen in VS Code itself.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { writeKernelspec } from "@gradbook/kernel/spec";
import { expect, test } from "vitest";
import type { Received } from "./client.js";
import { sharedKernel } from "./kernel.js";

const kernel = sharedKernel();

test("it finds the kernel by its description, and starts it by that", () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-spec-"));
  writeKernelspec(folder, { node: process.execPath, kernelMain: path.join(folder, "main.js") });
  const spec = JSON.parse(readFileSync(path.join(folder, "kernel.json"), "utf8"));
  rmSync(folder, { recursive: true });
  // inside of `--connection-file={connection_file}` it would put a path with spaces into quotes
  expect(spec.argv.slice(-2)).toEqual(["--connection-file", "{connection_file}"]);
  expect(path.isAbsolute(spec.argv[0])).toBe(true);
  expect(spec.display_name).toMatch(/\S/);
  // it would look for an interpreter there, and hide the kernel if that is missing
  expect(spec.metadata.interpreter).toBeUndefined();
  // else it sends a signal, which Windows does not have
  expect(spec.interrupt_mode).toBe("message");
  expect(spec.language).toBe("typescript");
});

test("it gives cells the language that the kernel names, by the name that VS Code knows", async () => {
  const { content } = await kernel().request("kernel_info_request", {});
  expect(content.language_info).toMatchObject({ name: "typescript" });
});

test("its stop button, which comes on the shell channel, stops a cell that runs", async () => {
  const cell = kernel().startCell("console.log('go'); while (true);");
  await kernel().wait((m) => m.parent === cell && m.type === "stream", "go");
  const { content } = await kernel().request("interrupt_request", {});
  expect(content).toEqual({ status: "ok" });
  expect((await kernel().finished(cell)).reply.content).toMatchObject({ ename: "Interrupted" });
});

test("it is told that there are no widgets when it asks, and a comm to a target that nobody has is closed", async () => {
  const { content } = await kernel().request("comm_info_request", { target_name: "jupyter.widget" });
  expect(content.comms).toEqual({});
  const comm_id = "a-widget-of-nobody";
  const id = kernel().send("comm_open", { comm_id, target_name: "jupyter.widget", data: {} });
  const closed: Received = await kernel().wait(
    (m) => m.parent === id && m.type === "comm_close",
    "comm_close",
  );
  expect(closed.content.comm_id).toBe(comm_id);
});

test.each([
  ["a plotly figure", "({ data: [{ y: [1, 2] }], layout: {} })"],
  ["HTML", "display.html(`<b>1</b>`)"],
  ["Markdown", "display.markdown('**a**')"],
  ["LaTeX", "display.latex('x^2')"],
  ["JSX", "<b>{1}</b>"],
  ["an object's own display", "({ [Symbol.for('Jupyter.display')]: () => ({ 'application/x-own': 1 }) })"],
])("%s has text beside the types that VS Code may not draw", async (_, code) => {
  const { reply, messages } = await kernel().execute(code);
  const shown = messages.filter(({ type }) => type === "execute_result" || type === "display_data");
  const { status, evalue } = reply.content;
  expect({ status, evalue, shown: shown.length }).toEqual({ status: "ok", evalue: undefined, shown: 1 });
  for (const { content } of shown)
    expect((content.data as Record<string, unknown>)["text/plain"]).toMatch(/\S/);
});
