// Running cells: the order of messages, results, prints, displays, errors, and what belongs to which cell.

import { describe, expect, test } from "vitest";
import type { Received } from "./client.js";
import { sharedKernel } from "./kernel.js";

const kernel = sharedKernel();

const kinds = (messages: readonly Received[]): string[] =>
  messages.map(({ type, content }) => (type === "status" ? String(content.execution_state) : type));

describe("messages around a cell", () => {
  test("nothing is printed that no cell has caused", async () => {
    // an error while the library is loaded would be told by the first cell
    expect((await kernel().execute("1 + 1")).stderr).toBe("");
    await kernel().execute("await new Promise(setImmediate)");
    expect(kernel().received.filter((m) => m.type === "stream" && m.parent === "")).toEqual([]);
    const { stderr } = await kernel().execute(
      "process.emitWarning('careful'); await new Promise(setImmediate)",
    );
    expect(stderr).toBe("Warning: careful\n");
  });

  test("come in order, the reply before idle", async () => {
    const { messages, reply } = await kernel().execute("console.log('a'); console.error('b'); 1 + 1");
    expect(kinds(messages)).toEqual(["busy", "execute_input", "stream", "stream", "execute_result", "idle"]);
    expect(reply.content).toMatchObject({ status: "ok" });
    const count = reply.content.execution_count;
    expect(messages[1]!.content.execution_count).toBe(count);
    expect(messages[4]!.content.execution_count).toBe(count);
    expect(reply.parent).toBe(messages[0]!.parent);
  });

  test("a silent cell shows nothing and does not count", async () => {
    const before = await kernel().execute("0");
    const silent = await kernel().execute("globalThis.touched = true; 5", { silent: true });
    expect(kinds(silent.messages)).toEqual(["busy", "idle"]);
    const after = await kernel().execute("(globalThis as any).touched");
    expect(after.result).toBe("true");
    expect(after.reply.content.execution_count).toBe(Number(before.reply.content.execution_count) + 1);
  });

  test("store_history: false does not count", async () => {
    const before = await kernel().execute("0");
    const hidden = await kernel().execute("7", { store_history: false });
    expect(hidden.result).toBe("7");
    expect(hidden.reply.content.execution_count).toBe(before.reply.content.execution_count);
  });

  test("an empty cell is answered", async () => {
    const { reply, messages } = await kernel().execute("  \n");
    expect(reply.content.status).toBe("ok");
    expect(kinds(messages)).toEqual(["busy", "execute_input", "idle"]);
  });

  test("an error aborts the cells that wait, unless they are not to stop", async () => {
    const failing = kernel().startCell("throw new Error('first')");
    const waiting = kernel().startCell("'never'");
    const [first, second] = await Promise.all([kernel().finished(failing), kernel().finished(waiting)]);
    expect(first.reply.content).toMatchObject({ status: "error", ename: "Error", evalue: "first" });
    expect(second.reply.content.status).toBe("aborted");
    expect(kinds(second.messages)).toEqual(["busy", "idle"]);

    const lenient = kernel().startCell("throw new Error('again')", { stop_on_error: false });
    const next = kernel().startCell("'ran'");
    await kernel().finished(lenient);
    expect((await kernel().finished(next)).result).toBe("'ran'");
  });
});

describe("results", () => {
  test.each([
    ["6 * 7", "42"],
    ["'text'", "'text'"],
    ["null", "null"],
    ["undefined", undefined],
    ["let declared = 3", undefined],
    ["[1, [2, [3]]]", "[ 1, [ 2, [ 3 ] ] ]"],
    ["new Promise<number>((r) => setTimeout(() => r(9), 10))", "9"],
    ["Promise.resolve(undefined)", undefined],
    ["(async () => ({ a: 1 }))()", "{ a: 1 }"],
  ])("%s shows %s", async (code, shown) => {
    expect((await kernel().execute(code)).result).toBe(shown);
  });

  test("a value with Jupyter.display shows its formats, also when it needs a moment", async () => {
    const rich = (body: string) => `({ [Symbol.for("Jupyter.display")]: ${body} })`;
    for (const body of [`() => ({ "text/html": "<b>x</b>" })`, `async () => ({ "text/html": "<b>x</b>" })`]) {
      const { messages } = await kernel().execute(rich(body));
      const result = messages.find((m) => m.type === "execute_result");
      expect(result?.content.data).toMatchObject({
        "text/html": "<b>x</b>",
        "text/plain": expect.any(String),
      });
    }
    const failing = await kernel().execute(rich(`() => { throw new Error("no picture") }`));
    expect(failing.reply.content).toMatchObject({ status: "error", evalue: "no picture" });
  });

  test("a rejected promise is the cell's error", async () => {
    const { reply } = await kernel().execute("Promise.reject(new RangeError('too far'))");
    expect(reply.content).toMatchObject({ status: "error", ename: "RangeError", evalue: "too far" });
  });

  test("anything can be thrown", async () => {
    const { reply } = await kernel().execute("throw { code: 5 }");
    expect(reply.content).toMatchObject({ status: "error", evalue: "{ code: 5 }" });
  });
});

describe("prints", () => {
  test.each([5_000, 20_000])(
    "%i lines from one synchronous cell all arrive, in order, then idle",
    async (n) => {
      const { stdout, messages } = await kernel().execute(`for (let i = 0; i < ${n}; i++) console.log(i)`);
      expect(stdout).toBe(Array.from({ length: n }, (_, i) => `${i}\n`).join(""));
      expect(kinds(messages).at(-1)).toBe("idle");
      // jupyter_server drops messages beyond 1,000 a second.
      expect(messages.length).toBeLessThan(100);
    },
  );

  test("stdout and stderr keep their order", async () => {
    const { messages } = await kernel().execute(
      "console.log('1'); console.error('2'); process.stdout.write('3\\n'); console.log('4')",
    );
    const streams = messages.filter((m) => m.type === "stream");
    expect(streams.map((m) => [m.content.name, m.content.text])).toEqual([
      ["stdout", "1\n"],
      ["stderr", "2\n"],
      ["stdout", "3\n4\n"],
    ]);
  });

  test("arrive while a synchronous cell is busy", async () => {
    const id = kernel().startCell(
      "console.log('early'); const until = Date.now() + 1500; while (Date.now() < until);",
    );
    const early = await kernel().wait((m) => m.parent === id && m.type === "stream", "the early print");
    await kernel().finished(id);
    const idle = kernel()
      .of(id)
      .find((m) => m.content.execution_state === "idle");
    expect(idle!.at - early.at).toBeGreaterThan(700);
  });

  test("late output goes to the cell that caused it", async () => {
    const late = kernel().startCell(
      "setTimeout(() => { console.log('late'); display('shown late') }, 300); 'started'",
    );
    await kernel().finished(late);
    const other = await kernel().execute(
      "await new Promise((r) => setTimeout(r, 600)); console.log('other')",
    );
    expect(other.stdout).toBe("other\n");
    const ofLate = kernel().of(late);
    expect(ofLate.filter((m) => m.type === "stream").map((m) => m.content.text)).toEqual(["late\n"]);
    expect(ofLate.some((m) => m.type === "display_data")).toBe(true);
  });

  test("an error that nobody catches in the background is told by the cell that caused it", async () => {
    const id = kernel().startCell("setTimeout(() => { throw new Error('background') }, 50); 0");
    await kernel().finished(id);
    const told = await kernel().wait((m) => m.parent === id && m.type === "stream", "the background error");
    expect(told.content.name).toBe("stderr");
    expect(told.content.text).toContain("background");
    expect((await kernel().execute("1")).result).toBe("1");
  });
});

describe("display", () => {
  test("shows in the middle of a cell, updates in place, clears", async () => {
    const { messages } = await kernel().execute(
      `const shown = display.html("<i>1</i>", );
       shown.update({ "text/html": "<i>2</i>" }, { raw: true });
       display("named", { id: "my-display" });
       display("renamed", { id: "my-display", update: true });
       display.clear({ wait: true });
       shown`,
    );
    expect(kinds(messages)).toEqual([
      "busy",
      "execute_input",
      "display_data",
      "update_display_data",
      "display_data",
      "update_display_data",
      "clear_output",
      "idle",
    ]);
    const [first, second, third, fourth, clear] = messages.slice(2);
    expect(first!.content.data).toMatchObject({ "text/html": "<i>1</i>" });
    expect(second!.content.data).toMatchObject({ "text/html": "<i>2</i>" });
    expect(second!.content.transient).toEqual(first!.content.transient);
    expect(third!.content.transient).toEqual({ display_id: "my-display" });
    expect(fourth!.content.data).toEqual({ "text/plain": "'renamed'" });
    expect(clear!.content.wait).toBe(true);
  });
});
