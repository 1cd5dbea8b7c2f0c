// The examples in docstrings compile strictly and show what they say. They run on the reference interpreter: it needs no code
// generation, and examples are small.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { exampleModule, runExample } from "../../scripts/docs/examples.ts";
import { readSurface } from "../../scripts/docs/surface.ts";
import { LOCAL, MODULES } from "../../scripts/setup/paths.mjs";

vi.hoisted(() => {
  process.env.GRADBOOK_DEVICE = "reference";
});

const surface = readSurface();
describe("examples show what they say", () => {
  for (const { path, examples } of surface) {
    examples.forEach((code, i) => {
      test(examples.length > 1 ? `${path}, ${i + 1}` : path, async () => {
        expect(await runExample(code), code).toBeUndefined();
      });
    });
  }
});

describe("examples compile", () => {
  // Below the project, so that the compiler finds the library.
  const folder = mkdtempSync(join(LOCAL, "examples-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("strictly", () => {
    const { source, lineOf } = exampleModule(surface);
    writeFileSync(join(folder, "examples.ts"), source);
    const compilerOptions = {
      noEmit: true,
      strict: true,
      target: "ES2024",
      lib: ["ES2024", "ESNext.Disposable"],
      module: "NodeNext",
      types: ["node"],
      skipLibCheck: true,
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["examples.ts"] }));
    const tsc = join(MODULES, "typescript", "bin", "tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
      encoding: "utf8",
    });
    const errors = [...stdout.matchAll(/examples\.ts\((\d+),\d+\): (.*)/g)];
    expect(errors.map(([, line, message]) => `${lineOf(Number(line))}: ${message}`)).toEqual([]);
  });
});
