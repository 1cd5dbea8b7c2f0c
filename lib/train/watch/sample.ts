// One sampled step: what is gathered while user code runs it, the statistics of which are computed in its own plan, and the row
// they become once they have come back.

import { type Node, withGradModeNow } from "../../graph/node.js";
import * as ops from "../../graph/ops/index.js";
import type { GroupOptions, Optimizer } from "../../optim/optimizer.js";
import type { GradientSlot } from "../../tensor/autograd.js";
import { type Rider, session } from "../../tensor/session.js";
import type { Tensor } from "../../tensor/tensor.js";
import { BINS, firstExponent, histogramBlock, histogramOffset, type Quantity } from "../histograms.js";
import type { WatchedLayer } from "../layers.js";
import { type LayerField, layerColumn, sampleLength } from "../run.js";
import { plainRate } from "./optimizer.js";
import { flatParts } from "./saturation.js";
import type { Silence } from "./silence.js";

type Part = ops.SummaryPart;

/** Rows of the record that a sample fills. */
export interface Sampled {
  readonly row: Float32Array;
  readonly histograms: Uint8Array;
  /** L2 norm over all parameters' gradients. */
  gradientNorm: number;
  /** Whether there is anything. */
  measured: boolean;
}

/** Fields for the numbers of `ops.VALUES`, in their order: mean, std, norm, min, max, zeros, nans, infinities. */
const FIELDS: { readonly [of: string]: readonly (LayerField | undefined)[] } = {
  input: ["inputMean", "inputStd"],
  output: ["mean", "std", undefined, "min", "max", "zeros", "nans", "infinities"],
  gradient: [
    "gradientMean",
    "gradientStd",
    "gradientNorm",
    "gradientMin",
    "gradientMax",
    "gradientZeros",
    "gradientNans",
    "gradientInfinities",
  ],
  weight: [
    "weightMean",
    "weightStd",
    "weightNorm",
    "weightMin",
    "weightMax",
    undefined,
    "weightNans",
    "weightInfinities",
  ],
  weightGradient: [
    "weightGradientMean",
    "weightGradientStd",
    "weightGradientNorm",
    "weightGradientMin",
    "weightGradientMax",
    undefined,
    "weightGradientNans",
    "weightGradientInfinities",
  ],
};

/** Puts what the words of a part say, which begin at `at`, to where it belongs. */
type Read = (words: Float32Array, at: number, sampled: Sampled) => void;

/** Parts that are computed together, and what becomes of each. */
class Gathered {
  private readonly parts: Part[] = [];
  private readonly reads: Read[] = [];
  private rider: Rider | undefined;

  add(part: Part, read: Read): void {
    this.parts.push(part);
    this.reads.push(read);
  }

  /** Mean, std and so on of a layer's tensors; a histogram where `quantity` is given. */
  addValues(layer: number, of: string, inputs: readonly Node[], quantity?: Quantity): void {
    const fields = FIELDS[of]!;
    const part: Part =
      quantity === undefined
        ? { kind: "moments", inputs }
        : { kind: "values", inputs, exponent: firstExponent(quantity) };
    this.add(part, (words, at, { row, histograms }) => {
      fields.forEach((field, i) => {
        if (field !== undefined) row[layerColumn(layer, field)] = words[at + i]!;
      });
      if (quantity !== undefined) putBins(words, at, histograms, layer, quantity);
    });
  }

  /** Only a histogram. */
  addHistogram(layer: number, input: Node, quantity: Quantity): void {
    const part: Part = { kind: "values", inputs: [input], exponent: firstExponent(quantity) };
    this.add(part, (words, at, { histograms }) => putBins(words, at, histograms, layer, quantity));
  }

  /** A layer's output is its input sum, too. */
  copyOutput(layer: number): void {
    const last = this.reads.length - 1;
    const read = this.reads[last]!;
    this.reads[last] = (words, at, sampled) => {
      read(words, at, sampled);
      const { row, histograms } = sampled;
      row[layerColumn(layer, "inputMean")] = row[layerColumn(layer, "mean")]!;
      row[layerColumn(layer, "inputStd")] = row[layerColumn(layer, "std")]!;
      const from = histogramOffset(layer, "output");
      histograms.copyWithin(histogramOffset(layer, "input"), from, from + BINS);
    };
  }

  /** To be computed with whatever is computed next. */
  ride(): void {
    if (this.parts.length > 0) this.rider = session().ride(ops.summary(this.parts));
  }

  get arrived(): boolean {
    return this.rider?.arrived ?? true;
  }

  drop(): void {
    this.rider?.drop();
  }

  put(sampled: Sampled): void {
    const bytes = this.rider?.take();
    if (bytes === undefined) return;
    session().release(this.rider!.node);
    sampled.measured = true;
    const words = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    let at = 0;
    this.parts.forEach((part, i) => {
      this.reads[i]!(words, at, sampled);
      at += ops.wordsOf(part);
    });
  }
}

/** The bins stand behind the numbers of a part's result. */
function putBins(
  words: Float32Array,
  at: number,
  histograms: Uint8Array,
  layer: number,
  quantity: Quantity,
): void {
  const begin = words.byteOffset + 4 * (at + ops.VALUES.length);
  histograms.set(new Uint8Array(words.buffer, begin, ops.VALUE_BINS), histogramOffset(layer, quantity));
}

/** What is watched. */
export interface WatchedModel {
  readonly layers: readonly WatchedLayer[];
  readonly parameters: readonly Tensor[];
  /** The places among `parameters` of those of each layer's head. */
  readonly own: readonly (readonly number[])[];
}

const slotOf = (parameter: Tensor): GradientSlot | undefined =>
  parameter.storage.node.slot as GradientSlot | undefined;

export class StepSample {
  private readonly layers: readonly WatchedLayer[];
  private readonly parameters: readonly Tensor[];
  private readonly own: WatchedModel["own"];
  private readonly silences: readonly Silence[];
  private readonly forward = new Gathered();
  /** Apart, since devices compute the rest of `forward` in pieces. */
  private readonly drifts = new Gathered();
  private readonly backward = new Gathered();
  /** Apart from the rest, since the new values take the place of the old ones. */
  private readonly changes = new Gathered();
  /** What follows from other numbers of the row. */
  private readonly derived: ((row: Float32Array) => void)[] = [];
  private readonly inputSums: (Node | undefined)[];
  private readonly outputs: (Node | undefined)[];
  private readonly normInputs: (Node | undefined)[];
  /** What enters the activations, where that is not the input sum. */
  private readonly entering: (Node | undefined)[];
  private readonly inputGradients: (Node | undefined)[];
  /** The values of all parameters with which the step is made. */
  private readonly before: readonly Node[];
  /** The gradients of all parameters as backward() has left them. */
  private gradients: readonly Node[] | undefined;
  private forwardDone = false;

  constructor({ layers, parameters, own }: WatchedModel, silences: readonly Silence[]) {
    this.layers = layers;
    this.parameters = parameters;
    this.own = own;
    this.silences = silences;
    const none = (): undefined[] => new Array<undefined>(layers.length).fill(undefined);
    [this.inputSums, this.outputs, this.normInputs, this.entering] = [none(), none(), none(), none()];
    this.inputGradients = none();
    this.before = parameters.map(({ storage }) => storage.node);
  }

  /** The output of a layer's first module. Of several forward passes in a step the first one counts. */
  tapInputSum(layer: number, output: Tensor): void {
    if (this.forwardDone) return;
    this.inputSums[layer] = output.node;
    output.storage.node.tap = (gradient) => {
      this.inputGradients[layer] = gradient;
      this.gradients ??= this.parameters.flatMap((parameter) => slotOf(parameter)?.gradient?.node ?? []);
    };
  }

  tapOutput(layer: number, output: Tensor): void {
    if (!this.forwardDone) this.outputs[layer] = output.node;
  }

  tapNormInput(layer: number, input: Tensor): void {
    if (!this.forwardDone) this.normInputs[layer] = input.node;
  }

  /** What a normalisation has made of a layer's input sum, on its way into the activation. */
  tapEntering(layer: number, input: Tensor): void {
    if (!this.forwardDone) this.entering[layer] = input.node;
  }

  /** Another backward() of the same step begins. */
  beginBackward(): void {
    this.gradients = undefined;
  }

  /** The model has been run: the forward statistics are computed with whatever is computed next. */
  endForward(): void {
    if (this.forwardDone) return;
    this.forwardDone = true;
    withGradModeNow(false, () => {
      this.layers.forEach((layer, i) => {
        this.addForward(layer, i);
      });
      this.forward.ride();
      this.drifts.ride();
    });
  }

  private addForward({ info, activation, channelsFirst, head, last }: WatchedLayer, i: number): void {
    const { forward } = this;
    const [input, output, normInput] = [this.inputSums[i], this.outputs[i], this.normInputs[i]];
    // without a follower the output is the input sum
    if (input !== undefined && head !== last) {
      const entering = this.entering[i];
      forward.addValues(i, "input", [input], entering === undefined ? "input" : undefined);
      if (entering !== undefined) forward.addHistogram(i, entering, "input");
    }
    if (output !== undefined) {
      forward.addValues(i, "output", [output], "output");
      if (head === last) forward.copyOutput(i);
      const axis = channelsFirst ? 1 : Math.max(1, output.shape.length - 1);
      forward.add({ kind: "units", inputs: [output], axis }, (words, at, { row }) => {
        row[layerColumn(i, "batchStd")] = words[at]!;
        if (activation === undefined) return;
        const units = output.shape[axis] ?? 1;
        const begin = words.byteOffset + 4 * (at + 1);
        const bits = new Uint32Array(words.buffer, begin, Math.ceil(units / 32));
        const silent = this.silences[i]!.add(output.shape[0] ?? 1, bits, units);
        row[layerColumn(i, "silent")] = silent;
      });
      const flat = flatParts(info);
      if (flat !== undefined) {
        forward.add({ kind: "beyond", inputs: [output], ...flat }, (words, at, { row }) => {
          row[layerColumn(i, "saturated")] = words[at]!;
        });
      }
    }
    if (normInput !== undefined) this.addDrift(i, normInput);
    // here, so that the update need not wait for what the gradients are asked
    const weights = this.own[i]!.map((index) => this.before[index]!);
    if (weights.length > 0) forward.addValues(i, "weight", weights, "weight");
  }

  /** The running statistics as this step leaves them, which is what evaluation would go by. */
  private addDrift(i: number, input: Node): void {
    const { runningMean, runningVar } = this.layers[i]!.batchNorm as unknown as Record<string, Tensor | null>;
    if (!runningMean || !runningVar) return;
    const inputs = [input, runningMean.node, runningVar.node] as const;
    this.drifts.add({ kind: "drift", inputs }, (words, at, { row }) => {
      row[layerColumn(i, "normMeanGap")] = words[at]!;
      row[layerColumn(i, "normVarianceRatio")] = words[at + 1]!;
    });
  }

  /** The optimizer has recorded its update: what it goes by, and by how much it changes the parameters. */
  endStep(optimizer?: Optimizer<GroupOptions>): void {
    withGradModeNow(false, () => {
      const rest = new Set(this.gradients ?? []);
      const squares: ((row: Float32Array) => number)[] = [];
      for (const i of this.layers.keys()) this.addBackward(i, rest, squares, optimizer);
      if (this.gradients !== undefined) this.addGradientNorm([...rest], squares);
      this.backward.ride();
      this.changes.ride();
    });
  }

  private addBackward(
    i: number,
    rest: Set<Node>,
    squares: ((row: Float32Array) => number)[],
    optimizer: Optimizer<GroupOptions> | undefined,
  ): void {
    const { backward } = this;
    const gradient = this.inputGradients[i];
    if (gradient !== undefined) backward.addValues(i, "gradient", [gradient], "gradient");
    const own = this.own[i]!;
    const gradients = own.flatMap((index) => slotOf(this.parameters[index]!)?.gradient?.node ?? []);
    if (gradients.length === 0) return;
    backward.addValues(i, "weightGradient", gradients);
    // not clipped: what is known of the layer need not be computed again for the whole
    if (gradients.every((node) => rest.has(node))) {
      for (const node of gradients) rest.delete(node);
      squares.push((row) => row[layerColumn(i, "weightGradientNorm")]! ** 2);
    }
    const moved = own.filter((index) => this.parameters[index]!.storage.node !== this.before[index]);
    const movedTensors = moved.map((index) => this.parameters[index]!);
    const rate = optimizer && plainRate(optimizer, movedTensors);
    if (moved.length > 0 && moved.length === gradients.length && rate !== undefined) {
      this.derived.push((row) => {
        const length = rate * row[layerColumn(i, "weightGradientNorm")]!;
        row[layerColumn(i, "updateRatio")] = length / row[layerColumn(i, "weightNorm")]!;
      });
      return;
    }
    const steps = moved.map((index) => ops.sub(this.parameters[index]!.storage.node, this.before[index]!));
    if (steps.length === 0) return;
    this.changes.add({ kind: "squares", inputs: steps }, (words, at, { row }) => {
      row[layerColumn(i, "updateRatio")] = Math.sqrt(words[at]!) / row[layerColumn(i, "weightNorm")]!;
    });
  }

  private addGradientNorm(rest: readonly Node[], squares: readonly ((row: Float32Array) => number)[]): void {
    this.backward.add({ kind: "squares", inputs: rest }, (words, at, sampled) => {
      const layers = squares.reduce((total, square) => total + square(sampled.row), 0);
      sampled.gradientNorm = Math.sqrt(words[at]! + layers);
    });
  }

  private get all(): readonly Gathered[] {
    return [this.forward, this.drifts, this.backward, this.changes];
  }

  /** Whether all that was asked for has come. Never waits. */
  get arrived(): boolean {
    return this.all.every(({ arrived }) => arrived);
  }

  get hasForward(): boolean {
    return this.forwardDone;
  }

  /** Nobody will take it. */
  drop(): void {
    for (const gathered of this.all) gathered.drop();
  }

  /** What came of it, waited for. */
  take(step: number): Sampled {
    const layers = this.layers.length;
    const row = new Float32Array(sampleLength(layers)).fill(Number.NaN);
    row[0] = step;
    const histograms = new Uint8Array(histogramBlock(layers));
    const sampled = { row, histograms, gradientNorm: Number.NaN, measured: false };
    for (const gathered of this.all) gathered.put(sampled);
    for (const derive of this.derived) derive(row);
    return sampled;
  }
}
