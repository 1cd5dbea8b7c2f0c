// A run in a cell's output: the same charts as in the monitor, from what the notebook has stored, without a
// kernel. While the run goes on it grows with it. A strip of the loss is enough beside an open monitor, and of a lane in a race.

import type { TranslationBundle } from "@jupyterlab/translation";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import type { RunSnapshot, RunSnapshotV1 } from "gradbook/train/run";
import { Chart } from "./charts/chart.js";
import { formatCount, formatLoss } from "./charts/format.js";
import { type Look, newMemories } from "./charts/frame.js";
import { lossFigure } from "./charts/learning.js";
import { backwardFigure, forwardFigure, type Moment } from "./charts/signal.js";
import { onThemeChange, readTokens } from "./charts/tokens.js";
import { RunRecord } from "./data/record.js";
import { last } from "./data/series.js";
import { liveRuns } from "./live.js";
import { dash, element, heading } from "./panel/dom.js";
import { Pace } from "./panel/pace.js";

export class SnapshotView extends Widget {
  readonly #trans: TranslationBundle;
  readonly #name: HTMLElement = element("b", "");
  readonly #facts: HTMLElement = element("span", "gb-Quiet");
  readonly #charts: readonly [Chart, Chart, Chart];
  readonly #memories = [newMemories(), newMemories(), newMemories()] as const;
  readonly #sections: readonly HTMLElement[];
  readonly #pace: Pace;
  readonly #size: ResizeObserver;
  readonly #ends: readonly (() => void)[];
  #record: RunRecord | undefined;
  #live = false;

  constructor(trans: TranslationBundle) {
    super();
    this.#trans = trans;
    this.addClass("gb-Monitor");
    this.addClass("gb-Snapshot");
    const titles = [this.#trans.__("Loss"), this.#trans.__("Activations"), this.#trans.__("Gradients")];
    const units = ["", this.#trans.__("std by layer"), this.#trans.__("norm by layer")];
    this.#charts = [new Chart(titles[0]!), new Chart(titles[1]!), new Chart(titles[2]!)];
    this.#sections = this.#charts.map((chart, index) => {
      const { node, unit } = heading(titles[index]!);
      unit.textContent = units[index]!;
      return element("section", "", node, chart.node);
    });
    this.node.append(
      element("div", "gb-Snapshot-title", dash("run"), this.#name, this.#facts),
      element("div", "gb-Snapshot-charts", ...this.#sections),
    );
    this.#pace = new Pace(
      () => this.#draw(),
      // a notebook takes outputs that are out of sight out of the page, where they have neither size nor colours
      () => this.isVisible && this.node.isConnected,
    );
    this.#size = new ResizeObserver(() => this.#pace.now());
    this.#ends = [onThemeChange(() => this.#pace.now()), liveRuns.subscribe(() => this.#follow())];
  }

  /** Shows a stored run, in place of the one before. */
  showRun(snapshot: RunSnapshot | RunSnapshotV1): void {
    this.#record = RunRecord.fromSnapshot(snapshot);
    this.#pace.request();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.#size.disconnect();
    for (const end of this.#ends) end();
    this.#pace.dispose();
    for (const chart of this.#charts) chart.dispose();
    super.dispose();
  }

  protected override onAfterAttach(_: Message): void {
    this.#size.observe(this.node);
    this.#pace.now();
  }

  protected override onAfterShow(_: Message): void {
    this.#pace.now();
  }

  /** Something has changed in a run that goes on: perhaps in this one. */
  #follow(): void {
    const live = this.#record && liveRuns.find(this.#record.info);
    if (live || this.#live) this.#pace.request();
    this.#live = live !== undefined;
  }

  #draw(): void {
    const stored = this.#record;
    if (!stored) return;
    const live = liveRuns.find(stored.info);
    const record = live?.record ?? stored;
    // the lanes of a race stand below one another, and beside one another in the monitor
    const strip = live?.monitored === true || record.info.race !== undefined;
    this.node.classList.toggle("gb-mod-strip", strip);
    this.#name.textContent = record.info.name;
    this.#facts.textContent = live?.monitored ? this.#progress(record) : this.#summary(record);
    const sampled = record.samples.length > 0 && !strip;
    const hasLoss = record.count > 1 && Number.isFinite(last(record.series("loss")));
    const shown = [hasLoss, sampled, sampled];
    for (const [index, section] of this.#sections.entries()) section.hidden = !shown[index];
    const tokens = readTokens(this.node);
    const look = (index: 0 | 1 | 2): Look => ({ tokens, trans: this.#trans, ...this.#memories[index] });
    const options = { compact: true, strip };
    if (hasLoss) this.#charts[0].draw((size) => lossFigure(record, "step", look(0), size, options));
    if (!sampled) return;
    const moment: Moment = { record, sample: record.samples.length - 1 };
    this.#charts[1].draw((size) => forwardFigure(moment, [], look(1), size, { compact: true }));
    this.#charts[2].draw((size) => backwardFigure(moment, [], look(2), size, { compact: true }));
  }

  /** Of a run that is watched in its monitor: where it is. */
  #progress(record: RunRecord): string {
    const trans = this.#trans;
    const { classes } = record.info;
    const loss = last(record.series("loss"));
    return [
      trans.__("step %1", formatCount(record.lastStep)),
      Number.isNaN(loss) ? "" : trans.__("loss %1", formatLoss(loss)),
      classes ? trans.__("ln %1 = %2", classes, Math.log(classes).toFixed(2)) : "",
    ]
      .filter(Boolean)
      .join(" · ");
  }

  #summary(record: RunRecord): string {
    const trans = this.#trans;
    const accuracy = last(record.series("validationAccuracy"));
    return [
      record.count > 0 ? trans.__("step %1", formatCount(record.lastStep)) : "",
      Number.isNaN(accuracy) ? "" : trans.__("validation accuracy %1 %", (100 * accuracy).toFixed(1)),
      // the last, which is cut off where there is little room
      record.info.dataset ?? "",
    ]
      .filter(Boolean)
      .join(" · ");
  }
}
