// Runs the page of everyday TypeScript (everyday-cells.ts) in one kernel, beside files and packages that its cells import.

import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, test } from "vitest";
import { PAGES } from "./everyday-cells.js";
import { sharedKernel } from "./kernel.js";
import { runsIn } from "./shows.js";

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
file("double.ts", "export const factor: number = 2;\n");
file(
  "more.ts",
  'import { factor } from "./double";\nexport const twice = (x: number): number => factor * x;\n',
);
file("worker.cjs", 'require("node:worker_threads").parentPort.postMessage(6 * 7);\n');
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

const runs = runsIn(kernel);

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
