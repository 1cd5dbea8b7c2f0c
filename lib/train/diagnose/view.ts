// A run's record as the rules read it: by step or sample, layer and field, with what is not measured left out.

import {
  LAYER_FIELDS,
  type LayerField,
  type LayerInfo,
  type RunInfo,
  STEP_FIELDS,
  type StepField,
} from "../run.js";

/** One quantity at the steps where it was measured: NaN is left out, infinity is not. */
export interface Series {
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** The middle value; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Where each field lies in its part of a row: looked up millions of times in a long record. */
const offsets = <F extends string>(fields: readonly F[]): { readonly [field in F]: number } =>
  Object.fromEntries(fields.map((field, i) => [field, i])) as { [field in F]: number };
const STEP_OFFSET = offsets(STEP_FIELDS);
const LAYER_OFFSET = offsets(LAYER_FIELDS);

/** Samples over which "now" is a median, so that one odd batch decides nothing. */
const RECENT = 5;

export class RunView {
  readonly info: RunInfo;
  /** Rows of the step table. */
  readonly rows: number;
  /** Rows of the layer table: steps at which the layers were measured. */
  readonly samples: number;
  private readonly steps: Float32Array;
  private readonly layerRows: Float32Array;
  private readonly layerWidth: number;
  private readonly known = new Map<StepField, Series>();

  constructor(info: RunInfo, steps: Float32Array, layers: Float32Array) {
    this.info = info;
    this.steps = steps;
    this.layerRows = layers;
    this.layerWidth = 1 + info.layers.length * LAYER_FIELDS.length;
    this.rows = Math.floor(steps.length / STEP_FIELDS.length);
    this.samples = Math.floor(layers.length / this.layerWidth);
  }

  get lastStep(): number {
    return this.rows === 0 ? -1 : this.step(this.rows - 1, "step");
  }

  step(row: number, field: StepField): number {
    return this.steps[row * STEP_FIELDS.length + STEP_OFFSET[field]] ?? Number.NaN;
  }

  series(field: StepField): Series {
    const known = this.known.get(field);
    if (known !== undefined) return known;
    const steps: number[] = [];
    const values: number[] = [];
    for (let row = 0; row < this.rows; row++) {
      const value = this.step(row, field);
      if (Number.isNaN(value)) continue;
      steps.push(this.step(row, "step"));
      values.push(value);
    }
    const series = { steps, values };
    this.known.set(field, series);
    return series;
  }

  /** Whether the record shows the network as it was initialised. */
  get fromStart(): boolean {
    return this.samples > 0 && this.sampleStep(0) === 0;
  }

  sampleStep(sample: number): number {
    return this.layerRows[sample * this.layerWidth] ?? Number.NaN;
  }

  layer(sample: number, layer: number, field: LayerField): number {
    const at = sample * this.layerWidth + 1 + layer * LAYER_FIELDS.length + LAYER_OFFSET[field];
    return this.layerRows[at] ?? Number.NaN;
  }

  /** The median over the last samples. */
  now(layer: number, field: LayerField): number {
    const values: number[] = [];
    for (let sample = Math.max(0, this.samples - RECENT); sample < this.samples; sample++)
      values.push(this.layer(sample, layer, field));
    return median(values);
  }

  /** The first sample at which a test holds. */
  firstSample(test: (sample: number) => boolean): number | undefined {
    for (let sample = 0; sample < this.samples; sample++) if (test(sample)) return sample;
    return undefined;
  }

  /** n·Var: inputs of a unit times the variance of its weights at the start. A mean of the weights counts for more, since it
   *  adds up: n times over the share that the mean has in the square of a rectifier's outputs, 1/π. */
  weightScale(layer: number): number {
    const std = this.layer(0, layer, "weightStd");
    const mean = this.layer(0, layer, "weightMean");
    const fanIn = this.info.layers[layer]?.fanIn ?? Number.NaN;
    return fanIn * (std * std + (fanIn * mean * mean) / Math.PI);
  }

  /** Layers with weights, by number. */
  get weighted(): readonly number[] {
    return this.numbered(({ fanIn }) => fanIn !== undefined && fanIn > 0);
  }

  /** Weighted layers but the last, which makes the prediction. */
  get hidden(): readonly number[] {
    return this.weighted.slice(0, -1);
  }

  private numbered(test: (layer: LayerInfo) => boolean): number[] {
    return this.info.layers.flatMap((layer, i) => (test(layer) ? [i] : []));
  }

  /** What of the loss is left at the end, compared with its start; undefined before ten losses are known. */
  get progress(): Progress | undefined {
    const { steps, values } = this.series("loss");
    if (values.length < 10) return undefined;
    const start = median(values.slice(0, 3));
    const width = Math.max(5, values.length >> 3);
    const recent = median(values.slice(-width));
    // a clueless classifier has ln(classes): a worse start is not to its credit
    const reference = this.info.classes === undefined ? start : Math.min(start, Math.log(this.info.classes));
    let highest = Number.NEGATIVE_INFINITY;
    for (const value of values) highest = Math.max(highest, value);
    let [lowest, lowestStep] = [recent, steps.at(-1)!];
    for (let at = 0; at + width <= values.length; at += width) {
      const middle = median(values.slice(at, at + width));
      if (middle < lowest) [lowest, lowestStep] = [middle, steps[at + width - 1]!];
    }
    return {
      start,
      recent,
      highest,
      reference,
      share: recent / reference,
      best: lowest / reference,
      lowestStep,
    };
  }
}

/** How a loss has gone: medians, so that one odd batch decides nothing. */
export interface Progress {
  readonly start: number;
  readonly recent: number;
  readonly highest: number;
  /** What a network that knows nothing has: the start, or ln(classes) where that is less. */
  readonly reference: number;
  /** The recent loss over that. */
  readonly share: number;
  /** The lowest over that, and a step at which it had been reached. */
  readonly best: number;
  readonly lowestStep: number;
}
