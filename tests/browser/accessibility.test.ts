// WCAG 2.2 AA, as far as a program can tell (axe-core): the five screens, in the light and the dark theme.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { openFirstNotebook, PATIENCE, useLab, useTheme } from "./lab.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const SCREENS = ["Learning", "Signal by depth", "Layer lens", "Batch microscope", "Race"];

/** Two runs; the second goes on until it is stopped. The first one's weights are far too large, so that there is a verdict. */
const RUNS = `{
  manualSeed(42);
  const x = tensor.randn(32, 20), labels = tensor.randint(0, 10, [32]);
  const trained = (name: string, std: number, steps: number) => {
    const hidden = Array.from({ length: 6 }, (_, i) => [nn.Linear(i === 0 ? 20 : 30, 30), nn.BatchNorm1d(30), nn.Tanh()]).flat();
    const model = nn.Sequential(...hidden, nn.Linear(30, 10));
    model.apply((m) => { if (m instanceof nn.Linear) init.normal_(m.weight, 0, std); });
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
    watch(model, { name });
    for (let step = 0; step < steps; step++) {
      F.crossEntropy(model(x), labels).backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
  };
  trained("wide", 2, 100);
  trained("Glorot", 0.2, Infinity);
}`;

let page: Page;

useLab(async (lab, opened) => {
  page = opened;
  await openFirstNotebook(lab, page);
  await page.evaluate(AXE);
});

const monitor = (): Locator => page.locator(".gb-Panel");

/** What is needed of axe-core, which the page has as a global. */
interface Axe {
  run(
    where: string,
    options: { runOnly: string[] },
  ): Promise<{
    violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
  }>;
}

/** What breaks a rule in the monitor, a line each: the rule, what it asks for, and the element. */
async function violations(): Promise<string> {
  const { violations: found } = await page.evaluate(
    (values) => (globalThis as unknown as { axe: Axe }).axe.run(".gb-Panel", { runOnly: values }),
    STANDARD,
  );
  return found
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id} (${help}): ${html} ${failureSummary ?? ""}`),
    )
    .join("\n");
}

describe("the monitor by WCAG 2.2 AA", () => {
  it("breaks no rule while it is empty", async () => {
    expect(await violations()).toBe("");
  });

  it("gets a run that is paused, beside another one", async () => {
    await page
      .locator(".jp-Notebook .jp-Cell")
      .first()
      .click({ position: { x: 4, y: 4 } });
    await page.keyboard.press("Escape");
    await page.keyboard.press("b");
    await page.keyboard.press("Enter");
    await page.keyboard.insertText(RUNS);
    await page.keyboard.press("Control+Enter");
    await monitor().locator(".gb-Toolbar").getByText("Glorot").waitFor(PATIENCE);
    await monitor().getByRole("tab", { name: "Batch microscope" }).click();
    await monitor().locator(".gb-Note").getByRole("button", { name: "Pause" }).click(PATIENCE);
    await monitor().getByText("Card 1 of").waitFor(PATIENCE);
  });

  describe.each(["JupyterLab Light", "JupyterLab Dark"] as const)("%s", (theme) => {
    it.each(SCREENS)("%s breaks no rule", async (screen) => {
      if ((await page.locator(`body[data-jp-theme-name="${theme}"]`).count()) === 0)
        await useTheme(page, theme);
      await monitor().getByRole("tab", { name: screen }).click();
      await monitor().getByRole("tab", { name: screen, selected: true }).waitFor(PATIENCE);
      await monitor()
        .locator(".gb-Screen svg")
        .first()
        .waitFor({ state: "attached", ...PATIENCE });
      expect(await violations()).toBe("");
    });
  });
});
