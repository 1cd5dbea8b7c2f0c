// A cell of very many declarations takes as long as their number, not as its square: counted in calls of the compiler's functions.

import { Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import { LanguageService } from "@gradbook/kernel/lang/service";
import { afterAll, beforeAll, expect, test } from "vitest";

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
