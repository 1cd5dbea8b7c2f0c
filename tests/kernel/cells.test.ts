// Cells that are out of date: what the kernel finds out about reads and changes, and what the extension makes of it.

import { randomUUID } from "node:crypto";
import { CELLS_COMM, type CellsMessage } from "@gradbook/kernel/protocol/cells";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { outOfDate, type Rule } from "../../extension/dist/stale/rules.js";
import type { Executed } from "./client.js";
import { sharedKernel } from "./kernel.js";

const kernel = sharedKernel();
const comm = randomUUID();
/** Cells of the test before this one. */
let before: string[] = [];
/** Names of cells, for the notebook's order. */
let cells: string[] = [];

beforeAll(() => kernel().send("comm_open", { comm_id: comm, target_name: CELLS_COMM, data: {} }));
beforeEach(() => {
  before = cells;
  cells = [];
});

/** Sends a cell as JupyterLab does, with its id and those of the cells that have been deleted since. */
function send(cell: string, code: string): string {
  if (!cells.includes(cell)) cells = [...cells, cell].sort();
  const metadata = { cellId: cell, deletedCells: before };
  before = before.filter((name) => name !== cell);
  return kernel().send("execute_request", { code, silent: false, store_history: true }, { metadata });
}

const run = (cell: string, code: string): Promise<Executed> => kernel().finished(send(cell, code));

/** The latest message; one that was still to come is there once a later request has been answered. */
async function told(): Promise<CellsMessage> {
  await kernel().request("comm_info_request", {});
  const messages = kernel().received.filter((m) => m.type === "comm_msg" && m.content.comm_id === comm);
  return messages.at(-1)?.content.data as unknown as CellsMessage;
}

/** What is out of date, as `cell: variable<cell` (changed by) or `cell: variable<<cell` (comes from one that is out of date). */
async function marks(rule: Rule = "any"): Promise<string[]> {
  const found = outOfDate((await told()).cells, cells, rule);
  return [...found].map(
    ([cell, reasons]) =>
      `${cell}: ${reasons.map((r) => `${r.name}${r.inherited ? "<<" : "<"}${r.run.cell}`).join(" ")}`,
  );
}

type Steps = readonly (readonly [cell: string, code: string])[];

describe("a cell is out of date once a variable that it read", () => {
  const CASES: readonly [what: string, steps: Steps, marks: readonly string[]][] = [
    [
      "is declared again",
      [
        ["a", "let x = 1"],
        ["b", "x + 1"],
        ["a", "let x = 2"],
      ],
      ["b: x<a"],
    ],
    [
      "is assigned",
      [
        ["a", "let x = 1"],
        ["b", "x + 1"],
        ["c", "x = 5"],
      ],
      ["b: x<c"],
    ],
    [
      "is assigned in a pattern",
      [
        ["a", "let x = 1, y = 2"],
        ["b", "x + y"],
        ["c", "[x, y] = [y, x]"],
      ],
      ["b: x<c y<c"],
    ],
    [
      "is counted up",
      [
        ["a", "let n = 1"],
        ["b", "[n]"],
        ["c", "n++"],
      ],
      ["b: n<c"],
    ],
    [
      "is a class declared again",
      [
        ["a", "class A {}"],
        ["b", "class B extends A {}"],
        ["a", "class A { x = 1 }"],
      ],
      ["b: A<a"],
    ],
    [
      "is read in a callback",
      [
        ["a", "let k = 2"],
        ["b", "[1, 2].map((x) => x * k)"],
        ["a", "let k = 3"],
      ],
      ["b: k<a"],
    ],
    [
      "is read in shorthand",
      [
        ["a", "const s = 1"],
        ["b", "({ s })"],
        ["a", "const s = 2"],
      ],
      ["b: s<a"],
    ],
    [
      "is read in a template and a default",
      [
        ["a", "const s = 1"],
        ["b", `const { z = s } = {} as any; \`\${s}\``],
        ["a", "const s = 2"],
      ],
      ["b: s<a"],
    ],
    [
      "is used by a function it calls",
      [
        ["a", "let k = 2; const f = (x: number) => x * k"],
        ["b", "f(3)"],
        ["c", "k = 4"],
      ],
      ["b: k<c"],
    ],
    [
      "is used by a function of a function",
      [
        ["a", "let k = 2"],
        ["b", "function f() { return k }"],
        ["c", "const g = () => f()"],
        ["d", "g()"],
        ["a", "let k = 3"],
      ],
      ["d: k<a"],
    ],
    [
      "is used by a method",
      [
        ["a", "let k = 2"],
        ["b", "class M { run() { return k } }"],
        ["c", "new M().run()"],
        ["a", "let k = 3"],
      ],
      ["c: k<a"],
    ],
    [
      "is assigned by a function that is called",
      [
        ["a", "let n = 0; function inc() { n++ }"],
        ["b", "n"],
        ["c", "inc()"],
      ],
      ["b: n<c"],
    ],
    [
      "is imported again",
      [
        ["a", "import { sep } from 'node:path'"],
        ["b", "sep"],
        ["a", "import { delimiter as sep } from 'node:path'"],
      ],
      ["b: sep<a"],
    ],
    [
      "is a preloaded name",
      [
        ["a", "typeof nn"],
        ["b", "const nn = 1"],
      ],
      ["a: nn<b"],
    ],
    [
      "comes from a cell that is",
      [
        ["a", "let x = 1"],
        ["b", "const y = x + 1"],
        ["c", "y"],
        ["a", "let x = 2"],
      ],
      ["b: x<a", "c: y<<b"],
    ],
  ];
  test.each(CASES)("%s", async (_, steps, expected) => {
    for (const [cell, code] of steps) await run(cell, code);
    expect(await marks()).toEqual(expected);
  });
});

describe("a cell is up to date", () => {
  const CASES: readonly [what: string, steps: Steps][] = [
    [
      "if it runs again",
      [
        ["a", "let x = 1"],
        ["b", "x"],
        ["a", "let x = 2"],
        ["b", "x"],
      ],
    ],
    [
      "if it changed the variable itself",
      [
        ["a", "let x = 1"],
        ["b", "x += 1"],
      ],
    ],
    [
      "if another variable changed",
      [
        ["a", "let x = 1; let other = 1"],
        ["b", "x"],
        ["c", "other = 2"],
      ],
    ],
    [
      "if it only names a type",
      [
        ["a", "interface T { a: 1 } const v = 1"],
        ["b", "let t: T | typeof v"],
        ["a", "interface T { a: 2 } const v = 2"],
      ],
    ],
    [
      "if it has a property or a local variable of that name",
      [
        ["a", "let p = 1"],
        ["b", "const o = { p: 2 }; o.p + ((p: number) => p)(3); { let p = 4; p }"],
        ["a", "let p = 2"],
      ],
    ],
    [
      "if it has declared the variable itself",
      [
        ["a", "let x = 1"],
        ["b", "let x = 2; x"],
        ["a", "let x = 3"],
      ],
    ],
    [
      "if only a function that it declares reads the variable",
      [
        ["a", "let x = 1"],
        ["b", "const f = () => x; class C { m() { return x } }"],
        ["a", "let x = 2"],
      ],
    ],
    [
      "if an object was changed, not the variable",
      [
        ["a", "const list = [1]"],
        ["b", "list.length"],
        ["c", "list.push(2)"],
      ],
    ],
    [
      "if the change did not compile",
      [
        ["a", "let x = 1"],
        ["b", "x"],
        ["a", "let x = = 2"],
      ],
    ],
  ];
  test.each(CASES)("%s", async (_, steps) => {
    for (const [cell, code] of steps) await run(cell, code);
    expect(await marks()).toEqual([]);
  });
});

describe("in the notebook's order", () => {
  const BOOK: Steps = [
    ["a", "let model = 'first'"],
    ["b", "model + 1"],
    ["c", "model = 'second'"],
    ["d", "model + 2"],
  ];

  test("a notebook that ran from top to bottom has no marks; a change above a cell marks it", async () => {
    for (const [cell, code] of BOOK) await run(cell, code);
    expect(await marks("any")).toEqual(["b: model<c"]);
    expect(await marks("above")).toEqual([]);

    await run("a", "let model = 'third'");
    // d read what c assigned, and would again
    expect(await marks("above")).toEqual(["b: model<a"]);
    await run("c", "model = 'fourth'");
    expect(await marks("above")).toEqual(["b: model<a", "d: model<c"]);
  });

  test("a variable from below marks its readers when it changes there", async () => {
    await run("b", "let below = 1");
    await run("a", "below");
    await run("b", "let below = 2");
    expect(await marks("above")).toEqual(["a: below<b"]);
  });

  test("a change from a console or a deleted cell counts", async () => {
    await run("a", "let far = 1");
    await run("b", "far");
    await kernel().execute("far = 2");
    expect(await marks("above")).toEqual(["b: far<"]);
  });
});

test("marks do not come and go while a notebook runs, and vanish where a cell begins to run", async () => {
  await run("a", "let x = 1");
  await run("b", "x");
  await run("c", "x");
  await run("a", "let x = 2");
  expect(await marks()).toEqual(["b: x<a", "c: x<a"]);
  const from = kernel().received.length;
  await Promise.all(
    [send("a", "let x = 3"), send("b", "x"), send("c", "x")].map((id) => kernel().finished(id)),
  );
  await told();
  const seen = kernel()
    .received.slice(from)
    .filter((m) => m.type === "comm_msg")
    .map((m) => (m.content.data as unknown as CellsMessage).cells.map(({ cell }) => cell));
  expect(seen).toEqual([["c"], []]);
});

test("who opens the comm later is told at once", async () => {
  await run("a", "let x = 1");
  await run("b", "x");
  await run("a", "let x = 2");
  const late = randomUUID();
  kernel().send("comm_open", { comm_id: late, target_name: CELLS_COMM, data: {} });
  const first = await kernel().wait((m) => m.type === "comm_msg" && m.content.comm_id === late, "a message");
  expect(first.content.data).toEqual(await told());
  expect(first.content.data).toMatchObject({ version: 1, cells: [{ cell: "b", reads: [{ name: "x" }] }] });
});
