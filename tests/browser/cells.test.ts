// Cells in JupyterLab: one whose variables have changed is marked, says why, and leads to the cell that changed them; tensors,
// models, pictures and figures are shown.

import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { expect, it } from "vitest";
import { openFirstNotebook, PATIENCE, PICTURES, useLab, useTheme } from "./lab.js";

let page: Page;

useLab(async (lab, opened) => {
  page = opened;
  await openFirstNotebook(lab, page);
});

/** A cell of the test's own, by a comment in it. */
const cell = (name: string): Locator => page.locator(".jp-CodeCell", { hasText: `// ${name}:` });
const mark = (name: string): Locator => cell(name).getByRole("button", { name: /^Out of date/ });

/** Makes a cell below the active one. */
async function add(name: string, code: string): Promise<void> {
  await page.keyboard.press("Escape");
  await page.keyboard.press("b");
  await page.keyboard.press("Enter");
  await page.keyboard.insertText(`// ${name}:\n${code}`);
  await run();
}

async function edit(name: string, code: string): Promise<void> {
  await cell(name).locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(`// ${name}:\n${code}`);
  await run();
}

/** Runs the active cell to its end. */
async function run(): Promise<void> {
  const prompt = page.locator(".jp-CodeCell.jp-mod-active .jp-InputPrompt");
  const before = (await prompt.textContent()) ?? "";
  await page.keyboard.press("Control+Enter");
  await prompt.filter({ hasText: /^\[\d+\]:$/, hasNotText: before }).waitFor(PATIENCE);
}

it("marks the cells that read a variable, and those that read from these", async () => {
  await page.locator(".jp-MarkdownCell").first().click();
  await add("rate", "let rate = 0.1;");
  await add("steps", "const steps = 10 / rate;");
  await add("report", "[steps]");
  await add("other", "1 + 1");
  expect(await page.locator(".gb-Stale").count()).toBe(0);

  await edit("rate", "let rate = 0.5;");
  await mark("steps").waitFor(PATIENCE);
  expect(await mark("steps").getAttribute("aria-label")).toMatch(
    /^Out of date: rate was changed by cell \[\d+\]\.$/,
  );
  expect(await mark("report").getAttribute("aria-label")).toMatch(
    /^Out of date: steps came from cell \[\d+\], which is out of date\.$/,
  );
  expect(await page.locator(".gb-Stale").count()).toBe(2);
});

it("says why where the mark is touched, in both themes, and leads there by the keyboard", async () => {
  await mark("steps").hover();
  await page.screenshot({ path: join(PICTURES, "stale-light.png") });
  await useTheme(page, "JupyterLab Dark");
  await mark("steps").focus();
  await page.keyboard.press("Shift");
  await page.screenshot({ path: join(PICTURES, "stale-dark.png") });
  await page.keyboard.press("Enter");
  await expect.poll(() => cell("rate").getAttribute("class"), PATIENCE).toContain("jp-mod-active");
});

it("takes the mark away from a cell that runs again, and all of them when the kernel restarts", async () => {
  await edit("steps", "const steps = 20 / rate;");
  await mark("steps").waitFor({ state: "detached", ...PATIENCE });
  expect(await mark("report").getAttribute("aria-label")).toMatch(/steps was changed by cell/);
  await cell("report").locator(".jp-InputPrompt").click();
  await page.keyboard.press("0");
  await page.keyboard.press("0");
  await page.locator(".jp-Dialog .jp-mod-accept").click(PATIENCE);
  await page.locator(".gb-Stale").waitFor({ state: "detached", ...PATIENCE });
});

it("draws figures with plotly, models as trees, tensors with what they are, pictures, progress", async () => {
  await add(
    "figure",
    "({ data: [{ y: [1, 3, 2] }, { type: 'bar', y: [1, 2, 3] }], layout: { title: { text: 'Two' } } })",
  );
  const figure = cell("figure").locator(".gb-Figure");
  await figure.locator(".scatterlayer path.js-line").waitFor({ state: "attached", ...PATIENCE });
  expect(await figure.locator(".barlayer .point").count()).toBe(3);

  await add(
    "model",
    "nn.Sequential(nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Sequential(nn.Linear(300, 10)))",
  );
  await cell("model").getByText("weight [300, 784], bias [300]: 235,500 parameters").waitFor(PATIENCE);

  await add(
    "shown",
    `display(tensor.rand(3, 4));
display.image(tensor.rand(16, 1, 8, 8));
display.heatmap(tensor.randn(8, 24));
display.latex\`\\sigma^2 = \\frac{2}{n}\`;
for (const _ of display.progress([1, 2, 3, 4], { label: "epochs" }));`,
  );
  const output = cell("shown").locator(".jp-OutputArea");
  await output.getByText("float32 [3, 4] on wasm").waitFor(PATIENCE);
  await expect.poll(() => output.locator("img").count(), PATIENCE).toBe(2);
  await output.locator("progress[value='1']").waitFor(PATIENCE);
  await cell("shown").scrollIntoViewIfNeeded(PATIENCE);
  await page.screenshot({ path: join(PICTURES, "displays.png") });
  await figure.scrollIntoViewIfNeeded(PATIENCE);
  await page.screenshot({ path: join(PICTURES, "figure.png") });
});
