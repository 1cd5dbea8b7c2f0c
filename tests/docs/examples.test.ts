// Every public function, class and method has a docstring and is shown by an example; the examples compile strictly and show what
// they say. They run on the reference interpreter: it needs no code generation, and examples are small.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { exampleModule, runExample } from "../../scripts/docs/examples.ts";
import { type Entry, readSurface } from "../../scripts/docs/surface.ts";
import { LOCAL, MODULES } from "../../scripts/setup/paths.mjs";

vi.hoisted(() => {
  process.env.GRADBOOK_DEVICE = "reference";
});

const surface = readSurface();
/** What users call. Types and fields say what they are by their names and comments. */
const isCalled = ({ kind }: Entry): boolean => ["function", "class", "method"].includes(kind);
const name = ({ path }: Entry): string => path.slice(path.lastIndexOf(".") + 1);
const examplesOf = Map.groupBy(surface, ({ path }) => path.split(".")[0]!);

/** Shown by an example of its own; a method also by one of its namespace (`forward` by any that calls the layer). */
function isShown(entry: Entry): boolean {
  if (entry.examples.length > 0) return true;
  if (entry.kind !== "method") return false;
  if (name(entry) === "forward") return true;
  const around = examplesOf.get(entry.path.split(".")[0]!)!;
  return around.some(({ examples }) => examples.some((code) => code.includes(`.${name(entry)}(`)));
}

/** Methods that another entry has documented: what a class does in its own way. */
const isOverride = (entry: Entry): boolean =>
  entry.kind === "method" &&
  surface.some((other) => other !== entry && name(other) === name(entry) && other.text !== "");

describe("the public surface", () => {
  test("is documented", () => {
    const missing = surface.filter((entry) => isCalled(entry) && entry.text === "" && !isOverride(entry));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });
  test("is shown by examples", () => {
    const missing = surface.filter((entry) => isCalled(entry) && !isShown(entry));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });
  test("is shown by examples as they are indented in the sources", () => {
    // TypeScript takes the indentation from an example of several lines that begins behind the tag, and not below it
    const flat = surface.filter(({ examples }) => examples.some((code) => /^( *).*[{([]\n\1\S/m.test(code)));
    expect(flat.map(({ path }) => path)).toEqual([]);
  });
});

describe("examples show what they say", () => {
  for (const { path, examples } of surface) {
    examples.forEach((code, i) => {
      test(examples.length > 1 ? `${path}, ${i + 1}` : path, async () => {
        const folder = mkdtempSync(join(LOCAL, "example-"));
        try {
          expect(await runExample(code, folder), code).toBeUndefined();
        } finally {
          rmSync(folder, { recursive: true });
        }
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
