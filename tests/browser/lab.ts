// JupyterLab for the browser tests: started with `npm start`'s own script, opened in the system's Chromium.
// What the page saves is kept here and never written to the disk.

import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Browser, chromium, type Page, type Route } from "playwright-core";
import { afterAll, beforeAll } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const TOKEN = "first-light";
const THEMES = "@jupyterlab/apputils-extension:themes";
const MONITOR = "@gradbook/extension:plugin";
const TRANSLATION = "@jupyterlab/translation-extension:plugin";
const CANDIDATES = [process.env.GRADBOOK_CHROMIUM, process.env.CHROMIUM].filter((path) => path !== undefined);

/** Where pictures are kept that somebody should look at. */
export const PICTURES = join(ROOT, ".gradbook", "tests", "pictures");

/** Where pictures of the documentation are. */
export const DOCS = join(ROOT, "docs");

/** How long a test waits for what has to come. */
export const PATIENCE = { timeout: 60_000 };

export class Lab {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("exit", () => resolve()));
  }

  /** Runs `npm start -- --no-browser --port N` until it says that it is ready. */
  static async start(): Promise<Lab> {
    const port = await freePort();
    const child = spawn(
      "node",
      [join(ROOT, "scripts", "start.mjs"), "--no-browser", "--port", String(port)],
      {
        cwd: ROOT,
        env: { ...process.env, GRADBOOK_TOKEN: TOKEN },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const lab = new Lab(port, child);
    let said = "";
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        said += chunk;
        if (/Ready: http/.test(said)) resolve();
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("exit", (code) => reject(new Error(`npm start ended with code ${code}:\n${said}`)));
    });
    return lab;
  }

  /** The address of a notebook, in a fresh workspace of the tests' own. */
  address(notebook: string): string {
    return `http://localhost:${this.port}/lab/workspaces/browser-tests/tree/${notebook}?token=${TOKEN}&reset`;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
  }
}

/** JupyterLab and an empty page in Chromium for the tests of a file; `open` opens what they begin with. */
export function useLab(open: (lab: Lab, page: Page, browser: Browser) => Promise<void>): void {
  let lab: Lab | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    const launched = launch();
    lab = await Lab.start();
    browser = await launched;
    await open(lab, await openPage(browser), browser);
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    await lab?.stop();
  });
}

/** The system's browser. */
async function launch(): Promise<Browser> {
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const [executablePath = "/usr/bin/chromium"] = CANDIDATES;
  return chromium.launch({ executablePath, args });
}

/**
 * A page whose saved notebooks, chosen theme and settings of the monitor live in memory: they survive a reload, and the files of
 * whoever runs the tests stay as they are.
 */
export async function openPage(browser: Browser): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const notebooks = new Map<string, Record<string, unknown>>();
  await page.route(/\/api\/contents\/[^?]*\.ipynb(\?|$)/, (route) => serveNotebook(route, notebooks));
  const settings = new Map([
    [THEMES, JSON.stringify({ theme: "JupyterLab Light" })],
    [MONITOR, "{}"],
  ]);
  await page.route(/\/api\/settings/, (route) => serveSettings(route, settings));
  page.on("dialog", (dialog) => void dialog.accept());
  return page;
}

async function serveNotebook(route: Route, saved: Map<string, Record<string, unknown>>): Promise<void> {
  const request = route.request();
  const url = new URL(request.url());
  if (request.method() === "PUT") {
    const stored = await route.fetch({
      method: "GET",
      url: `${url.origin}${url.pathname}?content=0`,
      postData: "",
    });
    const model = { ...(await stored.json()), ...request.postDataJSON() };
    saved.set(url.pathname, model);
    await route.fulfill({ json: { ...model, content: null, format: null } });
    return;
  }
  const model = saved.get(url.pathname);
  if (request.method() !== "GET" || !model) await route.continue();
  else if (url.searchParams.get("content") === "0")
    await route.fulfill({ json: { ...model, content: null } });
  else await route.fulfill({ json: { ...model, format: "json" } });
}

/** The settings in `kept` are read from there, and written there. */
async function serveSettings(route: Route, kept: Map<string, string>): Promise<void> {
  const id = new URL(route.request().url()).pathname.split("/api/settings/")[1];
  if (route.request().method() === "PUT") {
    if (!id || !kept.has(id)) return route.continue();
    kept.set(id, route.request().postDataJSON().raw);
    return route.fulfill({ status: 204 });
  }
  const response = await route.fetch();
  const body = await response.json();
  const set = (plugin: { id: string }): object =>
    kept.has(plugin.id) ? { ...plugin, raw: kept.get(plugin.id) } : plugin;
  return route.fulfill({
    response,
    json: Array.isArray(body.settings) ? { ...body, settings: body.settings.map(set) } : set(body),
  });
}

/** Opens the first notebook, and waits until its kernel is idle and its monitor there: what opens by itself must not take the focus
 *  from a cell later. Without the file browser the notebook's toolbar has room for everything. */
export async function openFirstNotebook(lab: Lab, page: Page): Promise<void> {
  await page.goto(lab.address("00-first-light.ipynb"));
  await page.locator(".jp-NotebookPanel .jp-Cell").first().waitFor(PATIENCE);
  await page.locator(".gb-Panel").getByText("Nothing to watch yet").waitFor(PATIENCE);
  await page.keyboard.press("Control+b");
  await page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').waitFor(PATIENCE);
}

/** Chooses a theme in the menu. */
export async function useTheme(page: Page, name: "JupyterLab Light" | "JupyterLab Dark"): Promise<void> {
  if ((await page.locator(`body[data-jp-theme-name="${name}"]`).count()) > 0) return;
  await page.locator(".lm-MenuBar-item", { hasText: "Settings" }).click();
  await page.locator(".lm-Menu-item", { hasText: "Theme" }).first().hover();
  await page.locator(".lm-Menu-item", { hasText: name }).first().click();
  await page.locator(`body[data-jp-theme-name="${name}"]`).waitFor({ state: "attached", timeout: 60_000 });
}

/** JupyterLab in Chinese, without its own language pack: what is Chinese then is ours. To be called before the page is opened. */
export async function speakChinese(page: Page): Promise<void> {
  await page.route(/\/api\/settings(\/[^?]*translation-extension[^?]*)?(\?|$)/, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    const set = (plugin: { id: string }): object =>
      plugin.id === TRANSLATION ? { ...plugin, raw: JSON.stringify({ locale: "zh_CN" }) } : plugin;
    const json = Array.isArray(body.settings) ? { ...body, settings: body.settings.map(set) } : set(body);
    await route.fulfill({ response, json });
  });
  await page.route(/\/api\/translations\/zh_CN/, (route) =>
    route.fulfill({ json: { data: {}, message: "" } }),
  );
}

/** Large type and thick lines, or not any more. */
export async function useProjector(page: Page, on: boolean): Promise<void> {
  const projected = page.locator(".gb-Panel.gb-mod-projector");
  if ((await projected.count()) > 0 === on) return;
  await page.locator(".lm-MenuBar-item", { hasText: "View" }).click();
  await page.locator(".lm-Menu-item", { hasText: "Monitor for a Projector" }).click();
  await projected.first().waitFor({ state: on ? "attached" : "detached", timeout: 60_000 });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
