// Choosing the runs that are shown beside the one on show.

import type { TranslationBundle } from "@jupyterlab/translation";
import { COMPARED_DASHES } from "../charts/signal.js";
import { laneOf } from "../data/entry.js";
import type { RunRecord } from "../data/record.js";
import type { RunStore } from "../data/store.js";
import { button, caret, dash, element } from "./dom.js";
import type { Focus } from "./focus.js";
import { openMenu } from "./menu.js";
import type { Host } from "./screen.js";

export class CompareMenu {
  readonly node: HTMLButtonElement;
  readonly #trans: TranslationBundle;
  readonly #focus: Focus;
  readonly #redraw: () => void;
  #shown: RunRecord | undefined;
  #store: RunStore | undefined;

  constructor({ trans, focus, redraw }: Host) {
    this.#trans = trans;
    this.#focus = focus;
    this.#redraw = redraw;
    this.node = button("gb-MenuButton", trans.__("Compare with"), () => this.#open());
  }

  /** Shows which runs are compared with `record`, and gives them. */
  draw(record: RunRecord, store: RunStore): RunRecord[] {
    this.#shown = record;
    this.#store = store;
    const compared = comparedWith(record, store, this.#focus);
    this.node.hidden = this.#others().length === 0;
    const names = compared.map(({ info }, index) =>
      element(
        "span",
        "gb-MenuButton-value",
        dash(`compared-${index}`),
        info.race?.repeat?.variant ?? info.name,
      ),
    );
    this.node.replaceChildren(
      element("span", "gb-Quiet", this.#trans.__("Compare with")),
      element("span", "gb-MenuButton-values", ...names),
      caret(),
    );
    return compared;
  }

  #others(): RunRecord[] {
    return [...(this.#store?.runs.values() ?? [])]
      .filter(({ info }) => info.id !== this.#shown?.info.id)
      .reverse();
  }

  #open(): void {
    const choose = (ids: readonly string[]): void => {
      this.#focus.compared = ids.slice(-COMPARED_DASHES.length);
      this.#redraw();
    };
    const chosen = comparedWith(this.#shown!, this.#store!, this.#focus).map(({ info }) => info.id);
    const nothing = {
      label: this.#trans.__("Nothing"),
      selected: chosen.length === 0,
      choose: (): void => choose([]),
    };
    const runs = this.#others().map(({ info }) => {
      const selected = chosen.includes(info.id);
      const ids = selected ? chosen.filter((id) => id !== info.id) : [...chosen, info.id];
      return { label: info.name, selected, choose: (): void => choose(ids) };
    });
    openMenu(this.node, [nothing, ...runs]);
  }
}

/** The runs beside `record`: those that were chosen; else the others of its race, or of its kind of probes. */
function comparedWith(record: RunRecord, store: RunStore, { compared }: Focus): RunRecord[] {
  const others = [...store.runs.values()].filter((other) => other !== record);
  if (compared) return compared.flatMap((id) => others.find(({ info }) => info.id === id) ?? []);
  const race = record.info.race?.id;
  if (race !== undefined) {
    const lanes = others.filter(({ info }) => info.race?.id === race);
    // the first seed of each other variant
    const firsts = new Map(lanes.reverse().map((other) => [laneOf(other), other]));
    firsts.delete(laneOf(record));
    return [...firsts.values()].reverse().slice(0, COMPARED_DASHES.length);
  }
  if (!record.isProbe) return [];
  // Of runs of one name ("He", "He #2") the newest stands for all.
  const newest = new Map([[family(record), record]]);
  for (const other of others.reverse()) {
    const alike = other.isProbe && other.info.layers.length === record.info.layers.length;
    if (alike && !newest.has(family(other))) newest.set(family(other), other);
  }
  return [...newest.values()].slice(1, 1 + COMPARED_DASHES.length);
}

/** A run's name without the number that makes it unique. */
function family({ info }: RunRecord): string {
  return info.name.replace(/ #\d+$/, "");
}
