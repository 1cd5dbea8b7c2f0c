// The Layer lens on a real run, and scrubbing through a long one: 100 layers, 100,000 steps. Pictures are kept in
// .gradbook/tests/pictures.

import { join } from "node:path";
import { histogramBlock } from "gradbook/train/histograms";
import { LAYER_FIELDS, STEP_FIELDS, sampleLength } from "gradbook/train/run";
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { openFirstNotebook, PATIENCE, PICTURES, useLab, useTheme } from "./lab.js";
import { longestTask } from "./tasks.js";

/** Twelve sigmoid layers with weights that are far too wide; gives what is measured of the last step by hand. */
const SATURATED = `// saturated
manualSeed(42);
const { train } = await gb.data.fashionMNIST();
const loader = new gb.data.DataLoader(train, { batchSize: 32, shuffle: true });
const parts = [nn.Flatten()] as any[];
for (let i = 0; i < 12; i++) parts.push(nn.Linear(i === 0 ? 784 : 100, 100), nn.Sigmoid());
const model = nn.Sequential(...parts, nn.Linear(100, 10));
model.apply((m) => { if (m instanceof nn.Linear) init.normal_(m.weight); });
const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
const outputs: any[] = [];
parts.filter((m) => m instanceof nn.Sigmoid).forEach((m, i) => m.registerForwardHook((_m: any, _x: any, y: any) => { outputs[i] = y.detach(); }));
watch(model, { name: "Sigmoid, N(0, 1)", dataset: "Fashion-MNIST" });
let step = 0;
for await (const [X, y] of loader) {
  const loss = nn.CrossEntropyLoss()(model(X), y);
  loss.backward();
  optimizer.step();
  optimizer.zeroGrad();
  if (++step === 100) break;
}
const flat = Array.from(outputs[6].toTypedArray() as Float32Array).filter((a) => a < 0.02 || a > 0.98).length;
console.log("flat outputs:", flat, "of", outputs[6].numel());`;

/** Twelve ReLU layers that train until they are stopped. */
const ENDLESS = `// endless
manualSeed(42);
{
  const { train } = await gb.data.fashionMNIST();
  const loader = new gb.data.DataLoader(train, { batchSize: 32, shuffle: true });
  const parts = [nn.Flatten()] as any[];
  for (let i = 0; i < 12; i++) parts.push(nn.Linear(i === 0 ? 784 : 100, 100), nn.ReLU());
  const model = nn.Sequential(...parts, nn.Linear(100, 10));
  model.apply((m) => { if (m instanceof nn.Linear) init.kaimingNormal_(m.weight, { nonlinearity: "relu" }); });
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
  watch(model, { name: "He", dataset: "Fashion-MNIST" });
  while (true) for await (const [X, y] of loader) {
    const loss = nn.CrossEntropyLoss()(model(X), y);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
}`;

/** A record as long as they come, without the training. */
const LONG = `// long
const LAYERS = 100, LAST = 99_999;
const { publish } = (globalThis as any)[Symbol.for("gradbook.host")];
const layers = Array.from({ length: LAYERS }, (_, i) => ({
  path: String(i), label: "Linear(100, 100) → Sigmoid", kind: "Sigmoid", activation: { name: "Sigmoid" }, units: 100,
}));
const info = { id: "long", name: "long", startedAt: new Date().toISOString(), status: "running", device: "wasm", layers, classes: 10 };
publish({ type: "run", info });
const due = (step: number) => step < 100 || Math.floor(50 * Math.log(step)) !== Math.floor(50 * Math.log(step - 1)) || step === LAST;
const wave = (i: number) => 0.5 + 0.5 * Math.sin(i);
let steps: number[] = [], samples: number[] = [], histograms: number[] = [];
for (let step = 0; step <= LAST; step++) {
  steps.push(step, step / 1000, 2.3 * Math.exp(-step / 3e4) + 0.1 * wave(step), ...new Array(${STEP_FIELDS.length - 3}).fill(NaN));
  if (due(step)) {
    samples.push(step);
    for (let i = 0; i < LAYERS * ${LAYER_FIELDS.length}; i++) samples.push(0.01 + 0.5 * wave(i * 0.37 + step * 0.01));
    for (let i = 0; i < ${histogramBlock(100)}; i++) histograms.push(Math.round(30 * wave(i * 0.05 + step * 0.001)));
  }
  if (step % 2000 === 1999) {
    publish({ type: "rows", run: "long", steps: Float32Array.from(steps), samples: Float32Array.from(samples), histograms: Uint8Array.from(histograms) });
    steps = []; samples = []; histograms = [];
  }
}
publish({ type: "run", info: { ...info, status: "finished" } });
console.log("published", LAST + 1);`;

let page: Page;

useLab(async (lab, opened) => {
  expect(sampleLength(100)).toBe(1 + 100 * LAYER_FIELDS.length);
  page = opened;
  await openFirstNotebook(lab, page);
  await page.locator(".jp-MarkdownCell").first().click();
});

const monitor = (): Locator => page.locator(".gb-Panel");
const picture = async (name: string): Promise<void> => {
  await page.mouse.move(700, 5);
  await monitor().screenshot({ path: join(PICTURES, `${name}.png`) });
};

/** Runs code in a new cell and gives what it printed; with `wait` false it goes on running. */
async function run(code: string, wait = true): Promise<string> {
  await page
    .locator(".jp-Notebook .jp-mod-active")
    .first()
    .click({ position: { x: 4, y: 4 } });
  await page.keyboard.press("Escape");
  await page.keyboard.press("b");
  await page.keyboard.press("Enter");
  await page.keyboard.insertText(code);
  await page.keyboard.press("Control+Enter");
  const cell = page.locator(".jp-CodeCell.jp-mod-active");
  if (!wait) return "";
  await cell.locator(".jp-InputPrompt", { hasText: /^\[\d+\]:$/ }).waitFor({ timeout: 120_000 });
  return (await cell.locator(".jp-OutputArea-output pre").allTextContents()).join("\n");
}

/** Bytes of the page's objects and buffers. */
async function memory(): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const usage = (await session.send("Runtime.getHeapUsage")) as {
    usedSize: number;
    backingStorageSize?: number;
  };
  await session.detach();
  return usage.usedSize + (usage.backingStorageSize ?? 0);
}

/** Drags from one end of an element to the other and back. */
async function drag(target: Locator): Promise<void> {
  const box = (await target.boundingBox())!;
  const at = (share: number): readonly [number, number] => [
    box.x + 14 + share * (box.width - 28),
    box.y + Math.min(box.height / 2, 14),
  ];
  await page.mouse.move(...at(0));
  await page.mouse.down();
  for (let i = 1; i <= 80; i++) await page.mouse.move(...at(i <= 40 ? i / 40 : 2 - i / 40));
  await page.mouse.up();
}

describe("the layer lens", () => {
  it("shows a real run: the share that is counted by hand, layers by health, the history", async () => {
    const printed = await run(SATURATED);
    const [, flat, of] = printed.match(/flat outputs: (\d+) of (\d+)/)!;
    await monitor().getByRole("tab", { name: "Layer lens" }).click();
    const layers = monitor().getByRole("listbox", { name: "Layers" });
    await layers.getByRole("option").nth(12).waitFor(PATIENCE);
    await layers.getByRole("option", { name: "Hidden 7" }).click();
    await monitor().getByText("Showing").waitFor(PATIENCE);
    const share = Math.round((100 * Number(flat)) / Number(of));
    await monitor()
      .locator(".gb-Details-figure")
      .first()
      .filter({ hasText: `${share}%` })
      .waitFor(PATIENCE);
    expect(await layers.locator(".gb-mod-sick").count()).toBeGreaterThanOrEqual(6);
    await monitor()
      .locator(".gb-Lens-bar.gb-mod-flat")
      .first()
      .waitFor({ state: "attached", ...PATIENCE });
    await picture("lens-light");
  });

  it("tells more about what it finds on a page of its own", async () => {
    await monitor().getByRole("button", { name: "About this diagnosis" }).click(PATIENCE);
    const texts = page.locator(".gb-Diagnoses");
    // the verdict: weights from N(0, 1) are too large
    const heading = texts.getByRole("heading", { name: "Weights that do not fit the activation" });
    await expect
      .poll(async () => {
        const [top, box] = [await texts.boundingBox(), await heading.boundingBox()];
        return top && box && Math.abs(box.y - top.y) < 60;
      }, PATIENCE)
      .toBe(true);
    await texts.screenshot({ path: join(PICTURES, "diagnoses-light.png") });
    await page.locator(".lm-TabBar-tab", { hasText: "Diagnoses" }).locator(".lm-TabBar-tabCloseIcon").click();
  });

  it("goes through layers and steps with the keyboard", async () => {
    const layers = monitor().getByRole("listbox", { name: "Layers" });
    await layers.press("Home");
    await monitor().locator(".gb-Lens-centre").getByText("Hidden 1", { exact: true }).waitFor(PATIENCE);
    await layers.press("ArrowDown");
    await layers.getByRole("option", { name: "Hidden 2", selected: true }).waitFor(PATIENCE);
    const strip = monitor().locator(".gb-History").getByRole("slider");
    await strip.press("Home");
    await strip.press("ArrowRight");
    await monitor().locator(".gb-Lens-showing").getByText("step 1", { exact: true }).waitFor(PATIENCE);
    await monitor().getByRole("tab", { name: "Signal by depth" }).click();
    await monitor().locator(".gb-Slider [role=slider][aria-valuenow='1']").waitFor(PATIENCE);
    await monitor().getByRole("tab", { name: "Layer lens" }).click();
    await strip.press("End");
  });

  it("fits a small window and a dark theme", async () => {
    await useTheme(page, "JupyterLab Dark");
    await picture("lens-dark");
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.locator(".gb-Panel.gb-mod-small").waitFor(PATIENCE);
    await picture("lens-small");
    const [figure, strip] = [monitor().locator(".gb-Lens-figure"), monitor().locator(".gb-History")];
    const [a, b, all] = [
      await figure.boundingBox(),
      await strip.boundingBox(),
      await monitor().boundingBox(),
    ];
    expect(a!.y + a!.height).toBeLessThanOrEqual(b!.y);
    expect(b!.y + b!.height).toBeLessThanOrEqual(all!.y + all!.height);
    // narrower still, columns stand below one another, and the verdict below them all
    await page.setViewportSize({ width: 1100, height: 780 });
    await page.locator(".gb-Panel.gb-mod-narrow").waitFor(PATIENCE);
    const gap = async (): Promise<number> => {
      const [screen, verdict] = [monitor().locator(".gb-Lens"), monitor().locator(".gb-Verdict")];
      const bottom = await screen.evaluate((node) => node.getBoundingClientRect().top + node.scrollHeight);
      return (await verdict.boundingBox())!.y - bottom;
    };
    await expect.poll(gap, PATIENCE).toBeGreaterThanOrEqual(0);
    const tabs = await monitor()
      .getByRole("tab")
      .evaluateAll((nodes) => nodes.map((node) => node.scrollHeight - node.clientHeight));
    expect(tabs).toEqual(tabs.map(() => 0));
    await picture("lens-narrow");
    await page.setViewportSize({ width: 1440, height: 900 });
    await useTheme(page, "JupyterLab Light");
  });
});

/** A function that dips below 0 after a normalisation. */
const NORMALISED = `// normalised
manualSeed(42);
{
  const model = nn.Sequential(nn.Linear(20, 30), nn.BatchNorm1d(30), nn.SiLU(), nn.Linear(30, 4));
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
  watch(model, { name: "normalised" });
  for (let step = 0; step < 20; step++) {
    nn.CrossEntropyLoss()(model(tensor.randn(32, 20)), tensor.randint(0, 4, [32])).backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
}`;

describe("a normalised layer", () => {
  it("has all its numbers in a small window, and no tick is cut or on another one", async () => {
    await run(NORMALISED);
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.locator(".gb-Panel.gb-mod-small").waitFor(PATIENCE);
    await monitor().locator(".gb-Toolbar-name", { hasText: "normalised" }).waitFor(PATIENCE);
    await monitor().getByRole("tab", { name: "Layer lens" }).click();
    await monitor().getByRole("option", { name: "Hidden 1" }).click(PATIENCE);
    await monitor()
      .locator(".gb-Details-running")
      .waitFor({ state: "attached", ...PATIENCE });
    await monitor()
      .locator(".gb-Lens-bar")
      .first()
      .waitFor({ state: "attached", ...PATIENCE });
    const wrong = (): Promise<string[]> =>
      monitor().evaluate((panel) => {
        const column = panel.querySelector(".gb-Lens-numbers")!.getBoundingClientRect();
        const frame = panel.querySelector(".gb-Lens-figure")!.getBoundingClientRect();
        const wide = [...panel.querySelectorAll(".gb-Lens-numbers td")].filter(
          (cell) => cell.getBoundingClientRect().right > column.right + 1,
        );
        const ticks = [...panel.querySelectorAll(".gb-Lens-tick.gb-mod-end")];
        const cut = ticks.filter((tick) => tick.getBoundingClientRect().left < frame.left);
        const heights = ticks.map((tick) => tick.getBoundingClientRect().top).sort((a, b) => a - b);
        const close = heights
          .filter((top, i) => i > 0 && top - heights[i - 1]! < 8)
          .map((top) => `two at ${top}`);
        return [...wide, ...cut].map((node) => node.textContent!).concat(close);
      });
    await expect.poll(wrong, { timeout: 10_000 }).toEqual([]);
    await picture("lens-normalised-small");
    await page.setViewportSize({ width: 1440, height: 900 });
  });
});

describe("single units under the lens", () => {
  it("are those of one of the last steps while the run goes on, and of later ones after that", async () => {
    await run(ENDLESS, false);
    await monitor().getByRole("tab", { name: "Layer lens" }).click();
    await monitor().getByRole("option", { name: "Hidden 5" }).click();
    await monitor().locator(".gb-Units-unit").nth(5).waitFor(PATIENCE);
    const note = monitor()
      .locator(".gb-Units")
      .getByText(/^units at step [\d,]+$/);
    const first = await note.textContent();
    await expect.poll(() => note.textContent(), PATIENCE).not.toBe(first);
    await picture("lens-units-live");
  });
});

describe("the batch microscope", () => {
  const next = (): Locator => monitor().getByRole("button", { name: "Next", exact: true });

  it("offers to pause, then walks through the layers of the example with the largest loss", async () => {
    await monitor().getByRole("tab", { name: "Batch microscope" }).click();
    await monitor().locator(".gb-Note").getByRole("button", { name: "Pause" }).click(PATIENCE);
    await monitor().getByText("Card 1 of 26 · forward through Hidden 1").waitFor(PATIENCE);
    for (let card = 1; card < 21; card++) await next().click();
    await monitor().getByText("Card 21 of 26 · backward through Hidden 6").waitFor(PATIENCE);
    await monitor()
      .locator(".gb-Card-terms svg rect")
      .nth(7)
      .waitFor({ state: "attached", ...PATIENCE });
    await monitor()
      .locator(".gb-Card-line mjx-container")
      .first()
      .waitFor({ state: "attached", ...PATIENCE });
    await picture("microscope-light");
  });

  it("goes back, to a unit by its pixel, and on by a step", async () => {
    await monitor()
      .getByRole("button", { name: "Hidden 3, forward" })
      .click({ position: { x: 3, y: 3 } });
    await monitor().getByText("Card 3 of 26").waitFor(PATIENCE);
    await monitor().locator(".gb-Card").getByText("unit 0", { exact: false }).first().waitFor(PATIENCE);
    await page.keyboard.press("ArrowRight");
    await monitor().getByText("Card 4 of 26").waitFor(PATIENCE);
    const counter = monitor().locator(".gb-Toolbar-counter");
    const before = Number((await counter.textContent())!.match(/[\d,]+/)![0].replaceAll(",", ""));
    await monitor().getByRole("button", { name: "Update", exact: true }).click();
    await counter.filter({ hasText: (before + 1).toLocaleString("en-US") }).waitFor(PATIENCE);
    await monitor().getByText("Card 4 of 26").waitFor(PATIENCE);
  });

  it("shows a unit alone under the lens, too, while the run is paused", async () => {
    await monitor().getByRole("tab", { name: "Layer lens" }).click();
    await monitor().getByRole("option", { name: "Hidden 5" }).click();
    const units = monitor().locator(".gb-Units-unit");
    await units.nth(5).waitFor(PATIENCE);
    const unit = await units.first().textContent();
    await units.first().click();
    await monitor().locator(".gb-Lens-centre").getByText(`unit ${unit}`).waitFor(PATIENCE);
    await picture("lens-unit");
    await monitor().getByRole("button", { name: "See all units again" }).click();
    await monitor().getByRole("tab", { name: "Batch microscope" }).click();
  });

  it("fits the dark theme and a small window, and ends with the run", async () => {
    await useTheme(page, "JupyterLab Dark");
    await picture("microscope-dark");
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.locator(".gb-Panel.gb-mod-small").waitFor(PATIENCE);
    await picture("microscope-small");
    await page.setViewportSize({ width: 1440, height: 900 });
    await useTheme(page, "JupyterLab Light");
    await page.locator('.jp-NotebookPanel-toolbar [data-jp-item-name="interrupt"] jp-button').click();
    await monitor().getByText("This run has ended.").waitFor(PATIENCE);
  });
});

describe("scrubbing through 100 layers and 100,000 steps", () => {
  let before = 0;

  it("gets the run", async () => {
    await monitor().getByRole("tab", { name: "Layer lens" }).click();
    before = await memory();
    await run(LONG);
    await monitor().locator(".gb-Toolbar-counter").filter({ hasText: "99,999" }).waitFor(PATIENCE);
    await expect.poll(() => monitor().locator(".gb-Layers-row").count(), PATIENCE).toBe(100);
  });

  it.each([
    ["Layer lens", ".gb-History [role=slider]"],
    ["Signal by depth", ".gb-Slider [role=slider]"],
  ])("%s: no task of the page takes 100 ms", async (tab, slider) => {
    await monitor().getByRole("tab", { name: tab }).click();
    const target = monitor().locator(slider);
    await target.waitFor(PATIENCE);
    await drag(target);
    expect(await longestTask(page, () => drag(target))).toBeLessThan(100);
  });

  it("looking at every layer costs no long task either, and memory stays bounded", async () => {
    await monitor().getByRole("tab", { name: "Layer lens" }).click();
    const layers = monitor().getByRole("listbox", { name: "Layers" });
    await layers.press("Home");
    const longest = await longestTask(page, async () => {
      for (let i = 0; i < 99; i++) await page.keyboard.press("ArrowDown");
    });
    await layers.getByRole("option", { name: "Output", selected: true }).waitFor(PATIENCE);
    expect(longest).toBeLessThan(100);
    expect((await memory()) - before).toBeLessThan(120e6);
  });
});
