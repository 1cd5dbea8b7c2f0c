// What a newcomer sees: `npm start`, a notebook with the monitor beside it, a network that trains, plots that move,
// a stop button that stops, and a page reload that loses nothing. Takes the README's picture on the way
// (kept in .gradbook/tests/pictures; GRADBOOK_PICTURES=1 also puts it into docs).

import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, describe, expect, it } from "vitest";
import { apart } from "./curves.js";
import { DOCS, type Lab, PATIENCE, PICTURES, useLab, useTheme } from "./lab.js";

const NOTEBOOK = "00-first-light.ipynb";

const TRAINING = `// Train until stopped: the black square above ends it.
manualSeed(42);
const { train, name: dataset } = await gb.data.fashionMNIST();
const loader = new gb.data.DataLoader(train, { batchSize: 32, shuffle: true });
const model = nn.Sequential(
  nn.Flatten(),
  nn.Linear(784, 300), nn.ReLU(),
  nn.Linear(300, 100), nn.ReLU(),
  nn.Linear(100, 10),
);
const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
const lossFn = nn.CrossEntropyLoss();

watch(model, { name: "first light", dataset });
while (true) {
  for await (const [X, y] of loader) {
    const loss = lossFn(model(X), y);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
}`;

let lab: Lab;
let page: Page;

useLab(async (started, opened) => {
  [lab, page] = [started, opened];
});

afterAll(() => {
  if (process.env.GRADBOOK_PICTURES === "1") {
    copyFileSync(join(PICTURES, "first-light.png"), join(DOCS, "first-light.png"));
  }
});

const monitor = (): Locator => page.locator(".gb-Panel");
const counter = (): Locator => monitor().locator(".gb-Toolbar-counter");
/** The drawn line of the smoothed loss: SVG path data. */
const lossPath = (): Promise<string | null> =>
  monitor()
    .locator(".gb-Learning-loss .scatterlayer .trace:nth-child(2) path.js-line")
    .getAttribute("d", PATIENCE);
const kernelState = (state: "busy" | "idle"): Promise<void> =>
  page
    .locator(`.jp-NotebookPanel-toolbar .jp-Notebook-ExecutionIndicator[data-status="${state}"]`)
    .waitFor(PATIENCE);

/** Presses a button of the notebook's toolbar. */
const press = (name: "interrupt" | "save"): Promise<void> =>
  page.locator(`.jp-NotebookPanel-toolbar [data-jp-item-name="${name}"] jp-button`).click(PATIENCE);

/** Waits until the counter shows at least `steps`, and gives the number. */
async function reachStep(steps: number): Promise<number> {
  const shown = await page.waitForFunction(
    (least) => {
      const text = document.querySelector(".gb-Toolbar-counter")?.textContent ?? "";
      const step = Number(text.match(/step ([\d,]+)/)?.[1]?.replaceAll(",", "") ?? -1);
      return step >= least ? step : false;
    },
    steps,
    PATIENCE,
  );
  return (await shown.jsonValue()) as number;
}

async function picture(name: string): Promise<void> {
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

/** Colour of the run's line as the charts draw it. */
const lineColor = (): Promise<string> =>
  monitor()
    .locator(".gb-Learning-loss .scatterlayer .trace:nth-child(2) path.js-line")
    .evaluate((path) => getComputedStyle(path).stroke);

describe("first light", () => {
  it("opens the notebook with the monitor beside it, connected and saying what to do", async () => {
    await page.goto(lab.address(NOTEBOOK));
    await page.locator(".jp-NotebookPanel .jp-Cell").first().waitFor(PATIENCE);
    await monitor().getByText("Nothing to watch yet").waitFor(PATIENCE);
    const [left, right] = [
      await page.locator(".jp-NotebookPanel").boundingBox(),
      await monitor().boundingBox(),
    ];
    expect(right!.x).toBeGreaterThanOrEqual(left!.x + left!.width);
    expect(await page.locator(".jp-Dialog").count()).toBe(0);
    // Without the file browser the toolbar has room for the kernel's state.
    await page.keyboard.press("Control+b");
    await kernelState("idle");
    await counter()
      .filter({ hasNotText: "connecting" })
      .waitFor({ state: "attached", ...PATIENCE });
  });

  it("draws at least three different curves while the kernel is busy", async () => {
    await startTraining();
    await kernelState("busy");
    const states = new Set<string | null>();
    let step = 0;
    for (let look = 0; look < 5; look++) {
      step = await reachStep(step + 50);
      states.add(await lossPath());
      await kernelState("busy");
    }
    expect(states.size).toBeGreaterThanOrEqual(3);
    await reachStep(1_500);
    await page.mouse.move(700, 5);
    await picture("first-light");
    await picture("learning-light");
  });

  it("shows the signal of each layer while the run goes on", async () => {
    await monitor().getByRole("tab", { name: "Signal by depth" }).click();
    const marks = monitor().locator(".gb-Signal-forward .scatterlayer .points path.point");
    await expect.poll(() => marks.count(), PATIENCE).toBeGreaterThanOrEqual(3);
    const slider = monitor().getByRole("slider", { name: "Step" });
    const before = Number(await slider.getAttribute("aria-valuenow"));
    await expect
      .poll(async () => Number(await slider.getAttribute("aria-valuenow")), PATIENCE)
      .toBeGreaterThan(before);
    await slider.press("Home");
    await monitor().getByRole("button", { name: "Live", pressed: false }).waitFor(PATIENCE);
    expect(await slider.getAttribute("aria-valuenow")).toBe("0");
    await picture("signal-light");
    await monitor().getByRole("button", { name: "Live" }).click();
    await monitor().getByRole("tab", { name: "Learning" }).click();
  });

  it("follows the theme", async () => {
    const light = await lineColor();
    await useTheme(page, "JupyterLab Dark");
    await expect.poll(lineColor, PATIENCE).not.toBe(light);
    await page.mouse.move(700, 5);
    await picture("learning-dark");
    await monitor().getByRole("tab", { name: "Signal by depth" }).click();
    await monitor().locator(".gb-Signal-backward .scatterlayer .points path.point").first().waitFor(PATIENCE);
    await picture("signal-dark");
    await monitor().getByRole("tab", { name: "Learning" }).click();
    await useTheme(page, "JupyterLab Light");
    await expect.poll(lineColor, PATIENCE).toBe(light);
  });

  it("stops when the stop button is pressed", async () => {
    await press("interrupt");
    await kernelState("idle");
    await counter()
      .filter({ hasText: /^(stopped|failed|finished) at step/ })
      .waitFor(PATIENCE);
  });

  it("shows the same curve after a reload, in the monitor and in the cell's output", async () => {
    const snapshot = page.locator(".jp-NotebookPanel .jp-OutputArea .gb-Snapshot").first();
    await snapshot.waitFor({ state: "attached", ...PATIENCE });
    await press("save");
    await page.locator(".lm-TabBar-tab.jp-mod-dirty").waitFor({ state: "detached", ...PATIENCE });
    // the last rows of a stopped cell may come, and be drawn, a moment after it: wait until nothing moves any more
    let [ended, curve] = [await counter().textContent(), await lossPath()];
    await expect
      .poll(
        async () => {
          const before = [ended, curve].join();
          [ended, curve] = [await counter().textContent(), await lossPath()];
          return [ended, curve].join() === before;
        },
        { ...PATIENCE, interval: 500 },
      )
      .toBe(true);
    await page.reload();
    await monitor().waitFor(PATIENCE);
    await expect.poll(() => counter().textContent(), PATIENCE).toBe(ended);
    // The kernel and the page thin a long run each on its own: the curves agree to a few of some 600 pixels.
    await expect.poll(async () => apart((await lossPath())!, curve!), PATIENCE).toBeLessThan(5);
    await page.locator(".jp-CodeCell").first().scrollIntoViewIfNeeded(PATIENCE);
    await snapshot.scrollIntoViewIfNeeded(PATIENCE);
    await snapshot.locator(".scatterlayer path.js-line").first().waitFor(PATIENCE);
    await picture("reloaded");
  });
});

/** Runs the notebook's own cell that trains until it is stopped, or else one typed below the introduction. */
async function startTraining(): Promise<void> {
  const own = page.locator(".jp-CodeCell", { hasText: /train(s)? until stopped/i });
  if ((await own.count()) > 0) {
    await own.first().locator(".cm-line").first().click();
  } else {
    await page.locator(".jp-MarkdownCell").first().click();
    await page.keyboard.press("Escape");
    await page.keyboard.press("b");
    await page.keyboard.press("Enter");
    await page.keyboard.insertText(TRAINING);
  }
  await page.keyboard.press("Control+Enter");
}
