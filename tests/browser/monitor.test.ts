// The monitor at work: a loop that keeps its thread busy is paused, stepped, changed and stopped from the toolbar; runs are
// compared, predicted and exported; a second page, a closed panel and a restarted kernel lose nothing; and
// what the page loads before anything is drawn.

import { readFileSync } from "node:fs";
import type { Browser, Locator, Page } from "playwright-core";
import { expect, it } from "vitest";
import { type Lab, openPage, PATIENCE, useLab } from "./lab.js";

const NOTEBOOK = "00-first-light.ipynb";

/** A synchronous loop that trains until it is stopped. */
const endless = (name: string): string => `manualSeed(42);
{
  const [X, y] = [tensor.randn(32, 20), tensor.randint(0, 4, [32])];
  const model = nn.Sequential(nn.Linear(20, 30), nn.Tanh(), nn.Linear(30, 30), nn.Tanh(), nn.Linear(30, 4));
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
  const lossFn = nn.CrossEntropyLoss();
  watch(model, { name: "${name}" });
  while (true) {
    const loss = lossFn(model(X), y);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
}`;
const SHORT = endless("short").replace("while (true)", "for (let step = 0; step < 300; step++)");

let lab: Lab;
let browser: Browser;
let page: Page;
/** The extension's scripts that the page has fetched: before a notebook was opened, and after it. */
const fetched: { before: Script[]; after: Script[] } = { before: [], after: [] };

interface Script {
  readonly bytes: number;
  /** What is no program of ours: the stylesheet, plotly's icons, plotly. */
  readonly foreign: boolean;
}

useLab(async (started, opened, launched) => {
  [lab, page, browser] = [started, opened, launched];
  let when: "before" | "after" = "before";
  page.on("response", async (response) => {
    if (!/@gradbook\/extension\/static\/.*\.js/.test(response.url())) return;
    const into = fetched[when];
    const text = await response.text();
    into.push({
      bytes: text.length,
      foreign: text.length > 500_000 || /maplibregl-|exports="data:image|\.gb-Panel \{/.test(text),
    });
  });
  await page.goto(lab.address(NOTEBOOK).replace(/\/tree\/[^?]*/, ""));
  await page.locator(".jp-Launcher").first().waitFor(PATIENCE);
  when = "after";
  await page.goto(lab.address(NOTEBOOK));
  await page.locator(".jp-NotebookPanel .jp-Cell").first().waitFor(PATIENCE);
  await panel().getByText("Nothing to watch yet").waitFor(PATIENCE);
  await page.keyboard.press("Control+b");
  await kernelState("idle");
});

const panel = (where: Page = page): Locator => where.locator(".gb-Panel");
const counter = (where: Page = page): Locator => panel(where).locator(".gb-Toolbar-counter");
const press = (name: string): Promise<void> => panel().getByRole("button", { name, exact: true }).click();
const openTab = (name: string): Promise<void> => panel().getByRole("tab", { name }).click();
const kernelState = (state: "busy" | "idle"): Promise<void> =>
  page
    .locator(`.jp-NotebookPanel-toolbar .jp-Notebook-ExecutionIndicator[data-status="${state}"]`)
    .waitFor(PATIENCE);

async function stepNow(where: Page = page): Promise<number> {
  const text = (await counter(where).textContent()) ?? "";
  return Number(text.match(/step ([\d,]+)/)?.[1]?.replaceAll(",", "") ?? -1);
}

/** Milliseconds from pressing the button, to the kernel, through a step, and back: until the counter shows it and the loss has been
 *  drawn anew. Runs in the page. */
function stepToScreen(): Promise<number> {
  const counter = document.querySelector(".gb-Toolbar-counter")!;
  const before = counter.textContent;
  const start = performance.now();
  return new Promise((resolve) => {
    const chart = new MutationObserver(() => {
      if (counter.textContent === before) return;
      chart.disconnect();
      resolve(performance.now() - start);
    });
    chart.observe(document.querySelector(".gb-Learning-loss .gb-Chart")!, {
      subtree: true,
      childList: true,
      attributes: true,
    });
    document.querySelector<HTMLElement>(".gb-Panel [aria-label='One step']")!.click();
  });
}

async function runCell(code: string): Promise<void> {
  await page.locator(".jp-MarkdownCell").first().click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("b");
  await page.keyboard.press("Enter");
  await page.keyboard.insertText(code);
  await page.keyboard.press("Control+Enter");
}

it("adds little to JupyterLab, and no more for the panel before something is drawn; plotly comes by itself", async () => {
  const plotly = (): Script[] => fetched.after.filter(({ bytes }) => bytes > 500_000);
  await expect.poll(() => plotly().length, PATIENCE).toBe(1);
  expect(plotly()[0]!.bytes).toBeLessThan(1_200_000);
  const own = (scripts: readonly Script[]): number =>
    scripts.filter(({ foreign }) => !foreign).reduce((sum, { bytes }) => sum + bytes, 0);
  expect(own(fetched.before)).toBeGreaterThan(10_000);
  expect(own(fetched.before)).toBeLessThan(60_000);
  expect(own(fetched.after) - own(fetched.before)).toBeLessThan(60_000);
});

it("draws a loop that keeps its thread busy, and the cell shows a strip beside it", async () => {
  await runCell(endless("busy"));
  await kernelState("busy");
  await expect.poll(() => stepNow(), PATIENCE).toBeGreaterThan(200);
  const before = await stepNow();
  await expect.poll(() => stepNow(), PATIENCE).toBeGreaterThan(before);
  await page.locator(".gb-Snapshot.gb-mod-strip", { hasText: "busy" }).waitFor(PATIENCE);
});

it("pauses, steps, changes the learning rate and resumes, each within one step", async () => {
  if (await panel().getByRole("button", { name: "Resume", exact: true }).isVisible()) await press("Resume"); // tried again
  await press("Pause");
  await counter().filter({ hasText: "paused" }).waitFor(PATIENCE);
  const paused = await stepNow();
  const waits: number[] = [];
  for (let step = paused + 1; step <= paused + 9; step++) {
    waits.push(await page.evaluate(stepToScreen));
    await expect.poll(() => stepNow(), PATIENCE).toBe(step);
  }
  const median = waits.toSorted((a, b) => a - b)[4];
  expect(median, `milliseconds of nine steps: ${waits.map(Math.round).join(", ")}`).toBeLessThan(300);
  const field = panel().getByRole("textbox", { name: "Learning rate (lr)" });
  await field.fill("much");
  await field.press("Enter");
  await counter().filter({ hasText: "number" }).waitFor(PATIENCE);
  await field.fill("0.5");
  await field.press("Enter");
  await press("One step");
  await panel()
    .locator(".gb-Learning-loss .annotation-text", { hasText: /^lr 0\.05 → 0\.5 @ [\d,]+$/ })
    .waitFor(PATIENCE);
  await expect.poll(() => field.inputValue(), PATIENCE).toBe("0.5");
  await press("Resume");
  await expect.poll(() => stepNow(), PATIENCE).toBeGreaterThan(paused + 50);
});

it("paces the loop", async () => {
  await press("Pace");
  await page.locator(".lm-Menu-item", { hasText: "10 steps a second" }).click();
  await panel().locator(".gb-Controls-pace", { hasText: "10 steps a second" }).waitFor(PATIENCE);
  await press("Pace");
  await page.locator(".lm-Menu-item", { hasText: "Full speed" }).click();
  await panel().locator(".gb-Controls-pace", { hasText: "Full speed" }).waitFor(PATIENCE);
});

it("forks: a cell with code that goes on from a kept step comes into this page's notebook", async () => {
  await press("Fork");
  await page.locator(".lm-Menu-item", { hasText: /From step [\d,]+, unchanged/ }).click();
  await page.locator(".jp-CodeCell .cm-content", { hasText: 'gb.train.fork("busy"' }).waitFor(PATIENCE);
});

it("shows the same run in a second page, and all of it after the panel was closed", async () => {
  await press("Pause");
  await counter().filter({ hasText: "paused" }).waitFor(PATIENCE);
  const other = await openPage(browser);
  await other.goto(lab.address(NOTEBOOK).replace("browser-tests", "second-page"));
  await expect.poll(() => stepNow(other), PATIENCE).toBe(await stepNow());
  await panel(other).getByRole("button", { name: "Resume", exact: true }).click();
  await expect.poll(() => counter().textContent(), PATIENCE).not.toContain("paused");
  await other.close();
  await page.locator(".lm-TabBar-tab", { hasText: "Monitor" }).locator(".lm-TabBar-tabCloseIcon").click();
  await panel().waitFor({ state: "detached", ...PATIENCE });
  await page.locator(".gb-Snapshot:not(.gb-mod-strip)", { hasText: "busy" }).waitFor(PATIENCE);
  await page.locator('.jp-NotebookPanel-toolbar [data-jp-item-name="gradbook-monitor"] jp-button').click();
  await expect.poll(() => stepNow(), PATIENCE).toBeGreaterThan(100);
  await panel().locator(".gb-Learning-loss .scatterlayer path.js-line").first().waitFor(PATIENCE);
});

it("stops the loop, and says where", async () => {
  await press("Stop training");
  await counter()
    .filter({ hasText: /stopped at step/ })
    .waitFor(PATIENCE);
  await kernelState("idle");
  expect(await panel().getByRole("button", { name: "Pause", exact: true }).isDisabled()).toBe(true);
});

it("compares two runs, after a prediction", async () => {
  await runCell(SHORT);
  await counter()
    .filter({ hasText: /at step 299/ })
    .waitFor(PATIENCE);
  await openTab("Race");
  await press("Compare with the run before");
  await panel().locator(".gb-Race .scatterlayer path.js-line").first().waitFor(PATIENCE);
  const lines = panel().locator(".gb-Race-loss .scatterlayer path.js-line");
  await expect.poll(() => lines.count(), PATIENCE).toBe(4);
  await press("Predict first");
  await expect.poll(() => lines.count(), PATIENCE).toBe(0);
  const sheet = panel().getByRole("slider", { name: /The loss you expect/ });
  await sheet.press("ArrowDown");
  await sheet.press("ArrowRight");
  await panel().getByText("1 of 2 drawn").waitFor(PATIENCE);
  await press("Reveal");
  await expect.poll(() => lines.count(), PATIENCE).toBe(5);
});

it("exports what it shows", async () => {
  await openTab("Learning");
  const saved = async (choice: string): Promise<Buffer> => {
    const download = page.waitForEvent("download", PATIENCE);
    await press("Export");
    await page.locator(".lm-Menu-item", { hasText: choice }).click();
    return readFileSync(await (await download).path());
  };
  const csv = (await saved("Numbers of the steps as CSV")).toString().trim().split("\n");
  expect(csv[0]).toMatch(/^step,seconds,loss,/);
  expect([csv[1], csv.at(-1)].map((line) => line!.split(",")[0])).toEqual(["0", "299"]);
  const svg = (await saved("Picture as SVG")).toString();
  expect(svg).toContain("Is it learning?");
  expect(svg).toMatch(/<path[^>]* stroke="rgb\(0, 114, 178\)"/);
  const png = await saved("Picture as PNG");
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  await press("Export");
  await page.locator(".lm-Menu-item", { hasText: "Picture in a new cell" }).click();
  await page.locator(".jp-MarkdownCell img[alt^='short']").waitFor(PATIENCE);
});

it("tells less when asked to, and leaves only the charts at last", async () => {
  const verdict = panel().getByRole("region", { name: "Verdict" });
  await verdict.locator(".gb-Verdict-sentence").waitFor(PATIENCE);
  const level = async (name: string): Promise<void> => {
    await verdict.locator(".gb-Verdict-level").click();
    await page.locator(".lm-Menu-item", { hasText: name }).click();
  };
  await level("Off");
  await verdict.locator(".gb-Verdict-sentence").waitFor({ state: "hidden", ...PATIENCE });
  await level("Answer");
  await verdict.locator(".gb-Verdict-sentence").waitFor(PATIENCE);
});

it("keeps the record when the kernel restarts, with the controls off", async () => {
  await page.locator(".gb-Status button").click();
  await page.locator(".lm-Menu-item", { hasText: "Restart the Kernel" }).click();
  await page.locator(".jp-Dialog .jp-mod-accept").click();
  await counter().filter({ hasText: "last seen at step 299" }).waitFor(PATIENCE);
  await panel()
    .locator(".gb-Verdict-sentence", { hasText: "The kernel is gone; this run has ended." })
    .waitFor(PATIENCE);
  expect(await panel().getByRole("button", { name: "Stop training" }).isDisabled()).toBe(true);
});

it("tells in the status bar when the compute server has ended by itself, and when there is another one", async () => {
  const status = page.locator(".gb-Status button");
  // a server of its own for this kernel, which is ended while no cell runs
  await runCell(`process.env.GRADBOOK_SERVER = "1";
(await import("gradbook/tensor/session")).closeSession();
tensor.ones(2).toArray();
const { readdirSync, readFileSync } = await import("node:fs");
const parentOf = (pid: string) => { try { return Number(/^PPid:\\s+(\\d+)/m.exec(readFileSync("/proc/" + pid + "/status", "utf8"))![1]); } catch { return 0; } };
const server = readdirSync("/proc").find((pid) => parentOf(pid) === process.pid)!;
setTimeout(() => process.kill(Number(server), "SIGKILL"), 500);`);
  await status.filter({ hasText: "compute server gone" }).waitFor(PATIENCE);
  await runCell("tensor.ones(3).sum().item()");
  await status.filter({ hasText: "compute ready" }).waitFor(PATIENCE);
});
