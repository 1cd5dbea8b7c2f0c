// NaN and infinity: the layer and the quantity in which they appear first.

import type { LayerField } from "../../run.js";
import { activationName, traits } from "../activations.js";
import type { RunView } from "../view.js";
import { found, type Rule } from "./rule.js";

const positive =
  (...fields: LayerField[]): Broken =>
  (run, sample, layer) =>
    fields.some((field) => run.layer(sample, layer, field) > 0);

/** Whether one quantity of a layer is not finite in a sample. */
type Broken = (run: RunView, sample: number, layer: number) => boolean;

/** In the order in which a step computes them: weights are those before the step. Of the input sum there is no count, but its
 *  mean, in samples in which the layer was measured at all. */
const FORWARD: readonly (readonly [string, Broken])[] = [
  ["weights", positive("weightNans", "weightInfinities")],
  [
    "input sum",
    (run, sample, layer) =>
      !Number.isNaN(run.layer(sample, layer, "nans")) &&
      !Number.isNaN(run.layer(0, layer, "weightNans")) &&
      !Number.isFinite(run.layer(sample, layer, "inputMean")),
  ],
  ["output", positive("nans", "infinities")],
];
const BACKWARD: readonly (readonly [string, Broken])[] = [
  ["gradient", positive("gradientNans", "gradientInfinities")],
  ["weight gradient", positive("weightGradientNans", "weightGradientInfinities")],
];

interface Origin {
  readonly step: number;
  readonly layer?: number;
  readonly quantity: string;
}

/** The first that is not finite in one sample: forward from the first layer, the loss, backward from the last layer. */
function originIn(run: RunView, sample: number, lossBroken: number): Origin | undefined {
  const step = run.sampleStep(sample);
  const layers = run.info.layers.map((_, layer) => layer);
  const search = (order: readonly number[], table: typeof FORWARD): Origin | undefined => {
    for (const layer of order) {
      for (const [quantity, broken] of table) {
        if (broken(run, sample, layer)) return { step, layer, quantity };
      }
    }
    return undefined;
  };
  const forward = search(layers, FORWARD);
  // weights that are broken before a step were broken by one that was not sampled
  if (forward !== undefined && !(forward.quantity === "weights" && lossBroken < step)) return forward;
  if (lossBroken <= step) return { step: lossBroken, quantity: "loss" };
  return search([...layers].reverse(), BACKWARD);
}

/** The first step whose loss is not finite: NaN in a row that has a learning rate, that is, whose step was made. */
function firstBrokenLoss(run: RunView): number {
  for (let row = 0; row < run.rows; row++) {
    if (!Number.isFinite(run.step(row, "loss")) && !Number.isNaN(run.step(row, "learningRate")))
      return run.step(row, "step");
  }
  return Number.POSITIVE_INFINITY;
}

function origin(run: RunView): Origin | undefined {
  const lossBroken = firstBrokenLoss(run);
  // what is broken stays broken: of a long record that is well at its end, only the end is looked at
  const last = run.samples - 1;
  if (lossBroken === Number.POSITIVE_INFINITY && (last < 0 || originIn(run, last, lossBroken) === undefined))
    return undefined;
  for (let sample = 0; sample < run.samples; sample++) {
    const one = originIn(run, sample, lossBroken);
    if (one !== undefined) return one;
  }
  return lossBroken === Number.POSITIVE_INFINITY ? undefined : { step: lossBroken, quantity: "loss" };
}

/** Whether the first layer's sums are broken although its weights are not: then what came in is. The usual activations make
 *  nothing but numbers of numbers, so that their outputs tell as well. */
function fromInput(run: RunView, { layer, quantity }: Origin): boolean {
  const first = run.info.layers[0];
  if (layer !== 0 || first === undefined) return false;
  const usual = traits(first) !== undefined || activationName(first) === "selu";
  return quantity === "input sum" || (quantity === "output" && usual);
}

const nanInput: Rule = {
  id: "nan-input",
  check(run) {
    const first = origin(run);
    if (first === undefined || !fromInput(run, first)) return undefined;
    return found("error", first.step, { quantity: "input" }, 0);
  },
};

const nan: Rule = {
  id: "nan",
  check(run) {
    const first = origin(run);
    if (first === undefined || fromInput(run, first)) return undefined;
    return found("error", first.step, { quantity: first.quantity }, first.layer);
  },
};

export const FINITE_RULES: readonly Rule[] = [nanInput, nan];
