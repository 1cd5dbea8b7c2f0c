// The README's code runs as it stands, each block as one cell, in the order of the page; and the README knows all notebooks.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { allNotebooks, runNotebook } from "../../scripts/setup/notebooks.ts";
import { ROOT } from "../../scripts/setup/paths.mjs";

const page = readFileSync(join(ROOT, "README.md"), "utf8");

test("the README lists every notebook", () => {
  const listed = [...page.matchAll(/^\| \[[\w-]+\]\(notebooks\/(.+?)\)/gm)].map(([, name]) => name);
  expect(listed).toEqual(allNotebooks());
});

test("the README's examples run", async () => {
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);
  expect(blocks.length).toBeGreaterThan(2);
  const folder = mkdtempSync(join(tmpdir(), "gradbook-readme-"));
  try {
    const path = join(folder, "readme.ipynb");
    const cells = [
      ...blocks,
      "if (!(model(x).sub(y).pow(2).mean().item() < 0.1)) throw new Error('it has not learned');",
      "if (model(tensor([[1, 0]])).shape.length !== 2) throw new Error('unexpected shape');",
    ].map((source) => ({ cell_type: "code", source, metadata: {}, outputs: [], execution_count: null }));
    const kernelspec = { name: "gradbook", display_name: "Gradbook", language: "typescript" };
    writeFileSync(path, JSON.stringify({ cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 4 }));
    const outcome = await runNotebook(path);
    expect(outcome).toMatchObject({ ok: true });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
