// Records of runs that nobody trained: what a healthy one looks like, with changes.

import { diagnose, type Verdict } from "gradbook/train/diagnose/index";
import {
  type LayerField,
  type LayerInfo,
  layerColumn,
  ROW_LENGTH,
  type RunInfo,
  type StepField,
  sampleLength,
  stepColumn,
} from "gradbook/train/run";

export const WIDTH = 100;
export const HIDDEN = 6;
const SAMPLES = 12;
const LN10 = Math.log(10);

/** A value, or how it depends on where it is measured. */
type Of<A extends unknown[]> = number | ((...at: A) => number);
const at = <A extends unknown[]>(value: Of<A>, ...place: A): number =>
  typeof value === "number" ? value : value(...place);

export interface Change {
  info?: Partial<RunInfo>;
  /** Layers 0 to 5 are hidden, 6 gives the logits. */
  layer?: (layer: number) => Partial<LayerInfo>;
  fields?: { [field in LayerField]?: Of<[layer: number, sample: number]> };
  steps?: { [field in StepField]?: Of<[step: number]> };
  /** How many steps there are. */
  count?: number;
}

/** What a healthy run of six ReLU layers under SGD looks like, but for `change`. */
export function judged(change: Change = {}): Verdict {
  const count = change.count ?? 200;
  const layers = Array.from({ length: HIDDEN + 1 }, (_, i): LayerInfo => {
    const last = i === HIDDEN;
    const units = last ? 10 : WIDTH;
    return {
      path: String(2 * i),
      label: last ? `Linear(${WIDTH}, 10)` : `Linear(${WIDTH}, ${WIDTH}) → ReLU`,
      kind: last ? "Linear" : "ReLU",
      ...(!last && { activation: { name: "ReLU" } }),
      units,
      fanIn: WIDTH,
      fanOut: units,
      parameters: WIDTH * units + units,
      ...change.layer?.(i),
    };
  });
  const info: RunInfo = {
    id: "run",
    name: "Run",
    startedAt: "2026-01-01T00:00:00Z",
    status: "running",
    device: "cpu",
    layers,
    classes: 10,
    batchSize: 32,
    silentExamples: 256,
    optimizer: { kind: "SGD", learningRate: 0.05 },
    ...change.info,
  };
  const fields: Change["fields"] = {
    mean: 0.4,
    std: 0.6,
    batchStd: 0.5,
    silent: 0.02,
    nans: 0,
    infinities: 0,
    inputMean: 0,
    inputStd: 1.4,
    gradientNorm: 0.1,
    gradientNans: 0,
    gradientInfinities: 0,
    weightMean: 0,
    weightStd: Math.sqrt(2 / WIDTH),
    weightNans: 0,
    weightInfinities: 0,
    weightGradientNorm: 0.1,
    weightGradientNans: 0,
    weightGradientInfinities: 0,
    updateRatio: 1e-3,
    ...change.fields,
  };
  const steps = new Float32Array(count * ROW_LENGTH).fill(Number.NaN);
  const shown: Change["steps"] = {
    step: (step) => step,
    loss: (step) => 0.3 + 2 * 0.97 ** step,
    learningRate: 0.05,
    gradientNorm: 1,
    ...change.steps,
  };
  for (let step = 0; step < count; step++) {
    for (const [field, value] of Object.entries(shown))
      steps[step * ROW_LENGTH + stepColumn(field as StepField)] = at(value, step);
  }
  const width = sampleLength(layers.length);
  const samples = new Float32Array(SAMPLES * width).fill(Number.NaN);
  for (let sample = 0; sample < SAMPLES; sample++) {
    samples[sample * width] = Math.round((sample * (count - 1)) / (SAMPLES - 1));
    layers.forEach((_, layer) => {
      for (const [field, value] of Object.entries(fields))
        samples[sample * width + layerColumn(layer, field as LayerField)] = at(value, layer, sample);
    });
  }
  return diagnose(info, steps, samples);
}

type OfLayer = NonNullable<Change["layer"]>;
export const ofActivation = (name: string): OfLayer => {
  return (layer) => (layer < HIDDEN ? { activation: { name }, label: `Linear(100, 100) → ${name}` } : {});
};
export const weights = (scale: number): Of<[number, number]> => Math.sqrt(scale / WIDTH);
export const normalised =
  (kind: string, more: { momentum?: number; moving?: boolean } = {}): OfLayer =>
  (layer) =>
    layer < HIDDEN ? { normalisation: { kind, ...more } } : {};
export const every =
  (interval: number, value: (step: number) => number): Of<[number]> =>
  (step) =>
    step % interval === interval - 1 ? value(step) : Number.NaN;
export const stuck = LN10;
