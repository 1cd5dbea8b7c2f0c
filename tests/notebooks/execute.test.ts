// Every notebook runs from its first to its last cell through the real kernel; each ends in checks that can fail.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { KERNEL_INFO } from "../../kernel/dist/wire/kernel-info.js";
import { allNotebooks, describeOutcome, runNotebook } from "../../scripts/setup/notebooks.ts";
import { NOTEBOOKS } from "../../scripts/setup/paths.mjs";

test.for(allNotebooks())(
  "%s describes its language as the kernel does: opening it changes nothing",
  (name) => {
    const { metadata } = JSON.parse(readFileSync(join(NOTEBOOKS, name), "utf8"));
    expect(metadata.language_info).toEqual((KERNEL_INFO as { language_info: object }).language_info);
  },
);

test.for(allNotebooks())("%s runs, and its checks hold", async (name) => {
  const outcome = await runNotebook(name);
  expect(outcome.ok, describeOutcome(name, outcome)).toBe(true);
  expect(outcome.cells).toBeGreaterThan(0);
});
