// JupyterLab's debugger on a cell: a click beside a line sets a breakpoint, the line is marked where the cell stands still, its
// variables are shown, a step moves the mark, and the cell goes on to its end.

import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { expect, it } from "vitest";
import { openFirstNotebook, PATIENCE, PICTURES, useLab } from "./lab.js";

const CODE = `let total = 0;
for (const x of [1, 2, 3]) {
  total += x * x;
}
const weights = tensor.ones(2, 3);
total + weights.shape.length`;

let page: Page;

useLab(async (lab, opened) => {
  page = opened;
  await openFirstNotebook(lab, page);
});

const cell = (): Locator => page.locator(".jp-CodeCell", { hasText: "let total = 0;" });
const marked = (): Locator => cell().locator(".jp-DebuggerEditor-highlight");
/** Names and values, without the colons between them, which the style draws. */
const variables = (): Locator => page.locator(".jp-DebuggerVariables");

it("stops at a breakpoint, shows variables, steps, and goes on", async () => {
  await page.locator(".jp-MarkdownCell").first().click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("b");
  await page.keyboard.press("Enter");
  await page.keyboard.insertText(CODE);
  await page.locator(".jp-DebuggerBugButton").click(PATIENCE);
  // the first element of a gutter only keeps its width
  const gutter = cell().locator(".cm-breakpoint-gutter > .cm-gutterElement");
  await gutter.nth(5).click(PATIENCE);
  await gutter.nth(5).locator(".cm-breakpoint-icon").waitFor(PATIENCE);
  await cell().locator(".cm-content").click(PATIENCE);
  await page.keyboard.press("Control+Enter");
  await marked().filter({ hasText: "const weights" }).waitFor(PATIENCE);
  await page.screenshot({ path: join(PICTURES, "debugger.png") });
  await expect.poll(() => variables().textContent(), PATIENCE).toContain("total14");
  await page.keyboard.press("F10");
  await marked().filter({ hasText: "weights.shape" }).waitFor(PATIENCE);
  await expect.poll(() => variables().textContent(), PATIENCE).toContain("weightsTensor float32[2, 3]");
  await page.keyboard.press("F9");
  await expect.poll(() => cell().locator(".jp-OutputArea-output").textContent(), PATIENCE).toMatch(/16/);
  expect(await marked().count()).toBe(0);
});
