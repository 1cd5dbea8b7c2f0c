// Where the rules draw their lines, and why there. "Healthy band" is what the monitor shades: 0.1 to 1 for the signal, a factor
// of 10 for gradients; the lines lie well outside, so that a finding is worth a look.

/** Input rms (standardised: 1; pixels from 0 to 1: about 0.5; from 0 to 255: about 100) beyond which sums are far too large. */
export const INPUT_SCALE = 10;

/** Signal of the last hidden layer over the first one's: what is left of it (twenty layers of SiLU with He's weights leave 0.006
 *  and learn), or what it has grown to. */
export const SIGNAL_VANISHED = 1e-3;
export const SIGNAL_EXPLODED = 1e2;

/** Gradient norm at the first hidden layer over the last one's. Trained networks stay within two decades. */
export const GRADIENT_VANISHED = 1e-3;
export const GRADIENT_EXPLODED = 1e3;
/** Gradient norm of a step over the median before it. Clipping at 1 is usual (Pascanu et al. 2013); a norm of 1,000 is not. */
export const GRADIENT_SPIKE = 100;
export const GRADIENT_LARGE = 1e3;
/** Hidden layers from which "by depth" means something. */
export const DEEP = 4;

/** What the weights alone make of the signal on its way through all hidden layers: a hundredth, or a hundred times as much.
 *  PyTorch's default under ReLU passes 0.41 a layer: six layers are over the line, five are not, and five still train. */
export const DRIFT = 1e2;
/** One layer's weights over the best ones: PyTorch's default is 2.4 too small, N(0, 1) over 100 inputs 7 too large. */
export const LAYER_TOO_LARGE = 4;
export const LAYER_TOO_SMALL: number = 1 / 12;
/** PyTorch's default: U(-1/√n, 1/√n), so n·Var = 1/3 (pytorch#18182). */
export const DEFAULT_SCALE: number = 1 / 3;
export const DEFAULT_TOLERANCE = 0.12;
/** n·Var that SELU needs is 1 (Klambauer et al. 2017); with 100 inputs and units a sample lies within 3 %. */
export const SELU_SCALE: readonly [number, number] = [0.75, 1.33];
/** Input rms that SELU needs is 1. */
export const SELU_INPUT: readonly [number, number] = [0.7, 1.4];
/** SELU layers from which its conditions matter. */
export const SELU_DEEP = 3;
/** Weights this close to each other, relative to their size, are all the same. */
export const SYMMETRY = 1e-6;

/** Sigmoid layers in a row; the slope is at most 1/4, so four pass on 1/256 of the gradient for weights of gain 1. */
export const SIGMOID_DEPTH = 4;
export const SIGMOID_GRADIENT = 3e-2;

/** Share of outputs on the flat part of sigmoid or tanh: at the start, and after training, which saturates some by itself. */
export const SATURATED_START = 0.5;
export const SATURATED = 0.75;
/** Share of rectifiers without a positive output in a window of examples. In a deep net with He's weights examples grow alike and
 *  half of the units are silent for all of them; CS231n's warning of 40 % is for units dead over the whole data set. */
export const SILENT = 0.65;
export const SILENT_MOST = 0.9;
/** Examples that must have been seen before a unit counts as silent. */
export const SILENT_EXAMPLES = 128;

/** Update over weights: about 1e-3 is good (Karpathy, CS231n); two decades off is worth a note. */
export const UPDATE_GOOD = 1e-3;
export const UPDATE_LARGE = 1e-1;
export const UPDATE_SMALL = 1e-5;
/** Under this, with a loss that hardly falls, the rate is too low. */
export const UPDATE_SLOW = 1e-4;
export const HARDLY_FALLS = 0.95;
/** Steps before "hardly falls" can be said. */
export const PATIENCE = 60;
/** The highest loss over the first one: a step too far. */
export const LOSS_JUMP = 3;
/** The loss now over the first one: worse than at the start. */
export const LOSS_WORSE = 1.25;
/** Share of each weight that decay takes away in a step, where AdamW's defaults take 1e-5: here a weight halves in 70 steps. */
export const DECAY_LARGE = 0.01;
/** Size of the weights over that at the start: decay has emptied the layers. */
export const DECAYED = 0.5;
/** Rates of the adaptive optimizers are 1e-3 by default; the chapter's comparison at 0.05 fits SGD only (41 % with Adam). */
export const ADAPTIVE_RATE = 0.02;
/** Without harm to see, a high rate is no more than a note: harm is a loss above this share of its start. */
export const HARMED = 0.75;

/** A layer's weight gradient over the usual layer's: large enough for an update to be seen in float32. */
export const NOT_VANISHED = 1e-3;

/** Nats above ln(classes) at the start: He's weights in the output layer give 0.3 to 2; ten times larger ones 11. */
export const INITIAL_EXCESS = 1.5;
/** From here on training has to mend it first. */
export const INITIAL_FAR = 3;
/** n·Var of the output layer's weights; Glorot's is about 1, He's 2. */
export const OUTPUT_SCALE = 4;
/** Share of a batch-norm batch under which its statistics are noise (Wu and He 2018: errors rise under 8 and soar at 2). */
export const NORM_BATCH = 4;
/** PyTorch's momentum is the share of the new value (0.1): 0.9 or 0.99 are Keras's, the share of the old one. */
export const NORM_MOMENTUM = 0.5;
/** Share of the initial 0 and 1 still in the running statistics when a validation looks at them. */
export const NORM_UNFINISHED = 0.3;

/** Validation loss over its best: overfitting, if the training loss has fallen meanwhile. */
export const OVERFIT = 1.15;
/** And by at least this share of the loss at the start: what rises from nothing to next to nothing does no harm. */
export const OVERFIT_RISE = 0.02;
export const OVERFIT_VALIDATIONS = 4;
/** Steps before a plateau; improvement of the second half over the first below which the loss stands still. */
export const PLATEAU_STEPS = 120;
export const PLATEAU_GAIN = 0.01;
/** Loss over ln(classes) from which a classifier knows nothing, wherever its noise is going: batches of 32 scatter it by 2 %. */
export const PLATEAU_GUESSING = 0.98;
/** A loss above this share of its start has learned nothing; below it a plateau may be all there is to learn. */
export const PLATEAU_STUCK = 0.9;
/** Below this share of its start a standing loss is called converged. */
export const CONVERGED = 0.1;
