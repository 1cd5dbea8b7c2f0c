// The screen "Learning": is it learning? Loss at the left, accuracy and learning rate at the right.

import type { TranslationBundle } from "@jupyterlab/translation";
import { Chart } from "../charts/chart.js";
import { formatCount } from "../charts/format.js";
import { type Look, newMemories } from "../charts/frame.js";
import { accuracyFigure, lossFigure, type Progress, rateFigure } from "../charts/learning.js";
import type { Tokens } from "../charts/tokens.js";
import type { RunRecord } from "../data/record.js";
import { last, smoothingWindow } from "../data/series.js";
import { element, heading } from "./dom.js";
import type { Screen } from "./screen.js";
import { Segmented } from "./segmented.js";

/** What this screen draws: a run without any of it has only a signal. */
const CURVES = ["loss", "validationLoss", "accuracy", "validationAccuracy"] as const;

export class LearningScreen implements Screen {
  readonly node: HTMLElement;
  readonly #trans: TranslationBundle;
  readonly #progress: Segmented<Progress>;
  readonly #lossUnit: HTMLElement;
  readonly #loss: Chart;
  readonly #accuracy: Chart;
  readonly #rate: Chart;
  readonly #note: HTMLElement = element("div", "gb-Note");
  #turn = false;
  readonly #memories = [newMemories(), newMemories(), newMemories()] as const;

  constructor(trans: TranslationBundle, redraw: () => void) {
    this.#trans = trans;
    this.#progress = new Segmented(
      trans.__("Horizontal axis"),
      [
        ["step", trans.__("Steps")],
        ["seconds", trans.__("Seconds")],
      ],
      redraw,
    );
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
      element("div", "gb-Title", element("h2", "", trans.__("Is it learning?")), this.#progress.node),
      element(
        "div",
        "gb-Learning-charts",
        element("section", "gb-Learning-loss", loss.node, this.#loss.node),
        element("section", "gb-Learning-accuracy", accuracy.node, this.#accuracy.node),
        element("section", "gb-Learning-rate", rate.node, this.#rate.node),
      ),
      this.#note,
    );
  }

  draw(record: RunRecord, tokens: Tokens): void {
    const trans = this.#trans;
    const hasCurves = CURVES.some((field) => Number.isFinite(last(record.series(field))));
    this.node.classList.toggle("gb-mod-empty", !hasCurves);
    if (!hasCurves) {
      this.#note.textContent =
        record.count === 0
          ? trans.__("The curve starts with the first step.")
          : trans.__("This run has no loss. Its activations and gradients are under Signal by depth.");
      return;
    }
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
