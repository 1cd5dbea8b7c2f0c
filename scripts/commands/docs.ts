// Writes docs/api from the docstrings, and docs/diagnoses.md from the rules' texts.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../setup/build.ts";
import { command } from "../setup/command.ts";
import { API_DOCS, ROOT } from "../setup/paths.mjs";

await command(async () => {
  await compile(["lib", "kernel"]);
  const { readSurface } = await import("../docs/surface.ts");
  const { apiPages } = await import("../docs/pages.ts");
  rmSync(API_DOCS, { recursive: true, force: true });
  mkdirSync(API_DOCS, { recursive: true });
  const { diagnosesPage } = await import("gradbook/train/diagnose/page");
  writeFileSync(join(ROOT, "docs", "diagnoses.md"), diagnosesPage());
  for (const [file, text] of apiPages(readSurface())) writeFileSync(join(API_DOCS, file), text);
});
