// README.md and ARCHITECTURE.md point to files that exist and name commands that exist.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { GROUPS } from "../../scripts/setup/groups.ts";
import { ROOT } from "../../scripts/setup/paths.mjs";

const read = (name: string): string => readFileSync(join(ROOT, name), "utf8");

test.for(["README.md", "ARCHITECTURE.md"])("%s links to files that exist", (page) => {
  const links = [...read(page).matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link]) => link!);
  const missing = links.filter((link) => !link.startsWith("https:") && !existsSync(join(ROOT, link)));
  expect(missing).toEqual([]);
});

test("every command in the README is a script of package.json, and has its two files", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const commands = [...read("README.md").matchAll(/`npm (?:run )?([\w:-]+)/g)].map(([, name]) => name!);
  expect(new Set(commands).size).toBeGreaterThan(5);
  expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
  for (const [, name] of Object.values(scripts)
    .join("\n")
    .matchAll(/scripts\/([\w-]+)\.mjs/g)) {
    expect(existsSync(join(ROOT, "scripts", `${name}.mjs`)), name).toBe(true);
    expect(existsSync(join(ROOT, "scripts", "commands", `${name}.ts`)), name).toBe(true);
  }
});

test("ARCHITECTURE.md describes the groups of tests that there are", () => {
  const [, table = ""] = /## Tests\n([\s\S]*)$/.exec(read("ARCHITECTURE.md")) ?? [];
  const named = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
  );
  expect(named.sort()).toEqual(GROUPS.map((group) => group.name).sort());
});
