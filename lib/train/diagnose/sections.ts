// Where the notebooks treat what a rule finds.

import type { RuleId } from "./diagnosis.js";

const GRADIENTS = "notebooks/01-vanishing-gradients.ipynb";
const SATURATION = `${GRADIENTS}#The-sigmoid-saturates`;
const SIGMOIDS = `${GRADIENTS}#Thirty-layers-of-sigmoid`;
const VARIANCES = `${GRADIENTS}#The-rule-of-variances`;
const TIME = `${GRADIENTS}#Time-is-depth,-too`;
const ACTIVATIONS = "notebooks/02-activations.ipynb";
const DYING = `${ACTIVATIONS}#Dying-rectifiers`;
const SELU = `${ACTIVATIONS}#SELU-normalises-itself`;
const NORMALISATION = "notebooks/03-normalisation.ipynb";
const STATISTICS = `${NORMALISATION}#Running-statistics`;
const CLIPPING = `${NORMALISATION}#Gradient-clipping`;
const OPTIMIZERS = "notebooks/04-optimizers.ipynb#Nine-on-Fashion-MNIST";
const SCHEDULES = "notebooks/05-schedules.ipynb";
const RANGE_TEST = `${SCHEDULES}#Learning-rate-range-test`;
const PLATEAU = `${SCHEDULES}#Performance-scheduling,-and-a-warm-up`;
const EQUAL_WEIGHTS = "notebooks/08-exercises.ipynb#2.-Equal-weights";
const REGULARISATION = "notebooks/06-regularisation.ipynb";
const OVERFITTING = `${REGULARISATION}#By-heart`;
const DECAY = `${REGULARISATION}#ℓ2-and-ℓ1`;

const SECTIONS: { readonly [rule in RuleId]?: string } = {
  "symmetric-weights": EQUAL_WEIGHTS,
  "default-initialisation": VARIANCES,
  initialisation: VARIANCES,
  "vanishing-signal": VARIANCES,
  "exploding-signal": VARIANCES,
  "vanishing-gradient": SIGMOIDS,
  "exploding-gradient": TIME,
  "sigmoid-depth": SIGMOIDS,
  saturated: SATURATION,
  "silent-units": DYING,
  "selu-conditions": SELU,
  "tiny-batch-norm": STATISTICS,
  "norm-momentum": STATISTICS,
  "train-mode-evaluation": STATISTICS,
  "frozen-statistics": STATISTICS,
  "gradient-spike": CLIPPING,
  "weight-decay": DECAY,
  "adaptive-rate": OPTIMIZERS,
  "rate-too-high": RANGE_TEST,
  "rate-too-low": RANGE_TEST,
  "update-ratio": RANGE_TEST,
  plateau: PLATEAU,
  overfitting: OVERFITTING,
};

/** "notebooks/NAME.ipynb#Heading", as JupyterLab writes a heading's address. */
export function sectionOf(rule: RuleId): string | undefined {
  return SECTIONS[rule];
}

/** All sections that are linked to. */
export const LINKED: readonly string[] = [...new Set(Object.values(SECTIONS))];
