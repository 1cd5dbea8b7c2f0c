// The tabs of the monitor, one a screen, and the keys that go with them.

import type { TranslationBundle } from "@jupyterlab/translation";
import { button, element } from "./dom.js";
import type { ScreenName } from "./screen.js";
import { SCREENS } from "./screens.js";

const ARROWS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };
const NAMES = SCREENS.map(({ name }) => name);

export class Tabs {
  readonly node: HTMLElement = element("div", "gb-Tabs");
  readonly #tabs = new Map<ScreenName, HTMLButtonElement>();
  readonly #choose: (name: ScreenName) => void;
  #shown: ScreenName = "learning";

  constructor(trans: TranslationBundle, prefix: string, choose: (name: ScreenName) => void) {
    this.#choose = choose;
    this.node.setAttribute("role", "tablist");
    this.node.setAttribute("aria-label", trans.__("Screens"));
    for (const [index, { name, label }] of SCREENS.entries()) {
      const tab = button("gb-Tab", label(trans), () => choose(name));
      tab.id = `${prefix}-tab-${name}`;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-keyshortcuts", String(index + 1));
      tab.setAttribute("aria-controls", `${prefix}-screen`);
      this.#tabs.set(name, tab);
      this.node.append(tab);
    }
  }

  /** Marks the tab of the screen on show. */
  show(shown: ScreenName): void {
    this.#shown = shown;
    for (const [name, tab] of this.#tabs) {
      tab.setAttribute("aria-selected", String(name === shown));
      tab.tabIndex = name === shown ? 0 : -1;
    }
  }

  focus(): void {
    this.#tabs.get(this.#shown)?.focus();
  }

  /** A key pressed anywhere in the monitor: 1 to 5, and arrows on a tab. Says whether it was one of these. */
  key(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return false;
    const onTab = event.target instanceof HTMLElement && event.target.classList.contains("gb-Tab");
    const step = onTab ? (ARROWS[event.key] ?? 0) : 0;
    const beside = NAMES.at((NAMES.indexOf(this.#shown) + step) % NAMES.length);
    const next = NAMES[Number(event.key) - 1] ?? (step !== 0 ? beside : undefined);
    if (!next) return false;
    this.#choose(next);
    if (onTab) this.focus();
    return true;
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement;
}
