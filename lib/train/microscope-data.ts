// One example on its way through a network, forward and backward, as data for the batch microscope. Imports nothing.

/** A place in the buffer of float32 numbers that travels with the data. */
export interface Slice {
  readonly at: number;
  readonly length: number;
}

/** What to look at. */
export interface MicroscopeQuestion {
  /** Number of the example in the batch; without: the one with the largest loss. */
  readonly example?: number;
  /** A unit of a layer, whose weights are to come along. */
  readonly unit?: { readonly layer: number; readonly index: number };
}

export interface MicroscopeLayer {
  readonly path: string;
  readonly label: string;
  readonly kind: string;
  /** LaTeX: how the activation comes from the layer's input, and how the gradient goes back. */
  readonly formula: string;
  readonly gradientFormula: string;
  /** Of one example's activation, without the batch. */
  readonly shape: readonly number[];
  /** What comes in. */
  readonly input: Slice;
  /** The input sum, before normalisation and activation; the same as `activation` where there is neither. */
  readonly preactivation: Slice;
  readonly activation: Slice;
  /** Gradient of the batch's loss with respect to the input sum; absent where none reaches the layer. */
  readonly gradient?: Slice;
}

export interface MicroscopeData {
  readonly step: number;
  readonly batchSize: number;
  readonly example: number;
  /** Class numbers, where the loss is a cross-entropy with class numbers. */
  readonly label?: number;
  readonly prediction?: number;
  /** Of this example, where the loss is a cross-entropy with class numbers; else of the batch. */
  readonly loss: number;
  /** The losses of all examples of the batch, where they are known. */
  readonly losses?: Slice;
  readonly classNames?: readonly string[];
  /** The example itself, where it has the shape of a picture. */
  readonly image?: { readonly shape: readonly [channels: number, height: number, width: number] } & Slice;
  readonly logits?: Slice;
  readonly probabilities?: Slice;
  readonly layers: readonly MicroscopeLayer[];
  /** What was asked for: the weights that come in to a unit, in the order of the layer's input (a filter for convolutions). */
  readonly unit?: {
    readonly layer: number;
    readonly index: number;
    readonly weights: Slice;
    /** Gradient of the batch's loss with respect to these weights; absent where none has come. */
    readonly weightGradients?: Slice;
    readonly bias: number;
  };
}

/** How a fully connected layer treats the whole batch. */
export interface LayerBatch {
  readonly units: number;
  /** The input sums, before normalisation and activation: all units of the first example, then of the next. */
  readonly sums: Slice;
  /** Of a batch normalisation, one number a unit. */
  readonly normalisation?: {
    readonly epsilon: number;
    readonly weight?: Slice;
    readonly bias?: Slice;
    readonly runningMean?: Slice;
    readonly runningVariance?: Slice;
  };
}
