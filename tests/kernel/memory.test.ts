// Cells that use up the memory for JavaScript's values: they are stopped with an error that says so, and the kernel lives on.

import { expect, test } from "vitest";
import { debuggerClient } from "./debugger-client.js";
import { sharedKernel } from "./kernel.js";

// less, and the compiler does not get along either
const kernel = sharedKernel({ env: { NODE_OPTIONS: "--max-old-space-size=320" } });
const { start, dap } = debuggerClient(kernel);

const FILL = "for (let i = 0; ; i++) kept.push({ i });";

/** Runs a cell that takes all memory, and looks at what the front end is told. */
async function runOutOfMemory(code: string): Promise<void> {
  const id = kernel().startCell(code);
  // V8 collects garbage again and again before it gives up
  await kernel().idle(id, 55_000);
  const { reply, messages } = await kernel().finished(id);
  expect(reply.content).toMatchObject({
    status: "error",
    ename: "OutOfMemory",
    evalue: expect.stringMatching(/variables have reached the 0\.\d GB .*--max-old-space-size=/),
  });
  expect(messages.filter(({ type }) => type === "error")).toHaveLength(1);
}

test.each([
  ["a loop that catches errors", "(() => { for (let i = 0; ; i++) try { kept.push({ i }) } catch {} })()"],
  ["code without checks", "Array.from({ length: 1e8 }, (_, i) => kept.push({ i }))"],
  [
    "a loop that waits",
    "for (let i = 0; ; i++) { kept.push(Array.from({ length: 1000 }, () => ({ i }))); await null; }",
  ],
])("%s is stopped, and variables live on", async (_, code) => {
  await kernel().execute("var kept: unknown[] = []; var small = 'still here';");
  await runOutOfMemory(code);
  expect((await kernel().execute("[small, kept.length > 1000]")).result).toBe("[ 'still here', true ]");
  await kernel().execute("kept = []");
});

test("with all memory taken a cell that needs little runs, and one that fills it is stopped again", async () => {
  await kernel().execute("var kept: unknown[] = [];");
  await runOutOfMemory(FILL);
  expect((await kernel().execute("Array.from({ length: 1000 }, (_, i) => i).length")).result).toBe("1000");
  await runOutOfMemory(FILL);
  expect((await kernel().execute("kept = []; kept.length")).result).toBe("0");
});

test("a cell that makes garbage only is left alone", async () => {
  const { result } = await kernel().execute(
    "let made = 0; for (let i = 0; i < 1e7; i++) made += [{ i }, { i }].length; made",
  );
  expect(result).toBe("20000000");
});

test("it is the same with the debugger on", async () => {
  await start();
  await kernel().execute("var kept: unknown[] = [];");
  await runOutOfMemory(FILL);
  await kernel().execute("kept = []");
  await dap("disconnect");
});
