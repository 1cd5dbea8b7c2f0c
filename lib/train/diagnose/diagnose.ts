// From a run's record to one verdict: all rules, then causes before consequences.

import type { RunInfo } from "../run.js";
import { byCause, type Named } from "./causes.js";
import type { HealthyId, Verdict } from "./diagnosis.js";
import { ACTIVATION_RULES } from "./rules/activation.js";
import { FINITE_RULES } from "./rules/finite.js";
import { INITIALISATION_RULES } from "./rules/initialisation.js";
import { LOSS_RULES } from "./rules/loss.js";
import { MODE_RULES } from "./rules/mode.js";
import { NORMALISATION_RULES } from "./rules/normalisation.js";
import { RATE_RULES } from "./rules/rate.js";
import type { Rule } from "./rules/rule.js";
import { SIGNAL_RULES } from "./rules/signal.js";
import { CONVERGED, HARDLY_FALLS } from "./thresholds.js";
import { RunView } from "./view.js";

export const RULES: readonly Rule[] = [
  ...FINITE_RULES,
  ...INITIALISATION_RULES,
  ...SIGNAL_RULES,
  ...ACTIVATION_RULES,
  ...RATE_RULES,
  ...LOSS_RULES,
  ...NORMALISATION_RULES,
  ...MODE_RULES,
];

/** What is wrong with a run, judged by its record so far: `steps` holds whole rows of STEP_FIELDS, `samples` whole rows of
 *  the table of samples. A pure function. */
export function diagnose(info: RunInfo, steps: Float32Array, samples: Float32Array): Verdict {
  const run = new RunView(info, steps, samples);
  const findings = RULES.flatMap((rule): Named[] => {
    const finding = rule.check(run);
    return finding === undefined ? [] : [{ rule: rule.id, ...finding }];
  });
  const [first, ...rest] = byCause(findings);
  const about = { step: run.lastStep, checks: RULES.length };
  if (first !== undefined && first.severity !== "note") return { ...about, root: first, others: rest };
  const others = first === undefined ? [] : [first, ...rest];
  return { ...about, others, ...healthy(run) };
}

function healthy(run: RunView): { healthy: HealthyId; values: Record<string, number> } {
  const { progress, lastStep } = run;
  const values = { step: lastStep };
  if (lastStep < 0) return { healthy: "waiting", values };
  if (progress === undefined) return { healthy: "started", values };
  const losses = { ...values, start: progress.start, loss: progress.recent };
  if (progress.share < CONVERGED) return { healthy: "converged", values: losses };
  return { healthy: progress.share < HARDLY_FALLS ? "learning" : "steady", values: losses };
}
