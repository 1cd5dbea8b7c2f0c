// The screen "Race": which one learns faster? Two or more runs on shared axes, what one expects of them first, and what differs.

import type { TranslationBundle } from "@jupyterlab/translation";
import { Chart } from "../../charts/chart.js";
import { type Look, newMemories } from "../../charts/frame.js";
import { accuracyField, type Racer, raceAccuracyFigure, raceLossFigure } from "../../charts/race.js";
import { type Entry, entriesOf } from "../../data/entry.js";
import type { RunRecord } from "../../data/record.js";
import { CompareMenu } from "../compare.js";
import { button, element, heading } from "../dom.js";
import type { Host, Lack, Screen, View } from "../screen.js";
import type { Statement } from "../statement.js";
import { differencesTable, factsOf } from "./differences.js";
import { laneDash } from "./lane.js";
import { Sketch, SketchPad } from "./sketch.js";
import { standing } from "./standing.js";

export class RaceScreen implements Screen {
  readonly node: HTMLElement;
  readonly option: HTMLElement;
  readonly #host: Host;
  readonly #trans: TranslationBundle;
  readonly #compare: CompareMenu;
  readonly #lossUnit: HTMLElement;
  readonly #accuracyUnit: HTMLElement;
  readonly #loss: Chart;
  readonly #accuracy: Chart;
  readonly #memories = [newMemories(), newMemories()] as const;
  readonly #differences: HTMLElement = element("section", "gb-Differences");
  readonly #pad: SketchPad;
  readonly #predict: HTMLButtonElement;
  readonly #sketching: HTMLElement;
  readonly #drawn: HTMLElement = element("span", "gb-Quiet");
  readonly #turns: HTMLElement = element("span", "gb-Race-turns");
  readonly #sketches = new Map<string, Sketch>();
  #entries: readonly Entry[] = [];
  /** The runs are hidden, and what is expected of them can be drawn. */
  #predicting = false;
  /** Whose loss is being drawn. */
  #turn = 0;
  #shownDifferences = "";

  constructor(host: Host) {
    const { trans, redraw } = host;
    this.#host = host;
    this.#trans = trans;
    this.#compare = new CompareMenu(host);
    this.#predict = button("gb-Button gb-mod-small", trans.__("Predict first"), () => this.#begin());
    this.option = element("div", "gb-Option", this.#compare.node, this.#predict);
    const loss = heading(trans.__("Training loss"));
    this.#lossUnit = loss.unit;
    const accuracy = heading(trans.__("Accuracy"));
    this.#accuracyUnit = accuracy.unit;
    this.#loss = new Chart(trans.__("Training loss"));
    this.#accuracy = new Chart(trans.__("Accuracy"));
    this.#pad = new SketchPad(trans, redraw);
    this.#sketching = element(
      "div",
      "gb-Race-sketching",
      this.#turns,
      button("gb-Button gb-mod-small", trans.__("Clear"), () => {
        this.#pad.sketch?.clear();
        redraw();
      }),
      this.#drawn,
      button("gb-Button gb-mod-small gb-mod-main", trans.__("Reveal"), () => this.#reveal()),
    );
    this.node = element(
      "div",
      "gb-Screen gb-Race",
      element(
        "div",
        "gb-Race-charts",
        element(
          "section",
          "",
          loss.node,
          element("div", "gb-Race-loss", this.#loss.node, this.#pad.node),
          this.#sketching,
        ),
        element("section", "", accuracy.node, this.#accuracy.node),
      ),
      this.#differences,
    );
  }

  lacks({ record, store }: View): Lack | undefined {
    // the run on show comes first, in its colour; a race opens with its first lane on show
    this.#entries = entriesOf([record, ...this.#compare.draw(record, store)], store.runs.values());
    if (this.#entries.length > 1) return undefined;
    const trans = this.#trans;
    const others = store.runs.size > 1;
    return {
      text: trans.__(
        "Name two or more variants in %1. They train on the same batches, side by side.",
        // in one piece, wherever the line breaks
        "gb.train.race({\u00a0…\u00a0})",
      ),
      ...(others && {
        action: {
          label: trans.__("Compare with the run before"),
          run: (): void => this.#compareWithPrevious(record, [...store.runs.values()]),
        },
      }),
    };
  }

  draw({ tokens, tables }: View): void {
    const trans = this.#trans;
    const entries = this.#entries;
    const records = entries.map((entry) => entry.records[0]!);
    const hidden = this.#predicting;
    const racers = entries.map((entry): Racer => {
      const sketch = this.#sketches.get(entry.records[0]!.info.id);
      const line = sketch?.drawn && this.#pad.frame ? sketch.line(this.#pad.frame.x) : undefined;
      return { ...entry, ...(line && { sketch: line }) };
    });
    this.#lossUnit.textContent = hidden
      ? trans.__("draw what you expect, then reveal")
      : records[0]?.info.classes
        ? trans.__("nats, smoothed")
        : trans.__("smoothed");
    this.#accuracyUnit.textContent =
      accuracyField(entries) === "validationAccuracy"
        ? trans.__("% of the validation set")
        : trans.__("% of the training batches, smoothed");
    // what takes room from the charts comes before them
    this.#drawSketching(entries);
    this.#drawDifferences(entries);
    const look = (index: 0 | 1): Look => ({ tokens, trans, ...this.#memories[index] });
    this.#loss.draw((size) => {
      const figure = raceLossFigure(racers, look(0), size, hidden);
      this.#pad.frame = figure.frame;
      return figure;
    }, tables);
    this.#accuracy.draw((size) => raceAccuracyFigure(racers, look(1), size, hidden), tables);
  }

  statement(): Statement | undefined {
    return this.#predicting || this.#entries.length < 2 ? undefined : standing(this.#entries, this.#trans);
  }

  dispose(): void {
    this.#loss.dispose();
    this.#accuracy.dispose();
  }

  #compareWithPrevious(record: RunRecord, all: readonly RunRecord[]): void {
    const previous = all.filter((other) => other !== record).at(-1);
    if (previous) this.#host.focus.compared = [previous.info.id];
    this.#host.redraw();
  }

  #begin(): void {
    this.#predicting = true;
    this.#turn = 0;
    this.#control("pause");
    this.#host.redraw();
    this.#pad.node.focus();
  }

  #reveal(): void {
    this.#predicting = false;
    this.#control("resume");
    this.#host.redraw();
  }

  /** A race that is going on waits while somebody predicts it. */
  #control(action: "pause" | "resume"): void {
    for (const { info } of this.#entries.flatMap(({ records }) => records)) {
      if (info.status === "running") this.#host.send({ type: "control", run: info.id, action });
    }
  }

  #drawSketching(entries: readonly Entry[]): void {
    this.#predict.hidden = this.#predicting;
    this.#pad.node.hidden = !this.#predicting;
    this.#sketching.hidden = !this.#predicting;
    if (!this.#predicting) return;
    const sketches = entries.map(({ records }) => this.#sketchOf(records[0]!.info.id));
    this.#turn = Math.min(this.#turn, entries.length - 1);
    this.#pad.sketch = sketches[this.#turn];
    const drawn = sketches.filter((sketch) => sketch.drawn).length;
    this.#drawn.textContent = this.#trans.__("%1 of %2 drawn", drawn, entries.length);
    this.#turns.replaceChildren(
      ...entries.map(({ name }, lane) => {
        const turn = button("gb-Chip", this.#trans.__("Draw %1", name), () => {
          this.#turn = lane;
          this.#pad.node.focus();
          this.#host.redraw();
        });
        turn.replaceChildren(laneDash(lane), name);
        turn.setAttribute("aria-pressed", String(lane === this.#turn));
        return turn;
      }),
    );
  }

  #sketchOf(id: string): Sketch {
    const known = this.#sketches.get(id) ?? new Sketch();
    this.#sketches.set(id, known);
    return known;
  }

  #drawDifferences(entries: readonly Entry[]): void {
    const infos = entries.map(({ records }) => records[0]!.info);
    const cells = infos.map(({ provenance }) => provenance?.cells.map(({ execution }) => execution));
    const names = entries.map(({ name }) => name);
    const shown = JSON.stringify([names, factsOf(infos, this.#trans), cells]);
    if (shown === this.#shownDifferences) return;
    this.#shownDifferences = shown;
    const title = heading(this.#trans.__("What differs"));
    this.#differences.replaceChildren(title.node, differencesTable(infos, names, this.#trans));
  }
}
