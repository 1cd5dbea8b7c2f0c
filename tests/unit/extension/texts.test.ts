// The monitor's texts in Chinese: every text of the sources has one, with the same places for numbers and names, and none is
// left of a text that is gone.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TEXTS } from "../../../extension/dist/locale/zh-cn.js";
import { REFUSALS } from "../../../lib/dist/train/control.js";
import { BACKGROUND } from "../../../lib/dist/train/diagnose/background.js";
import { HALT_TEXTS } from "../../../lib/dist/train/diagnose/halted.js";
import { LEADS } from "../../../lib/dist/train/diagnose/page.js";
import { TEXTS as DIAGNOSES, HEALTHY, WORDS } from "../../../lib/dist/train/diagnose/texts.js";

const EXTENSION = join(import.meta.dirname, "..", "..", "..", "extension");
const SOURCES = join(EXTENSION, "src");
const STRING = `("(?:[^"\\\\]|\\\\.)*")`;

const sources = (): string[] =>
  readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.startsWith("locale"))
    .map((path) => readFileSync(join(SOURCES, path), "utf8"));

/** The first strings in calls of one of the translator's functions. */
const calls = (name: string): string[] =>
  sources().flatMap((text) =>
    [...text.matchAll(new RegExp(`\\b${name}\\(\\s*${STRING}`, "g"))].map(([, quoted]) =>
      JSON.parse(quoted!),
    ),
  );

/** What people read of the settings' schemas. */
const settings = (): string[] =>
  readdirSync(join(EXTENSION, "schema")).flatMap((name) => {
    const found: string[] = [];
    JSON.parse(readFileSync(join(EXTENSION, "schema", name), "utf8"), (key, value) => {
      const isRead = ["title", "description", "jupyter.lab.setting-icon-label"].includes(key);
      if (isRead && typeof value === "string") found.push(value);
      return value;
    });
    return found;
  });

const single = new Set([
  ...settings(),
  ...calls("__"),
  ...Object.values(HEALTHY),
  ...WORDS,
  ...Object.values(REFUSALS),
  ...Object.values(HALT_TEXTS),
  ...Object.values(LEADS),
  ...Object.values(BACKGROUND).map(({ title }) => title),
  ...Object.values(DIAGNOSES).flatMap((texts) => Object.values(texts)),
]);
const plural = new Set(calls("_n"));

/** What is filled in: %1, {layer}. */
const places = (text: string): string[] =>
  [...new Set([...text.matchAll(/%\d|\{[\w:]+\}/g)].map(([place]) => place))].sort();

describe("Chinese texts", () => {
  it("are there for every text that the sources have, and for no other", () => {
    const wanted = [...single, ...plural].sort();
    expect(wanted.length).toBeGreaterThan(300);
    expect(Object.keys(TEXTS).sort()).toEqual(wanted);
  });

  it("have the same places to fill in", () => {
    const filled = Object.entries(TEXTS).map(([english, text]) => [english, places([text].flat().join())]);
    expect(filled).toEqual(Object.keys(TEXTS).map((english) => [english, places(english)]));
  });

  it("have two forms where English has a plural, as JupyterLab's translator wants them", () => {
    for (const [english, text] of Object.entries(TEXTS)) {
      expect([english, Array.isArray(text)]).toEqual([english, plural.has(english)]);
    }
  });
});
