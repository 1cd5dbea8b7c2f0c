// The head of the batch microscope: the example itself, what the network takes it for, its loss, the probabilities.

import type { TranslationBundle } from "@jupyterlab/translation";
import type { MicroscopeData } from "gradbook/train/microscope-data";
import { formatLoss, formatValue } from "../../charts/format.js";
import { type ClassBar, drawClasses } from "../../charts/terms.js";
import { paintPicture } from "../../charts/tiles.js";
import type { Tokens } from "../../charts/tokens.js";
import { describePicture, element, heading } from "../dom.js";
import type { Walk } from "./walk.js";

export class Top {
  readonly node: HTMLElement;
  readonly #trans: TranslationBundle;
  readonly #canvas: HTMLCanvasElement = element("canvas", "gb-Top-picture");
  readonly #verdict: HTMLElement = element("div", "gb-Top-verdict");
  readonly #facts: HTMLElement = element("div", "gb-Top-facts");
  readonly #chart: HTMLElement = element("div", "gb-Top-chart");
  readonly #output: HTMLElement;

  constructor(trans: TranslationBundle) {
    this.#trans = trans;
    const title = heading(trans.__("Output"));
    title.unit.textContent = trans.__("softmax, probability");
    this.#output = element("section", "gb-Top-output", title.node, this.#chart);
    this.node = element(
      "div",
      "gb-Top",
      this.#canvas,
      element("div", "", this.#verdict, this.#facts),
      this.#output,
    );
  }

  draw(walk: Walk, tokens: Tokens): void {
    const { data } = walk.specimen;
    const { image, label, prediction, probabilities, loss } = data;
    this.#canvas.hidden = image === undefined;
    if (image) paintPicture(this.#canvas, walk.values(image), image.shape, tokens.picture);
    this.#verdict.textContent = this.#sentence(data);
    const facts: HTMLElement[] = [];
    this.#output.hidden = probabilities === undefined;
    if (probabilities && label !== undefined && prediction !== undefined) {
      const p = walk.values(probabilities);
      const shown = prediction === label ? [label] : [prediction, label];
      for (const index of shown) {
        facts.push(element("div", "gb-Quiet", `p(${this.#name(data, index)}) = ${formatValue(p[index]!)}`));
      }
      facts.push(
        element(
          "div",
          "",
          `${this.#trans.__("loss")} = −ln ${formatValue(p[label]!)} = `,
          element("b", "", formatLoss(loss)),
        ),
      );
      this.#drawClasses(data, p, tokens);
    } else
      facts.push(
        element("div", "", `${this.#trans.__("loss of the batch")} = `, element("b", "", formatLoss(loss))),
      );
    this.#facts.replaceChildren(...facts);
  }

  #sentence(data: MicroscopeData): string {
    const { label, prediction, example } = data;
    const trans = this.#trans;
    if (label === undefined || prediction === undefined) return trans.__("Example %1", example + 1);
    const [is, taken] = [this.#name(data, label), this.#name(data, prediction)];
    return label === prediction
      ? trans.__("%1, and taken for it", is)
      : trans.__("%1, taken for %2", is, taken);
  }

  #name({ classNames }: MicroscopeData, index: number): string {
    return classNames?.[index] ?? this.#trans.__("class %1", index);
  }

  #drawClasses(data: MicroscopeData, p: Float32Array, tokens: Tokens): void {
    const size = { width: this.#chart.clientWidth, height: this.#chart.clientHeight };
    if (size.width < 40 || size.height < 40) return;
    const bars = Array.from(p, (value, index): ClassBar => {
      const isRight = index === data.label;
      const isTaken = index === data.prediction;
      const label = isTaken ? formatValue(value) : isRight ? this.#trans.__("right") : undefined;
      return { name: String(index), value, isRight, ...(label !== undefined && { label }) };
    });
    drawClasses(this.#chart, bars, size, tokens);
    describePicture(
      this.#chart,
      bars.map(({ value }, index) => `${this.#name(data, index)}: ${formatValue(value)}`).join(", "),
    );
  }
}
