// One card of the walk: what a unit of a layer makes of what comes in, and what comes back, as formulas with this example's
// numbers; at the right the terms that count most.

import type { TranslationBundle } from "@jupyterlab/translation";
import type { LayerInfo, RunInfo } from "gradbook/train/run";
import { type Bar, drawTerms } from "../../charts/terms.js";
import type { Tokens } from "../../charts/tokens.js";
import { describePicture, element, heading } from "../dom.js";
import {
  activationLine,
  backwardLine,
  logitLine,
  sumLines,
  type Terms,
  term,
  updateLine,
  weightGradientLine,
} from "./formulas.js";
import { perUnit, type Walk } from "./walk.js";

const TERMS = 8;

/** What is known of the unit that is looked at; `terms` once its weights have come. */
export interface UnitView {
  readonly unit: number;
  readonly terms: Terms | undefined;
  /** Gradient of its weights over the whole batch. */
  readonly weightGradients: ArrayLike<number> | undefined;
}

/** What belongs to a card. */
export interface CardView {
  readonly walk: Walk;
  readonly names: readonly string[];
  readonly run: RunInfo;
  /** The run's description of the layer. */
  readonly described: LayerInfo | undefined;
  readonly unit: UnitView;
  /** From the gradient of the batch's loss to that of this example's. */
  readonly factor: number;
  /** The learning rate of the step to come. */
  readonly learningRate: number;
}

interface Part {
  readonly title: string;
  readonly lines: readonly string[];
  /** It is not what this card is about; a small panel leaves it out. */
  readonly isOther: boolean;
}

export class Card {
  readonly node: HTMLElement;
  readonly #trans: TranslationBundle;
  readonly #typeset: (node: HTMLElement) => void;
  readonly #name: HTMLElement;
  readonly #about: HTMLElement;
  readonly #parts: HTMLElement = element("div", "gb-Card-parts");
  readonly #chart: HTMLElement = element("div", "gb-Card-chart");
  readonly #terms: HTMLElement;
  #drawn = "";

  constructor(trans: TranslationBundle, typeset: (node: HTMLElement) => void) {
    this.#trans = trans;
    this.#typeset = typeset;
    const title = heading("");
    this.#name = title.node.querySelector("b")!;
    this.#about = title.unit;
    const terms = heading(trans.__("Largest terms"));
    terms.unit.textContent = trans.__("of z");
    this.#terms = element("section", "gb-Card-terms", terms.node, this.#chart);
    const main = element("section", "gb-Card-main", title.node, this.#parts);
    // it scrolls where there is little room: with the keyboard, too
    main.tabIndex = 0;
    main.setAttribute("aria-label", trans.__("Formula and numbers"));
    this.node = element("div", "gb-Card", main, this.#terms);
    this.node.setAttribute("aria-live", "polite");
  }

  draw(view: CardView, tokens: Tokens): void {
    const { walk, names, unit } = view;
    const trans = this.#trans;
    const layer = walk.layers[walk.layer]!;
    this.#name.textContent = names[walk.layer]!;
    const isMap = perUnit(layer.shape) > 1;
    const which = isMap ? trans.__("channel %1", unit.unit) : trans.__("unit %1", unit.unit);
    this.#about.textContent = `${which} · ${layer.label}`;
    const parts = this.#partsOf(view, isMap);
    const drawn = JSON.stringify(parts);
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      this.#parts.replaceChildren(
        ...parts.map(({ title, lines, isOther }) =>
          element(
            "div",
            isOther ? "gb-Card-part gb-mod-other" : "gb-Card-part",
            element("div", "gb-Card-title", title),
            ...lines.map((line) => element("div", "gb-Card-line", `\\(${line}\\)`)),
          ),
        ),
      );
      this.#typeset(this.#parts);
    }
    this.#drawTerms(view, tokens);
  }

  /** The forward part, and on the way back what comes back. */
  #partsOf(view: CardView, isMap: boolean): Part[] {
    const { walk } = view;
    const trans = this.#trans;
    const layer = walk.layers[walk.layer]!;
    const isBack = walk.direction === "backward";
    const forward = isMap ? [layer.formula] : this.#forward(view);
    const parts: Part[] = [{ title: trans.__("Forward"), lines: forward, isOther: isBack }];
    if (!isBack) return parts;
    const backward = isMap ? [layer.gradientFormula] : this.#backward(view);
    parts.push({ title: trans.__("Backward"), lines: backward, isOther: false });
    const update = this.#update(view);
    if (update) {
      const title = trans.__("Update, with the mean of %1 examples", walk.specimen.data.batchSize);
      parts.push({ title, lines: [update], isOther: false });
    }
    return parts;
  }

  #forward({ walk, described, unit }: CardView): string[] {
    const layer = walk.layers[walk.layer]!;
    const z = walk.values(layer.preactivation)[unit.unit]!;
    const a = walk.values(layer.activation)[unit.unit]!;
    const more = (count: number): string => this.#trans.__("(%1 more)", count);
    const lines = unit.terms ? sumLines(unit.terms, z, more) : [layer.formula];
    const activation = described && activationLine(described, a);
    if (!activation) return lines;
    return unit.terms
      ? [...lines.slice(0, -1), `${lines.at(-1)},\\qquad ${activation}`]
      : [...lines, activation];
  }

  #backward({ walk, described, unit, factor }: CardView): string[] {
    const layer = walk.layers[walk.layer]!;
    const { data } = walk.specimen;
    if (!layer.gradient) return [this.#text(this.#trans.__("No gradient reaches this layer."))];
    const z = walk.values(layer.preactivation)[unit.unit]!;
    const gradient = factor * walk.values(layer.gradient)[unit.unit]!;
    const isLogit = walk.layer === walk.layers.length - 1 && data.probabilities !== undefined && factor !== 1;
    const lines = [
      isLogit
        ? logitLine(walk.values(data.probabilities)[unit.unit]!, unit.unit === data.label)
        : backwardLine(described?.normalisation ? undefined : described?.activation, z, gradient),
    ];
    const first = unit.terms?.order[0];
    if (unit.terms && first !== undefined) lines.push(weightGradientLine(unit.terms, first, gradient));
    return lines;
  }

  /** Of the weight of the largest term; only where the optimizer does what one line can show. */
  #update({ unit, run, learningRate }: CardView): string | undefined {
    const first = unit.terms?.order[0];
    const { optimizer } = run;
    if (!unit.terms || first === undefined || !unit.weightGradients || optimizer?.kind !== "SGD")
      return undefined;
    if (optimizer.momentum || optimizer.weightDecay) return undefined;
    return updateLine(first, unit.terms.weights[first]!, learningRate, unit.weightGradients[first]!);
  }

  #drawTerms({ walk, names, unit }: CardView, tokens: Tokens): void {
    const { terms } = unit;
    this.#terms.hidden = terms === undefined;
    const size = { width: this.#chart.clientWidth, height: this.#chart.clientHeight };
    if (!terms || size.width < 40 || size.height < 40) return;
    const trans = this.#trans;
    const bars = terms.order.slice(0, TERMS).map(
      (j): Bar => ({
        name: terms.symbol === "x" ? trans.__("input %1", j) : trans.__("unit %1", j),
        value: term(terms, j),
      }),
    );
    const from = walk.layer === 0 ? trans.__("the input") : names[walk.layer - 1]!;
    drawTerms(this.#chart, bars, trans.__("w·a from %1", from), size, tokens);
    describePicture(
      this.#chart,
      bars.map(({ name, value }) => `${name}: ${value.toPrecision(3)}`).join(", "),
    );
  }

  #text(text: string): string {
    return `\\text{${text}}`;
  }
}
