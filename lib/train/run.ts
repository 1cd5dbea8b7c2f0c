// The record of a watched run: what `watch` measures, what the kernel keeps and sends, what the extension draws.
// Data that crosses a border has one type, in this file; it imports nothing, so that the browser can use it.

export const RUN_MIME = "application/vnd.gradbook.run.v1+json";
export const MONITOR_COMM = "gradbook.monitor";

export type RunStatus = "running" | "finished" | "stopped" | "failed";

export interface LayerInfo {
  /** Path in the model, as in `stateDict()`: "1", "encoder.2". */
  readonly path: string;
  /** Class name and sizes as printed: "Linear(784, 300)". */
  readonly label: string;
  /** Class name: "Linear", "ReLU". */
  readonly kind: string;
}

export interface RunInfo {
  readonly id: string;
  /** Shown to people; made unique: "He", "He #2". */
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly status: RunStatus;
  readonly device: string;
  /** Layers with a record of their own, in the order of the forward pass. */
  readonly layers: readonly LayerInfo[];
  /** Number of logits, once known: the loss of a clueless classifier is ln(classes). */
  readonly classes?: number;
  /** Said about the data, e.g. "Fashion-MNIST" or "Fashion-MNIST (sample)". */
  readonly dataset?: string;
}

/** Values of one record that belong to the step as a whole, in their order in the row. NaN: not measured at this step. */
export const STEP_FIELDS = [
  "step", // 0, 1, 2, ...
  "seconds", // since the run began
  "loss", // of this batch
  "accuracy", // of this batch, 0 to 1
  "validationLoss",
  "validationAccuracy",
  "learningRate",
] as const;

/** Values of one record for each layer, in their order in the row, after the step's own. */
export const LAYER_FIELDS = [
  "mean", // of the layer's output, over all elements
  "std", // of the layer's output, over all elements, biased
  "batchStd", // std across the batch for each unit, averaged over units
  "zeros", // share of outputs that are exactly 0
  "gradientNorm", // L2 norm of the loss gradient with respect to the layer's input sum (before normalisation and activation)
  "weightGradientNorm", // L2 norm of the gradient of the layer's own parameters together; NaN without parameters
] as const;

export type StepField = (typeof STEP_FIELDS)[number];
export type LayerField = (typeof LAYER_FIELDS)[number];

/** Numbers in a row of a run with `layers` layers. */
export function rowLength(layers: number): number {
  return STEP_FIELDS.length + layers * LAYER_FIELDS.length;
}

/** Position of a step field in a row. */
export function stepColumn(field: StepField): number {
  return STEP_FIELDS.indexOf(field);
}

/** Position in a row of a field of layer number `layer`. */
export function layerColumn(layer: number, field: LayerField): number {
  return STEP_FIELDS.length + layer * LAYER_FIELDS.length + LAYER_FIELDS.indexOf(field);
}

/** What the library publishes while a run goes on. `rows` holds whole rows, float32, one after the other. */
export type RunEvent =
  | { readonly type: "run"; readonly info: RunInfo }
  | { readonly type: "rows"; readonly run: string; readonly rows: Float32Array };

/** Front end -> kernel on the monitor comm. The first one is the data of `comm_open`. */
export type MonitorRequest =
  /** Send everything after sequence number `since`; -1 for all. Also sent when a gap is noticed. */
  { readonly type: "sync"; readonly since: number };

/** Kernel -> front end on the monitor comm. Rows travel in the message's one binary buffer, little-endian float32. */
export type MonitorMessage =
  /** Replaces all the front end knows. The buffer holds the rows of all runs, in the order of `runs`. */
  | {
      readonly type: "snapshot";
      readonly sequence: number;
      readonly runs: readonly { readonly info: RunInfo; readonly rows: number }[];
    }
  /** Adds to what it knows: `sequence` is exactly one more than the last one, else ask for a sync. */
  | { readonly type: "run"; readonly sequence: number; readonly info: RunInfo }
  | { readonly type: "rows"; readonly sequence: number; readonly run: string; readonly rows: number };

/** The data under RUN_MIME in a cell's output: one run, decimated, readable without a kernel. `null` stands for NaN. */
export interface RunSnapshot {
  readonly version: 1;
  readonly info: RunInfo;
  readonly stepFields: readonly string[];
  readonly layerFields: readonly string[];
  readonly rows: readonly (readonly (number | null)[])[];
}
