// What can be read about the diagnoses: the page in the documentation, and the sections of notebooks that verdicts link to.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RULE_IDS } from "gradbook/train/diagnose/diagnosis";
import { diagnosesPage, ruleSection } from "gradbook/train/diagnose/page";
import { LINKED } from "gradbook/train/diagnose/sections";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(join(import.meta.dirname, "../../..", path), "utf8");

test("docs/diagnoses.md is what the rules say now (else: npm run docs)", () => {
  expect(read("docs/diagnoses.md")).toBe(diagnosesPage());
});

test("each rule has a section of its own, without a gap where a number should stand", () => {
  const sections = RULE_IDS.map((rule) => ruleSection(rule));
  expect(sections.filter((text) => /\{\w*(:\w+)?\}/.test(text))).toEqual([]);
  expect(new Set(sections.map((text) => text.split("\n")[0])).size).toBe(RULE_IDS.length);
});

test("links lead to headings that exist", () => {
  expect(LINKED.length).toBeGreaterThan(0);
  for (const link of LINKED) {
    const [file, anchor] = link.split("#") as [string, string];
    const cells = JSON.parse(read(file)).cells as { source: string | string[] }[];
    const headings = cells.flatMap(({ source }) =>
      [
        ...[source]
          .flat()
          .join("")
          .matchAll(/^#+ (.+)$/gm),
      ].map(([, title]) => title!.replaceAll(" ", "-")),
    );
    expect(headings).toContain(anchor);
  }
});
