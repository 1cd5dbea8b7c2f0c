// Where JupyterLab speaks Chinese, so does everything of ours: all that can be read or heard in the five screens, their menus, the
// cell's output, the status bar, the commands and the settings is Chinese, or a name of something.

import type { Locator, Page } from "playwright-core";
import { expect, it } from "vitest";
import { PATIENCE, speakChinese, useLab } from "./lab.js";

/** Two runs with everything that screens tell of: a normalisation, an accuracy on held-out data, a change of rate. The second one is
 *  paused, and its weights are too large. */
const RUNS = `{
  const [X, y] = [tensor.randn(32, 20), tensor.randint(0, 4, [32])];
  const trained = (name: string, std: number, last: number) => {
    manualSeed(42);
    const model = nn.Sequential(nn.Linear(20, 30), nn.BatchNorm1d(30), nn.ReLU(), nn.Linear(30, 30), nn.Sigmoid(), nn.Linear(30, 4));
    model.apply((m) => { if (m instanceof nn.Linear) init.normal_(m.weight, { std }); });
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
    const watcher = watch(model, { name, dataset: "Zufall" });
    for (let step = 0; step < last; step++) {
      if (step === 40) optimizer.paramGroups[0]!.lr = 0.01;
      if (last === Infinity && step === 60) watcher.pause();
      nn.CrossEntropyLoss()(model(X), y).backward();
      optimizer.step();
      optimizer.zeroGrad();
      if (step % 20 === 0) watcher.report({ validationLoss: 1.3, validationAccuracy: 0.4 });
    }
  };
  trained("Anton", 0.2, 60);
  trained("Berta", 3, Infinity);
}`;

/** Words of Latin letters that are names in every language: of the runs above, of layers and functions, of formats and units. */
const NAMES = new Set(
  [
    "Anton Berta Zufall Linear ReLU BatchNorm1d BatchNorm Sigmoid SGD CrossEntropyLoss",
    "Gradbook TypeScript JupyterLab CSV PNG SVG NaN float32 softmax Var MB CPU ms ln log max He Glorot tanh sigmoid",
  ].flatMap((line) => line.split(" ")),
);

let page: Page;

useLab(async (lab, opened) => {
  page = opened;
  await speakChinese(page);
  await page.setViewportSize({ width: 1600, height: 900 });
  await page.goto(lab.address("00-first-light.ipynb"));
  await page.locator(".jp-NotebookPanel .jp-Cell").first().waitFor(PATIENCE);
  await monitor().getByText("还没有可观察的训练").waitFor(PATIENCE);
  await page.keyboard.press("Control+b");
  await page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').waitFor(PATIENCE);
});

const monitor = (): Locator => page.locator(".gb-Panel");

/** What is read or heard below the elements of a selector, and is no Chinese: pieces of texts with a word that is no name. */
async function foreign(selector: string): Promise<string[]> {
  const texts = await page.evaluate((wanted) => {
    const found = new Set<string>();
    for (const root of document.querySelectorAll(wanted)) {
      for (const node of [root, ...root.querySelectorAll("*")]) {
        // code and formulas are the same in every language, and a link bears the heading that it leads to
        if (
          node.closest("code, mjx-container, .gb-Differences-code, .gb-Link, style, [hidden]") ||
          !node.checkVisibility()
        )
          continue;
        for (const name of ["aria-label", "aria-valuetext", "aria-description", "title", "placeholder"])
          found.add(node.getAttribute(name) ?? "");
        for (const child of node.childNodes) if (child.nodeType === 3) found.add(child.nodeValue!);
      }
    }
    return [...found];
  }, selector);
  expect(texts.length, `texts in ${selector}`).toBeGreaterThan(1);
  // "gb.train.race(", "watch(model, { level })" and a file's name are code
  const bare = (text: string): string => text.replace(/\b[\w.]+\([^)]*\)?|\b\w+\.\w+[\w.-]*/g, "");
  return texts.filter((text) =>
    (bare(text).match(/[A-Za-z]{2,}\d*\w*/g) ?? []).some((word) => !NAMES.has(word)),
  );
}

/** Opens a menu by its button and gives what is not Chinese in it. */
async function foreignInMenu(button: string): Promise<string[]> {
  await monitor().getByRole("button", { name: button, exact: true }).first().click(PATIENCE);
  await page.locator(".lm-Menu").waitFor(PATIENCE);
  const found = await foreign(".lm-Menu");
  await page.keyboard.press("Escape");
  await page.locator(".lm-Menu").waitFor({ state: "detached", ...PATIENCE });
  return found;
}

it("says in Chinese that there is nothing to watch yet", async () => {
  expect(await foreign(".gb-Panel")).toEqual([]);
  await page.locator(".gb-Status", { hasText: "计算就绪" }).waitFor(PATIENCE);
  expect(await foreign(".gb-Status")).toEqual([]);
});

it("gets two runs, one of them paused", async () => {
  await page.locator(".jp-MarkdownCell").first().click();
  for (const key of ["Escape", "b", "Enter"]) await page.keyboard.press(key);
  await page.keyboard.insertText(RUNS);
  await page.keyboard.press("Control+Enter");
  await monitor()
    .locator(".gb-Toolbar-counter", { hasText: /暂停于第 \d+ 步/ })
    .waitFor(PATIENCE);
  await monitor().locator(".gb-Verdict-sentence").waitFor(PATIENCE);
});

it.each(["学习", "逐层信号", "层透镜", "批次显微镜", "竞赛"])("the screen %s", async (name) => {
  await monitor().getByRole("tab", { name }).click(PATIENCE);
  await monitor().getByRole("tab", { name, selected: true }).waitFor(PATIENCE);
  const drawn = monitor().locator(".gb-Screen:not([hidden]) svg").first();
  if (name === "竞赛") await monitor().locator(".gb-Note button").click(PATIENCE);
  await drawn.waitFor({ state: "attached", ...PATIENCE });
  expect(await foreign(".gb-Panel")).toEqual([]);
});

it("the details of a normalised layer, and what is folded", async () => {
  await monitor().getByRole("tab", { name: "层透镜" }).click(PATIENCE);
  await monitor().locator(".gb-Units-step").first().waitFor(PATIENCE);
  expect(await foreign(".gb-Panel")).toEqual([]);
  await monitor().getByRole("tab", { name: "竞赛" }).click(PATIENCE);
  await monitor().locator(".gb-Differences summary").click(PATIENCE);
  expect(await foreign(".gb-Panel")).toEqual([]);
  await monitor().getByRole("button", { name: "先预测" }).click(PATIENCE);
  await monitor().locator(".gb-Race-sketching").waitFor(PATIENCE);
  expect(await foreign(".gb-Panel")).toEqual([]);
});

it.each(["速度", "分叉", "导出"])("the menu %s", async (button) => {
  expect(await foreignInMenu(button)).toEqual([]);
});

it("a refusal of the kernel", async () => {
  const field = monitor().getByRole("textbox");
  await field.fill("viel");
  await field.press("Enter");
  await monitor().locator(".gb-Toolbar-counter.gb-mod-said").waitFor(PATIENCE);
  expect(await foreign(".gb-Toolbar")).toEqual([]);
});

it("the run in its cell", async () => {
  await page
    .locator(".jp-OutputArea .gb-Snapshot")
    .first()
    .waitFor({ state: "attached", ...PATIENCE });
  expect(await foreign(".jp-OutputArea .gb-Snapshot")).toEqual([]);
});

it("the page about diagnoses", async () => {
  await monitor().getByRole("tab", { name: "学习" }).click(PATIENCE);
  await monitor().getByRole("button", { name: "关于此诊断" }).click(PATIENCE);
  await page.locator(".gb-Diagnoses h2").first().waitFor(PATIENCE);
  // sources are cited as they are called
  const texts = await page
    .locator(".gb-Diagnoses h1, .gb-Diagnoses h2, .gb-Diagnoses strong")
    .allTextContents();
  expect(texts.length).toBeGreaterThan(20);
  expect(texts.filter((text) => !/\p{Script=Han}/u.test(text))).toEqual([]);
});

it("the commands, in the palette and in the menu", async () => {
  await page.keyboard.press("Control+Shift+c");
  const palette = page.locator(".lm-CommandPalette-item", { hasText: /Gradbook|监视器/ });
  await page.locator(".lm-CommandPalette-input").fill("监视器");
  await palette.nth(1).waitFor(PATIENCE);
  const commands = await palette.allTextContents();
  expect(commands.filter((text) => !/\p{Script=Han}/u.test(text))).toEqual([]);
  await page.keyboard.press("Escape");
});

it("the settings", async () => {
  await page.keyboard.press("Control+,");
  for (const [plugin, text] of [
    ["Gradbook 监视器", "大字号、粗线条，最后一排也能看清。"],
    ["Gradbook：过时的单元格", "当它读取过的变量被重新声明或赋值"],
  ] as const) {
    await page.locator(".jp-PluginList .jp-PluginList-entry", { hasText: plugin }).click(PATIENCE);
    await page.locator(".jp-SettingsForm", { hasText: text }).first().waitFor(PATIENCE);
  }
});
