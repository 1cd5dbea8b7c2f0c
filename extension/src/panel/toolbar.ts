// The monitor's toolbar: which run is on show, and how far it has come.

import type { TranslationBundle } from "@jupyterlab/translation";
import { formatCount } from "../charts/format.js";
import type { LinkState } from "../data/link.js";
import type { RunRecord } from "../data/record.js";
import type { RunStore } from "../data/store.js";
import { button, caret, dash, element } from "./dom.js";
import { openMenu } from "./menu.js";

/** Rows over which the time of a step is averaged. */
const TIMED_ROWS = 50;

export class Toolbar {
  readonly node: HTMLElement;
  readonly #trans: TranslationBundle;
  readonly #run: HTMLButtonElement;
  readonly #about: HTMLElement = element("span", "gb-Toolbar-about gb-Quiet");
  readonly #counter: HTMLElement = element("span", "gb-Toolbar-counter gb-Quiet");
  readonly #choose: (id: string) => void;
  #record: RunRecord | undefined;
  #store: RunStore | undefined;

  constructor(trans: TranslationBundle, choose: (id: string) => void) {
    this.#trans = trans;
    this.#choose = choose;
    this.#run = button("gb-MenuButton gb-Toolbar-run", trans.__("Run"), () => this.#openRuns());
    this.node = element("div", "gb-Toolbar", this.#run, this.#about, this.#counter);
    this.node.setAttribute("role", "toolbar");
  }

  draw(record: RunRecord | undefined, store: RunStore, state: LinkState): void {
    this.#record = record;
    this.#store = store;
    this.#run.disabled = !record;
    const name = element("span", "gb-Toolbar-name", record?.info.name ?? this.#trans.__("No run"));
    this.#run.replaceChildren(...(record ? [dash(record.lost ? "past" : "run"), name, caret()] : [name]));
    this.#about.textContent = record ? about(record) : "";
    this.#about.title = this.#about.textContent;
    this.#counter.textContent = this.#progress(record, state);
  }

  #progress(record: RunRecord | undefined, state: LinkState): string {
    const trans = this.#trans;
    if (!record) return state === "connecting" ? trans.__("connecting") : "";
    if (record.count === 0) return record.lost ? trans.__("kernel gone") : trans.__("waiting for step 0");
    const step = formatCount(record.lastStep);
    if (record.lost) return trans.__("last seen at step %1", step);
    if (record.info.status === "running")
      return [trans.__("step %1", step), pace(record)].filter(Boolean).join(" · ");
    const ends = {
      finished: trans.__("finished at step %1", step),
      stopped: trans.__("stopped at step %1", step),
      failed: trans.__("failed at step %1", step),
    };
    return ends[record.info.status];
  }

  #openRuns(): void {
    const records = [...(this.#store?.runs.values() ?? [])].reverse();
    openMenu(
      this.#run,
      records.map(({ info }) => ({
        label: info.name,
        selected: info.id === this.#record?.info.id,
        choose: () => this.#choose(info.id),
      })),
    );
  }
}

/** What the run runs on: data and device. */
function about({ info }: RunRecord): string {
  return [info.dataset, info.device].filter(Boolean).join(" · ");
}

/** Time of a step of late: "0.9 ms". */
function pace(record: RunRecord): string {
  const last = record.count - 1;
  const first = Math.max(0, last - TIMED_ROWS);
  const steps = record.step(last, "step") - record.step(first, "step");
  const milliseconds = (1_000 * (record.step(last, "seconds") - record.step(first, "seconds"))) / steps;
  if (!(milliseconds > 0) || !Number.isFinite(milliseconds)) return "";
  return milliseconds >= 1_000
    ? `${(milliseconds / 1_000).toFixed(1)} s`
    : `${milliseconds.toPrecision(2)} ms`;
}
