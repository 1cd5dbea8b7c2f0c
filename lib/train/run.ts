// The record of a watched run: what `watch` measures, what the kernel keeps and sends, what the extension draws.
// Data that crosses a border has one type, in this file; it imports nothing but types, so that the browser can use it.

import type { Change, Provenance, RunAnswer, RunControl, RunRequest } from "./control.js";
import type { Verdict } from "./diagnose/diagnosis.js";
import type { HaltPhrase } from "./diagnose/halted.js";
import type { Quantity } from "./histograms.js";

export const RUN_MIME = "application/vnd.gradbook.run.v1+json";
export const MONITOR_COMM = "gradbook.monitor";

export type RunStatus = "running" | "finished" | "stopped" | "failed";

/** How much a run's diagnosis gives away: nothing, where to look, or what it is. */
export type DiagnosisLevel = "off" | "hint" | "answer";

export interface LayerInfo {
  /** Path in the model, as in `stateDict()`: "1", "encoder.2". */
  readonly path: string;
  /** Class name and sizes as printed: "Linear(784, 300)". */
  readonly label: string;
  /** Class name: "Linear", "ReLU". */
  readonly kind: string;
  /** The activation function at the layer's end, with its numbers (`slope` of a leaky ReLU, `alpha` of an ELU); none: linear. */
  readonly activation?: { readonly name: string } & Readonly<Record<string, number | string>>;
  /** The normalisation between input sum and activation; `momentum` of its running statistics, if it keeps any, and whether they
   *  move: it is in training mode and not frozen. */
  readonly normalisation?: { readonly kind: string; readonly momentum?: number; readonly moving?: boolean };
  /** Its input comes from several layers, added up (a skip connection) or side by side; known after the first forward pass. */
  readonly joined?: true;
  /** Class name of the dropout after it. */
  readonly dropout?: string;
  /** Outputs of one example: neurons, or channels of a convolution. Undefined where it cannot be told from the module. */
  readonly units?: number;
  /** Inputs that one unit sums over. */
  readonly fanIn?: number;
  /** Units' values that one input goes into. */
  readonly fanOut?: number;
  /** Number of the layer's own parameters that can be learnt: weight and bias, without those of a normalisation. */
  readonly parameters?: number;
  /** None of its parameters is being learnt. */
  readonly frozen?: boolean;
}

export interface OptimizerInfo {
  /** Class name: "SGD", "Adam". */
  readonly kind: string;
  /** At the first step. */
  readonly learningRate: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
}

/** What a loop forgets to call. Modes are counted only of models with layers to which they matter. */
export interface Modes {
  /** Forward passes in training mode without gradients, and the number of the step before which the first came. */
  readonly trainingEvaluations?: number;
  readonly firstTrainingEvaluation?: number;
  /** Optimizer steps in evaluation mode, and the first of them. */
  readonly evaluationSteps?: number;
  readonly firstEvaluationStep?: number;
  /** Many calls of backward() so far, and no optimizer has stepped the model, nor has anything else changed it. */
  readonly withoutStep?: number;
  /** Optimizer steps whose gradients still held those of the step before, among the steps that were followed from beginning to end (the
   *  first hundred, then each with a row and the one after it), and the first of them. */
  readonly keptGradients?: number;
  readonly firstKeptGradients?: number;
}

export interface RunInfo {
  readonly id: string;
  /** Shown to people; made unique: "He", "He #2". */
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly status: RunStatus;
  /** "cpu" or "gpu". */
  readonly device: string;
  /** Layers with a record of their own, in the order of the forward pass. */
  readonly layers: readonly LayerInfo[];
  /** Number of logits, once known: the loss of a clueless classifier is ln(classes). */
  readonly classes?: number;
  /** Scale of the weights that the run began with: the inputs of a unit times the variance of its weights, the median over hidden layers.
   *  2 is He's, 1 LeCun's, 1/3 PyTorch's default for linear layers. Known from a first sample at step 0. */
  readonly weightScale?: number;
  /** The cross-entropy gets probabilities instead of logits: what it reads has been through a softmax, in a layer or in `forward`. */
  readonly softmaxed?: true;
  /** Said about the data, e.g. "Fashion-MNIST" or "Fashion-MNIST (sample)". */
  readonly dataset?: string;
  /** How much its diagnosis tells; "answer" if unset. */
  readonly level?: DiagnosisLevel;
  /** A newer run has the same base name ("He #2" after "He"): to be shown greyed. */
  readonly superseded?: true;
  /** Known from the first step that an optimizer has made. */
  readonly optimizer?: OptimizerInfo;
  /** Batches in a pass over the data, where a data loader gives them. */
  readonly stepsPerEpoch?: number;
  /** Examples in the first batch. */
  readonly batchSize?: number;
  /** Numbers in all parameters of the model. */
  readonly parameters?: number;
  /** What the last `manualSeed` before the run was given. */
  readonly seed?: number;
  /** Forward passes in a mode that does not fit what was done with them. */
  readonly modes?: Modes;
  /** A unit counts as silent that had no positive output for this many examples, those of sampled steps. */
  readonly silentExamples?: number;
  /** How its loop behaves; absent: at full speed. */
  readonly control?: RunControl;
  /** What was changed on its optimizers, in order. */
  readonly changes?: readonly Change[];
  /** A rule that the training was to stop on (`stopOn` of `watch`) has halted it, before this step was applied;
   *  why, in sentences. */
  readonly halted?: {
    readonly rule: string;
    readonly step: number;
    readonly reasons: readonly HaltPhrase[];
  };
  /** Steps before which the training can be taken up again, ascending. */
  readonly snapshots?: readonly number[];
  /** The run that it goes on from, before this step of it. */
  readonly forkedFrom?: { readonly run: string; readonly step: number };
  /** Runs in lockstep on the same batches share an id; `lane` numbers them. Where a variant runs with several seeds, its runs have one
   *  lane, and are told apart by a number from 0 on. */
  readonly race?: {
    readonly id: string;
    readonly lane: number;
    readonly repeat?: { readonly variant: string; readonly number: number };
  };
  readonly provenance?: Provenance;
}

/** Values of one record that belong to the step as a whole, in their order in the row. NaN: not measured at this step. */
export const STEP_FIELDS = [
  "step", // 0, 1, 2, ...
  "seconds", // since the run began
  "loss", // of this batch
  "accuracy", // of this batch, 0 to 1
  "validationLoss",
  "validationAccuracy",
  "learningRate", // used in this step
  "momentum", // used in this step: SGD's, or the first beta of the adaptive optimizers
  "gradientNorm", // L2 norm over all parameters' gradients, before they are clipped
  "stepMilliseconds", // mean time of a step since the row before
  "examplesPerSecond", // at that pace
  "memory", // bytes of all living tensors
] as const;

/** Values of one layer at a sampled step, in their order in the row of samples. NaN: not measured, or it does not apply.
 *  Counts are over all elements; a std is the biased one; a norm is L2. What is not finite is counted, and left in the rest. */
export const LAYER_FIELDS = [
  // the layer's output, after its activation
  "mean",
  "std",
  "batchStd", // std across the batch for each unit, averaged over units
  "min",
  "max",
  "zeros", // share of outputs that are exactly 0
  "silent", // share of units without a positive output for `silentExamples` examples
  "saturated", // share of outputs on a flat part of the layer's activation function; NaN where it has none
  "nans",
  "infinities",
  // the input sum, before normalisation and activation
  "inputMean",
  "inputStd",
  // the gradient of the loss with respect to the input sum
  "gradientNorm",
  "gradientMean",
  "gradientStd",
  "gradientMin",
  "gradientMax",
  "gradientZeros", // share
  "gradientNans",
  "gradientInfinities",
  // the layer's own parameters together, before the step
  "weightNorm",
  "weightMean",
  "weightStd",
  "weightMin",
  "weightMax",
  "weightNans",
  "weightInfinities",
  // the gradient of these parameters, as the optimizer got it
  "weightGradientNorm",
  "weightGradientMean",
  "weightGradientStd",
  "weightGradientMin",
  "weightGradientMax",
  "weightGradientNans",
  "weightGradientInfinities",
  "updateRatio", // norm of what the step added to these parameters over `weightNorm`; exact
  // batch normalisation: its running statistics against those of the batch
  "normMeanGap", // distance of the means in batch stds, averaged over channels
  "normVarianceRatio", // running variance over the batch's, geometric mean over channels
] as const;

export type StepField = (typeof STEP_FIELDS)[number];
export type LayerField = (typeof LAYER_FIELDS)[number];

/** Numbers in a row of the table of steps. */
export const ROW_LENGTH: number = STEP_FIELDS.length;

/** Numbers in a row of the table of samples of a run with `layers` layers: the step, then each layer's fields. */
export function sampleLength(layers: number): number {
  return 1 + layers * LAYER_FIELDS.length;
}

/** Position of a step field in a row of steps. */
export function stepColumn(field: StepField): number {
  return STEP_FIELDS.indexOf(field);
}

/** Position of a field of layer number `layer` in a row of samples. */
export function layerColumn(layer: number, field: LayerField): number {
  return 1 + layer * LAYER_FIELDS.length + LAYER_FIELDS.indexOf(field);
}

/** New numbers of a run: whole rows, one after the other. */
export interface RunRows {
  readonly run: string;
  /** Of the table of steps. */
  readonly steps: Float32Array;
  /** Of the table of samples. */
  readonly samples: Float32Array;
  /** One block (see `histograms.ts`) for each of these samples; empty if they have none. */
  readonly histograms: Uint8Array;
}

/** What the library publishes while a run goes on. */
export type RunEvent =
  | { readonly type: "run"; readonly info: RunInfo }
  | ({ readonly type: "rows" } & RunRows)
  | { readonly type: "answer"; readonly answer: RunAnswer; readonly numbers?: Float32Array };

/** Front end -> kernel on the monitor comm. The first one is the data of `comm_open`. */
export type MonitorRequest =
  /** Send everything after sequence number `since`; -1 for all. Also sent when a gap is noticed. */
  | { readonly type: "sync"; readonly since: number }
  /** Send the histograms of one quantity of one layer that were sampled after step `since`; -1 for all. */
  | ({ readonly type: "histograms"; readonly since: number } & HistogramKey)
  | RunRequest;

export interface HistogramKey {
  readonly run: string;
  readonly layer: number;
  readonly quantity: Quantity;
}

/** Kernel -> front end on the monitor comm. Rows travel in the message's one binary buffer, little-endian float32: first
 *  `rows` rows of the table of steps, then `samples` of the table of samples. */
export type MonitorMessage =
  /** Not numbered: who was not there has not asked. */
  | RunAnswer
  /** The compute server has ended by itself, with all values that it held; or another one was started. Not numbered. */
  | { readonly type: "engine"; readonly gone: boolean }
  /** Replaces all the front end knows. The buffer holds the rows of all runs, in the order of `runs`. */
  | {
      readonly type: "snapshot";
      readonly sequence: number;
      readonly engineGone?: true;
      readonly runs: readonly {
        readonly info: RunInfo;
        readonly rows: number;
        readonly samples: number;
        readonly verdict?: Verdict;
      }[];
    }
  /** Adds to what it knows: `sequence` is exactly one more than the last one, else ask for a sync. */
  | { readonly type: "run"; readonly sequence: number; readonly info: RunInfo }
  | {
      readonly type: "rows";
      readonly sequence: number;
      readonly run: string;
      readonly rows: number;
      readonly samples: number;
    }
  /** What the rules say of a run now; at most once a second. */
  | {
      readonly type: "verdict";
      readonly sequence: number;
      readonly run: string;
      readonly verdict: Verdict;
    }
  /** Answers a request, only to who asked, without a number. The buffer holds BINS bytes a step. */
  | ({ readonly type: "histograms"; readonly steps: readonly number[] } & HistogramKey);

type Numbers = readonly (readonly (number | null)[])[];

/** The data under RUN_MIME in a cell's output: one run, decimated, readable without a kernel. `null` stands for NaN. */
export interface RunSnapshot {
  readonly version: 2;
  readonly info: RunInfo;
  readonly verdict?: Verdict;
  readonly stepFields: readonly string[];
  /** Some of LAYER_FIELDS. */
  readonly layerFields: readonly string[];
  /** Of the table of steps. */
  readonly rows: Numbers;
  /** Of the table of samples: the step, then for each layer its `layerFields`. */
  readonly samples: Numbers;
}

/** The same as it was first stored: each row holds the step's fields, then those of all layers. */
export interface RunSnapshotV1 {
  readonly version: 1;
  readonly info: RunInfo;
  readonly stepFields: readonly string[];
  readonly layerFields: readonly string[];
  readonly rows: Numbers;
}
