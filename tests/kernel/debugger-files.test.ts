// The debugger in local files that cells import: breakpoints before and after a file is loaded, in files whose types Node leaves out
// and in those that have to be compiled, steps into them and out again.

import { mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { debuggerClient } from "./debugger-client.js";
import { sharedKernel } from "./kernel.js";

const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), "gradbook-debugger-")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const kernel = sharedKernel({ folder });
const { dap, started, setBreakpoints, breakpoints, stopAfter, places, variables, evaluate } =
  debuggerClient(kernel);

let edits = 0;

/** Writes a file that the kernel sees as changed, however soon after the last time; gives its path. */
function write(name: string, lines: readonly string[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, lines.join("\n"));
  const time = 1_700_000_000 + ++edits;
  utimesSync(file, time, time);
  return file;
}

const AREA = [
  "interface Box {",
  "  readonly width: number;",
  "}",
  "const unit: number = 2;",
  "",
  "export function area(box: Box, height: number): number {",
  "  const size = box.width * height;",
  "  return size * unit;",
  "}",
];

/** The same function at the same lines, and what Node cannot leave out. */
const COMPILED = [
  "export enum Kind {",
  "  Small,",
  "}",
  "const unit: number = 2;",
  "export class Box { constructor(readonly width: number) {} }",
  ...AREA.slice(5),
];

const CALL = (name: string): string =>
  `import { area } from "./${name}";\nconst given = { width: 3 };\nconst result = area(given, 5);\nresult`;

describe.each([
  ["a file whose types are left out", "area.ts", AREA],
  ["a file that is compiled", "kinds.ts", COMPILED],
])("%s", (_, name, lines) => {
  started();

  test("stops at a breakpoint that was set before it was imported; its variables are seen", async () => {
    const file = write(name, lines);
    const set = await setBreakpoints(file, 7, 99);
    expect(set.breakpoints).toMatchObject([
      { verified: true, line: 7, source: { path: file } },
      { verified: false, line: 99 },
    ]);
    const cell = kernel().startCell(CALL(name));
    const stop = await stopAfter(() => {});
    expect(stop).toMatchObject({ reason: "breakpoint", frames: ["area:7", "cell:3"] });
    expect(stop.paths[0]).toBe(file);
    expect(await variables("Locals")).toMatchObject({ box: "{width: 3}", height: "5" });
    expect(await variables("Closure")).toMatchObject({ unit: "2" });
    expect(await variables("Locals", 2)).toMatchObject({ given: "{width: 3}" });
    expect(await variables("Notebook")).toMatchObject({ given: "{width: 3}" });
    expect(await evaluate("box.width * unit + (given as { width: number }).width")).toMatchObject({
      body: { result: "9" },
    });
    expect(await places("next")).toEqual(["area:8", "cell:3"]);
    expect(await variables("Locals")).toMatchObject({ size: "15" });
    await dap("continue");
    expect((await kernel().finished(cell)).result).toBe("30");
  });

  test("is shown, and is listed once however often it was changed", async () => {
    const file = write(name, [...lines, "// changed"]);
    await kernel().execute(CALL(name));
    expect(await dap("source", { source: { path: file } })).toMatchObject({
      content: [...lines, "// changed"].join("\n"),
      mimeType: "application/typescript",
    });
    const { modules } = (await dap("modules")) as { modules: { name: string; path: string }[] };
    expect(modules.filter(({ path }) => path === file)).toEqual([{ id: file, name, path: file }]);
  });

  test("has its breakpoints again after it was edited, also at what runs when it is imported", async () => {
    const file = write(name, lines);
    await kernel().execute(CALL(name));
    await setBreakpoints(file, 5);
    write(name, ["// one more line", ...lines]);
    const cell = kernel().startCell(CALL(name));
    // the cell itself waits for the file: it is in no frame
    expect(await stopAfter(() => {})).toMatchObject({
      reason: "breakpoint",
      frames: [`${name}:5`],
      paths: [file],
    });
    expect(await evaluate("unit")).toMatchObject({ success: false });
    await setBreakpoints(file, 9);
    expect(await places("continue")).toEqual(["area:9", "cell:3"]);
    expect(await variables("Locals")).toMatchObject({ size: "15" });
    await setBreakpoints(file);
    await dap("continue");
    await kernel().finished(cell);
    expect((await kernel().execute(CALL(name))).result).toBe("30");
  });

  test("is stepped into from a cell, and out of again", async () => {
    write(name, lines);
    const code = CALL(name);
    await breakpoints(code, 3);
    const cell = kernel().startCell(code);
    expect((await stopAfter(() => {})).frames).toEqual(["cell:3"]);
    expect(await places("stepIn")).toEqual(["area:7", "cell:3"]);
    expect(await places("next")).toEqual(["area:8", "cell:3"]);
    expect((await places("stepOut"))[0]).toMatch(/^cell:[34]$/);
    await dap("continue");
    expect((await kernel().finished(cell)).result).toBe("30");
  });
});

describe("a step over an import", () => {
  started();
  test("arrives at the next line of the cell, also while the file has breakpoints elsewhere", async () => {
    const file = write("stepped.ts", AREA);
    await setBreakpoints(file, 8);
    const code = `const before = 1;\n${CALL("stepped")}`;
    await breakpoints(code, 1);
    const cell = kernel().startCell(code);
    expect((await stopAfter(() => {})).frames).toEqual(["cell:1"]);
    const seen: string[] = [];
    while (seen.at(-1) !== "cell:4") seen.push((await places("next"))[0]!);
    expect(new Set(seen)).toEqual(new Set(["cell:2", "cell:3", "cell:4"]));
    expect(await places("next")).toEqual(["area:8", "cell:4"]);
    await dap("continue");
    expect((await kernel().finished(cell)).result).toBe("30");
  });

  test("by a condition and by a log point a file's breakpoints are as those of cells", async () => {
    await kernel().execute("let most: number = 1;");
    const file = write("logged.ts", [
      "export function sum(to: number): number {",
      "  let s = 0;",
      "  for (let i = 0; i < to; i++) {",
      "    s += i;",
      "  }",
      "  return s;",
      "}",
    ]);
    await setBreakpoints(
      file,
      { line: 4, condition: "i > (most as number)" },
      { line: 6, logMessage: "sum {s}" },
    );
    const cell = kernel().startCell('import { sum } from "./logged";\nsum(3)');
    expect((await stopAfter(() => {})).frames).toEqual(["sum:4", "cell:2"]);
    expect(await variables("Locals")).toMatchObject({ i: "2", s: "1" });
    await dap("continue");
    expect(await kernel().finished(cell)).toMatchObject({ result: "3", stdout: "sum 3\n" });
  });
});
