// The debugger, as JupyterLab speaks with it: breakpoints at lines of cells, steps, variables, exceptions, and the stop button
// while a cell stands still.

import { describe, expect, test } from "vitest";
import { debuggerClient, texts } from "./debugger-client.js";
import { sharedKernel } from "./kernel.js";

const kernel = sharedKernel();
const { ask, dap, start, started, breakpoints, stopAfter, places, variables, evaluate } =
  debuggerClient(kernel);

test("says what it can, and that it is off, before anybody starts it", async () => {
  const info = await kernel().request("kernel_info_request", {});
  expect(info.content).toMatchObject({ debugger: true });
  expect(info.content.supported_features).toContain("debugger");
  expect(await dap("debugInfo")).toMatchObject({
    isStarted: false,
    hashMethod: "Murmur2",
    breakpoints: [],
    stoppedThreads: [],
  });
  expect(await ask("stackTrace", { threadId: 1 })).toMatchObject({ success: false });
  expect(await ask("fly")).toMatchObject({ success: false });
});

test("paths of cells are those that front ends make of the text themselves", async () => {
  const { hashSeed, tmpFilePrefix, tmpFileSuffix } = (await dap("debugInfo")) as unknown as Record<
    string,
    string
  >;
  expect(hashSeed).toBe(0xc70f6907);
  for (const [code, hash] of HASHES) {
    expect((await dap("dumpCell", { code })).sourcePath).toBe(`${tmpFilePrefix}${hash}${tmpFileSuffix}`);
    const { content } = await dap("source", {
      source: { path: `${tmpFilePrefix}${hash}${tmpFileSuffix}` },
    });
    expect(content).toBe(code);
  }
});

/** Of these texts, by ipykernel's own murmur2_x86 with this seed. */
const HASHES: [string, number][] = [
  ["", 3990065800],
  ["1", 224161117],
  ["let x = 1;", 67329842],
  ["abc", 3350977461],
  ["const é = '😀';\nx", 4201883285],
];

describe("in a cell", () => {
  started();
  const DEFINES =
    "const scale = 3;\nfunction triple(x: number): number {\n  const y = x * scale;\n  return y + 1;\n}\nscale";
  const CODE = [
    "// adds up",
    "",
    "let total = 0;",
    "for (let i = 0; i < 2; i++) {",
    "  total += triple(i);",
    "}",
    "const text = String(total);",
    "await null;",
    "total = total * 10;",
    "total",
  ].join("\n");

  test("a breakpoint stops at its line; steps go from line to line, also over await", async () => {
    await kernel().execute(DEFINES);
    const path = await breakpoints(CODE, 3);
    const cell = kernel().startCell(CODE);
    const stop = await stopAfter(() => {});
    expect(stop).toMatchObject({ reason: "breakpoint", frames: ["cell:3"], paths: [path] });
    expect((await dap("debugInfo")) as object).toMatchObject({
      isStarted: true,
      stoppedThreads: [1],
      breakpoints: [{ source: path, breakpoints: [{ line: 3 }] }],
    });
    const seen: string[] = [];
    while (seen.at(-1) !== "cell:10") seen.push(...(await places("next")));
    // the head of a loop stands twice for each round: its step, its condition
    expect(seen.filter((place, at) => place !== seen[at - 1])).toEqual(
      [4, 5, 4, 5, 4, 7, 8, 9, 10].map((line) => `cell:${line}`),
    );
    await dap("continue", { threadId: 1 });
    expect((await kernel().finished(cell)).result).toBe("50");
  });

  test("a loop that is cut into strips is stepped through and stopped at as it is written", async () => {
    const code = [
      "const turns = Number('3');",
      "const most = turns;",
      "let total = 0;",
      "for (let i = 0; i < most; i++) {",
      "  total += i;",
      "}",
      "total",
    ].join("\n");
    const path = await breakpoints(code, 3);
    const first = kernel().startCell(code);
    expect((await stopAfter(() => {})).frames).toEqual(["cell:3"]);
    const seen: string[] = [];
    while (seen.at(-1) !== "cell:7") seen.push(...(await places("next")));
    expect(seen.filter((place, at) => place !== seen[at - 1])).toEqual(
      [4, 5, 4, 5, 4, 5, 4, 7].map((line) => `cell:${line}`),
    );
    await dap("setBreakpoints", { source: { path }, breakpoints: [{ line: 5, condition: "i === 2" }] });
    await dap("continue", { threadId: 1 });
    expect((await kernel().finished(first)).result).toBe("3");
    const second = kernel().startCell(code);
    expect((await stopAfter(() => {})).frames).toEqual(["cell:5"]);
    expect(await variables("Locals")).toEqual({ i: "2", most: "3", total: "1", turns: "3" });
    await dap("continue", { threadId: 1 });
    expect((await kernel().finished(second)).result).toBe("3");
  });

  test("loops in strips, one in the other, are stepped through as they are written", async () => {
    const code = [
      "const most = Number('3');",
      "let total = 0;",
      "for (let i = 0; i < most; i++) {",
      "  for (let j = 0; j < most; j++) {",
      "    if (j === 1) break;",
      "  }",
      "  total += i;",
      "}",
      "total",
    ].join("\n");
    await breakpoints(code, 2);
    const cell = kernel().startCell(code);
    expect((await stopAfter(() => {})).frames).toEqual(["cell:2"]);
    const seen: string[] = [];
    while (seen.at(-1) !== "cell:9") seen.push(...(await places("next")));
    const round = [3, 4, 5, 4, 5, 7];
    expect(seen.filter((place, at) => place !== seen[at - 1])).toEqual(
      [...round, ...round, ...round, 3, 9].map((line) => `cell:${line}`),
    );
    await dap("continue", { threadId: 1 });
    expect((await kernel().finished(cell)).result).toBe("3");
  });

  test("steps go from an error to what catches it, and over what the kernel does there", async () => {
    const code = "try {\n  (null as any).here();\n} catch (error) {\n  String(error);\n  'caught';\n}\n'end'";
    await breakpoints(code, 2);
    const cell = kernel().startCell(code);
    expect((await stopAfter(() => {})).frames).toEqual(["cell:2"]);
    const seen: string[] = [];
    while (seen.at(-1) !== "cell:7") seen.push(...(await places("next")));
    expect(seen.filter((place) => place !== "cell:3")).toEqual(["cell:4", "cell:5", "cell:7"]);
    await dap("continue", { threadId: 1 });
    expect((await kernel().finished(cell)).result).toBe("'end'");
  });

  test("steps go into the function of an earlier cell and out again; variables have their values", async () => {
    const earlier = await breakpoints(DEFINES);
    const path = await breakpoints(CODE, 5);
    const cell = kernel().startCell(CODE);
    expect((await stopAfter(() => {})).frames).toEqual(["cell:5"]);
    expect(await places("continue")).toEqual(["cell:5"]);
    expect(await variables("Locals")).toMatchObject({ i: "1", total: "1" });
    const inside = await stopAfter(() => dap("stepIn", { threadId: 1 }));
    expect(inside).toMatchObject({ frames: ["triple:3", "cell:5"], paths: [earlier, path] });
    expect(await places("next")).toEqual(["triple:4", "cell:5"]);
    expect(await variables("Locals")).toEqual({ x: "1", y: "3" });
    expect(await variables("Locals", 2)).toMatchObject({ i: "1", total: "1" });
    expect(await variables("Notebook")).toMatchObject({ scale: "3", triple: "ƒ triple(x)" });
    expect((await places("stepOut")).at(-1)).toMatch(/^cell:[45]$/);
    await breakpoints(CODE);
    await dap("continue", { threadId: 1 });
    expect((await kernel().finished(cell)).result).toBe("50");
  });
});

describe("values", () => {
  started();
  const VALUES = `
    class Point { x = 1; get far(): number { looked++; return 7; } }
    let looked = 0;
    const point = new Point();
    const names = new Map([["a", 1]]);
    const list = [1, "two", { three: 3 }];
    const pretended = Object.assign(Object.create({ constructor: class Tensor {} }), { dtype: "float32", shape: [2, 3] });`;
  const HERE = "function here(inner: string): string {\n  return inner;\n}\nhere('seen')";

  test("are shown without running the user's code", async () => {
    await kernel().execute(VALUES);
    const { variables: all } = (await dap("inspectVariables")) as Record<string, unknown>;
    expect(texts({ variables: all })).toMatchObject({
      Point: "class Point",
      point: "Point {x: 1}",
      names: 'Map(1) {"a" => 1}',
      list: '[1, "two", Object]',
    });
    const reference = (name: string): number =>
      (all as { name: string; variablesReference: number }[]).find((v) => v.name === name)!
        .variablesReference;
    const parts = async (name: string): Promise<unknown> =>
      texts(await dap("variables", { variablesReference: reference(name) }));
    expect(await parts("point")).toEqual({ x: "1" });
    expect(await parts("list")).toMatchObject({ 0: "1", 1: '"two"', 2: "{three: 3}" });
    expect((await kernel().execute("looked")).result).toBe("0");
  });

  test("of expressions in TypeScript, with the names of all cells, in the frame where it stands", async () => {
    await breakpoints(HERE, 2);
    const cell = kernel().startCell(HERE);
    await stopAfter(() => {});
    const result = async (expression: string): Promise<unknown> =>
      ((await evaluate(expression)).body as { result?: string }).result;
    expect(await result("inner.length + (list as unknown[]).length")).toBe("7");
    expect(await result("looked = 5")).toBe("5");
    expect(await variables("Notebook")).toMatchObject({ looked: "5" });
    expect(await result("inner = 'changed'")).toBe('"changed"');
    expect(await variables("Locals")).toEqual({ inner: '"changed"' });
    expect(await evaluate("missing")).toMatchObject({
      success: false,
      message: "ReferenceError: missing is not defined",
    });
    expect(await evaluate("looked = 6", "hover")).toMatchObject({ success: false });
    await breakpoints(HERE);
    await dap("continue");
    await kernel().finished(cell);
    expect((await kernel().execute("[looked, 'list' in globalThis]")).result).toBe("[ 5, false ]");
  });

  test("are rendered as a cell would show them", async () => {
    await kernel().execute(`
      const bold = { text: "b", [Symbol.for("Jupyter.display")]() { return { "text/html": "<b>" + this.text + "</b>" } } };
      const slow = { async [Symbol.for("Jupyter.display")]() { return { "text/html": "late" } } };`);
    const code = "{\n  const inner = new Map([[1, bold.text]]);\n  void inner;\n}";
    await breakpoints(code, 3);
    const cell = kernel().startCell(code);
    await stopAfter(() => {});
    const rendered = (variableName: string) => dap("richInspectVariables", { variableName, frameId: 1 });
    const html = { "text/html": "<b>b</b>", "text/plain": expect.stringContaining("text: 'b'") };
    expect(await rendered("bold")).toEqual({ data: html, metadata: {} });
    expect(await rendered("inner")).toEqual({ data: { "text/plain": "Map(1) { 1 => 'b' }" }, metadata: {} });
    expect(await rendered("slow")).toMatchObject({
      data: { "text/plain": expect.stringContaining("display") },
    });
    expect(await ask("richInspectVariables", { variableName: "missing" })).toMatchObject({ success: false });
    await dap("continue");
    await kernel().finished(cell);
    expect(await rendered("bold")).toEqual({ data: html, metadata: {} });
  });
});

describe("stops only", () => {
  started();
  test("nowhere at a log point, which prints instead", async () => {
    await kernel().execute("let suffix: string = '!'");
    const code = "for (let k = 0; k < 3; k++) {\n  void k;\n}";
    await breakpoints(code, {
      line: 2,
      logMessage: "100 % of {k * 2 as number}{suffix}",
      condition: "k > 0",
    });
    expect((await kernel().execute(code)).stdout).toBe("100 % of 2!\n100 % of 4!\n");
  });

  test("where a breakpoint's condition is true", async () => {
    await kernel().execute("const wanted = 3;");
    const code = "let last = 0;\nfor (let k = 0; k < 5; k++) {\n  last = k;\n}\nlast";
    await breakpoints(code, { line: 3, condition: "k === (wanted as number)" });
    const cell = kernel().startCell(code);
    await stopAfter(() => {});
    expect(await variables("Locals")).toMatchObject({ k: "3", last: "2" });
    await dap("continue");
    expect((await kernel().finished(cell)).result).toBe("4");
  });

  test("at the errors that are asked for", async () => {
    const code =
      "function fail(): never {\n  throw new Error('planted');\n}\ntry {\n  fail();\n} catch {}\nfail();";
    await dap("setExceptionBreakpoints", { filters: ["uncaught"] });
    const uncaught = kernel().startCell(code);
    expect(await stopAfter(() => {})).toMatchObject({
      reason: "exception",
      text: "Error: planted",
      frames: ["fail:2", "cell:7"],
    });
    await dap("continue");
    expect((await kernel().finished(uncaught)).reply.content).toMatchObject({
      ename: "Error",
      evalue: "planted",
    });

    await dap("setExceptionBreakpoints", { filters: ["raised"] });
    const raised = kernel().startCell(code);
    expect((await stopAfter(() => {})).frames).toEqual(["fail:2", "cell:5"]);
    await dap("setExceptionBreakpoints", { filters: [] });
    await dap("continue");
    await kernel().finished(raised);
  });

  test("at lines with code: others move on to the next one, and lines that do not exist are refused", async () => {
    const code = "// nothing here\n\nconst there = 1;";
    await kernel().execute(code);
    const { sourcePath: path } = (await dap("dumpCell", { code })) as Record<string, string>;
    const set = await dap("setBreakpoints", { source: { path }, breakpoints: [{ line: 1 }, { line: 9 }] });
    expect(set.breakpoints).toMatchObject([
      { verified: true, line: 3 },
      { verified: false, line: 9 },
    ]);
  });

  test("while the debugger is on", async () => {
    const code = "const off = 1;\noff + 1";
    await breakpoints(code, 2);
    await dap("disconnect", { restart: false });
    expect((await kernel().execute(code)).result).toBe("2");
    expect(await dap("debugInfo")).toMatchObject({ isStarted: false, breakpoints: [] });
  });
});

describe("a cell that stands still", () => {
  started();
  test.each([
    ["before it waits for anything", "const one = 1;\nconsole.log('never printed');"],
    ["after it has waited", "await null;\nwhile (true);"],
  ])("ends by the stop button, %s", async (_, code) => {
    await breakpoints(code, 2);
    const cell = kernel().startCell(code);
    await stopAfter(() => {});
    const since = performance.now();
    await kernel().request("interrupt_request", {}, "control");
    const { reply, stdout } = await kernel().finished(cell);
    expect(performance.now() - since).toBeLessThan(200);
    expect(reply.content).toMatchObject({ status: "error", ename: "Interrupted" });
    expect(stdout).toBe("");
    // and breakpoints count again
    const next = kernel().startCell(code);
    await stopAfter(() => {});
    await kernel().request("interrupt_request", {}, "control");
    await kernel().finished(next);
  });

  test("does not hold up completion; output so far is shown; it goes on when the debugger leaves", async () => {
    const code = "console.log('so far');\nconst late = 2;\nlate * 2";
    await breakpoints(code, 2);
    const cell = kernel().startCell(code);
    await stopAfter(() => {});
    await kernel().wait((m) => m.parent === cell && m.type === "stream", "output");
    const { content } = await kernel().request("complete_request", { code: "Math.sq", cursor_pos: 7 });
    expect(content.matches).toContain("sqrt");
    await dap("disconnect");
    expect((await kernel().finished(cell)).result).toBe("4");
  });

  test.each([
    ["computes", "console.log('on');\nfor (;;) {\n  Math.random();\n}"],
    ["waits", "console.log('on');\nfor (;;) {\n  await new Promise((go) => setTimeout(go, 5));\n}"],
  ])("because of pause, while it %s", async (_, code) => {
    const cell = kernel().startCell(code);
    await kernel().wait((m) => m.parent === cell && m.type === "stream", "output");
    const { reason, frames } = await stopAfter(() => dap("pause", { threadId: 1 }));
    expect(reason).toBe("pause");
    // V8 may stop in the function that the cell gives to its promise
    expect(frames.at(-1)).toMatch(/^cell:[23]$/);
    await kernel().request("interrupt_request", {}, "control");
    expect((await kernel().finished(cell)).reply.content.ename).toBe("Interrupted");
  });
});

test("a cell that stands still ends with the kernel", async () => {
  await start();
  const code = "const last = 1;\nlast";
  await breakpoints(code, 2);
  kernel().startCell(code);
  await stopAfter(() => {});
  const exit = new Promise((resolve) => kernel().process.once("exit", resolve));
  kernel().send("shutdown_request", { restart: false }, { channel: "control" });
  await exit;
});
