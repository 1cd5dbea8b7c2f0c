// Every notebook runs from its first to its last cell through the real kernel; each ends in checks that can fail. What it shows can be
// seen without JupyterLab and our extension, too.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { KERNEL_INFO } from "../../kernel/dist/wire/kernel-info.js";
import { allNotebooks, describeOutcome, runNotebook } from "../../scripts/setup/notebooks.ts";
import { NOTEBOOKS } from "../../scripts/setup/paths.mjs";
import { standsAlone } from "../unit/plot/stand-alone.js";

test.for(allNotebooks())(
  "%s describes its language as the kernel does: opening it changes nothing",
  (name) => {
    const { metadata } = JSON.parse(readFileSync(join(NOTEBOOKS, name), "utf8"));
    expect(metadata.language_info).toEqual((KERNEL_INFO as { language_info: object }).language_info);
  },
);

const saved = mkdtempSync(join(tmpdir(), "gradbook-notebooks-"));
afterAll(() => rmSync(saved, { recursive: true }));

test.for(allNotebooks())("%s runs, its checks hold, and its outputs show everywhere", async (name) => {
  const saveTo = join(saved, name);
  const outcome = await runNotebook(name, { saveTo });
  expect(outcome.ok, describeOutcome(name, outcome)).toBe(true);
  expect(outcome.cells).toBeGreaterThan(0);
  const bundles = bundlesOf(readFileSync(saveTo, "utf8"));
  expect(bundles.length).toBeGreaterThan(0);
  expect(bundles.flatMap(lacks)).toEqual([]);
});

type Bundle = Readonly<Record<string, unknown>>;

/** What the cells of a notebook show, by MIME type. */
function bundlesOf(notebook: string): Bundle[] {
  const { cells } = JSON.parse(notebook) as { cells: { outputs?: { data?: Bundle }[] }[] };
  return cells.flatMap(({ outputs = [] }) => outputs.flatMap(({ data }) => (data ? [data] : [])));
}

const text = (part: unknown): string => (Array.isArray(part) ? part.join("") : String(part ?? ""));

/** What an output lacks where only text and pictures are shown, and no script runs: on GitHub, for one. */
function lacks(bundle: Bundle): string[] {
  const plain = text(bundle["text/plain"]);
  const svg = bundle["image/svg+xml"];
  const drawn = Object.keys(bundle).some((type) => type.startsWith("application/vnd."));
  return [
    ...(plain.trim() === "" ? ["no text"] : []),
    ...(drawn && svg === undefined && bundle["image/png"] === undefined ? ["no picture"] : []),
    ...(svg === undefined ? [] : standsAlone(text(svg))),
    ...(/<script|\son\w+=/i.test(text(bundle["text/html"])) ? ["HTML with a script"] : []),
  ].map((lack) => `${Object.keys(bundle)} (${plain.slice(0, 60)}): ${lack}`);
}
