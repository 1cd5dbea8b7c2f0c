// The group of the GPU leaves nothing out that proves results right: all tests of parity and of properties, and all that choose a
// device; and none of them is skipped there.

import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { GPU, PARITY } from "../../vitest.config.ts";

const cwd = fileURLToPath(new URL("../..", import.meta.url));
const matching = (globs: readonly string[]): string[] => globs.flatMap((glob) => globSync(glob, { cwd }));
const choosesDevice = (file: string): boolean =>
  /\b(useDevice|testedDevice)\(/.test(readFileSync(`${cwd}/${file}`, "utf8"));

test("what runs on wasm runs on webgpu", () => {
  const wanted = new Set([
    ...matching(PARITY),
    ...matching(["tests/unit/parity/**/*.test.ts", "tests/unit/**/{parity,properties}*.test.ts"]),
    ...matching(["tests/unit/**/*.test.ts"]).filter(choosesDevice),
  ]);
  expect(wanted.size).toBeGreaterThan(25);
  wanted.delete("tests/unit/groups.test.ts");
  const run = new Set(matching(GPU));
  expect([...wanted].filter((file) => !run.has(file))).toEqual([]);
});

test("nothing of it is skipped because it is the GPU's", () => {
  const skips = /\b(skipIf|runIf)\([^)]*(DEVICE|webgpu)/;
  expect(matching(GPU).filter((file) => skips.test(readFileSync(`${cwd}/${file}`, "utf8")))).toEqual([]);
});
