// The screen "Signal by depth": does the signal flow? Activations above, gradients below, one step at a time.

import type { TranslationBundle } from "@jupyterlab/translation";
import { Chart } from "../charts/chart.js";
import { type Look, newMemories } from "../charts/frame.js";
import { backwardFigure, forwardFigure, type Moment, type Spread } from "../charts/signal.js";
import type { Tokens } from "../charts/tokens.js";
import type { RunRecord } from "../data/record.js";
import type { RunStore } from "../data/store.js";
import { button, caret, dash, element, heading } from "./dom.js";
import { openMenu } from "./menu.js";
import type { Screen } from "./screen.js";
import { Segmented } from "./segmented.js";
import { nearest, StepSlider } from "./slider.js";

export class SignalScreen implements Screen {
  readonly node: HTMLElement;
  readonly #trans: TranslationBundle;
  readonly #redraw: () => void;
  readonly #forward: Chart;
  readonly #backward: Chart;
  readonly #spread: Segmented<Spread>;
  readonly #slider: StepSlider;
  readonly #compare: HTMLButtonElement;
  readonly #empty: HTMLElement;
  readonly #forwardUnit: HTMLElement;
  readonly #memories = [newMemories(), newMemories()] as const;
  #shown: RunRecord | undefined;
  #store: RunStore | undefined;
  #comparedId: string | undefined;

  constructor(trans: TranslationBundle, redraw: () => void) {
    this.#trans = trans;
    this.#redraw = redraw;
    this.#forward = new Chart(trans.__("Activations by layer"));
    this.#backward = new Chart(trans.__("Gradients by layer"));
    this.#spread = new Segmented(
      trans.__("Standard deviation"),
      [
        ["std", trans.__("All values")],
        ["batchStd", trans.__("Across the batch")],
      ],
      redraw,
    );
    this.#slider = new StepSlider(trans, redraw);
    this.#compare = button("gb-MenuButton", trans.__("Compare with"), () => this.#chooseCompared());
    this.#empty = element(
      "div",
      "gb-Note",
      trans.__(
        "Nothing sampled yet. Run one step: each layer then shows how much of the signal it passes on.",
      ),
    );
    const forward = heading(trans.__("Forward →"));
    this.#forwardUnit = forward.unit;
    const backward = heading(trans.__("← Backward"));
    backward.unit.textContent = trans.__("norm of the gradient at each layer’s output");
    this.node = element(
      "div",
      "gb-Screen gb-Signal",
      element("div", "gb-Title", element("h2", "", trans.__("Does the signal flow?")), this.#compare),
      element(
        "section",
        "gb-Signal-forward",
        element("div", "gb-HeadingRow", forward.node, this.#spread.node),
        this.#forward.node,
      ),
      element("section", "gb-Signal-backward", backward.node, this.#backward.node),
      this.#slider.node,
      this.#empty,
    );
  }

  draw(record: RunRecord, tokens: Tokens, store: RunStore): void {
    const trans = this.#trans;
    if (this.#shown?.info.id !== record.info.id) this.#slider.follow();
    this.#shown = record;
    this.#store = store;
    const samples = record.samples;
    this.node.classList.toggle("gb-mod-empty", samples.length === 0);
    if (samples.length === 0) return;
    this.#slider.update(
      samples.map((row) => record.step(row, "step")),
      record.info.status === "running" && !record.lost,
    );
    const moment: Moment = { record, row: samples[this.#slider.index]! };
    const compared = this.#comparedMoment(moment);
    this.#showCompare(compared);
    const spread = this.#spread.value;
    this.#forwardUnit.textContent =
      spread === "std"
        ? trans.__("spread and mean of the activations")
        : trans.__("spread of the activations across the batch");
    const look = (index: 0 | 1): Look => ({ tokens, trans, ...this.#memories[index] });
    this.#forward.draw((size) => forwardFigure(moment, compared, spread, look(0), size));
    this.#backward.draw((size) => backwardFigure(moment, compared, look(1), size));
  }

  dispose(): void {
    this.#slider.dispose();
    this.#forward.dispose();
    this.#backward.dispose();
  }

  /** The compared run at the same step, or at its last before. */
  #comparedMoment(moment: Moment): Moment | undefined {
    const record = this.#comparedId === undefined ? undefined : this.#store?.runs.get(this.#comparedId);
    if (!record || record.info.id === moment.record.info.id || record.samples.length === 0) return undefined;
    const steps = record.samples.map((row) => record.step(row, "step"));
    const step = moment.record.step(moment.row, "step");
    return { record, row: record.samples[nearest(steps, step)]! };
  }

  #others(): RunRecord[] {
    return [...(this.#store?.runs.values() ?? [])]
      .filter((record) => record.info.id !== this.#shown?.info.id)
      .reverse();
  }

  #showCompare(compared: Moment | undefined): void {
    this.#compare.hidden = this.#others().length === 0;
    const name = compared
      ? [element("span", "gb-MenuButton-value", dash("compared"), compared.record.info.name)]
      : [];
    this.#compare.replaceChildren(
      element("span", "gb-Quiet", this.#trans.__("Compare with")),
      ...name,
      caret(),
    );
  }

  #chooseCompared(): void {
    const choose = (id: string | undefined): void => {
      this.#comparedId = id;
      this.#redraw();
    };
    openMenu(this.#compare, [
      {
        label: this.#trans.__("Nothing"),
        selected: this.#comparedId === undefined,
        choose: () => choose(undefined),
      },
      ...this.#others().map(({ info }) => ({
        label: info.name,
        selected: info.id === this.#comparedId,
        choose: (): void => choose(info.id),
      })),
    ]);
  }
}
