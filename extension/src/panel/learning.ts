// The screen "Learning": is it learning? Loss at the left, accuracy and learning rate at the right.

import { Chart } from "../charts/chart.js";
import { formatCount } from "../charts/format.js";
import { type Look, newMemories } from "../charts/frame.js";
import { accuracyFigure, lossFigure, type Progress, rateFigure } from "../charts/learning.js";
import { last, smoothingWindow } from "../data/series.js";
import { element, heading } from "./dom.js";
import type { Host, Lack, Screen, View } from "./screen.js";
import { Segmented } from "./segmented.js";

/** What this screen draws: a run without any of it has only a signal. */
const CURVES = ["loss", "validationLoss", "accuracy", "validationAccuracy"] as const;

export class LearningScreen implements Screen {
  readonly node: HTMLElement;
  readonly option: HTMLElement;
  readonly #trans: Host["trans"];
  readonly #progress: Segmented<Progress>;
  readonly #lossUnit: HTMLElement;
  readonly #loss: Chart;
  readonly #accuracy: Chart;
  readonly #rate: Chart;
  #turn = false;
  readonly #memories = [newMemories(), newMemories(), newMemories()] as const;

  constructor({ trans, redraw }: Host) {
    this.#trans = trans;
    this.#progress = new Segmented(
      trans.__("Horizontal axis"),
      [
        ["step", trans.__("Steps")],
        ["seconds", trans.__("Seconds")],
      ],
      redraw,
    );
    this.option = this.#progress.node;
    this.#loss = new Chart(trans.__("Loss"));
    this.#accuracy = new Chart(trans.__("Accuracy"));
    this.#rate = new Chart(trans.__("Learning rate"));
    const loss = heading(trans.__("Loss"));
    this.#lossUnit = loss.unit;
    const accuracy = heading(trans.__("Accuracy"));
    accuracy.unit.textContent = trans.__("% of examples");
    const rate = heading(trans.__("Learning rate"));
    rate.unit.textContent = trans.__("log scale");
    this.node = element(
      "div",
      "gb-Screen gb-Learning",
      element(
        "div",
        "gb-Learning-charts",
        element("section", "gb-Learning-loss", loss.node, this.#loss.node),
        element("section", "gb-Learning-accuracy", accuracy.node, this.#accuracy.node),
        element("section", "gb-Learning-rate", rate.node, this.#rate.node),
      ),
    );
  }

  lacks({ record }: View): Lack | undefined {
    if (CURVES.some((field) => Number.isFinite(last(record.series(field))))) return undefined;
    const trans = this.#trans;
    return {
      text:
        record.count === 0
          ? trans.__("The curve starts with the first step.")
          : trans.__("This run has no loss. Its activations and gradients are under Signal by depth."),
    };
  }

  draw({ record, tokens }: View): void {
    const trans = this.#trans;
    const progress = this.#progress.value;
    const look = (index: 0 | 1 | 2): Look => ({ tokens, trans, ...this.#memories[index] });
    const smoothed = trans.__("smoothed over %1 steps", formatCount(smoothingWindow(record.lastStep)));
    this.#lossUnit.textContent = record.info.classes
      ? `${trans.__("cross-entropy, nats")} · ${smoothed}`
      : smoothed;
    this.#loss.draw((size) => lossFigure(record, progress, look(0), size));
    // While a run goes on, the two small charts take turns: they change slowly, and a draw costs as much as the loss's.
    const growing = record.info.status === "running" && !record.lost;
    this.#turn = !this.#turn;
    if (!growing || this.#turn)
      this.#accuracy.draw((size) => accuracyFigure(record, progress, look(1), size));
    if (!growing || !this.#turn) this.#rate.draw((size) => rateFigure(record, progress, look(2), size));
  }

  dispose(): void {
    for (const chart of [this.#loss, this.#accuracy, this.#rate]) chart.dispose();
  }
}
