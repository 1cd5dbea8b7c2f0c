// The screen "Learning": is it learning? Loss at the left, accuracy and learning rate at the right.

import { Chart } from "../charts/chart.js";
import { formatCount } from "../charts/format.js";
import { type Look, newMemories } from "../charts/frame.js";
import { accuracyFigure, hasExploded, lossFigure, type Progress, rateFigure } from "../charts/learning.js";
import type { Tokens } from "../charts/tokens.js";
import { last, smoothingWindow } from "../data/series.js";
import { button, element, heading } from "./dom.js";
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
  readonly #log: HTMLButtonElement;
  readonly #loss: Chart;
  readonly #accuracy: Chart;
  readonly #rate: Chart;
  /** Whether the user wants the loss on a logarithmic axis. */
  #chosen: boolean | undefined;
  #turn = false;
  #tokens: Tokens | undefined;
  /** Of the lower small chart when it was drawn last: the verdict takes room from it, or leaves it some. */
  #rateHeight = 0;
  readonly #memories = [newMemories(), newMemories(), newMemories()] as const;

  constructor({ trans, redraw }: Host) {
    this.#trans = trans;
    this.#progress = new Segmented(
      trans.__("Horizontal axis"),
      [
        ["step", trans.__("Steps")],
        ["epoch", trans.__("Epochs")],
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
    this.#log = button("gb-Toggle", trans.__("log"), () => {
      this.#chosen = this.#log.getAttribute("aria-pressed") !== "true";
      redraw();
    });
    this.#log.setAttribute("aria-label", trans.__("Logarithmic axis"));
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
        element(
          "section",
          "gb-Learning-loss",
          element("div", "gb-HeadingRow", loss.node, this.#log),
          this.#loss.node,
        ),
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

  draw({ record, tokens, small, tables }: View): void {
    const trans = this.#trans;
    const look = (index: 0 | 1 | 2): Look => ({ tokens, trans, ...this.#memories[index] });
    this.#progress.enable("epoch", record.info.stepsPerEpoch !== undefined);
    const progress = this.#progress.value;
    const smoothed = trans.__(
      "training smoothed over %1 steps",
      formatCount(smoothingWindow(record.lastStep)),
    );
    const unit = trans.__("cross-entropy, nats");
    this.#lossUnit.textContent = !record.info.classes ? smoothed : small ? unit : `${unit} · ${smoothed}`;
    this.#lossUnit.title = smoothed;
    const log = this.#chosen ?? hasExploded(record);
    this.#log.setAttribute("aria-pressed", String(log));
    this.#loss.draw((size) => lossFigure(record, progress, look(0), size, { log }), tables);
    // While a run goes on, the two small charts take turns: they change slowly, and a draw costs as much as the loss's.
    const { status, control } = record.info;
    const growing = status === "running" && !record.lost && control?.paused !== true;
    const { clientHeight } = this.#rate.node;
    const both = !growing || tokens !== this.#tokens || clientHeight !== this.#rateHeight;
    this.#tokens = tokens;
    this.#rateHeight = clientHeight;
    this.#turn = !this.#turn;
    if (both || this.#turn)
      this.#accuracy.draw((size) => accuracyFigure(record, progress, look(1), size), tables);
    if (both || !this.#turn) this.#rate.draw((size) => rateFigure(record, progress, look(2), size), tables);
  }

  dispose(): void {
    for (const chart of [this.#loss, this.#accuracy, this.#rate]) chart.dispose();
  }
}
