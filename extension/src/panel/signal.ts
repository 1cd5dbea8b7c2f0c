// The screen "Signal by depth": does the signal flow? Activations above, gradients below, one step at a time.

import { Chart } from "../charts/chart.js";
import { type Look, newMemories } from "../charts/frame.js";
import {
  backwardFigure,
  COMPARED_DASHES,
  forwardFigure,
  type Moment,
  type Spread,
} from "../charts/signal.js";
import type { RunRecord } from "../data/record.js";
import type { RunStore } from "../data/store.js";
import { button, caret, dash, element, heading } from "./dom.js";
import { openMenu } from "./menu.js";
import type { Host, Lack, Screen, View } from "./screen.js";
import { nearest } from "./scrub.js";
import { Segmented } from "./segmented.js";
import { StepSlider } from "./slider.js";

export class SignalScreen implements Screen {
  readonly node: HTMLElement;
  readonly option: HTMLElement;
  readonly #trans: Host["trans"];
  readonly #redraw: () => void;
  readonly #forward: Chart;
  readonly #backward: Chart;
  readonly #spread: Segmented<Spread>;
  readonly #slider: StepSlider;
  readonly #compare: HTMLButtonElement;
  readonly #forwardUnit: HTMLElement;
  readonly #memories = [newMemories(), newMemories()] as const;
  #shown: RunRecord | undefined;
  #store: RunStore | undefined;
  /** Runs drawn beside the one on show, as chosen; until then probes are compared with each other. */
  #chosenIds: readonly string[] | undefined;

  constructor({ trans, redraw, focus }: Host) {
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
    this.#slider = new StepSlider(trans, focus, redraw);
    this.#compare = button("gb-MenuButton", trans.__("Compare with"), () => this.#chooseCompared());
    this.option = element("div", "gb-Option", this.#compare);
    const forward = heading(trans.__("Forward →"));
    this.#forwardUnit = forward.unit;
    const backward = heading(trans.__("← Backward"));
    backward.unit.textContent = trans.__("norm of the gradient at each layer’s input sum");
    this.node = element(
      "div",
      "gb-Screen gb-Signal",
      element(
        "section",
        "gb-Signal-forward",
        element("div", "gb-HeadingRow", forward.node, this.#spread.node),
        this.#forward.node,
      ),
      element("section", "gb-Signal-backward", backward.node, this.#backward.node),
      this.#slider.node,
    );
  }

  lacks({ record }: View): Lack | undefined {
    if (record.samples.length > 0) return undefined;
    return {
      text: this.#trans.__(
        "Nothing sampled yet. Run one step: each layer then shows how much of the signal it passes on.",
      ),
    };
  }

  draw({ record, tokens, store }: View): void {
    const trans = this.#trans;
    this.#shown = record;
    this.#store = store;
    const samples = record.samples;
    this.#slider.node.hidden = samples.length === 1;
    this.#slider.update(samples, record.info.status === "running" && !record.lost);
    const moment: Moment = { record, sample: this.#slider.index };
    const compared = this.#comparedMoments(moment);
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

  /** The compared runs, each at the sample nearest to the same step. */
  #comparedMoments(moment: Moment): Moment[] {
    const step = moment.record.samples[moment.sample]!;
    return this.#comparedIds().flatMap((id) => {
      const record = this.#store?.runs.get(id);
      if (!record || id === moment.record.info.id || record.samples.length === 0) return [];
      return [{ record, sample: nearest(record.samples, step) }];
    });
  }

  #comparedIds(): readonly string[] {
    const shown = this.#shown;
    if (this.#chosenIds || !shown?.isProbe) return this.#chosenIds ?? [];
    // Of runs of one name ("He", "He #2") the newest stands for all.
    const newest = new Map([[family(shown), shown]]);
    for (const other of this.#others()) {
      const alike = other.isProbe && other.info.layers.length === shown.info.layers.length;
      if (alike && !newest.has(family(other))) newest.set(family(other), other);
    }
    return [...newest.values()].slice(1, 1 + COMPARED_DASHES.length).map(({ info }) => info.id);
  }

  #others(): RunRecord[] {
    return [...(this.#store?.runs.values() ?? [])]
      .filter(({ info }) => info.id !== this.#shown?.info.id)
      .reverse();
  }

  #showCompare(compared: readonly Moment[]): void {
    this.#compare.hidden = this.#others().length === 0;
    const names = compared.map(({ record }, index) =>
      element("span", "gb-MenuButton-value", dash(`compared-${index}`), record.info.name),
    );
    this.#compare.replaceChildren(
      element("span", "gb-Quiet", this.#trans.__("Compare with")),
      element("span", "gb-MenuButton-values", ...names),
      caret(),
    );
  }

  #chooseCompared(): void {
    const choose = (ids: readonly string[]): void => {
      this.#chosenIds = ids.slice(-COMPARED_DASHES.length);
      this.#redraw();
    };
    const chosen = this.#comparedIds();
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
    openMenu(this.#compare, [nothing, ...runs]);
  }
}

/** A run's name without the number that makes it unique. */
function family({ info }: RunRecord): string {
  return info.name.replace(/ #\d+$/, "");
}
