// The five screens in the light, the dark and the projector's theme, in a large and in a small window, on real runs: pictures of all
// thirty, WCAG 2.2 AA as far as a program can tell (axe-core), and no label cut off or on top of another. The pictures are kept in
// .gradbook/tests/pictures, to be looked at; GRADBOOK_PICTURES=1 also puts those of the large window, and the light ones of the small
// one, into docs.

import { copyFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { DOCS, openFirstNotebook, PATIENCE, PICTURES, useLab, useProjector, useTheme } from "./lab.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

const SCREENS = {
  Learning: "1-learning",
  "Signal by depth": "2-signal",
  "Layer lens": "3-lens",
  "Batch microscope": "4-microscope",
  Race: "5-race",
} as const;
/** The picture of a race with several seeds. */
const SEEDS = "monitor-5-race-seeds-light.png";
const NAMES = Object.keys(SCREENS) as (keyof typeof SCREENS)[];

/** Twelve hidden layers under two initialisations. The second run pauses at step 600, before its parameters change. */
const RUNS = `{
  const { train, test, name: dataset } = await gb.data.fashionMNIST();
  const [batches, held] = [train, test].map((set, i) => new gb.data.DataLoader(set, { batchSize: [32, 256][i]!, shuffle: true }));
  const lossFn = nn.CrossEntropyLoss();
  const validate = (model: any) => nn.evalMode(model, () => gb.noGrad(() => {
    const [X, y] = [...held].slice(0, 1)[0]!;
    const logits = model(X);
    return {
      validationLoss: lossFn(logits, y).item(),
      validationAccuracy: logits.argmax(1).eq(y).float().mean().item(),
    };
  }));
  const trained = async (name: string, he: boolean, last: number) => {
    manualSeed(42);
    const hidden = Array.from({ length: 12 }, (_, i) => [nn.Linear(i === 0 ? 784 : 100, 100), nn.ReLU()]).flat();
    const model = nn.Sequential(nn.Flatten(), ...hidden, nn.Linear(100, 10));
    if (he) model.apply((m) => { if (m instanceof nn.Linear) init.kaimingNormal_(m.weight); });
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
    const watcher = watch(model, { name, dataset });
    for (let step = 0; step < last; ) {
      for await (const [X, y] of batches) {
        if (step === 400) optimizer.paramGroups[0]!.lr = 0.01;
        if (he && step === 600) watcher.pause();
        lossFn(model(X), y).backward();
        optimizer.step();
        optimizer.zeroGrad();
        if (++step % 50 === 0) watcher.report(validate(model));
        if (step >= last) break;
      }
    }
  };
  await trained("default", false, 600);
  await trained("He", true, Infinity);
}`;

/** Two ways to draw the weights of eight hidden layers, three seeds each. */
const RACE = `{
  const { train } = await gb.data.fashionMNIST();
  const batches = new gb.data.DataLoader(train, { batchSize: 32, shuffle: true });
  const deep = (fill: (weight: gb.Tensor) => unknown) => (): any => {
    const hidden = Array.from({ length: 8 }, (_, i) => [nn.Linear(i === 0 ? 784 : 50, 50), nn.ReLU()]).flat();
    const model = nn.Sequential(nn.Flatten(), ...hidden, nn.Linear(50, 10));
    return model.apply((m) => { if (m instanceof nn.Linear) fill(m.weight); });
  };
  await gb.train.race({ He: deep((w) => init.kaimingNormal_(w)), Glorot: deep((w) => init.xavierNormal_(w)) }, batches, {
    optimizer: (model) => new optim.SGD(model.parameters(), { lr: 0.02 }),
    lossFn: nn.CrossEntropyLoss(), steps: 400, seeds: 3,
  });
}`;

/** In the large window the panel has the size that its screens are drawn for, 760 pixels; the small one is the least that all of them
 *  have to fit in. */
const WINDOWS = { large: { width: 1600, height: 900 }, small: { width: 1280, height: 720 } } as const;
const THEMES = ["light", "dark", "projector"] as const;
const VIEWS = THEMES.flatMap((theme) =>
  (["large", "small"] as const).map((window) => [theme, window] as const),
);

let page: Page;

useLab(async (lab, opened) => {
  page = opened;
  await page.setViewportSize(WINDOWS.large);
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

/** Labels of charts that lie on top of each other, stick out of their chart or are too pale (axe-core passes over drawings), and texts of
 *  the page that are cut off. */
async function misplaced(): Promise<string[]> {
  return page.evaluate(() => {
    /** Pixels that two labels may share: the boxes of letters are higher than the letters. */
    const SHARED = 3;
    /** WCAG 2.2, 1.4.3. */
    const CONTRAST = 4.5;
    const luminance = (color: string): number => {
      const [r, g, b] = color.match(/[\d.]+/g)!.map((part) => {
        const share = Number(part) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    const contrast = (a: number, b: number): number => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const panel = document.querySelector(".gb-Panel")!;
    const ground = luminance(getComputedStyle(panel).backgroundColor);
    const found: string[] = [];
    const shown = (node: Element): boolean =>
      node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    for (const chart of panel.querySelectorAll(".gb-Screen .js-plotly-plot, .gb-Screen svg:not(.main-svg)")) {
      const frame = chart.getBoundingClientRect();
      const labels = [...chart.querySelectorAll("text")]
        .filter((text) => text.textContent?.trim() && shown(text))
        .map((text) => ({
          text: text.textContent!,
          box: text.getBoundingClientRect(),
          color: getComputedStyle(text).fill,
        }));
      labels.forEach(({ text, box, color }, i) => {
        const ratio = contrast(luminance(color), ground);
        if (ratio < CONTRAST) found.push(`"${text}" in ${color} has a contrast of ${ratio.toFixed(1)}`);
        if (box.left < frame.left - 1 || box.right > frame.right + 1) found.push(`"${text}" sticks out`);
        for (const other of labels.slice(i + 1)) {
          const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
          const high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
          if (wide > SHARED && high > SHARED) found.push(`"${text}" and "${other.text}" overlap`);
        }
      });
    }
    for (const node of panel.querySelectorAll<HTMLElement>("*")) {
      const own = [...node.childNodes].some(({ nodeType, nodeValue }) => nodeType === 3 && nodeValue?.trim());
      // code is quoted as far as there is room, the whole is in its tooltip; what is read aloud has no width
      if (
        !own ||
        !shown(node) ||
        node.clientWidth <= 1 ||
        node.tagName === "CODE" ||
        node.closest(".jp-RenderedLatex, mjx-container")
      )
        continue;
      const words = document.createRange();
      words.selectNodeContents(node);
      const box = words.getBoundingClientRect();
      let scrolls = false;
      for (
        let outer: Element | null = node;
        outer && outer !== panel.parentElement;
        outer = outer.parentElement
      ) {
        const edge = outer.getBoundingClientRect();
        const { overflowX, overflowY } = getComputedStyle(outer);
        const sides = overflowX !== "visible" && (box.left < edge.left - 1 || box.right > edge.right + 1);
        // what scrolls may begin and end anywhere
        scrolls ||= overflowY === "auto";
        const ends =
          !scrolls &&
          overflowY !== "visible" &&
          (box.top < edge.top - SHARED || box.bottom > edge.bottom + SHARED);
        if (sides || ends) {
          found.push(`"${node.textContent}" is cut off`);
          break;
        }
      }
    }
    return found;
  });
}

/** What the Tab key reaches in the monitor, beginning at its tabs, and what can be operated there but is not reached, or does not
 *  show that it is. */
async function unreachable(): Promise<string[]> {
  await monitor().getByRole("tab", { selected: true }).focus();
  const reached = await page.evaluateHandle(() => new Set<Element>());
  const step = (): Promise<boolean> =>
    page.evaluate((seen) => {
      const now = document.activeElement;
      const fresh = now !== null && now.closest(".gb-Panel") !== null && !seen.has(now);
      if (fresh) seen.add(now);
      return fresh;
    }, reached);
  for (const key of ["Tab", "Shift+Tab"]) {
    await monitor().getByRole("tab", { selected: true }).focus();
    await step();
    do await page.keyboard.press(key);
    while (await step());
  }
  return page.evaluate((seen) => {
    const controls = [
      ...document.querySelectorAll<HTMLElement>(
        ".gb-Panel :is(button, input, summary, a[href], [role=slider], [role=listbox], [role=tab][aria-selected=true])",
      ),
    ];
    return controls
      .filter(
        (node) =>
          node.checkVisibility({ visibilityProperty: true }) && !node.matches(":disabled, [tabindex='-1']"),
      )
      .filter((node) => !seen.has(node))
      .map((node) => `${node.tagName} ${node.getAttribute("aria-label") ?? node.textContent}`);
  }, reached);
}

it("breaks no rule while it is empty", async () => {
  expect(await violations()).toBe("");
});

async function runCell(code: string): Promise<void> {
  await page
    .locator(".jp-Notebook .jp-Cell")
    .first()
    .click({ position: { x: 4, y: 4 } });
  await page.keyboard.press("Escape");
  await page.keyboard.press("b");
  await page.keyboard.press("Enter");
  await page.keyboard.insertText(code);
  await page.keyboard.press("Control+Enter");
}

it("gets a run that is paused, beside another one", async () => {
  await runCell(RUNS);
  await monitor().locator(".gb-Toolbar-counter").filter({ hasText: "paused" }).waitFor({ timeout: 120_000 });
  await monitor().getByRole("tab", { name: "Race" }).click();
  await monitor().getByRole("button", { name: "Compare with the run before" }).click(PATIENCE);
  await monitor().getByRole("tab", { name: "Layer lens" }).click();
  await monitor().getByRole("option", { name: "Hidden 8" }).click(PATIENCE);
  await monitor().getByRole("tab", { name: "Batch microscope" }).click();
  await monitor().getByText("Card 1 of").waitFor(PATIENCE);
  for (let card = 1; card < 21; card++)
    await monitor().getByRole("button", { name: "Next", exact: true }).click();
});

it.each(NAMES)("%s is reached and operated with the keyboard alone", async (name) => {
  await monitor().getByRole("tab", { selected: true }).focus();
  await page.keyboard.press(String(NAMES.indexOf(name) + 1));
  await monitor().getByRole("tab", { name, selected: true }).waitFor(PATIENCE);
  await drawn();
  expect(await unreachable()).toEqual([]);
});

describe.each(VIEWS)("the theme %s in a %s window", (theme, window) => {
  it.each(NAMES)("%s breaks no rule, and shows each label whole and in a place of its own", async (name) => {
    await useTheme(page, theme === "dark" ? "JupyterLab Dark" : "JupyterLab Light");
    await useProjector(page, theme === "projector");
    await page.setViewportSize(WINDOWS[window]);
    await monitor()
      .and(page.locator(window === "small" ? ".gb-mod-small" : ":not(.gb-mod-small)"))
      .waitFor(PATIENCE);
    await monitor().getByRole("tab", { name }).click();
    await monitor().getByRole("tab", { name, selected: true }).waitFor(PATIENCE);
    await page.mouse.move(700, 5);
    await drawn();
    const picture = `monitor-${SCREENS[name]}-${theme}${window === "small" ? "-small" : ""}.png`;
    await monitor().screenshot({ path: join(PICTURES, picture) });
    const kept = window === "large" ? picture : theme === "light" ? picture.replace("-light", "") : undefined;
    if (process.env.GRADBOOK_PICTURES === "1" && kept)
      copyFileSync(join(PICTURES, picture), join(DOCS, kept));
    expect(await violations()).toBe("");
    await expect.poll(misplaced, { timeout: 5_000 }).toEqual([]);
  });
});

it("a race with several seeds, after a prediction, shows what was drawn, single seeds and medians, and what differs", async () => {
  await useTheme(page, "JupyterLab Light");
  await useProjector(page, false);
  await page.setViewportSize(WINDOWS.large);
  await monitor().getByRole("button", { name: "Stop training" }).click(PATIENCE);
  await monitor()
    .locator(".gb-Toolbar-counter", { hasText: /stopped at step/ })
    .waitFor(PATIENCE);
  await runCell(RACE);
  await monitor()
    .locator(".gb-Toolbar-counter", { hasText: "finished at step 399" })
    .waitFor({ timeout: 120_000 });
  await monitor().getByRole("tab", { name: "Race" }).click();
  await monitor().getByRole("button", { name: "Predict first" }).click(PATIENCE);
  const sheet = monitor().getByRole("slider", { name: /The loss you expect/ });
  for (const lane of ["He", "Glorot"]) {
    await monitor().locator(".gb-Chip", { hasText: lane }).click(PATIENCE);
    for (let point = 0; point < 8; point++) {
      for (let down = 0; down <= point; down++) await sheet.press("ArrowDown");
      await sheet.press("ArrowRight");
    }
  }
  await monitor().getByText("2 of 2 drawn").waitFor(PATIENCE);
  await monitor().getByRole("button", { name: "Reveal" }).click();
  await page.mouse.move(700, 5);
  await drawn();
  await monitor().screenshot({ path: join(PICTURES, SEEDS) });
  if (process.env.GRADBOOK_PICTURES === "1") copyFileSync(join(PICTURES, SEEDS), join(DOCS, SEEDS));
  const rows = await monitor().locator(".gb-Differences tr, .gb-Differences-row").allTextContents();
  expect(rows.join("\n")).toContain("Weights at the start");
  await monitor().getByText("Bold lines are medians of 3 seeds").waitFor(PATIENCE);
  expect(await violations()).toBe("");
  await expect.poll(misplaced, { timeout: 5_000 }).toEqual([]);
});

/** Waits until the screen has been drawn, and nothing of it moves any more. */
async function drawn(): Promise<void> {
  await monitor()
    .locator(".gb-Screen:not([hidden]) svg")
    .first()
    .waitFor({ state: "attached", ...PATIENCE });
  const state = (): Promise<string> =>
    monitor()
      .locator(".gb-Screen:not([hidden])")
      .evaluate((screen) => screen.innerHTML);
  let before = "";
  let same = 0;
  const settled = async (): Promise<boolean> => {
    const now = await state();
    same = now === before ? same + 1 : 0;
    before = now;
    return same >= 3;
  };
  await expect.poll(settled, { ...PATIENCE, interval: 250 }).toBe(true);
}
