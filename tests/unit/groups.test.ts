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

/** Where the device itself is chosen, and this file. */
const EXEMPT = new Set([
  "tests/unit/parity/library.ts",
  "tests/unit/compute/harness.ts",
  "tests/unit/groups.test.ts",
]);

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

test("no tolerance of it is another one on the GPU", () => {
  const shared = matching([...GPU, "tests/unit/**/*.ts"]).filter((file) => !EXEMPT.has(file));
  const chosen = shared.flatMap((file) => {
    const code = readFileSync(`${cwd}/${file}`, "utf8");
    const sizes = [...code.matchAll(/\bsized\(([^()]*(?:\([^()]*\)[^()]*)*)\)/g)].map(([, sizes]) => sizes!);
    return [
      ...[...code.matchAll(/DEVICE [!=]== "webgpu".*/g)].map(([line]) => `${file}: ${line}`),
      // what `sized` chooses is a number of things
      ...sizes.filter((text) => /\d\.\d|\de-/.test(text)).map((text) => `${file}: sized(${text})`),
    ];
  });
  expect(chosen).toEqual([]);
});
