// A network to train, and what the diagnoses are to say of it.

import type { RuleId } from "gradbook/train/diagnose/index";
import type { Pick } from "./networks.js";
import type { Training } from "./training.js";

export interface Case {
  readonly name: string;
  /** None: nothing is wrong. */
  readonly expected: readonly RuleId[];
  readonly build: (pick: Pick) => Training;
}

/** A network with one fault, and the rules that may be named as its root cause. */
export const fault = (name: string, expected: RuleId | RuleId[], build: Case["build"]): Case => ({
  name,
  expected: [expected].flat(),
  build,
});
