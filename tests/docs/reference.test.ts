// The API reference in docs/api is what `npm run docs` writes today.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { apiPages } from "../../scripts/docs/pages.ts";
import { readSurface } from "../../scripts/docs/surface.ts";
import { API_DOCS } from "../../scripts/setup/paths.mjs";

test("the API reference is up to date (npm run docs writes it)", () => {
  const pages = apiPages(readSurface());
  expect(readdirSync(API_DOCS).sort()).toEqual([...pages.keys()].sort());
  for (const [file, text] of pages) {
    expect(readFileSync(join(API_DOCS, file), "utf8") === text, file).toBe(true);
  }
});
