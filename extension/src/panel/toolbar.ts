// The monitor's toolbar: which run is on show, how it is controlled, how far it has come, and what can be taken from it.

import type { TranslationBundle } from "@jupyterlab/translation";
import { deviceName, formatCount } from "../charts/format.js";
import type { LinkState } from "../data/link.js";
import type { RunRecord } from "../data/record.js";
import type { RunStore } from "../data/store.js";
import { Controls, separator } from "./controls.js";
import { button, caret, dash, element } from "./dom.js";
import { icon } from "./icons.js";
import { type Choice, openMenu } from "./menu.js";
import type { Host } from "./screen.js";

/** Rows over which the time of a step is averaged. */
const TIMED_ROWS = 50;
/** How long it says what could not be done. */
const SAY_MS = 4_000;

/** What the toolbar asks of the frame. */
export interface ToolbarActions {
  /** Shows another run. */
  choose(run: string): void;
  /** What can be exported, as a menu. */
  exports(): Promise<readonly Choice[]>;
}

export class Toolbar {
  readonly node: HTMLElement;
  readonly #trans: TranslationBundle;
  readonly #host: Host;
  readonly #actions: ToolbarActions;
  readonly #run: HTMLButtonElement;
  readonly #controls: Controls;
  readonly #counter: HTMLElement = element("span", "gb-Toolbar-counter gb-Quiet");
  /** What is read to who cannot see it; the counter alone would be read ten times a second. */
  readonly #spoken: HTMLElement = element("span", "gb-Spoken");
  readonly #fork: HTMLButtonElement;
  readonly #export: HTMLButtonElement;
  #record: RunRecord | undefined;
  #store: RunStore | undefined;
  #said: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Host, actions: ToolbarActions) {
    const { trans } = host;
    this.#trans = trans;
    this.#host = host;
    this.#actions = actions;
    this.#run = button("gb-MenuButton gb-Toolbar-run", trans.__("Run"), () => this.#openRuns());
    this.#controls = new Controls(
      trans,
      (request) => host.send(request),
      (text) => this.say(text),
    );
    this.#spoken.setAttribute("aria-live", "assertive");
    this.#fork = button(
      "gb-IconButton gb-Toolbar-fork",
      trans.__("Fork"),
      () => this.#openForks(),
      icon("fork"),
    );
    this.#fork.title = trans.__("Start a new run from a step of this one");
    this.#export = button(
      "gb-IconButton",
      trans.__("Export"),
      () => void this.#openExports(),
      icon("export"),
    );
    this.#export.title = trans.__("Export");
    this.node = element(
      "div",
      "gb-Toolbar",
      this.#run,
      separator(),
      this.#controls.node,
      element("span", "gb-Toolbar-space"),
      this.#counter,
      this.#spoken,
      this.#fork,
      this.#export,
    );
    this.node.setAttribute("role", "toolbar");
    this.node.setAttribute("aria-label", trans.__("Run"));
  }

  /** Says something for a moment, in place of the counter. */
  say(text: string): void {
    this.#said = text;
    this.#spoken.textContent = text;
    this.#counter.textContent = text;
    this.#counter.classList.add("gb-mod-said");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#said = undefined;
      this.#spoken.textContent = "";
      this.#counter.classList.remove("gb-mod-said");
      this.#host.redraw();
    }, SAY_MS);
  }

  draw(record: RunRecord | undefined, store: RunStore, state: LinkState): void {
    this.#record = record;
    this.#store = store;
    this.#run.disabled = !record;
    const name = element("span", "gb-Toolbar-name", record?.info.name ?? this.#trans.__("No run"));
    this.#run.replaceChildren(...(record ? [dash(isPast(record) ? "past" : "run"), name, caret()] : [name]));
    this.#run.title = record ? about(record) : "";
    this.#controls.draw(record, state === "connected");
    this.#fork.disabled = this.#snapshots().length === 0 || state !== "connected";
    this.#export.disabled = !record || record.count === 0;
    const more = !this.#said && record?.info.status === "running" && !record.lost ? pace(record) : "";
    this.#counter.replaceChildren(
      this.#said ?? this.#progress(record, state),
      ...(more ? [element("span", "gb-Toolbar-pace", ` · ${more}`)] : []),
    );
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #progress(record: RunRecord | undefined, state: LinkState): string {
    const trans = this.#trans;
    if (!record) return state === "connecting" ? trans.__("connecting") : "";
    if (record.count === 0) return record.lost ? trans.__("kernel gone") : trans.__("waiting for step 0");
    const step = formatCount(record.lastStep);
    if (record.lost) return trans.__("last seen at step %1", step);
    if (record.info.status === "running") {
      return record.info.control?.paused ? trans.__("paused at step %1", step) : trans.__("step %1", step);
    }
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
      records.map((record) => ({
        label: record.info.name,
        quiet: isPast(record),
        selected: record.info.id === this.#record?.info.id,
        choose: () => this.#actions.choose(record.info.id),
      })),
    );
  }

  #snapshots(): readonly number[] {
    return (!this.#record?.lost && this.#record?.info.snapshots) || [];
  }

  async #openExports(): Promise<void> {
    const exports = await this.#actions.exports();
    openMenu(this.#export, [...this.#forksInMenu(), ...exports]);
  }

  #openForks(): void {
    openMenu(this.#fork, this.#forks());
  }

  /** Where the toolbar has no room for its button. */
  #forksInMenu(): Choice[] {
    return this.#fork.offsetParent === null ? this.#forks() : [];
  }

  /** From the last kept step at or before the one on show: unchanged, or with a smaller learning rate. */
  #forks(): Choice[] {
    const snapshots = this.#snapshots();
    const shown = this.#host.focus.step ?? Number.POSITIVE_INFINITY;
    const step = snapshots.findLast((kept) => kept <= shown) ?? snapshots[0];
    const record = this.#record;
    if (step === undefined || !record) return [];
    const rates = record.series("learningRate");
    const row = record.series("step").findLastIndex((at) => at <= step);
    const rate = Number((rates[Math.max(0, row)] ?? Number.NaN).toPrecision(6));
    const fork = (label: string, learningRate?: number): Choice => ({
      label,
      selected: false,
      choose: () => this.#askFork(record, step, learningRate),
    });
    const trans = this.#trans;
    const from = formatCount(step);
    return [
      fork(trans.__("From step %1, unchanged", from)),
      ...(rate > 0
        ? [
            fork(trans.__("From step %1 with half the learning rate: %2", from, rate / 2), rate / 2),
            fork(trans.__("From step %1 with a tenth of the learning rate: %2", from, rate / 10), rate / 10),
          ]
        : []),
    ];
  }

  #askFork({ info }: RunRecord, step: number, learningRate: number | undefined): void {
    const more = learningRate !== undefined && { learningRate };
    if (!this.#host.send({ type: "fork", run: info.id, step, ...more }))
      this.say(this.#trans.__("The kernel cannot be reached."));
  }
}

function isPast({ lost, info }: RunRecord): boolean {
  return lost || info.superseded === true;
}

/** What the run runs on: data and device. */
function about({ info }: RunRecord): string {
  return [info.dataset, deviceName(info.device)].filter(Boolean).join(" · ");
}

/** Time of a step of late: "0.9 ms". */
function pace(record: RunRecord): string {
  if (record.info.control?.paused) return "";
  const last = record.count - 1;
  const first = Math.max(0, last - TIMED_ROWS);
  const steps = record.step(last, "step") - record.step(first, "step");
  const milliseconds = (1_000 * (record.step(last, "seconds") - record.step(first, "seconds"))) / steps;
  if (!(milliseconds > 0) || !Number.isFinite(milliseconds)) return "";
  return milliseconds >= 1_000
    ? `${(milliseconds / 1_000).toFixed(1)} s`
    : `${milliseconds.toPrecision(2)} ms`;
}
