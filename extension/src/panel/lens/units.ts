// The single units of the layer under the lens, at one of the last steps: the six worst ones, and for a batch normalisation the
// steps of equation 11-4 with one unit's numbers.

import type { TranslationBundle } from "@jupyterlab/translation";
import type { Activation } from "../../charts/activations.js";
import { formatCount } from "../../charts/format.js";
import { type BatchSums, type NormalisedUnit, normalisedUnit, unitsOf } from "../../charts/units.js";
import { button, element } from "../dom.js";
import { number } from "../microscope/formulas.js";
import type { Seen } from "./batch.js";
import { section } from "./details.js";
import { brief, percent } from "./numbers.js";

const WORST = 6;

export class Units {
  readonly node: HTMLElement = element("div", "gb-Units");
  readonly #trans: TranslationBundle;
  readonly #typeset: (node: HTMLElement) => void;
  readonly #onChoose: (unit: number | undefined) => void;
  #seen: Seen | undefined;
  #chosen: number | undefined;

  constructor(
    trans: TranslationBundle,
    typeset: (node: HTMLElement) => void,
    onChoose: (unit: number | undefined) => void,
  ) {
    this.#trans = trans;
    this.#typeset = typeset;
    this.#onChoose = onChoose;
  }

  /** `chosen`: the unit that is seen alone. */
  draw(seen: Seen | undefined, activation: Activation | undefined, chosen: number | undefined): void {
    if (seen === this.#seen && chosen === this.#chosen) return;
    this.#seen = seen;
    this.#chosen = chosen;
    if (!seen) {
      this.node.replaceChildren();
      return;
    }
    const { batch, step } = seen;
    const worst = unitsOf(batch, activation).slice(0, WORST);
    const shown = chosen ?? worst[0]?.unit ?? 0;
    const normalised = normalisedUnit(batch, shown, 0);
    this.node.replaceChildren(
      ...(normalised ? [this.#equation(normalised, shown), this.#running(batch, normalised, shown)] : []),
      this.#table(worst, batch.units, chosen),
      element("div", "gb-Details-note", this.#trans.__("units at step %1", formatCount(step))),
    );
    if (normalised) this.#typeset(this.node);
  }

  #table(worst: ReturnType<typeof unitsOf>, of: number, chosen: number | undefined): HTMLElement {
    const trans = this.#trans;
    const body = element("table", "gb-Details-table");
    const head = [trans.__("unit"), trans.__("mean ± std"), trans.__("flat")].map((name) => {
      const cell = element("th", "", name);
      cell.scope = "col";
      return cell;
    });
    body.append(element("tr", "", ...head));
    for (const { unit, mean, std, flat } of worst) {
      const isChosen = unit === chosen;
      const alone = button(
        "gb-Units-unit",
        isChosen ? trans.__("See all units again") : trans.__("See unit %1 alone", unit),
        () => this.#onChoose(isChosen ? undefined : unit),
        String(unit),
      );
      alone.setAttribute("aria-pressed", String(isChosen));
      body.append(
        element(
          "tr",
          isChosen ? "gb-mod-chosen" : "",
          element("td", "", alone),
          element("td", "", `${brief(mean)} ± ${brief(std)}`),
          element("td", "", percent(flat)),
        ),
      );
    }
    return section(trans.__("Worst units"), trans.__("of %1", formatCount(of)), body);
  }

  /** The four steps, each with what it gives. */
  #equation(
    { x, mean, variance, normalised, weight, bias, result }: NormalisedUnit,
    unit: number,
  ): HTMLElement {
    const trans = this.#trans;
    // The column is narrow.
    const short = (value: number): string => number(value, 3);
    const minus = mean < 0 ? `+ ${short(-mean)}` : `- ${short(mean)}`;
    const steps: readonly (readonly [string, string])[] = [
      [trans.__("mean over the batch"), `\\mu_B = \\tfrac1m \\textstyle\\sum x^{(i)} = ${short(mean)}`],
      [trans.__("variance"), `\\sigma_B^2 = ${short(variance)}`],
      [
        trans.__("normalise example 1"),
        `\\hat x = \\tfrac{${short(x)} ${minus}}{\\sqrt{${short(variance)} + \\varepsilon}} = ${short(normalised)}`,
      ],
      [trans.__("scale and shift"), `z = \\gamma\\hat x + \\beta = ${short(result)}`],
    ];
    return section(
      trans.__("Batch norm"),
      trans.__("unit %1", unit),
      ...steps.map(([name, formula], index) =>
        element(
          "div",
          "gb-Units-step",
          element("div", "gb-Details-note", `${index + 1} · ${name}`),
          element("div", "", `\\(${formula}\\)`),
        ),
      ),
      element("div", "gb-Details-note", `γ = ${brief(weight)}, β = ${brief(bias)}`),
    );
  }

  #running({ normalisation }: BatchSums, { mean, variance }: NormalisedUnit, unit: number): HTMLElement {
    const trans = this.#trans;
    const row = (name: string, batch: number, running: number | undefined): HTMLElement => {
      const head = element("th", "", name);
      head.scope = "row";
      const value = running === undefined ? "–" : brief(running);
      return element("tr", "", head, element("td", "", brief(batch)), element("td", "", value));
    };
    const body = element("table", "gb-Details-table");
    const heads = ["", trans.__("batch"), trans.__("running")].map((name) => element("th", "", name));
    body.append(
      element("tr", "", ...heads),
      row(trans.__("mean"), mean, normalisation?.runningMean?.[unit]),
      row(trans.__("variance"), variance, normalisation?.runningVariance?.[unit]),
    );
    return section(trans.__("Running"), trans.__("of unit %1", unit), body);
  }
}
