// The monitor when things are not ideal: two notebooks train at once, the network is slow, and a loss stops being a number.

import type { Browser, Locator, Page } from "playwright-core";
import { expect, it } from "vitest";
import { type Lab, openPage, PATIENCE, useLab } from "./lab.js";
import { longestTask } from "./tasks.js";

const NOTEBOOK = "00-first-light.ipynb";
const SECOND = "second.ipynb";

interface Training {
  readonly lr: number;
  readonly steps: number;
  /** Hidden layers. */
  readonly depth?: number;
}

/** A synchronous loop over one batch. */
const training = (name: string, { lr, steps, depth = 2 }: Training): string => `manualSeed(42);
{
  const [X, y] = [tensor.randn(32, 20), tensor.randint(0, 4, [32])];
  const hidden = Array.from({ length: ${depth} }, (_, i) => [nn.Linear(i === 0 ? 20 : 30, 30), nn.ReLU()]).flat();
  const model = nn.Sequential(...hidden, nn.Linear(30, 4));
  const optimizer = new optim.SGD(model.parameters(), { lr: ${lr} });
  watch(model, { name: "${name}" });
  for (let step = 0; step < ${steps}; step++) {
    const loss = nn.CrossEntropyLoss()(model(X), y);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
}`;

/** The way from the kernels to the page. */
const line = {
  /** Milliseconds that a message takes. */
  latency: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  /** Of the monitor's messages one in so many is lost. */
  loses: Number.POSITIVE_INFINITY,
  sent: 0,
  lost: 0,
};

let lab: Lab;
let browser: Browser;
let page: Page;

useLab(async (started, opened, launched) => {
  [lab, page, browser] = [started, opened, launched];
  await routeKernels();
  await serveCopy(NOTEBOOK, SECOND);
  await page.goto(lab.address(NOTEBOOK));
  await page.locator(".jp-NotebookPanel .jp-Cell").first().waitFor(PATIENCE);
  await panel().getByText("Nothing to watch yet").waitFor(PATIENCE);
  await page.keyboard.press("Control+b");
});

/** Lets what the kernels send take its time. */
async function routeKernels(): Promise<void> {
  await page.routeWebSocket(/\/api\/kernels\/[^/]+\/channels/, (socket) => {
    const server = socket.connectToServer();
    let free = 0;
    server.onMessage((message) => {
      const { latency, bytesPerSecond, loses } = line;
      if (Buffer.from(message).includes("comm_msg") && ++line.sent % loses === 0) {
        line.lost++;
        return;
      }
      const now = performance.now();
      free = Math.max(now, free) + (1000 * message.length) / bytesPerSecond;
      if (free + latency > now) setTimeout(() => socket.send(message), free + latency - now);
      else socket.send(message);
    });
  });
}

/** Gives the page a notebook that is not on the disk. */
async function serveCopy(of: string, path: string): Promise<void> {
  await page.route(new RegExp(`/api/contents/${path}`), async (route) => {
    const request = route.request();
    if (request.url().includes("/checkpoints")) {
      const made = { id: "checkpoint", last_modified: "2026-01-01T00:00:00Z" };
      return route.fulfill(request.method() === "POST" ? { status: 201, json: made } : { json: [] });
    }
    const response = await route.fetch({
      method: "GET",
      url: request.url().replace(path, of),
      postData: "",
    });
    return route.fulfill({ response, json: { ...(await response.json()), name: path, path } });
  });
}

const panel = (): Locator => page.locator(".gb-Panel:not(.lm-mod-hidden)");
const notebook = (): Locator => page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)");
const counter = (): Locator => panel().locator(".gb-Toolbar-counter");
const open = (path: string): Promise<void> => page.locator(".lm-TabBar-tab", { hasText: path }).click();
const verdict = (): Locator => panel().locator(".gb-Verdict-sentence");
/** The smoothed loss: SVG path data. */
const curve = (): Promise<string | null> =>
  panel()
    .locator(".gb-Learning-loss .scatterlayer .trace:nth-child(2) path.js-line")
    .getAttribute("d", PATIENCE);
/** Squares at the end of the loss, where it is no number any more; other markers are circles. */
const squares = (): Locator => panel().locator(".gb-Learning-loss .scatterlayer path.point[d*='V']");

async function runCell(code: string): Promise<void> {
  await notebook().locator(".jp-MarkdownCell").first().click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("b");
  await page.keyboard.press("Enter");
  await page.keyboard.insertText(code);
  await page.keyboard.press("Control+Enter");
}

async function stepNow(): Promise<number> {
  const text = (await counter().textContent()) ?? "";
  return Number(text.match(/step ([\d,]+)/)?.[1]?.replaceAll(",", "") ?? -1);
}

/** The names in the list of runs. */
async function runs(): Promise<string[]> {
  await panel().locator(".gb-Toolbar-run").click();
  const names = await page.locator(".lm-Menu-item .lm-Menu-itemLabel").allTextContents();
  await page.keyboard.press("Escape");
  return names;
}

it("keeps two notebooks that train at the same time apart", async () => {
  await runCell(training("first", { lr: 0.01, steps: 1e9 }));
  await panel().locator(".gb-Toolbar-name", { hasText: "first" }).waitFor(PATIENCE);
  await page.locator(".lm-MenuBar-item", { hasText: "File" }).click();
  await page.locator(".lm-Menu-item", { hasText: "Open from Path" }).click();
  await page.locator(".jp-Dialog input").fill(SECOND);
  await page.keyboard.press("Enter");
  await panel().getByText("Nothing to watch yet").waitFor(PATIENCE);
  await runCell(training("second", { lr: 0.01, steps: 1e9 }));
  await panel().locator(".gb-Toolbar-name", { hasText: "second" }).waitFor(PATIENCE);
  for (const [path, name] of [
    [NOTEBOOK, "first"],
    [SECOND, "second"],
  ] as const) {
    await open(path);
    await panel().locator(".gb-Toolbar-name", { hasText: name }).waitFor(PATIENCE);
    const before = await stepNow();
    await expect.poll(stepNow, PATIENCE).toBeGreaterThan(before);
    expect(await runs()).toEqual([expect.stringContaining(name)]);
  }
  await panel().getByRole("button", { name: "Stop training" }).click();
  await counter()
    .filter({ hasText: /stopped at step/ })
    .waitFor(PATIENCE);
  await open(NOTEBOOK);
  const before = await stepNow();
  await expect.poll(stepNow, PATIENCE).toBeGreaterThan(before);
  await panel().getByRole("button", { name: "Stop training" }).click();
  await counter()
    .filter({ hasText: /stopped at step/ })
    .waitFor(PATIENCE);
});

it("catches up on a slow network that loses messages, and the page stays responsive", async () => {
  Object.assign(line, { latency: 1_000, bytesPerSecond: 200_000, loses: 5 });
  await runCell(training("slow", { lr: 0.01, steps: 1e9 }));
  await panel().locator(".gb-Toolbar-name", { hasText: "slow" }).waitFor(PATIENCE);
  const longest = await longestTask(page, async () => {
    for (const tab of ["Signal by depth", "Layer lens", "Learning"]) {
      await panel().getByRole("tab", { name: tab }).click();
      const before = await stepNow();
      await expect.poll(stepNow, PATIENCE).toBeGreaterThan(before);
    }
  });
  expect(longest).toBeLessThan(200);
  await panel().getByRole("button", { name: "Stop training" }).click();
  await counter()
    .filter({ hasText: /stopped at step/ })
    .waitFor(PATIENCE);
  expect(line.lost).toBeGreaterThan(0);
  // a page with a line of its own gets everything at once
  const other = await openPage(browser);
  await other.goto(lab.address(NOTEBOOK).replace("browser-tests", "second-page"));
  const told = other.locator(".gb-Toolbar-counter", { hasText: /stopped at step/ });
  await told.waitFor(PATIENCE);
  expect(await counter().textContent()).toBe(await told.textContent());
  await other.close();
  Object.assign(line, {
    latency: 0,
    bytesPerSecond: Number.POSITIVE_INFINITY,
    loses: Number.POSITIVE_INFINITY,
  });
});

it("ends the curve in a square where the loss is no number any more, also when that follows from something else", async () => {
  await runCell(training("NaN", { lr: 1e4, steps: 300 }));
  await counter().filter({ hasText: "at step 299" }).waitFor(PATIENCE);
  await verdict().filter({ hasText: "The learning rate of 10,000 is too high" }).waitFor(PATIENCE);
  await expect.poll(() => squares().count(), PATIENCE).toBe(1);
});

it("ends it without one where the run has just finished, whatever else is wrong", async () => {
  await runCell(training("fading", { lr: 0.01, steps: 300, depth: 12 }));
  await counter().filter({ hasText: "at step 299" }).waitFor(PATIENCE);
  await verdict().filter({ hasText: "The signal fades" }).waitFor(PATIENCE);
  // drawn once more, with the verdict known
  const before = await curve();
  await panel().getByRole("button", { name: "Logarithmic axis" }).click();
  await expect.poll(curve, PATIENCE).not.toBe(before);
  expect(await squares().count()).toBe(0);
});
