// The region below every screen that says what is to be said of the run: one sentence, its cause, what follows from it folded
// away, and how much it gives away: off, hint or answer.

import type { TranslationBundle } from "@jupyterlab/translation";
import type { RuleId } from "gradbook/train/diagnose/diagnosis";
import type { DiagnosisLevel } from "gradbook/train/run";
import { button, caret, element } from "./dom.js";
import { glyph } from "./glyph.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { Segmented } from "./segmented.js";
import type { Statement } from "./statement.js";

export interface VerdictActions {
  /** It has become higher or lower. */
  resized(): void;
  setLevel(level: DiagnosisLevel): void;
  /** Shows a section of a notebook. */
  open(section: string): void;
  /** Shows what can be read about a rule. */
  explain(rule: RuleId): void;
}

export class VerdictRegion {
  readonly node: HTMLElement = element("section", "gb-Verdict");
  readonly #trans: TranslationBundle;
  readonly #levels: Segmented<DiagnosisLevel>;
  /** The same choice where there is little room. */
  readonly #levelMenu: HTMLButtonElement;
  readonly #glyph: HTMLElement = element("span", "gb-Verdict-glyph");
  readonly #sentence: HTMLElement = element("div", "gb-Verdict-sentence");
  readonly #parts: HTMLElement = element("div", "gb-Verdict-parts");
  readonly #fold: HTMLButtonElement;
  readonly #link: HTMLButtonElement;
  readonly #more: HTMLButtonElement;
  readonly #foot: HTMLElement = element("div", "gb-Verdict-foot");
  readonly #lines: HTMLElement = element("ul", "gb-Verdict-lines");
  readonly #live: HTMLElement = element("div", "gb-Spoken");
  #level: DiagnosisLevel = "answer";
  #shown: Statement | undefined;
  #open = false;

  constructor(trans: TranslationBundle, id: string, actions: VerdictActions) {
    this.#trans = trans;
    this.#levels = new Segmented(trans.__("How much the verdict tells"), levels(trans), () =>
      actions.setLevel(this.#levels.value),
    );
    this.#levelMenu = button("gb-MenuButton gb-Verdict-level", trans.__("How much the verdict tells"), () =>
      openMenu(
        this.#levelMenu,
        levels(trans).map(([level, label]) => ({
          label,
          selected: level === this.#level,
          choose: () => actions.setLevel(level),
        })),
      ),
    );
    this.#fold = button("gb-Verdict-fold", "", () => {
      this.#open = !this.#open;
      this.#showFold();
      actions.resized();
    });
    this.#link = button("gb-Link", "", () => this.#shown?.section && actions.open(this.#shown.section));
    this.#more = button("gb-Link", trans.__("About this diagnosis"), () => {
      if (this.#shown?.rule) actions.explain(this.#shown.rule);
    });
    this.#more.textContent = trans.__("About this diagnosis");
    this.#foot.append(this.#fold, element("span", "gb-Verdict-links", this.#more, this.#link));
    this.#lines.id = `${id}-findings`;
    this.#fold.setAttribute("aria-controls", this.#lines.id);
    this.#fold.removeAttribute("aria-label");
    this.#link.removeAttribute("aria-label");
    this.#live.setAttribute("aria-live", "polite");
    this.node.setAttribute("aria-label", trans.__("Verdict"));
    this.node.append(
      this.#glyph,
      this.#sentence,
      element("div", "gb-Verdict-levels", this.#levels.node, this.#levelMenu),
      this.#parts,
      this.#foot,
      this.#lines,
      this.#live,
    );
  }

  /** Shows a statement; nothing while there is none, or at level "off". */
  draw(statement: Statement | undefined, level: DiagnosisLevel): void {
    const shown = level === "off" ? undefined : statement;
    if (level !== this.#level || this.#levelMenu.childElementCount === 0) {
      this.#level = level;
      this.#levels.value = level;
      const name = levels(this.#trans).find(([value]) => value === level)![1];
      this.#levelMenu.replaceChildren(element("span", "", name), caret());
    }
    this.node.classList.toggle("gb-mod-off", !shown);
    this.node.dataset.level = level;
    if (JSON.stringify(shown) === JSON.stringify(this.#shown)) return;
    if (shown && shown.key !== this.#shown?.key) {
      this.#open = false;
      this.#live.textContent = shown.sentence;
    }
    this.#shown = shown;
    if (shown) this.#show(shown);
  }

  #show({ tone, sentence, parts, section, rule }: Statement): void {
    this.node.dataset.tone = tone;
    this.#glyph.replaceChildren(glyph(tone, this.#trans));
    this.#sentence.textContent = sentence;
    this.#parts.replaceChildren(
      ...parts.map(({ lead, text }, index) =>
        element(
          "span",
          index > 0 ? "gb-mod-advice" : "",
          ...(lead ? [element("b", "", lead), " "] : []),
          `${text} `,
        ),
      ),
    );
    this.#more.hidden = rule === undefined;
    this.#link.hidden = section === undefined;
    if (section !== undefined) this.#link.textContent = this.#trans.__("Notebook: %1", titleOf(section));
    this.#showFold();
  }

  #showFold(): void {
    const { folded } = this.#shown ?? {};
    const foldable = folded !== undefined && folded.lines.length > 0;
    const open = foldable && this.#open;
    this.#fold.hidden = !folded;
    this.#foot.hidden = !folded && !this.#shown?.section && !this.#shown?.rule;
    this.#fold.disabled = !foldable;
    this.#fold.setAttribute("aria-expanded", String(open));
    this.#fold.replaceChildren(
      ...(foldable ? [icon(open ? "open" : "closed")] : []),
      element("span", "", folded?.summary ?? ""),
    );
    this.#lines.hidden = !open;
    this.#lines.replaceChildren(...(folded?.lines ?? []).map((line) => element("li", "", line)));
  }
}

function levels(trans: TranslationBundle): readonly (readonly [DiagnosisLevel, string])[] {
  return [
    ["off", trans.__("Off")],
    ["hint", trans.__("Hint")],
    ["answer", trans.__("Answer")],
  ];
}

/** The heading that a section's address names, as people read it. */
function titleOf(section: string): string {
  const [path = "", heading] = section.split("#");
  const name = heading ?? path.replace(/^.*\//, "").replace(/\.ipynb$/, "");
  return decodeURIComponent(name).replaceAll("-", " ");
}
