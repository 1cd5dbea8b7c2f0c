// Where the notebooks treat what a rule finds.

import type { RuleId } from "./diagnosis.js";

const DEPTH = "notebooks/00-first-light.ipynb#Does-a-signal-survive-thirty-layers?";
const BATCH_NORM = "notebooks/00-first-light.ipynb#With-batch-normalisation";

const SECTIONS: { readonly [rule in RuleId]?: string } = {
  "default-initialisation": DEPTH,
  initialisation: DEPTH,
  "vanishing-signal": DEPTH,
  "exploding-signal": DEPTH,
  "vanishing-gradient": DEPTH,
  "exploding-gradient": DEPTH,
  "sigmoid-depth": DEPTH,
  "tiny-batch-norm": BATCH_NORM,
  "norm-momentum": BATCH_NORM,
};

/** "notebooks/NAME.ipynb#Heading", as JupyterLab writes a heading's address. */
export function sectionOf(rule: RuleId): string | undefined {
  return SECTIONS[rule];
}

/** All sections that are linked to. */
export const LINKED: readonly string[] = [...new Set(Object.values(SECTIONS))];
