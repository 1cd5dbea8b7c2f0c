// The screen "Layer lens": which layer is sick? The layers at the left, one of them under the lens in the middle (its
// activation between its inputs and its outputs), what that means in numbers at the right, its outputs over time below.

import { histogramEdges } from "gradbook/train/histograms";
import type { LayerField } from "gradbook/train/run";
import { type Activation, activationCurve } from "../../charts/activations.js";
import { formatCount } from "../../charts/format.js";
import { type Look, newMemories } from "../../charts/frame.js";
import { layerHealth, layerSpread } from "../../charts/health.js";
import { type Histogram, type History, histogramAt } from "../../charts/histogram.js";
import { drawLens, type LensMoment, lensTables } from "../../charts/lens.js";
import { type BatchSums, histogramOf, inputsOf } from "../../charts/units.js";
import type { RunRecord } from "../../data/record.js";
import { element, heading } from "../dom.js";
import type { Host, Lack, Screen, View } from "../screen.js";
import { nearest } from "../scrub.js";
import { LayerBatches } from "./batch.js";
import { Details } from "./details.js";
import { historyOf, outputHistory } from "./histories.js";
import { HistoryStrip } from "./history.js";
import { LayerColumn } from "./layers.js";
import { layerNames } from "./names.js";
import { brief } from "./numbers.js";
import { Units } from "./units.js";

let screens = 0;

export class LensScreen implements Screen {
  readonly node: HTMLElement;
  readonly option: HTMLElement;
  readonly #host: Host;
  readonly #layers: LayerColumn;
  readonly #name: HTMLElement;
  readonly #label: HTMLElement;
  readonly #figure: HTMLElement = element("div", "gb-Lens-chart");
  readonly #details: Details;
  readonly #batches: LayerBatches;
  readonly #units: Units;
  readonly #strip: HistoryStrip;
  readonly #step: HTMLElement = element("b", "");
  readonly #memories = newMemories();
  /** The unit that is seen alone, by the layer it belongs to. */
  #alone: { readonly key: string; readonly unit: number | undefined } | undefined;
  #key = "";

  constructor(host: Host) {
    const { trans, focus, redraw } = host;
    this.#host = host;
    this.#layers = new LayerColumn(trans, `gb-Lens-${screens++}`, (layer) => {
      focus.layer = layer;
      redraw();
    });
    const title = heading("");
    this.#name = title.node.querySelector("b")!;
    this.#label = title.unit;
    this.#details = new Details(trans);
    this.#batches = new LayerBatches(host);
    this.#units = new Units(trans, host.typeset, (unit) => {
      this.#alone = { key: this.#key, unit };
      redraw();
    });
    this.#strip = new HistoryStrip(trans, focus, redraw);
    this.option = element(
      "div",
      "gb-Lens-showing",
      element("span", "gb-Quiet", trans.__("Showing")),
      this.#step,
    );
    this.node = element(
      "div",
      "gb-Screen gb-Lens",
      element(
        "div",
        "gb-Lens-columns",
        this.#layers.node,
        element("section", "gb-Lens-centre", title.node, this.#figure),
        element("div", "gb-Lens-numbers", this.#details.node, this.#units.node),
      ),
      this.#strip.node,
    );
  }

  lacks({ record }: View): Lack | undefined {
    if (record.samples.length > 0) return undefined;
    return {
      text: this.#host.trans.__(
        "Pick a layer. After the first step its inputs and outputs appear here around its activation function.",
      ),
    };
  }

  draw({ record, store, tokens, level, tables }: View): void {
    const { trans, focus } = this.#host;
    const { info, samples } = record;
    // All sizes are read before anything is written: each reading after that would lay the page out anew.
    const size = { width: this.#figure.clientWidth, height: this.#figure.clientHeight };
    const stripSize = this.#strip.size;
    const sample = focus.step === null ? samples.length - 1 : nearest(samples, focus.step);
    const step = samples[sample]!;
    const layer = Math.min(focus.layer, info.layers.length - 1);
    const described = info.layers[layer]!;
    const names = layerNames(info.layers, trans);
    // A hint leaves the conclusion to the reader.
    const tells = level === "answer";
    const health = info.layers.map((_, index) =>
      tells ? layerHealth(record, sample, index) : layerSpread(record, sample, index),
    );

    this.#step.textContent = trans.__("step %1", formatCount(step));
    this.#layers.draw(names, health, layer);
    this.#name.textContent = names[layer]!;
    this.#label.textContent = described.label;
    this.#details.draw(record, sample, layer, tells);

    const activation = activationCurve(described.activation);
    const key = `${info.id} ${layer}`;
    const inputs = historyOf(record, layer, "input");
    const outputs = outputHistory(record, layer, activation, inputs);
    // Single units are known of one of the last steps only.
    const seen = focus.step === null ? this.#batches.of(record, layer, store) : undefined;
    const batch = seen?.batch;
    this.#key = key;
    const alone = batch && this.#alone?.key === key ? this.#alone.unit : undefined;
    this.#units.draw(seen, activation, alone);
    const moment: LensMoment =
      batch && alone !== undefined
        ? { key, activation, ...momentOfUnit(batch, alone, activation) }
        : {
            key,
            activation,
            inputs: inputs && momentOf(inputs, step),
            outputs: outputs && momentOf(outputs, step),
          };
    if (alone !== undefined) this.#label.textContent = `${described.label} · ${trans.__("unit %1", alone)}`;
    const look: Look = { tokens, trans, ...this.#memories };
    this.#figure.classList.toggle("gb-mod-table", tables);
    this.#figure.setAttribute("role", tables ? "group" : "img");
    this.#figure.setAttribute("aria-label", this.#spoken(record, sample, layer, names[layer]!));
    if (tables) this.#figure.replaceChildren(...lensTables(moment, look));
    else if (size.width >= 40 && size.height >= 40) drawLens(this.#figure, moment, look, size);
    this.#strip.draw(samples, step, outputs && { key, activation, history: outputs }, stripSize, tokens);
  }

  /** The figure in words. */
  #spoken(record: RunRecord, sample: number, layer: number, name: string): string {
    const spread = (mean: LayerField, std: LayerField): string =>
      `${brief(record.layer(sample, layer, mean))} ± ${brief(record.layer(sample, layer, std))}`;
    return this.#host.trans.__(
      "%1: input sum %2, output %3",
      name,
      spread("inputMean", "inputStd"),
      spread("mean", "std"),
    );
  }

  dispose(): void {
    this.#batches.dispose();
  }
}

/** The histograms of one unit over the batch. */
function momentOfUnit(
  batch: BatchSums,
  unit: number,
  activation: Activation | undefined,
): Pick<LensMoment, "inputs" | "outputs"> {
  const values = inputsOf(batch, unit);
  const edges = histogramEdges("input");
  return {
    inputs: histogramOf(values, edges),
    outputs: activation && histogramOf(values.map(activation.value), edges),
  };
}

/** The histogram at the sample nearest to a step: there may be fewer histograms than samples. */
function momentOf(history: History, step: number): Histogram | undefined {
  return history.steps.length === 0 ? undefined : histogramAt(history, nearest(history.steps, step));
}
