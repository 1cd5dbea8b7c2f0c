// The screen "Signal by depth": does the signal flow? Activations above, gradients below, one step at a time.

import { Chart } from "../charts/chart.js";
import { type Look, newMemories, TICK_SIZE } from "../charts/frame.js";
import { backwardFigure, forwardFigure, layerAt, type Moment, spreadField } from "../charts/signal.js";
import type { RunRecord } from "../data/record.js";
import { CompareMenu } from "./compare.js";
import { element, heading } from "./dom.js";
import type { Host, Lack, Screen, View } from "./screen.js";
import { nearest } from "./scrub.js";
import { StepSlider } from "./slider.js";

export class SignalScreen implements Screen {
  readonly node: HTMLElement;
  readonly option: HTMLElement;
  readonly #trans: Host["trans"];
  readonly #forward: Chart;
  readonly #backward: Chart;
  readonly #slider: StepSlider;
  readonly #compare: CompareMenu;
  readonly #forwardUnit: HTMLElement;
  readonly #cursor: HTMLElement = element("div", "gb-Signal-cursor");
  readonly #memories = [newMemories(), newMemories()] as const;
  #scale = 1;
  #shown: RunRecord | undefined;

  constructor(host: Host) {
    const { trans, redraw, focus } = host;
    this.#trans = trans;
    this.#forward = new Chart(trans.__("Activations by layer"));
    this.#backward = new Chart(trans.__("Gradients by layer"));
    this.#slider = new StepSlider(trans, focus, redraw);
    this.#compare = new CompareMenu(host);
    this.option = element("div", "gb-Option", this.#compare.node);
    const forward = heading(trans.__("Forward →"));
    this.#forwardUnit = forward.unit;
    const backward = heading(trans.__("← Backward"));
    backward.unit.textContent = trans.__("norm of the gradient at each layer’s input sum");
    this.node = element(
      "div",
      "gb-Screen gb-Signal",
      element(
        "div",
        "gb-Signal-charts",
        element("section", "gb-Signal-forward", forward.node, this.#forward.node),
        element("section", "gb-Signal-backward", backward.node, this.#backward.node),
        this.#cursor,
      ),
      this.#slider.node,
    );
    this.#cursor.hidden = true;
    for (const chart of [this.#forward, this.#backward]) this.#point(chart.node, host);
  }

  lacks({ record }: View): Lack | undefined {
    if (record.samples.length > 0) return undefined;
    return {
      text: this.#trans.__(
        "Nothing sampled yet. Run one step: each layer then shows how much of the signal it passes on.",
      ),
    };
  }

  draw({ record, tokens, store, level, small, tables }: View): void {
    const trans = this.#trans;
    this.#shown = record;
    const samples = record.samples;
    this.#slider.node.hidden = samples.length === 1;
    this.#slider.update(samples, record.info.status === "running" && !record.lost, tokens);
    const moment: Moment = { record, sample: this.#slider.index };
    const compared = this.#comparedMoments(moment, this.#compare.draw(record, store));
    this.#forwardUnit.textContent =
      spreadField(moment) === "batchStd"
        ? trans.__("spread of the activations across the batch (std)")
        : trans.__("spread of the activations (std)");
    const look = (index: 0 | 1): Look => ({ tokens, trans, ...this.#memories[index] });
    this.#scale = tokens.tickSize / TICK_SIZE;
    const options = { answer: level === "answer", small };
    this.#forward.draw((size) => forwardFigure(moment, compared, look(0), size, options), tables);
    this.#backward.draw((size) => backwardFigure(moment, compared, look(1), size, options), tables);
  }

  dispose(): void {
    this.#slider.dispose();
    this.#forward.dispose();
    this.#backward.dispose();
  }

  /** Pointing at a layer draws it through both charts; a click takes it under the lens. */
  #point(chart: HTMLElement, host: Host): void {
    const at = (event: MouseEvent): { layer: number; x: number } | undefined =>
      this.#shown &&
      layerAt(
        this.#shown,
        event.clientX - chart.getBoundingClientRect().left,
        chart.clientWidth,
        this.#scale,
      );
    chart.addEventListener("mousemove", (event) => {
      const found = at(event);
      this.#cursor.hidden = !found;
      if (found) this.#cursor.style.left = `${found.x}px`;
    });
    chart.addEventListener("mouseleave", () => {
      this.#cursor.hidden = true;
    });
    chart.addEventListener(
      "click",
      (event) => {
        const found = at(event);
        if (!found) return;
        host.focus.layer = found.layer;
        host.open("lens");
      },
      { capture: true },
    );
  }

  /** The compared runs, each at the sample nearest to the same step. */
  #comparedMoments(moment: Moment, compared: readonly RunRecord[]): Moment[] {
    const step = moment.record.samples[moment.sample]!;
    return compared
      .filter(({ samples }) => samples.length > 0)
      .map((record) => ({ record, sample: nearest(record.samples, step) }));
  }
}
