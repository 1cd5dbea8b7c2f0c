// What a rule is: a pure function of the record that finds its fault or does not.

import type { Finding, RuleId, Severity } from "../diagnosis.js";
import type { RunView } from "../view.js";

export interface Rule {
  readonly id: RuleId;
  check(run: RunView): Finding | undefined;
}

/** A finding from its parts. It travels as JSON, which has no infinity: such numbers become words. */
export function found(severity: Severity, step: number, values: Finding["values"], layer?: number): Finding {
  const safe = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === "string" || Number.isFinite(value) ? value : String(value),
  ]);
  return { severity, step, values: Object.fromEntries(safe), ...(layer !== undefined && { layer }) };
}
