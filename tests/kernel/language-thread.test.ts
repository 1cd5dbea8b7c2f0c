// The language thread can be lost at any time: what the cells so far have declared survives it.

import { fileURLToPath } from "node:url";
import { LanguageClient } from "@gradbook/kernel/wire/language";
import { expect, test } from "vitest";

const library = fileURLToPath(new URL("./fixtures/library/index.d.ts", import.meta.url));

test("a new language thread knows what the old one knew", async () => {
  const client = new LanguageClient({ gradbook: [library] });
  try {
    const first = await client.call("compile", "const known = 5;", "cell[1].ts");
    expect(first).toMatchObject({ ok: true, warnings: [] });

    const lost = client.call("compile", "const forgotten = 1;", "cell[2].ts");
    client.abort();
    await expect(lost).rejects.toThrow("stopped");

    const wrong = await client.call("compile", "const text: string = known; forgotten", "cell[3].ts");
    expect(wrong).toMatchObject({ ok: true, warnings: [{ code: 2322 }, { code: 2304 }] });
  } finally {
    client.abort();
  }
});
