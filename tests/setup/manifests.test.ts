// What must hold of the files that set-up reads: the lockfile works on every platform and names no server.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../scripts/setup/paths.mjs";

interface Package {
  resolved?: string;
  link?: boolean;
  optionalDependencies?: Record<string, string>;
}

const read = (name: string): string => readFileSync(join(ROOT, name), "utf8");
const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, Package> };

test("the lockfile holds no download addresses", () => {
  const addresses = Object.values(packages).filter(({ resolved, link }) => resolved && !link);
  expect(addresses).toEqual([]);
  const funding = /opencollective\.com|github\.com|patreon\.com|tidelift\.com|liberapay\.com|feross\.org/;
  const urls = read("package-lock.json").match(/https?:[^"]+/g) ?? [];
  expect(urls.filter((url) => !funding.test(url))).toEqual([]);
});

test("the lockfile lists every platform's packages: without one, npm ci refuses", () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
    ),
  );
  expect(missing).toEqual([]);
});

test("the project's Node is one version on all platforms", () => {
  const { optionalDependencies } = JSON.parse(read("package.json")) as Required<Package>;
  expect(new Set(Object.values(optionalDependencies)).size).toBe(1);
});

test.each([
  ["requirements.txt", 50],
  ["requirements-tests.txt", 5],
])("every Python package of %s is pinned", (name, atLeast) => {
  const lines = read(`scripts/python/${name}`)
    .split("\n")
    .filter((line) => line.trim() && !line.trim().startsWith("#"));
  expect(lines.length).toBeGreaterThan(atLeast);
  expect(lines.filter((line) => !/^[\w.-]+==[\w.]+( ; .+)?$/.test(line))).toEqual([]);
});
