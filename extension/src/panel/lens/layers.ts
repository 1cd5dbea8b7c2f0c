// The layers of the run on show as a column: health, name, and the number that decides about it. One is selected.

import type { TranslationBundle } from "@jupyterlab/translation";
import type { LayerHealth, Measure } from "../../charts/health.js";
import { element } from "../dom.js";
import { glyph } from "../glyph.js";
import { written } from "./numbers.js";

interface Row {
  readonly node: HTMLElement;
  readonly glyph: HTMLElement;
  readonly value: HTMLElement;
  shown: string;
}

export class LayerColumn {
  readonly node: HTMLElement;
  readonly #trans: TranslationBundle;
  readonly #onSelect: (layer: number) => void;
  readonly #measure: HTMLElement = element("span", "");
  readonly #list: HTMLElement = element("div", "gb-Layers-list");
  readonly #id: string;
  #rows: Row[] = [];
  #names = "";
  #selected = -1;
  /** Where the keys have gone to; the drawing follows. */
  #wanted = 0;

  constructor(trans: TranslationBundle, id: string, onSelect: (layer: number) => void) {
    this.#trans = trans;
    this.#id = id;
    this.#onSelect = onSelect;
    this.#list.tabIndex = 0;
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", trans.__("Layers"));
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    const head = element("div", "gb-Layers-head", element("span", "", trans.__("layer")), this.#measure);
    head.setAttribute("aria-hidden", "true");
    this.node = element("div", "gb-Layers", head, this.#list);
  }

  draw(names: readonly string[], health: readonly LayerHealth[], selected: number): void {
    if (names.join("\n") !== this.#names) this.#build(names);
    this.#measure.textContent = this.#name(commonMeasure(health));
    for (const [layer, row] of this.#rows.entries()) {
      const { measure, value, state } = health[layer]!;
      const number = written(measure, value);
      const text = `${this.#name(measure)} ${number}`;
      const shown = `${state} ${text}`;
      if (shown === row.shown) continue;
      row.shown = shown;
      row.value.textContent = number;
      row.node.title = text;
      row.glyph.replaceChildren(glyph(state, this.#trans));
    }
    if (selected !== this.#selected) this.#select(selected);
  }

  #build(names: readonly string[]): void {
    this.#names = names.join("\n");
    this.#selected = -1;
    this.#rows = names.map((name, layer) => {
      const mark = element("span", "gb-Layers-glyph");
      const value = element("span", "gb-Layers-value");
      const node = element("div", "gb-Layers-row", mark, element("span", "gb-Layers-name", name), value);
      node.id = `${this.#id}-layer-${layer}`;
      node.setAttribute("role", "option");
      node.addEventListener("click", () => this.#onSelect(layer));
      return { node, glyph: mark, value, shown: "" };
    });
    this.#list.replaceChildren(...this.#rows.map(({ node }) => node));
  }

  #select(layer: number): void {
    this.#rows[this.#selected]?.node.setAttribute("aria-selected", "false");
    this.#selected = layer;
    this.#wanted = layer;
    const row = this.#rows[layer]?.node;
    row?.setAttribute("aria-selected", "true");
    row?.scrollIntoView({ block: "nearest" });
    this.#list.setAttribute("aria-activedescendant", row?.id ?? "");
  }

  #key(event: KeyboardEvent): void {
    const end = this.#rows.length - 1;
    const targets: Readonly<Record<string, number>> = {
      ArrowUp: this.#wanted - 1,
      ArrowDown: this.#wanted + 1,
      PageUp: this.#wanted - 10,
      PageDown: this.#wanted + 10,
      Home: 0,
      End: end,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    this.#wanted = Math.min(Math.max(target, 0), end);
    this.#onSelect(this.#wanted);
    event.preventDefault();
    event.stopPropagation();
  }

  #name(measure: Measure): string {
    const trans = this.#trans;
    return {
      saturated: trans.__("saturated"),
      silent: trans.__("silent"),
      std: trans.__("std"),
      broken: trans.__("NaN or ∞"),
    }[measure];
  }
}

/** The measure that most layers are judged by. */
function commonMeasure(health: readonly LayerHealth[]): Measure {
  const counts = new Map<Measure, number>();
  for (const { measure } of health) counts.set(measure, (counts.get(measure) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "std";
}
