// A page of everyday TypeScript, as a newcomer would type it, and what the notebook shows. The cells run in this order in one
// kernel, so that later ones use what earlier ones declared.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: cells with templates

import type { Shows } from "./shows.js";

export const PAGES: Readonly<Record<string, readonly (readonly [code: string, shows: Shows])[]>> = {
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
    [
      "type On<T extends string> = `on${Capitalize<T>}`; const event: On<'click'> = 'onClick'; event",
      "'onClick'",
    ],
    [
      "namespace Geo2 { export namespace Inner { export const v = 1 } export const w = Inner.v } Geo2.Inner.v + Geo2.w",
      "2",
    ],
    [
      "interface Merged { a: number } interface Merged { b: number } ({ a: 1, b: 2 }) as Merged",
      "{ a: 1, b: 2 }",
    ],
    [
      "const fixed = { x: 1 } as const satisfies Record<string, number>; const other: typeof fixed.x = 1; other",
      "1",
    ],
    [
      "const wrongColor: Color = 'Red'; wrongColor",
      { value: "'Red'", warns: ["not assignable to type 'Color'"] },
    ],
    [
      "declare global { interface Array<T> { last(): T | undefined } } Array.prototype.last = function () { return this[this.length - 1] }; [1, 2].last()",
      "2",
    ],
    ["0", "0"],
    ["['of a later cell'].last()?.length", "15"],
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
    [
      "const tag = (s: TemplateStringsArray, ...v: unknown[]) => s.raw.join('|') + v.length; tag`a${1}b${2}c`",
      "'a|b|c2'",
    ],
    [
      "function isText(x: unknown): asserts x is string { if (typeof x !== 'string') throw new TypeError('no text') } let unsure: unknown = 'abc'; isText(unsure); unsure.length",
      "3",
    ],
    [
      "const talk = (function* () { const got: string = yield 1; return got.length })(); [talk.next().value, talk.next('hey').value]",
      "[ 1, 3 ]",
    ],
    [
      "function* closing() { try { yield 1 } finally { console.log('closed') } } for (const _ of closing()) break",
      { prints: "closed\n" },
    ],
    [
      "outer: for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) { if (j === 1) continue outer; if (i === 2) break outer; console.log(i, j) }",
      { prints: "0 0\n1 0\n" },
    ],
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
    [
      "class Safe { #pin = 1; static #made = 0; static { Safe.#made = 5 } get pin() { return this.#pin } set pin(v) { this.#pin = v } static made() { return Safe.#made } has(o: object) { return #pin in o } } const safe = new Safe(); safe.pin = 7; [safe.pin, Safe.made(), safe.has(safe), safe.has({})]",
      "[ 7, 5, true, false ]",
    ],
    [
      "function traced<T, A extends unknown[], R>(f: (this: T, ...a: A) => R, context: ClassMethodDecoratorContext) { return function (this: T, ...a: A): R { console.log('call', String(context.name)); return f.apply(this, a) } }",
      undefined,
    ],
    [
      "class Traced { @traced run(x: number) { return x } } new Traced().run(2)",
      { value: "2", prints: "call run\n" },
    ],
    [
      "const atMost = (most: number) => (_: unknown, ctx: ClassFieldDecoratorContext) => (v: number) => Math.min(v, most); class Small { @atMost(10) size = 99 } new Small().size",
      "10",
    ],
    [
      "class Older { @logged pong() { return 'ping' } } [new Older().pong(), calls]",
      "[ 'ping', [ 'ping', 'pong' ] ]",
    ],
    [
      "class Coded extends Error { override name = 'Coded'; constructor(readonly code: number) { super(`code ${code}`) } } throw new Coded(3)",
      { fails: ["Coded: code 3", "at cell["] },
    ],
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
    [
      "class Door { constructor(readonly name: string) {} [Symbol.dispose]() { console.log('shut', this.name) } async [Symbol.asyncDispose]() { console.log('locked', this.name) } }",
      undefined,
    ],
    [
      "for (using door of [new Door('a'), new Door('b')]) { using inner = new Door('in ' + door.name); console.log(inner.name) }",
      { prints: "in a\nshut in a\nshut a\nin b\nshut in b\nshut b\n" },
    ],
    ["for (await using door of [new Door('c')]) console.log(door.name)", { prints: "c\nlocked c\n" }],
    ["await fetch('data:text/plain,hello').then((answer) => answer.text())", "'hello'"],
    ["for (const n of [1, 2]) console.log(await Promise.resolve(n))", { prints: "1\n2\n" }],
    [
      "class Countdown { constructor(private from: number) {} async *[Symbol.asyncIterator]() { for (let i = this.from; i > 0; i--) yield i } } for await (const n of new Countdown(2)) console.log(n)",
      { prints: "2\n1\n" },
    ],
    [
      "await using held = { async [Symbol.asyncDispose]() { console.log('let go') } }; 1",
      { value: "1", prints: "let go\n" },
    ],
    ["import { setTimeout as pause } from 'node:timers/promises'; await pause(2, 'rested')", "'rested'"],
    [
      "import { readFile, writeFile } from 'node:fs/promises'; await writeFile('out.txt', 'hello'); (await readFile('out.txt', 'utf8')).length",
      "5",
    ],
    [
      "import { Worker } from 'node:worker_threads'; await new Promise((done) => new Worker('./worker.cjs').once('message', done))",
      "42",
    ],
    [
      "import { createServer } from 'node:http'; const server = createServer((_, answer) => answer.end('served')).listen(0); await new Promise((done) => server.once('listening', done)); const page = await fetch(`http://127.0.0.1:${(server.address() as { port: number }).port}`).then((answer) => answer.text()); server.close(); page",
      "'served'",
    ],
    ["import { execSync } from 'node:child_process'; String(execSync('echo hi')).trim()", "'hi'"],
    ["process.env.PATH !== undefined && process.cwd() === __dirname", "true"],
  ],
  "what newer JavaScript has": [
    ["[3, 1, 2].toSorted().with(0, 9)", "[ 9, 2, 3 ]"],
    ["Object.groupBy([1, 2, 3], (n) => (n % 2 ? 'odd' : 'even')).odd", "[ 1, 3 ]"],
    ["new Set([1, 2]).union(new Set([3])).size", "3"],
    ["new Map([['a', 1]]).values().map((n) => n + 1).toArray()", "[ 2 ]"],
    ["/(?<year>\\d+)/.exec('in 2026')?.groups?.year ?? 'never'", "'2026'"],
    ["2n ** 64n", "18446744073709551616n"],
    ["structuredClone({ a: [new Date(0)] })", "{ a: [ 1970-01-01T00:00:00.000Z ] }"],
    ["[/[\\p{L}--[a-z]]/v.test('a'), /^\\p{Emoji}$/v.test('😀')]", "[ false, true ]"],
    ["new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' }).format(1234.5)", "'€1,234.50'"],
    [
      "[Iterator.from([1, 2, 3]).filter((x) => x > 1).toArray(), new Float16Array([1.5])[0], Uint8Array.fromBase64('aGk=').length]",
      "[ [ 2, 3 ], 1.5, 2 ]",
    ],
    ["Temporal.PlainDate.from('2026-11-26').add({ days: 5 }).toString()", "'2026-12-01'"],
    ["let unset: number | null = null; unset ??= 5; unset ||= 6; unset &&= 7; unset ** 2 + 1_000", "1049"],
    ["const naïve = 'é', π = 3; naïve + π", "'é3'"],
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
      "import.meta.resolve('./shapes.ts').endsWith('/shapes.ts') && import.meta.resolve('common').endsWith('/common/index.js')",
      "true",
    ],
    [
      "import type { Disc as Round } from './shapes.ts'; const round: Round | undefined = undefined; typeof round",
      "'undefined'",
    ],
    ["import * as shapes from './shapes'; Object.keys(shapes)", "[ 'Disc', 'Kind' ]"],
    ["import again from './settings.json' with { type: 'json' }; again.rate", "0.1"],
    [
      "const { default: third } = await import('./settings.json', { with: { type: 'json' } }); third",
      "{ rate: 0.1 }",
    ],
    ["[require('./settings.json').rate, require('./more').twice(2)]", "[ 0.1, 4 ]"],
    ["import fs = require('fs'); fs.existsSync('settings.json')", "true"],
    ["export const shared = 3; export default shared + 1", "4"],
    ["shared + 1", "4"],
    ["module.exports = { shared }; module.exports", "{ shared: 3 }"],
    [
      "exports.left = 1; exports.right = (exports.left as number) + 1; Object.keys(exports).slice(-2)",
      {
        value: "[ 'left', 'right' ]",
        warns: ["Nothing reads 'exports.left'. Write 'const left = ...', and later cells can use left."],
      },
    ],
    ["(function (..._: number[]) { return (() => arguments.length)() })(1, 2)", "2"],
    [
      "[typeof arguments, ((): number => arguments.length)()]",
      { warns: ["Cannot find name 'arguments'"], fails: ["ReferenceError: arguments is not defined"] },
    ],
    ["#!/usr/bin/env node\nshared", "3"],
    [
      "import { greeet } from 'esm-only'",
      { fails: ["'esm-only' does not export 'greeet'. Did you mean 'greet'?"] },
    ],
    [
      "import { readFileSyn } from 'node:fs'",
      {
        warns: ["Did you mean 'readFileSync'?"],
        fails: ["'node:fs' does not export 'readFileSyn'. Did you mean 'readFileSync'?"],
      },
    ],
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
  "names with underscores, and names that modules have": [
    ["let __count = 1; const __step = 2; function __next() { return (__count += __step); }", undefined],
    ["class __Box { size = __next() } enum __Kind { A = 7 } interface __Has { size: number }", undefined],
    ["const has: __Has = new __Box(); [has.size, __count, __Kind.A]", "[ 3, 3, 7 ]"],
    ["let __count = 'again'; __count.length", "5"],
    ["import { sep as ___sep } from 'node:path'; ___sep", "'/'"],
    ["___sep.length + __step", "3"],
    ["let exports = 5; let module = 6; const require = 7; [exports, module, require]", "[ 5, 6, 7 ]"],
    ["exports + module + require", "18"],
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
      "const later = Promise.resolve({ train: 1 }); later.train",
      { warns: ["Property 'train' does not exist on type", "Did you forget to use 'await'?"] },
    ],
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
    [
      "const made: { f(x: { a: { b: string } }): void } = { f: (x: { a: { b: Date } }) => {} };",
      {
        warns: [
          "b: string; }; }) => void'.\n  The types of 'a.b' are incompatible between these types.\n" +
            "  Type 'string' is not assignable to type 'Date'.\n  1 |",
        ],
      },
    ],
    ["if (1 === 'a') {}", { warns: ["no overlap"] }],
    ["let open = [1, 2", { fails: ["SyntaxError: ',' expected."] }],
    ["<div>\n  <b></div>", { fails: ["SyntaxError"] }],
    ["JSON.parse('{bad')", { fails: ["SyntaxError: Expected property name", "1 | JSON.parse('{bad')"] }],
    [
      "let double = 5; let double = 6",
      { fails: ["SyntaxError: Cannot redeclare block-scoped variable 'double'.", ":1:5 error"] },
    ],
    ["yield 1", { fails: ["SyntaxError: A 'yield' expression is only allowed in a generator body."] }],
    [
      "!npm install lodash",
      { fails: ["SyntaxError", "commands of IPython", "execSync('npm install NAME')"] },
    ],
    [
      "(function f(): number { return f() })()",
      { fails: ["RangeError: Maximum call stack size exceeded", "... and 98 more of the same"] },
    ],
    [
      "throw new AggregateError([new Error('one'), new TypeError('two')], 'both')",
      { fails: ["AggregateError: both", "- Error: one", "- TypeError: two"] },
    ],
    [
      "throw new (class extends Error { override get message(): string { throw 1 } })()",
      { fails: ["It cannot be shown"] },
    ],
    ["throw Object.assign(new Error('x'), { stack: 5, name: 7 })", { fails: ["7: x"] }],
    ["throw { [Symbol.for('nodejs.util.inspect.custom')]() { throw 2 } }", { fails: ["It cannot be shown"] }],
    ["await Promise.reject('just text')", { fails: ["Thrown: 'just text'"] }],
    ["console.trace('here')", { warns: ["Trace: here\n    at cell["] }],
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
  "habits of Python": [
    ["print(5)", { warns: [""], fails: ["print is not defined", "Write console.log(value)"] }],
    ["len([1])", { warns: [""], fails: ["Write list.length"] }],
    ["const on = True", { warns: [""], fails: ["Write true."] }],
    ["[None]", { warns: [""], fails: ["Write null or undefined."] }],
    ["help(tensor)", { warns: [""], fails: ["press Shift+Tab"] }],
    ["np.zeros(3)", { warns: [""], fails: ["Write tensor.zeros(3)"] }],
    ["plt.plot([1, 2])", { warns: [""], fails: ["for a chart; plot has figures"] }],
    ["tensor @ tensor", { fails: ["SyntaxError", "Write a.matmul(b)."] }],
    ["for i in range(3): i", { fails: ["SyntaxError", "Write (condition) in parentheses"] }],
    ["dir(tensor)", { warns: [""], fails: ["press Tab after its name and a dot"] }],
    ["tensor?", { fails: ["SyntaxError", "press Shift+Tab"] }],
    ["?tensor.zeros", { fails: ["SyntaxError", "press Shift+Tab"] }],
    ["torch.zeros(2)", { warns: [""], fails: ["are here without it: tensor, nn, F"] }],
    ["import torch", { fails: ["SyntaxError", "There is no torch to import.", "tensor, nn, F"] }],
    ["from torch import nn", { fails: ["SyntaxError", "There is no torch to import."] }],
    ["import numpy as np", { fails: ["SyntaxError", 'Write import * as name from "package"'] }],
    [
      "for (const [i, x] of enumerate([1])) i",
      { warns: [""], fails: ["of list.entries()) { ... }; beside a loader, count"] },
    ],
    ["zip([1], [2])", { warns: [""], fails: ["Write a.map((x, i) => [x, b[i]])."] }],
    ["with gb.noGrad():\n  1", { fails: ["SyntaxError", "Write gb.noGrad(() => { ... })"] }],
    [
      "with (gb.noGrad(() => 1)) { 1 }",
      { fails: ["SyntaxError: 'with' statements", "Write gb.noGrad(() => { ... })"] },
    ],
    [
      "class Net { w = 2; forward(self, x) { return self.w * x } }",
      { warns: ["The object is no parameter here. Write forward(x) { ... }, and this.name for its fields."] },
    ],
    [
      "class Deep extends Net { constructor() { super().__init__() } } new Deep()",
      { warns: ["super() does this already. Leave .__init__() out."], fails: ["__init__ is not a function"] },
    ],
    ["def f(x):\n  return x", { fails: ["SyntaxError", "Write function name(parameters) { ... }."] }],
    ["for i in range(3):\n  i", { fails: ["SyntaxError", "Write (condition) in parentheses"] }],
  ],
};
