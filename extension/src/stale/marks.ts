// The marks in a notebook: a small clock beside the prompt of each cell that is out of date, which says why and leads to the cell
// that is the reason.

import type { CellReads } from "@gradbook/kernel/protocol/cells";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import { staleIcon } from "../icons.js";
import { CellsLink } from "./link.js";
import { outOfDate, type Reason, type Rule } from "./rules.js";

/** Reasons that a tooltip names. */
const NAMED = 3;

export class StaleMarks {
  readonly #notebook: NotebookPanel;
  readonly #trans: TranslationBundle;
  readonly #link: CellsLink;
  #rule: Rule | undefined;
  #cells: readonly CellReads[] = [];
  #frame = 0;

  constructor(notebook: NotebookPanel, trans: TranslationBundle, rule: Rule | undefined) {
    this.#notebook = notebook;
    this.#trans = trans;
    this.#rule = rule;
    this.#link = new CellsLink(notebook.sessionContext, (cells) => {
      const changes = cells.length > 0 || this.#cells.length > 0;
      this.#cells = cells;
      if (changes) this.#request();
    });
    // cells may have been moved, which also replaces their widgets
    notebook.content.modelContentChanged.connect(() => {
      if (this.#cells.length > 0) this.#request();
    });
  }

  /** Undefined: no marks. */
  set rule(rule: Rule | undefined) {
    this.#rule = rule;
    this.#request();
  }

  dispose(): void {
    this.#link.dispose();
    cancelAnimationFrame(this.#frame);
  }

  #request(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    const { widgets } = this.#notebook.content;
    const order = widgets.map(({ model }) => model.id);
    const stale = this.#rule && outOfDate(this.#cells, order, this.#rule);
    for (const { model, node } of widgets) {
      const reasons = stale?.get(model.id);
      const mark = node.querySelector<HTMLElement>(":scope > .gb-Stale");
      node.classList.toggle("gb-mod-stale", reasons !== undefined);
      const text = reasons && this.#text(reasons);
      if (mark && mark.getAttribute("aria-label") === text) continue;
      mark?.remove();
      if (reasons && text !== undefined) node.append(this.#mark(text, reasons));
    }
  }

  #mark(text: string, reasons: readonly Reason[]): HTMLElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "gb-Stale";
    button.setAttribute("aria-label", text);
    // Enter and Space press the button and do not edit the cell.
    button.dataset.lmSuppressShortcuts = "true";
    staleIcon.element({ container: button });
    button.addEventListener("click", () => this.#show(reasons[0]!.run.cell));
    return button;
  }

  #show(cell: string): void {
    const { content } = this.#notebook;
    const index = content.widgets.findIndex(({ model }) => model.id === cell);
    if (index < 0) return;
    content.activeCellIndex = index;
    void content.scrollToCell(content.widgets[index]!);
  }

  #text(reasons: readonly Reason[]): string {
    const trans = this.#trans;
    const sentences = reasons
      .slice(0, NAMED)
      .map(({ name, run, inherited }) =>
        inherited
          ? trans.__("%1 came from cell [%2], which is out of date.", name, run.count)
          : trans.__("%1 was changed by cell [%2].", name, run.count),
      );
    const more = reasons.length - NAMED;
    if (more > 0) sentences.push(trans._n("So was %1 more.", "So were %1 more.", more));
    return `${trans.__("Out of date:")} ${sentences.join(" ")}`;
  }
}
