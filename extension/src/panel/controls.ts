// What can be done to a running loop: pause, step, stop, pace, learning rate. The controls show what the loop does, as its
// kernel says, and not what it has been asked to do.

import type { TranslationBundle } from "@jupyterlab/translation";
import { type ControlAction, FULL_SPEED } from "gradbook/train/control";
import type { MonitorRequest } from "gradbook/train/run";
import type { RunRecord } from "../data/record.js";
import { last } from "../data/series.js";
import { button, caret, element } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";

/** Steps a second that can be chosen; 0: full speed. */
const PACES = [0, 100, 10, 1] as const;

export class Controls {
  readonly node: HTMLElement = element("div", "gb-Controls");
  readonly #trans: TranslationBundle;
  readonly #send: (request: MonitorRequest) => boolean;
  readonly #say: (text: string) => void;
  readonly #pause: HTMLButtonElement;
  readonly #step: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #pace: HTMLButtonElement;
  readonly #rate: HTMLInputElement = element("input", "gb-Field");
  #record: RunRecord | undefined;

  /** `say` tells the user for a moment that something could not be done. */
  constructor(
    trans: TranslationBundle,
    send: (request: MonitorRequest) => boolean,
    say: (text: string) => void,
  ) {
    this.#trans = trans;
    this.#send = send;
    this.#say = say;
    this.#pause = button("gb-IconButton", trans.__("Pause"), () =>
      this.#ask(this.#control.paused ? "resume" : "pause"),
    );
    this.#step = button("gb-IconButton", trans.__("One step"), () => this.#ask("step"), icon("step"));
    this.#stop = button("gb-IconButton", trans.__("Stop training"), () => this.#ask("stop"), icon("stop"));
    this.#step.title = trans.__("One step");
    this.#stop.title = trans.__("Stop training");
    this.#pace = button("gb-MenuButton gb-Controls-pace", trans.__("Pace"), () => this.#openPaces());
    this.#rate.inputMode = "decimal";
    this.#rate.setAttribute("aria-label", `${trans.__("Learning rate")} (${trans.__("lr")})`);
    this.#rate.addEventListener("keydown", (event) => this.#rateKey(event));
    this.#rate.addEventListener("blur", () => this.#showRate());
    const rate = element(
      "label",
      "gb-Controls-rate",
      element("span", "gb-Label", trans.__("Learning rate")),
      element("span", "gb-ShortLabel", trans.__("lr")),
      this.#rate,
    );
    this.node.append(this.#pause, this.#step, this.#stop, separator(), this.#pace, separator(), rate);
  }

  /** Shows the state of a run; `reachable` if its kernel can be spoken to. */
  draw(record: RunRecord | undefined, reachable: boolean): void {
    this.#record = record;
    const usable = reachable && record?.info.status === "running" && !record.lost;
    // how it ended needs the room of what can no longer be chosen
    this.node.classList.toggle("gb-mod-ended", record !== undefined && record.info.status !== "running");
    const { paused } = this.#control;
    const label = paused ? this.#trans.__("Resume") : this.#trans.__("Pause");
    if (this.#pause.title !== label) {
      this.#pause.replaceChildren(icon(paused ? "play" : "pause"));
      this.#pause.setAttribute("aria-label", label);
      this.#pause.title = label;
    }
    this.#pause.classList.toggle("gb-mod-on", paused && usable);
    for (const node of [this.#pause, this.#stop, this.#pace, this.#rate]) node.disabled = !usable;
    this.#step.disabled = !usable || !paused;
    this.#pace.replaceChildren(
      element("span", "gb-Label gb-Quiet", this.#trans.__("Pace")),
      element("span", "", this.#paceName()),
      caret(),
    );
    if (document.activeElement !== this.#rate) this.#showRate();
  }

  get #control(): { readonly paused: boolean; readonly pace: number } {
    return this.#record?.info.control ?? FULL_SPEED;
  }

  #paceName(): string {
    const { paused, pace } = this.#control;
    return paused ? this.#trans.__("Step by step") : this.#nameOf(pace);
  }

  #nameOf(pace: number): string {
    const trans = this.#trans;
    if (pace === 0) return trans.__("Full speed");
    return pace === 1 ? trans.__("1 step a second") : trans.__("%1 steps a second", String(pace));
  }

  #openPaces(): void {
    const { paused, pace } = this.#control;
    const run = (value: number): void => {
      this.#ask("pace", value);
      if (paused) this.#ask("resume");
    };
    openMenu(this.#pace, [
      ...PACES.map((value) => ({
        label: this.#nameOf(value),
        selected: !paused && value === pace,
        choose: () => run(value),
      })),
      { label: this.#trans.__("Step by step"), selected: paused, choose: () => this.#ask("pause") },
    ]);
  }

  #showRate(): void {
    const rate = this.#record ? rateNow(this.#record) : Number.NaN;
    this.#rate.value = Number.isNaN(rate) ? "" : formatRate(rate);
  }

  #rateKey(event: KeyboardEvent): void {
    if (event.key === "Enter") {
      const value = Number(this.#rate.value.replace(",", "."));
      if (this.#rate.value.trim() === "" || !(value >= 0) || value === Number.POSITIVE_INFINITY) {
        this.#say(this.#trans.__("A learning rate is a number, 0 or more."));
      } else this.#ask("learningRate", value);
      this.#rate.blur();
    } else if (event.key === "Escape") {
      this.#showRate();
      this.#rate.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #ask(action: ControlAction, value?: number): void {
    const run = this.#record?.info.id;
    if (run === undefined) return;
    const sent = this.#send({ type: "control", run, action, ...(value !== undefined && { value }) });
    if (!sent) this.#say(this.#trans.__("The kernel cannot be reached."));
  }
}

/** What the next step will use: that of the newest one, or what was set by hand since. */
function rateNow(record: RunRecord): number {
  const change = record.info.changes?.findLast(({ kind }) => kind === "learningRate");
  const isNewer = change !== undefined && change.by === "hand" && change.step >= last(record.series("step"));
  return isNewer ? change.to : last(record.series("learningRate"));
}

/** As one would type it: float32's noise is left out. */
function formatRate(rate: number): string {
  const digits = Number(rate.toPrecision(4));
  return rate !== 0 && rate < 1e-4 ? digits.toExponential() : String(digits);
}

export function separator(): HTMLElement {
  return element("span", "gb-Separator");
}
