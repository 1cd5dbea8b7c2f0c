// A page of everyday TypeScript, as a newcomer would type it, and what the notebook showed. The cells run in this order in one
// kernel, so that later ones use what earlier ones declared.

import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { sharedKernel } from "./kernel.js";

const folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-everyday-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): void => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
};
file("settings.json", '{ "rate": 0.1 }');
file("needs.ts", 'import "not-there";\nexport {};\n');
file("inner.ts", "export const depth: number = 1;\n");
file("shapes.ts", SHAPES());
file(
  "node_modules/esm-only/package.json",
  '{ "name": "esm-only", "type": "module", "exports": "./index.js" }',
);
file("node_modules/esm-only/index.js", 'export const greet = (name) => "hi " + name;');
file("node_modules/common/package.json", '{ "name": "common", "main": "index.js" }');
file("node_modules/common/index.js", "exports.add = (a, b) => a + b; exports.name = 'common';");

/** Has what Node cannot run by leaving out types, and an import without extension. */
function SHAPES(): string {
  return `import { depth } from "./inner";

export enum Kind { Flat, Round }

export class Disc {
  constructor(readonly radius: number) {}
  grow(): never {
    throw new RangeError(\`too large at \${this.radius + depth}\`);
  }
}
`;
}

const kernel = sharedKernel({ folder });

/** What a cell shows: its value, or more exactly prints, warnings and the error, each found in what came. */
type Shows = string | undefined | { value?: string; prints?: string; warns?: string[]; fails?: string[] };

async function runs(code: string, shows: Shows): Promise<void> {
  const { value, prints = "", warns = [], fails = [] } = typeof shows === "object" ? shows : { value: shows };
  const { result, stdout, stderr, reply } = await kernel().execute(code);
  const traceback = ((reply.content.traceback as string[] | undefined) ?? []).join("\n");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  const plain = traceback.replace(/\u001b\[\d+m/g, "");
  expect({ value: result, prints: stdout, status: reply.content.status }, stderr + plain).toEqual({
    value,
    prints,
    status: fails.length > 0 ? "error" : "ok",
  });
  if (warns.length === 0) expect(stderr).toBe("");
  for (const text of warns) expect(stderr).toContain(text);
  for (const text of fails) expect(plain).toContain(text);
}

const PAGES: Readonly<Record<string, readonly (readonly [code: string, shows: Shows])[]>> = {
  "types and enums": [
    ["enum Color { Red, Green = 'g' }", undefined],
    ["[Color.Red, Color.Green, Color[0]]", "[ 0, 'g', 'Red' ]"],
    ["const enum Fast { A = 1, B }; Fast.B", "2"],
    ["interface Point { x: number; y?: number } const origin: Point = { x: 0 }; origin", "{ x: 0 }"],
    [
      "type Tree<T> = { value: T; kids?: Tree<T>[] }; const leaf: Tree<Color> = { value: Color.Red }; leaf",
      "{ value: 0 }",
    ],
    ["const pair = { a: 1, b: 'x' } satisfies Record<string, unknown>; pair.b.toUpperCase()", "'X'"],
    ["namespace Geo { export const unit = 1; export interface Box { side: number } }", undefined],
    ["const box: Geo.Box = { side: Geo.unit }; box", "{ side: 1 }"],
    ["(<number>(5 as unknown)).toFixed(1)", "'5.0'"],
  ],
  "functions and generics": [
    ["function first<T>(items: readonly T[]): T | undefined { return items[0] }", undefined],
    ["first([3, 4])! + 1", "4"],
    ["const same = <T>(x: T) => x; same('a')", "'a'"],
    [
      "function twice(x: number): number; function twice(x: string): string; function twice(x: any) { return x + x } [twice(2), twice('a')]",
      "[ 4, 'aa' ]",
    ],
    ["const fact = (n: number): number => (n <= 1 ? 1 : n * fact(n - 1)); fact(5)", "120"],
    ["function* naturals() { let n = 0; while (true) yield n++ } [...naturals().take(3)]", "[ 0, 1, 2 ]"],
    ["const { x: left, ...others } = { x: 1, y: 2, z: 3 }; [left, others]", "[ 1, { y: 2, z: 3 } ]"],
  ],
  "classes and decorators": [
    [
      "abstract class Shape { static #made = 0; abstract area(): number; get doubled() { return 2 * this.area() } static make() { return ++Shape.#made } }",
      undefined,
    ],
    [
      "class Square extends Shape { constructor(private side: number) { super() } area() { return this.side ** 2 } }",
      undefined,
    ],
    ["[new Square(3).doubled, Shape.make(), new Square(1) instanceof Shape]", "[ 18, 1, true ]"],
    [
      "const calls: string[] = []; function logged(_: object, key: string, d: PropertyDescriptor) { const f = d.value; d.value = function (...given: unknown[]) { calls.push(key); return f.apply(this, given) } }",
      undefined,
    ],
    [
      "class Service { @logged ping() { return 'pong' } } [new Service().ping(), calls]",
      "[ 'pong', [ 'ping' ] ]",
    ],
    ["class Square { corners = 4 } new Square().corners", "4"],
    ["class Held { accessor value = 1 } new Held().value", "1"],
  ],
  "variables over several cells": [
    ["let count = 1", undefined],
    ["count += 1; count", "2"],
    ["let count = 'two'; count.toUpperCase()", "'TWO'"],
    [
      "if (true) { var inBlock = 5; let hidden = 1 } for (var i = 0; i < 3; i++) { var last = { i } }",
      undefined,
    ],
    ["[inBlock, i, last.i.toFixed(1)]", "[ 5, 3, '2.0' ]"],
    ["inBlock++; inBlock", "6"],
    ["typeof hidden", { value: "'undefined'", warns: ["Cannot find name 'hidden'"] }],
    ["const inBlock = 'anew'; inBlock.length", "4"],
  ],
  "waiting and cleaning up": [
    ["const later = await Promise.resolve(3); later", "3"],
    [
      "async function* slow() { yield 1; yield 2 } for await (const n of slow()) console.log(n)",
      { prints: "1\n2\n" },
    ],
    [
      "setTimeout(() => console.log('tick'), 5); await new Promise((done) => setTimeout(done, 30))",
      { prints: "tick\n" },
    ],
    [
      "{ using door = { [Symbol.dispose]() { console.log('closed') } }; console.log('open') }",
      { prints: "open\nclosed\n" },
    ],
    ["await fetch('data:text/plain,hello').then((answer) => answer.text())", "'hello'"],
  ],
  "what newer JavaScript has": [
    ["[3, 1, 2].toSorted().with(0, 9)", "[ 9, 2, 3 ]"],
    ["Object.groupBy([1, 2, 3], (n) => (n % 2 ? 'odd' : 'even')).odd", "[ 1, 3 ]"],
    ["new Set([1, 2]).union(new Set([3])).size", "3"],
    ["new Map([['a', 1]]).values().map((n) => n + 1).toArray()", "[ 2 ]"],
    ["/(?<year>\\d+)/.exec('in 2026')?.groups?.year ?? 'never'", "'2026'"],
    ["2n ** 64n", "18446744073709551616n"],
    ["structuredClone({ a: [new Date(0)] })", "{ a: [ 1970-01-01T00:00:00.000Z ] }"],
  ],
  modules: [
    [
      "import { readFileSync } from 'node:fs'; import path from 'path'; readFileSync(path.join(__dirname, 'settings.json'), 'utf8').length",
      "15",
    ],
    ["import settings from './settings.json'; settings.rate", "0.1"],
    ["const { greet } = await import('esm-only'); greet('you')", "'hi you'"],
    ["import { greet as hello } from 'esm-only'; hello('me')", "'hi me'"],
    [
      "import common, { add } from 'common'; [add(1, 2), common.name, require('common').name]",
      "[ 3, 'common', 'common' ]",
    ],
    ["import { Disc, Kind } from './shapes.ts'; [new Disc(2).radius, Kind.Round]", "[ 2, 1 ]"],
    ["import.meta.dirname === __dirname", "true"],
    [
      "import left from 'left-pad'",
      {
        warns: ["Cannot find module 'left-pad'"],
        fails: ["There is no package 'left-pad'", "npm install left-pad"],
      },
    ],
    [
      "await import('lodash/fp')",
      { warns: ["lodash/fp"], fails: ["There is no package 'lodash'", "npm install lodash"] },
    ],
    ["await import('./needs.ts')", { fails: ["There is no package 'not-there'"] }],
    [
      "import { gone } from './gone'",
      { warns: ["Cannot find module './gone'"], fails: ["There is no file ./gone in"] },
    ],
  ],
  JSX: [
    [
      "const names = ['a', 'b']; <ul className=\"list\">\n  {names.map((name) => <li key={name}>{name}</li>)}\n  <li hidden>{'<b>'} &amp; {false}</li>\n</ul>",
      '<ul class="list"><li>a</li><li>b</li><li hidden>&lt;b&gt; &amp; </li></ul>',
    ],
    [
      "const Item = ({ text }: { text: string }) => <b style={{ fontSize: '2em' }}>{text}</b>;\n<><Item text=\"x\" /><br /></>",
      '<b style="font-size: 2em">x</b><br>',
    ],
    [
      '/** @jsx h */ const h = (tag: string, given: object | null, ...inside: unknown[]) => [tag, given, inside];\n<a href="#">go {1 + 1}</a>',
      "[ 'a', { href: '#' }, [ 'go ', 2 ] ]",
    ],
    ["<i>&#65;&#x42; &#99999999; &constructor;</i>", "<i>AB &amp;#99999999; &amp;constructor;</i>"],
    ["const React = { createElement: (...given: unknown[]) => given }; 0", "0"],
    ["<p>\n</p>", "[ 'p', null ]"],
    ["const half = 4 / 2, less = 1 < 2; less && half > 1 / 2", "true"],
  ],
  mistakes: [
    [
      "consle.log('x')",
      {
        warns: ["Did you mean 'console'?"],
        fails: ["ReferenceError: consle is not defined", "1 | consle.log('x')\n    | ^"],
      },
    ],
    ["'abc'.lenght", { warns: ["Did you mean 'length'?"] }],
    [
      "nn.Liner(3, 4)",
      { warns: ["Did you mean 'Linear'?"], fails: ["TypeError: nn.Liner is not a function"] },
    ],
    [
      "const size: number = 'large'; size",
      {
        value: "'large'",
        warns: [
          "cell[",
          ":1:7 warning TS2322: Type 'string' is not assignable to type 'number'.",
          "    |       ^^^^",
        ],
      },
    ],
    [
      "let maybe: string | null = null;\nmaybe.length",
      {
        warns: ["'maybe' is possibly 'null'"],
        fails: ["Cannot read properties of null (reading 'length')", "2 | maybe.length"],
      },
    ],
    ["if (1 === 'a') {}", { warns: ["no overlap"] }],
    ["let open = [1, 2", { fails: ["SyntaxError: ',' expected."] }],
    ["<div>\n  <b></div>", { fails: ["SyntaxError"] }],
    ["JSON.parse('{bad')", { fails: ["SyntaxError: Expected property name", "1 | JSON.parse('{bad')"] }],
    [
      "throw new Error('outer', { cause: new TypeError('inner') })",
      { fails: ["Error: outer", "Caused by TypeError: inner"] },
    ],
    [
      "new Disc(2).grow()",
      {
        fails: [
          "RangeError: too large at 3",
          "8 |     throw new RangeError",
          "at Disc.grow (shapes.ts:8:11)",
          ".ts:1:13",
        ],
      },
    ],
  ],
};

for (const [page, cells] of Object.entries(PAGES)) {
  describe(page, () => {
    test.each(cells)("%s", runs);
  });
}

test("a file that another file imports is read again after a change", async () => {
  await runs("import { depth } from './inner'; depth", "1");
  file("inner.ts", "export const depth: number = 7;\n");
  utimesSync(path.join(folder, "inner.ts"), new Date(), new Date(Date.now() + 5_000));
  await runs("import { Disc as Newer } from './shapes.ts'; new Newer(1).grow()", {
    fails: ["too large at 8"],
  });
});

describe("errors of types stop cells where the notebook says so", () => {
  const wrong = "const counted: number = 'text'; counted";
  const stopped = {
    fails: ["TypeCheckError: Type 'string' is not assignable", ":1:7 error TS2322", "// @type-errors warn"],
  };

  test("from the cell with the comment on, until another says otherwise", async () => {
    await runs(`// @type-errors stop\n${wrong}`, { fails: ["TypeCheckError", ":2:7 error TS2322"] });
    await runs(wrong, stopped);
    await runs("counted", { fails: ["Cannot find name 'counted'"] });
    await runs("1 + 1", "2");
    await runs("// @type-errors warn\n0", "0");
    await runs(wrong, { value: "'text'", warns: ["warning TS2322"] });
  });

  test("@ts-expect-error and @ts-ignore excuse a line", async () => {
    await runs(`// @type-errors stop\n// @ts-expect-error\n${wrong}`, "'text'");
    await runs(`// @ts-ignore\n${wrong}\n// @type-errors warn`, "'text'");
  });
});
