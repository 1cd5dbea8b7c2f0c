// What a layer's state means in numbers: how much of it is flat, how many units say nothing, how signal and gradient are
// spread, and how the running statistics of a normalisation compare with the batch.

import type { TranslationBundle } from "@jupyterlab/translation";
import type { LayerField, LayerInfo, RunInfo } from "gradbook/train/run";
import { RECTIFIERS } from "../../charts/activations.js";
import { formatCount } from "../../charts/format.js";
import type { RunRecord } from "../../data/record.js";
import { element, heading } from "../dom.js";
import { brief, percent } from "./numbers.js";

type Value = (name: LayerField) => number;

export class Details {
  readonly node: HTMLElement = element("div", "gb-Details");
  readonly #trans: TranslationBundle;
  #drawn = "";

  constructor(trans: TranslationBundle) {
    this.#trans = trans;
  }

  /** `tells`: with the shares that say how ill the layer is. */
  draw(record: RunRecord, sample: number, layer: number, tells: boolean): void {
    const drawn = [record.info.id, record.info.status, sample, layer, tells].join();
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const info = record.info.layers[layer]!;
    const value: Value = (name) => record.layer(sample, layer, name);
    const sections = RECTIFIERS.has(info.activation?.name ?? "")
      ? [
          this.#share(record.info, info, value("zeros"), true),
          this.#silent(record.info, info, value("silent")),
        ]
      : [this.#share(record.info, info, value("saturated"), false)];
    this.node.replaceChildren(
      ...[...(tells ? sections : []), this.#spread(value), this.#normalisation(info, value)].filter(
        (section) => section !== undefined,
      ),
    );
  }

  /** The share of the outputs in the flat region, as a number and a bar; a rectifier's zeros are no fault. */
  #share(run: RunInfo, layer: LayerInfo, share: number, usual: boolean): HTMLElement | undefined {
    if (Number.isNaN(share)) return undefined;
    const trans = this.#trans;
    const filled = element("div", usual ? "gb-mod-usual" : "");
    filled.style.width = `${100 * share}%`;
    const outputs = (layer.units ?? Number.NaN) * (run.batchSize ?? Number.NaN);
    const isDense = layer.label.startsWith("Linear");
    return figure(
      usual ? trans.__("At zero") : trans.__("Saturated"),
      trans.__("in a flat region"),
      percent(share),
      isDense && Number.isFinite(outputs)
        ? trans.__("of %1 outputs in this batch", formatCount(outputs))
        : trans.__("of the outputs in this batch"),
      element("div", "gb-Details-bar", filled),
    );
  }

  #silent(run: RunInfo, layer: LayerInfo, share: number): HTMLElement | undefined {
    if (Number.isNaN(share)) return undefined;
    const trans = this.#trans;
    const of = layer.units ? trans.__("of %1", formatCount(layer.units)) : "";
    const count = layer.units ? formatCount(share * layer.units) : percent(share);
    const examples = formatCount(run.silentExamples ?? Number.NaN);
    return figure(
      trans.__("Silent units"),
      of,
      count,
      run.silentExamples
        ? trans.__("no positive output for %1 examples", examples)
        : trans.__("no positive output lately"),
    );
  }

  #spread(value: Value): HTMLElement {
    const trans = this.#trans;
    const spread = (std: LayerField): string => (Number.isNaN(value(std)) ? "–" : `± ${brief(value(std))}`);
    const pair = (mean: LayerField, std: LayerField): string =>
      Number.isNaN(value(mean)) ? "–" : `${brief(value(mean))} ${spread(std)}`;
    const values = section(
      trans.__("Values"),
      trans.__("mean ± std"),
      table([
        [trans.__("input sum"), pair("inputMean", "inputStd")],
        [trans.__("output"), pair("mean", "std")],
        [trans.__("over the batch"), spread("batchStd")],
        [trans.__("gradient"), spread("gradientStd")],
        [trans.__("weights"), spread("weightStd")],
        [trans.__("update : weight"), brief(value("updateRatio"))],
      ]),
    );
    values.className = "gb-Details-values";
    return values;
  }

  #normalisation({ normalisation }: LayerInfo, value: Value): HTMLElement | undefined {
    const [gap, ratio] = [value("normMeanGap"), value("normVarianceRatio")];
    if (!normalisation || Number.isNaN(gap)) return undefined;
    const trans = this.#trans;
    const { momentum } = normalisation;
    const running = section(
      trans.__("Running"),
      momentum === undefined ? "" : trans.__("momentum %1", String(momentum)),
      table([
        [trans.__("means apart"), trans.__("%1 batch std", brief(gap))],
        [trans.__("variance"), trans.__("%1 × the batch’s", brief(ratio))],
      ]),
    );
    running.className = "gb-Details-running";
    return running;
  }
}

/** A large number, what it counts, and between them what shows it. */
function figure(
  name: string,
  unit: string,
  value: string,
  note: string,
  ...shown: HTMLElement[]
): HTMLElement {
  const node = section(
    name,
    unit,
    element("div", "gb-Details-figure", value),
    ...shown,
    element("div", "gb-Details-note", note),
  );
  node.className = "gb-Details-share";
  return node;
}

/** A heading with what belongs to it. */
export function section(name: string, unit: string, ...parts: HTMLElement[]): HTMLElement {
  const title = heading(name);
  title.unit.textContent = unit;
  return element("section", "", title.node, ...parts);
}

/** Rows of a name and a number; those without a number are left out. */
function table(rows: readonly (readonly [name: string, value: string])[]): HTMLElement {
  const body = element("table", "gb-Details-table");
  for (const [name, value] of rows) {
    if (value === "–") continue;
    const head = element("th", "", name);
    head.scope = "row";
    body.append(element("tr", "", head, element("td", "", value)));
  }
  return body;
}
