// Weights and inputs as they are before the first step.

import { activationName, traits } from "../activations.js";
import {
  DEFAULT_SCALE,
  DEFAULT_TOLERANCE,
  DRIFT,
  INPUT_SCALE,
  LAYER_TOO_LARGE,
  LAYER_TOO_SMALL,
  SELU_DEEP,
  SELU_INPUT,
  SELU_SCALE,
  SYMMETRY,
} from "../thresholds.js";
import { median, type RunView } from "../view.js";
import { found, type Rule } from "./rule.js";

/** Root mean square of the model's inputs, from what the first layer's random weights make of them; NaN if that cannot be told. */
function inputScale(run: RunView): number {
  const first = run.weighted[0];
  if (first === undefined || !run.fromStart || run.info.layers[first]?.frozen === true) return Number.NaN;
  const [mean, std] = [run.layer(0, first, "inputMean"), run.layer(0, first, "inputStd")];
  return Math.hypot(mean, std) / Math.sqrt(run.weightScale(first));
}

const inputs: Rule = {
  id: "input-scale",
  check(run) {
    const rms = inputScale(run);
    if (!(rms > INPUT_SCALE) || !Number.isFinite(rms)) return undefined;
    return found("warning", 0, { rms, threshold: INPUT_SCALE }, run.weighted[0]);
  },
};

const symmetry: Rule = {
  id: "symmetric-weights",
  check(run) {
    if (!run.fromStart) return undefined;
    const equal = run.hidden.find((layer) => {
      const info = run.info.layers[layer]!;
      const spread = run.layer(0, layer, "weightStd");
      const size = Math.abs(run.layer(0, layer, "weightMean"));
      // biases that are zero are no weights: one in fanIn + 1 numbers of a layer
      const biases = Math.sqrt(1 / (info.fanIn! + 1)) * 1.01;
      return info.frozen !== true && (info.units ?? 1) > 1 && spread <= Math.max(SYMMETRY, biases * size);
    });
    if (equal === undefined) return undefined;
    return found("error", 0, { weight: run.layer(0, equal, "weightMean") }, equal);
  },
};

/** Hidden layers in which nothing but the weights' scale keeps the signal. */
function scaled(run: RunView): { layer: number; amplitude: number; scale: number }[] {
  if (!run.fromStart) return [];
  return run.hidden.flatMap((layer) => {
    const info = run.info.layers[layer]!;
    const range = traits(info)?.scale;
    const scale = run.weightScale(layer);
    if (range === undefined || info.normalisation !== undefined || info.frozen === true) return [];
    if (!(scale > 0) || activationName(info) === "selu") return [];
    const best = Math.min(Math.max(scale, range[0]), range[1]);
    return [{ layer, amplitude: Math.sqrt(scale / best), scale }];
  });
}

/** What the weights make of a signal of 1 on its way through all layers. */
const drift = (layers: readonly { amplitude: number }[]): number =>
  layers.reduce((product, { amplitude }) => product * amplitude, 1);

const isDefault = (scale: number): boolean => Math.abs(scale / DEFAULT_SCALE - 1) < DEFAULT_TOLERANCE;

const defaults: Rule = {
  id: "default-initialisation",
  check(run) {
    const layers = scaled(run);
    const total = drift(layers);
    if (!isDefault(median(layers.map(({ scale }) => scale))) || !(total < 1 / DRIFT)) return undefined;
    const factor = total ** (-1 / layers.length);
    const { activation } = run.info.layers[layers[0]!.layer]!;
    const name = activation?.name ?? "no activation";
    return found("error", 0, { count: layers.length, activation: name, factor, left: total });
  },
};

const initialisation: Rule = {
  id: "initialisation",
  check(run) {
    const layers = scaled(run);
    if (isDefault(median(layers.map(({ scale }) => scale)))) return undefined;
    const off = (amplitude: number): boolean => amplitude > LAYER_TOO_LARGE || amplitude < LAYER_TOO_SMALL;
    const total = drift(layers);
    const one = layers.find(({ amplitude }) => off(amplitude));
    // where all layers drift together, the first that does so by the usual factor; 1e-6: rounding
    const usual = total ** (1 / layers.length);
    const typical = (amplitude: number): boolean =>
      total < 1 ? amplitude <= usual * (1 + 1e-6) : amplitude >= usual * (1 - 1e-6);
    const worst = one ?? layers.find(({ amplitude }) => typical(amplitude));
    if (worst === undefined || (one === undefined && total > 1 / DRIFT && total < DRIFT)) return undefined;
    const info = run.info.layers[worst.layer]!;
    const best = worst.scale / worst.amplitude ** 2;
    return found(
      "error",
      0,
      {
        activation: info.activation?.name ?? "no activation",
        std: Math.sqrt(worst.scale / info.fanIn!),
        best: Math.sqrt(best / info.fanIn!),
        times: worst.amplitude > 1 ? worst.amplitude : 1 / worst.amplitude,
        direction: worst.amplitude > 1 ? "large" : "small",
        total,
      },
      worst.layer,
    );
  },
};

/** Self-normalisation needs n·Var = 1, standardised inputs, alpha dropout instead of dropout, and no other normalisation. */
const selu: Rule = {
  id: "selu-conditions",
  check(run) {
    const layers = run.hidden.filter((layer) => activationName(run.info.layers[layer]!) === "selu");
    if (layers.length === 0) return undefined;
    const broken = brokenCondition(run, layers);
    if (broken === undefined) return undefined;
    const severity = layers.length >= SELU_DEEP ? "warning" : "note";
    const { condition, value, layer } = broken;
    return found(severity, 0, { condition, value, count: layers.length }, layer ?? layers[0]);
  },
};

function brokenCondition(
  run: RunView,
  layers: readonly number[],
): { condition: string; value: number | string; layer?: number } | undefined {
  const within = (value: number, [low, high]: readonly [number, number]): boolean =>
    Number.isNaN(value) || (value > low && value < high);
  if (run.fromStart) {
    const scales = layers.map((layer) => run.weightScale(layer));
    const odd = scales.findIndex((scale) => !within(scale, SELU_SCALE));
    if (odd >= 0 && !within(median(scales), SELU_SCALE))
      return { condition: "initialisation", value: scales[odd]!, layer: layers[odd]! };
    const rms = inputScale(run);
    if (layers[0] === run.weighted[0] && !within(rms, SELU_INPUT)) return { condition: "inputs", value: rms };
  }
  const at = (test: (layer: number) => boolean): number | undefined => layers.find(test);
  const dropped = at((layer) => /^Dropout/.test(run.info.layers[layer]?.dropout ?? ""));
  if (dropped !== undefined)
    return { condition: "dropout", value: run.info.layers[dropped]!.dropout!, layer: dropped };
  const normalised = at((layer) => run.info.layers[layer]?.normalisation !== undefined);
  if (normalised !== undefined) {
    const { kind } = run.info.layers[normalised]!.normalisation!;
    return { condition: "normalisation", value: kind, layer: normalised };
  }
  const joined = run.info.layers.findIndex((info, layer) => info.joined === true && layer > layers[0]!);
  return joined < 0 ? undefined : { condition: "plain stacking", value: "skip connection", layer: joined };
}

export const INITIALISATION_RULES: readonly Rule[] = [inputs, symmetry, selu, defaults, initialisation];
