// The language of cells: what earlier cells declared, imports, error positions, warnings, completion.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { sharedKernel } from "./kernel.js";

const folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-notebook-"));
writePackage("only-exports", {
  "package.json": JSON.stringify({
    name: "only-exports",
    type: "module",
    exports: { ".": { types: "./types.d.ts", import: "./code.js" }, "./deep": "./deep.js" },
  }),
  "code.js": "export const answer = 42; export default function twice(x) { return 2 * x }",
  "types.d.ts": "export declare const answer: number; export default function twice(x: number): number;",
  "deep.js": "export const deep = true",
});
writePackage("old-style", {
  "package.json": JSON.stringify({ name: "old-style", main: "main.js" }),
  "main.js":
    "const all = { add: (a, b) => a + b }; module.exports = all; module.exports.sub = (a, b) => a - b;",
});
writeFileSync(path.join(folder, "helper.ts"), "export const version: number = 1;\n");
writeFileSync(path.join(folder, "data.json"), '{ "rows": 3 }');

const kernel = sharedKernel({ folder });
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const result = async (code: string): Promise<string | undefined> => {
  const { result, reply } = await kernel().execute(code);
  expect(reply.content.status, JSON.stringify(reply.content.traceback)).toBe("ok");
  return result;
};

function writePackage(name: string, files: Record<string, string>): void {
  const at = path.join(folder, "node_modules", name);
  mkdirSync(at, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(at, file), text);
}

describe("variables of earlier cells", () => {
  test("an assignment reaches the functions of earlier cells", async () => {
    await result("let n = 0; function inc() { n++; return n }");
    expect(await result("n = 10; inc()")).toBe("11");
    expect(await result("n")).toBe("11");
    await result("n *= 2; [n] = [n + 1]; ({ n } = { n: n + 1 })");
    expect(await result("inc()")).toBe("25");
  });

  // Through properties of an object it would take fifty times as long.
  test.each([
    ["its own variable", "let total = 0;"],
    ["an earlier cell's variable", "total = 0;"],
  ])(
    "1e7 additions at the top level to %s take less than five times those in a function",
    async (_, first) => {
      const loop = "for (let i = 0; i < 1e7; i++)";
      const ratios: number[] = [];
      for (let i = 0; i < 3; i++) {
        const { stdout } = await kernel().execute(`
        const inFunction = () => { let s = 0; ${loop} s += i; return s; };
        ${first}
        const times = [performance.now()];
        ${loop} total += i;
        times.push(performance.now());
        const same = inFunction() === total;
        times.push(performance.now());
        console.log(JSON.stringify([same, ...times]))`);
        const [same, ...times] = JSON.parse(stdout) as [boolean, number, number, number];
        expect(same).toBe(true);
        ratios.push((times[1] - times[0]) / (times[2] - times[1]));
      }
      expect(Math.min(...ratios), `ratios: ${ratios}`).toBeLessThan(5);
    },
  );

  test("shorthand, destructuring and templates read them", async () => {
    await result("const point = { x: 1, y: { z: 2 } }; let label = 'p'");
    expect(await result("({ label, point: { ...point } })")).toBe(
      "{ label: 'p', point: { x: 1, y: { z: 2 } } }",
    );
    expect(
      await result(
        "const { x: first, y: { z } } = point; const show = ({ x }: typeof point) => x; first + z + show(point)",
      ),
    ).toBe("4");
    expect(await result(`\`\${label}\${point.x}\``)).toBe("'p1'");
  });

  test("anything can be declared again", async () => {
    await result(
      "const again = 1; class Box { one() { return 1 } } function f() { return 'old' } enum E { A }",
    );
    await result(
      "const again = 'two'; class Box { two() { return 2 } } function f() { return 'new' } enum E { A, B }",
    );
    expect(await result("[again.length, new Box().two(), f(), E.B]")).toBe("[ 3, 2, 'new', 1 ]");
  });

  test("a cell that fails half-way keeps what it declared before, and the old values of the rest", async () => {
    await result("let kept = 'old'; let lost = 'old'");
    await kernel().execute("let kept = 'new'; throw new Error('stop'); let lost = 'new'");
    expect(await result("[kept, lost]")).toBe("[ 'new', 'old' ]");
  });

  test("classes extend across cells, methods keep their this", async () => {
    await result("class Animal { constructor(readonly name: string) {} speak() { return this.name } }");
    await result(`class Dog extends Animal { override speak() { return \`\${super.speak()}!\` } }`);
    expect(await result("new Dog('Rex').speak() + (new Dog('x') instanceof Animal)")).toBe("'Rex!true'");
  });
});

describe("syntax", () => {
  test("top-level await, for await, generators", async () => {
    expect(
      await result("const later = await new Promise<number>((r) => setTimeout(() => r(3), 5)); later"),
    ).toBe("3");
    expect(
      await result(
        "let sum = 0; async function* numbers() { yield 1; yield 2 }\nfor await (const x of numbers()) sum += x;\nsum",
      ),
    ).toBe("3");
  });

  test("using ends with its block, await using too", async () => {
    const { stdout } = await kernel().execute(`
      const open = (name: string) => ({ name, [Symbol.dispose]() { console.log("closed", name) } });
      const openAsync = (name: string) => ({ async [Symbol.asyncDispose]() { console.log("closed", name) } });
      {
        using file = open("a");
        await using other = openAsync("b");
        console.log("open", file.name);
      }
      console.log("after");`);
    expect(stdout).toBe("open a\nclosed b\nclosed a\nafter\n");
  });

  test("export is allowed and means nothing", async () => {
    const { stderr, result } = await kernel().execute(
      "export const exported = 5; export function g() { return exported } g()",
    );
    expect([stderr, result]).toEqual(["", "5"]);
  });
});

describe("imports", () => {
  test("of a package that only has an exports map, with its types", async () => {
    const cell = await kernel().execute(
      "import twice, { answer } from 'only-exports'; import { deep } from 'only-exports/deep'; twice(answer)",
    );
    expect(cell.result).toBe("84");
    const typed = await kernel().execute("const wrong: string = answer");
    expect(typed.stderr).toContain("TS2322");
    expect(await result("(await import('only-exports')).answer")).toBe("42");
  });

  test("of CommonJS packages and of Node's own, in every form", async () => {
    expect(
      await result("import old, { add, sub } from 'old-style'; [add(1, 2), sub(3, 1), old.add(2, 2)]"),
    ).toBe("[ 3, 2, 4 ]");
    expect(
      await result(
        "import fs, { existsSync as there } from 'node:fs'; import * as p from 'path'; [there('.'), typeof fs.statSync, p.sep]",
      ),
    ).toBe("[ true, 'function', '/' ]");
    expect(await result("require('node:path').basename('/a/b')")).toBe("'b'");
  });

  test("of local TypeScript, read again after a change, and of JSON", async () => {
    expect(await result("import { version } from './helper.ts'; version")).toBe("1");
    writeFileSync(path.join(folder, "helper.ts"), "export const version: number = 2;\n");
    expect(await result("import { version } from './helper'; version")).toBe("2");
    expect(await result("import data from './data.json'; data.rows")).toBe("3");
  });

  test("are live: a module's own assignments show, in the same cell and in later ones", async () => {
    writeFileSync(
      path.join(folder, "counter.ts"),
      `export let n: number = 0;
       export let label = (): string => "first";
       export class Base { size = n; }
       export default function inc(): void { n++; label = () => "later" + n; }`,
    );
    const cell = `
      import inc, { n, n as count, label, Base } from './counter';
      const seen: unknown[] = [n, label()];
      class Derived extends Base { at: typeof n = count; }
      const reads = () => n;
      const shadow = (n: number) => ({ n });
      inc();
      seen.push(n, count, label(), { n }, new Derived(), shadow(9), typeof n, label.name.length);
      JSON.stringify(seen)`;
    expect(await result(cell)).toBe(
      `'[0,"first",1,1,"later1",{"n":1},{"size":1,"at":1},{"n":9},"number",5]'`,
    );
    expect(await result("inc(); const { length } = label(); [n, count, label(), { n }, length]")).toBe(
      "[ 2, 2, 'later2', { n: 2 }, 6 ]",
    );
    // a later declaration of the name leaves the earlier cell's function with its own
    expect(await result("import { sep as n } from 'node:path'; inc(); [n, reads()]")).toBe("[ '/', 3 ]");
  });

  test("cannot be assigned, nor used before they are there", async () => {
    const failing = async (code: string) => (await kernel().execute(code)).reply.content.evalue;
    expect(await failing("import { answer as six } from 'only-exports'; six = 1")).toBe(
      "'six' is imported: it cannot be assigned here.",
    );
    expect(await failing("six = 1")).toBe("'six' is imported: it cannot be assigned here.");
    expect(await failing("soon; import { answer as soon } from 'only-exports'")).toBe(
      "Cannot access 'soon' before initialization",
    );
    expect(await failing("import { answer as many } from 'only-exports'; many()")).toBe(
      "many is not a function",
    );
  });

  test("of a name that is not there says what is", async () => {
    const { reply } = await kernel().execute("import { nothing } from 'only-exports'; nothing");
    expect(reply.content.evalue).toBe(
      "'only-exports' does not export 'nothing'. It exports answer, default.",
    );
  });

  test("of a package that is installed after it was missed", async () => {
    const missed = await kernel().execute("import type { late as Late } from 'comes-late';");
    expect(missed.stderr).toContain("Cannot find module 'comes-late'");
    writePackage("comes-late", {
      "package.json": JSON.stringify({ name: "comes-late", type: "module", exports: "./code.js" }),
      "code.js": "export const late = 1;",
      "code.d.ts": "export declare const late: number;",
    });
    // the system tells of new files a moment later
    const imported = async () => kernel().execute("import { late } from 'comes-late'; late.toFixed(1)");
    await expect.poll(imported, { timeout: 20_000 }).toMatchObject({ stderr: "", result: "'1.0'" });
  });

  test("of the library give the kernel's own copy", async () => {
    expect(await result("import { nn as imported } from 'gradbook'; imported === nn")).toBe("true");
  });
});

describe("preloaded names", () => {
  test("have values and types", async () => {
    expect(await result("new nn.Linear(2, 3).outFeatures + tensor.zeros(2).length")).toBe("5");
    expect(
      (await kernel().execute("const layer: nn.Linear = 5 as never; new nn.Linear('a', 3)")).stderr,
    ).toContain("TS2345");
    expect(await result("gb.manualSeed === manualSeed")).toBe("true");
  });

  test("say so once when they are declared anew", async () => {
    const first = await kernel().execute("const norm = 5; norm");
    expect([first.result, first.stderr]).toEqual([
      "5",
      expect.stringContaining("'norm' was a preloaded name"),
    ]);
    expect((await kernel().execute("const norm = 6; norm")).stderr).toBe("");
  });
});

describe("errors", () => {
  test("tell the line of the cell's own TypeScript", async () => {
    const code = `interface A { x: number }\n\ntype B = A;\nfunction fail(a: A): never {\n  throw new TypeError(\`bad \${a.x}\`);\n}\n  fail({ x: 1 });`;
    const { reply } = await kernel().execute(code);
    const name = `cell[${reply.content.execution_count}].ts`;
    const traceback = (reply.content.traceback as string[]).join("\n");
    expect(traceback).toContain(`at fail (${name}:5:9)`);
    expect(traceback).toContain(`at ${name}:7:3`);
    expect(traceback).toContain(`5 |   throw new TypeError(\`bad \${a.x}\`);\n    |         ^`);
    expect(traceback).not.toMatch(/node:|dist\//);
  });

  test("in functions of earlier cells name that cell", async () => {
    const first = await kernel().execute("const broken = (x: any) =>\n  x.a.b;");
    const { reply } = await kernel().execute("const unused = 1;\nawait 0;\nbroken({})");
    const traceback = (reply.content.traceback as string[]).join("\n");
    expect(traceback).toContain(`cell[${first.reply.content.execution_count}].ts:2:7`);
    expect(traceback).toContain(`cell[${reply.content.execution_count}].ts:3:`);
  });

  test("of an assignment to an earlier constant show that assignment", async () => {
    await result("const fixed = 1");
    const { reply } = await kernel().execute("0;\n  fixed = 2");
    const traceback = (reply.content.traceback as string[]).join("\n");
    expect(reply.content.ename).toBe("TypeError");
    expect(traceback).toContain("2 |   fixed = 2\n");
  });

  test("that the program catches and prints name variables as they are written", async () => {
    await kernel().execute(
      "const four: any = 4; const holder: any = {}; const tell = (e: any) => console.log(String(e))",
    );
    const { stdout } = await kernel().execute(`
      try { four() } catch (error) { console.log((error as Error).message) }
      try { holder.missing(four) } catch ({ message }) { console.log(message) }
      await (async () => four())().catch((error) => console.log(error.message));
      await (async () => four())().then(null, (error) => console.log("then", error.message));
      await Promise.reject(new Error("as it was")).catch(tell);
      const schema = { catch: (value: number) => value };
      try { throw 3 } catch (thrown) { console.log(thrown, schema.catch(5)) }`);
    expect(stdout.split("\n")).toEqual([
      "four is not a function",
      "holder.missing is not a function",
      "four is not a function",
      "then four is not a function",
      "Error: as it was",
      "3 5",
      "",
    ]);
  });

  test("of syntax stop the cell, with line and caret", async () => {
    const { reply, messages } = await kernel().execute("console.log('not run');\nconst = 1");
    expect(reply.content).toMatchObject({ status: "error", ename: "SyntaxError" });
    expect((reply.content.traceback as string[]).join("\n")).toContain("2 | const = 1\n    |       ^");
    expect(messages.filter((m) => m.type === "stream")).toEqual([]);
    expect(messages.filter((m) => m.type === "error")).toHaveLength(1);
  });

  test.each(["function f() { await 1 }", "return 5", "let twice = 1; let twice = 2"])(
    "%s is refused",
    async (code) => {
      expect((await kernel().execute(code)).reply.content).toMatchObject({
        status: "error",
        ename: "SyntaxError",
      });
    },
  );

  test("of types are warnings, and the cell runs", async () => {
    const { stderr, result } = await kernel().execute("const wrong: number = 'text';\nwrong");
    expect(stderr).toMatch(
      /^cell\[\d+\]\.ts:1:7 warning TS2322: .*\n {2}1 \| const wrong: number = 'text';\n {4}\| {7}\^\^\^\^\^\n$/,
    );
    expect(result).toBe("'text'");
  });

  test("what nobody needs to hear in a notebook is not said", async () => {
    const { stderr } = await kernel().execute(
      "const losses = []; losses.push(1); const untyped = (x) => x; untyped(losses)",
    );
    expect(stderr).toBe("");
    expect((await kernel().execute("losses.push('two'); losses.length")).stderr).toBe("");
  });
});

describe("help while writing", () => {
  const at = async (type: string, code: string, cursor_pos = [...code].length) =>
    (await kernel().request(type, { code, cursor_pos, detail_level: 0 })).content;

  test("completion knows preloaded names, earlier cells and kinds", async () => {
    const names = await at("complete_request", "nn.");
    expect(names.matches).toContain("Linear");
    await result("const myTensor = { shape: [1], item() { return 1 } }");
    const own = await at("complete_request", "_");
    expect(own.matches).toContain("__dirname");
    expect((own.matches as string[]).filter((name) => name.startsWith("__gb"))).toEqual([]);
    const members = await at("complete_request", "myTensor.it");
    expect(members).toMatchObject({ matches: ["item"], cursor_start: 9, cursor_end: 11 });
    const types = (members.metadata as Record<string, unknown>)._jupyter_types_experimental;
    expect(types).toEqual([{ start: 9, end: 11, text: "item", type: "method", signature: "(): number" }]);
  });

  test("positions count code points", async () => {
    const completion = await at("complete_request", "'😀😀'; myTensor.it");
    expect([completion.cursor_start, completion.cursor_end]).toEqual([15, 17]);
  });

  test.each([
    ["import x from 'only-ex", ["only-exports"], 15],
    ["import x from 'only-exports/", ["deep"], 28],
    ["await import('./hel", ["helper"], 16],
    ["require('node:timers/pr", ["promises"], 21],
  ])("completes modules' names: %s", async (code, expected, start) => {
    const { matches, cursor_start, cursor_end } = await at("complete_request", code);
    expect({ matches, cursor_start, cursor_end }).toEqual({
      matches: expected,
      cursor_start: start,
      cursor_end: code.length,
    });
  });

  test("inspection tells signature and documentation", async () => {
    const { found, data } = await at("inspect_request", "manualSeed(1)", 4);
    expect(found).toBe(true);
    expect((data as Record<string, string>)["text/plain"]).toContain("manualSeed(seed: number): number");
    expect((data as Record<string, string>)["text/markdown"]).toContain("Starts the random numbers.");
    expect((await at("inspect_request", "   ", 1)).found).toBe(false);
  });

  test.each([
    ["Math.hypot", "square root of the sum of squares of its arguments.", "@param values Values to compute"],
    ["'a'.replaceAll", "Replace all instances of a substring", "@param replaceValue"],
    ["parseInt", "Converts a string to an integer.", "@param radix A value between 2 and 36"],
    ["process.cwd", "returns the current working directory of the Node.js", "@since v0.1.8"],
    [
      "class Own extends Map<1, 2> { override has",
      "indicating whether an element with the specified key",
      "",
    ],
  ])("%s has its own documentation", async (code, sentence, tag) => {
    const { data } = await at("inspect_request", code, code.length);
    expect((data as Record<string, string>)["text/plain"]).toContain(sentence);
    expect((data as Record<string, string>)["text/plain"]).toContain(tag);
  });

  test.each([
    ["1 + 1", "complete"],
    ["function f() {", "incomplete"],
    ["`open", "incomplete"],
    ["const = 1", "invalid"],
    ["await f(", "incomplete"],
    ["using x = f();", "complete"],
    ["const row = <td>{1}</td>", "complete"],
    ["<td>", "incomplete"],
    ["@dec", "incomplete"],
    ["if (x)", "incomplete"],
    ["/* open", "incomplete"],
    ["'open", "invalid"],
    ["1 +* 2", "invalid"],
    ["const x: number = 'a type error'", "complete"],
  ])("%s is %s", async (code, status) => {
    expect((await kernel().request("is_complete_request", { code })).content.status).toBe(status);
  });
});
