// What a diagnosis is, as data: it crosses from the kernel to the browser and lies in saved notebooks. Imports nothing.

/** A fault that the monitor can find, in the order in which one of several causes is named first. Settings that are certainly
 *  wrong come before what was merely measured. */
export const RULE_IDS = [
  "nan-input", // the data itself has NaN or infinity
  "not-stepped", // no optimizer has ever stepped the model
  "not-trained", // a layer has gradients, but no optimizer steps it
  "evaluation-mode-training", // model.eval() was left on while training
  "kept-gradients", // zeroGrad() forgotten: each step adds the gradients of those before
  "logit-activation", // an activation between the last layer and the loss
  "input-scale", // inputs far from standard scale, e.g. pixels from 0 to 255
  "symmetric-weights", // all weights of a hidden layer are equal: its units stay equal
  "selu-conditions", // SELU without what its self-normalisation needs
  "default-initialisation", // PyTorch's default weights in a deep network
  "initialisation", // weights too small or too large for the activation
  "sigmoid-depth", // several sigmoid layers in a row, without normalisation
  "tiny-batch-norm", // batch normalisation over very few examples
  "weight-decay", // weights are pulled to 0 faster than they learn
  "adaptive-rate", // Adam and its kin at a rate that fits SGD
  "rate-too-high",
  "rate-too-low",
  "exploding-signal",
  "vanishing-signal",
  "exploding-gradient",
  "gradient-spike", // one step's gradient far above all before it
  "vanishing-gradient",
  "saturated",
  "silent-units",
  "initial-loss", // the loss does not start at ln(classes)
  "nan",
  "train-mode-evaluation", // eval() forgotten
  "norm-momentum", // running statistics that follow too fast or too slowly
  "frozen-statistics", // a frozen layer whose batch statistics move
  "update-ratio", // updates far from a thousandth of the weights
  "overfitting",
  "plateau",
] as const;

export type RuleId = (typeof RULE_IDS)[number];

/** note: worth knowing, nothing is broken; warning: costs quality or time; error: the training cannot work like this. */
export type Severity = "note" | "warning" | "error";

/** What a rule has found: the evidence, without words. */
export interface Finding {
  readonly severity: Severity;
  /** The step at which it shows first. */
  readonly step: number;
  /** Index into `RunInfo.layers`, where it is about one layer. */
  readonly layer?: number;
  /** Measured numbers, thresholds and names, for the texts' placeholders. */
  readonly values: Readonly<Record<string, number | string>>;
}

export interface Diagnosis extends Finding {
  readonly rule: RuleId;
  /** Other findings that this one explains. */
  readonly consequences: readonly Diagnosis[];
  /** Where the chapter's notebooks treat it: "notebooks/NAME.ipynb#Heading". */
  readonly section?: string;
}

/** What can be said while nothing is wrong. */
export type HealthyId = "waiting" | "started" | "learning" | "converged" | "steady";

export interface Verdict {
  /** The last step that it knows. */
  readonly step: number;
  /** The one cause to show; absent if nothing worse than a note was found. */
  readonly root?: Diagnosis;
  /** Findings that the root does not explain, the gravest first. */
  readonly others: readonly Diagnosis[];
  /** Without a root: which sentence to show instead. */
  readonly healthy?: HealthyId;
  /** The numbers in that sentence. */
  readonly values?: Readonly<Record<string, number | string>>;
  /** How many rules were checked. */
  readonly checks: number;
}
