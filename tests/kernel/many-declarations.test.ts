// Cells of very many declarations, and cells after them: what the compiler does for each, counted in calls of its functions.

import { Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import { LanguageService } from "@gradbook/kernel/lang/service";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const library = fileURLToPath(new URL("./fixtures/library/index.d.ts", import.meta.url));
const session = new Session();

beforeAll(async () => {
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
});
afterAll(() => session.disconnect());

/** How often each function is called in doing something, by its name and place. */
async function calls(work: () => void): Promise<Map<string, number>> {
  await session.post("Profiler.takePreciseCoverage");
  work();
  const { result } = await session.post("Profiler.takePreciseCoverage");
  const counts = result.flatMap(({ url, functions }) =>
    functions.map(({ functionName, ranges }) => {
      const [{ startOffset, count } = { startOffset: 0, count: 0 }] = ranges;
      return [`${functionName} ${url.split("/").at(-1)}:${startOffset}`, count] as const;
    }),
  );
  return new Map(counts);
}

test("twice the declarations call each function about twice as often", async () => {
  const n = 250;
  const service = new LanguageService({ gradbook: [library] });
  const { state } = service;
  const compiled = (size: number): Promise<Map<string, number>> => {
    service.state = state;
    const source = Array.from({ length: size }, (_, i) => `let x${i}: number = ${i};`).join("\n");
    return calls(() => expect(service.compile(source, "cell[1].ts")).toMatchObject({ ok: true }));
  };
  await compiled(n);
  const once = await compiled(n);
  const twice = await compiled(2 * n);
  const often = [...twice].filter(([, count]) => count > 10 * n);
  expect(often).not.toEqual([]);
  // what sorts takes a little more than twice; a square would be four times
  expect(often.filter(([name, count]) => count > 3 * (once.get(name) ?? 0))).toEqual([]);
});

describe("what earlier cells have declared", () => {
  const service = new LanguageService({ gradbook: [library] });
  const declared = Array.from({ length: 250 }, (_, i) => `let x${i}: number = ${i};`).join("\n");
  const compiled = (source: string) => service.compile(source, "cell[1].ts");
  const warned = (source: string): readonly unknown[] => {
    const result = compiled(source);
    if (!result.ok) throw new Error(result.ename);
    return result.warnings;
  };

  test("is neither read nor written for a cell that declares nothing, nor for completion", async () => {
    compiled(declared);
    compiled("x1");
    const { declarations } = service.state;
    const counts = await calls(() => {
      expect(compiled("x2 + 1")).toMatchObject({ ok: true });
      expect(service.complete("x2", 2).entries.map(({ text }) => text)).toContain("x249");
    });
    const touched = [...counts].filter(
      ([name, n]) => /^(parse|emit)VariableStatement /.test(name) && n > 100,
    );
    expect(touched).toEqual([]);
    expect(service.state.declarations).toBe(declarations);
  });

  test("is read once for a cell after one that declared something", async () => {
    compiled("const y = x1");
    const counts = await calls(() => expect(compiled("const z = y")).toMatchObject({ ok: true }));
    const read = [...counts].filter(([name]) => name.startsWith("parseVariableStatement "));
    // beside those of the cell itself
    expect(read).toEqual([[expect.any(String), expect.toSatisfy((n) => n >= 250 && n < 260)]]);
  });

  test("stays as it was after a cell that was refused, and changes after one that declares it again", () => {
    expect(compiled("// @type-errors stop\nlet x1: string = 5")).toMatchObject({ ename: "TypeCheckError" });
    expect(compiled("let x1: string = ")).toMatchObject({ ename: "SyntaxError" });
    expect(warned("// @type-errors warn\nx1.toFixed()")).toEqual([]);
    expect(warned("let x1 = 'text'")).toEqual([]);
    expect(warned("x1.toUpperCase(); x2.toFixed()")).toEqual([]);
    expect(warned("x1.toFixed()")).toHaveLength(1);
  });

  test("keeps what cells have added to other declarations", () => {
    compiled("declare global { interface Array<T> { second(): T | undefined } }");
    for (const cell of ["[1].second()", "[2].second()", "const w = 1", "[3].second()", "x2; [4].second()"])
      expect(warned(cell)).toEqual([]);
  });
});
