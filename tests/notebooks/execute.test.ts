// Every notebook runs from its first to its last cell through the real kernel; each ends in checks that can fail.

import { expect, test } from "vitest";
import { allNotebooks, describeOutcome, runNotebook } from "../../scripts/setup/notebooks.ts";

test.for(allNotebooks())("%s runs, and its checks hold", async (name) => {
  const outcome = await runNotebook(name);
  expect(outcome.ok, describeOutcome(name, outcome)).toBe(true);
  expect(outcome.cells).toBeGreaterThan(0);
});
