// What the record of a run says about its training: rules, causes, words. Pure; also for the kernel's wire thread and the browser.

export { type Description, describe, filled, valuesOf, verdictSentence } from "./describe.js";
export { diagnose, RULES } from "./diagnose.js";
export {
  type Diagnosis,
  type HealthyId,
  RULE_IDS,
  type RuleId,
  type Severity,
  type Verdict,
} from "./diagnosis.js";
export { HEALTHY, TEXTS, type Texts, WORDS } from "./texts.js";
