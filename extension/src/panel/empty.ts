// What the monitor says while there is no run: one sentence that helps, and one button.

import { Clipboard } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { LinkState } from "../data/link.js";
import { button, element } from "./dom.js";

const CALL = "watch(model)";

export class EmptyState {
  readonly node: HTMLElement;
  readonly #trans: TranslationBundle;
  readonly #title: HTMLElement = element("h2", "");
  readonly #text: HTMLElement = element("p", "");
  readonly #copy: HTMLButtonElement;
  #shown = "";

  constructor(trans: TranslationBundle) {
    this.#trans = trans;
    const label = trans.__("Copy %1", CALL);
    this.#copy = button("gb-Button", label, () => {
      Clipboard.copyToSystem(CALL);
      this.#copy.textContent = trans.__("Copied");
      setTimeout(() => {
        this.#copy.textContent = label;
      }, 2_000);
    });
    this.node = element("div", "gb-Empty", this.#title, this.#text, this.#copy);
  }

  draw(state: LinkState, kernelName: string): void {
    const shown = `${state} ${kernelName}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    const trans = this.#trans;
    this.#copy.hidden = state === "foreign" || state === "none";
    if (state === "foreign") {
      this.#title.textContent = trans.__("This notebook speaks another language");
      this.#text.textContent = trans.__(
        "Its kernel is %1. Choose the kernel TypeScript (Gradbook) to watch networks train.",
        kernelName,
      );
      return;
    }
    if (state === "none") {
      this.#title.textContent = trans.__("No kernel yet");
      this.#text.textContent = trans.__("The monitor connects by itself when the notebook’s kernel starts.");
      return;
    }
    this.#title.textContent = trans.__("Nothing to watch yet");
    const [before = "", after = ""] = trans
      .__("Call %1 before the training loop; the curve starts with the first step.", "\n")
      .split("\n");
    this.#text.replaceChildren(before, element("code", "", CALL), after);
  }
}
