// What the verdict says, as data: put together from a run's diagnosis in the reader's language and at the level he wants.

import type { TranslationBundle } from "@jupyterlab/translation";
import { capital, filled, valuesOf } from "gradbook/train/diagnose/describe";
import type { Diagnosis, HealthyId, RuleId, Severity, Verdict } from "gradbook/train/diagnose/diagnosis";
import { HALT_TEXTS } from "gradbook/train/diagnose/halted";
import { HEALTHY, TEXTS } from "gradbook/train/diagnose/texts";
import type { DiagnosisLevel, RunInfo } from "gradbook/train/run";
import { formatCount } from "../charts/format.js";
import type { Health } from "../charts/health.js";
import type { RunRecord } from "../data/record.js";

export interface Statement {
  readonly tone: Health;
  readonly sentence: string;
  /** Paragraphs below it, each with a word that opens it or none. */
  readonly parts: readonly { readonly lead?: string; readonly text: string }[];
  /** What is folded away: one line about it, and the lines themselves. */
  readonly folded?: { readonly summary: string; readonly lines: readonly string[] };
  /** "notebooks/NAME.ipynb#Heading". */
  readonly section?: string;
  /** The rule that there is more to read about. */
  readonly rule?: RuleId;
  /** Changes only with what is meant: a screen reader speaks when it does. */
  readonly key: string;
}

const TONES: Readonly<Record<Severity, Health>> = { note: "unknown", warning: "watch", error: "sick" };

/** What is said of a loss that has been followed for a while. */
const LEARNT: ReadonlySet<HealthyId> = new Set(["learning", "converged", "steady"]);

/** A run that will not come back. */
export function lostStatement(trans: TranslationBundle): Statement {
  return {
    tone: "watch",
    sentence: trans.__("The kernel is gone; this run has ended."),
    parts: [{ text: trans.__("Its record is kept. A new run opens here by itself.") }],
    key: "lost",
  };
}

/** A run that a rule has stopped before a bad step. */
export function haltedStatement(
  { step, reasons }: NonNullable<RunInfo["halted"]>,
  trans: TranslationBundle,
): Statement {
  const [stopped, good] = [formatCount(step), formatCount(step - 1)];
  return {
    tone: "sick",
    sentence: trans.__("Stopped before step %1 was applied.", stopped),
    parts: [
      ...reasons.map(({ text, values }) => ({ text: capital(filled(trans.__(HALT_TEXTS[text]), values)) })),
      ...(step > 0 ? [{ text: trans.__("The weights are those after step %1.", good) }] : []),
    ],
    key: `halted ${step}`,
  };
}

/** What is to be said of a run at a level other than "off". */
export function statementOf(
  verdict: Verdict,
  record: RunRecord,
  level: Exclude<DiagnosisLevel, "off">,
  trans: TranslationBundle,
): Statement {
  const { root, others } = verdict;
  const { info } = record;
  if (!root) return healthyStatement(verdict, record, trans);
  const words = (diagnosis: Diagnosis, template: string): string => fill(diagnosis, template, info, trans);
  const texts = TEXTS[root.rule];
  const found = [...root.consequences, ...others];
  const common = {
    tone: TONES[root.severity],
    key: `${level} ${root.rule} ${root.layer}`,
    ...(root.section !== undefined && { section: root.section }),
  };
  if (level === "hint") {
    const count = found.length + 1;
    const summary = trans._n(
      "Evidence: %1 finding, the first at step %2",
      "Evidence: %1 findings, the first at step %2",
      count,
      count,
      formatCount(root.step),
    );
    return {
      ...common,
      sentence: words(root, texts.symptom),
      parts: [{ text: words(root, texts.hint) }],
      folded: { summary, lines: [] },
    };
  }
  const lines = found.map((one) => words(one, TEXTS[one.rule].sentence));
  return {
    ...common,
    rule: root.rule,
    sentence: words(root, texts.sentence),
    parts: [
      { lead: trans.__("Cause:"), text: words(root, texts.cause) },
      { lead: trans.__("Try:"), text: words(root, texts.advice) },
    ],
    folded: {
      summary: foldedSummary(root.consequences.length, others.length, trans),
      lines: [words(root, texts.evidence), ...lines],
    },
  };
}

function healthyStatement(verdict: Verdict, record: RunRecord, trans: TranslationBundle): Statement {
  const id = verdict.healthy ?? "started";
  const { others } = verdict;
  const unvalidated = LEARNT.has(id) && record.lacksValidation;
  const summary = trans.__("No open findings · %1 checks passed", verdict.checks - others.length);
  const notes = trans._n("%1 note", "%1 notes", others.length, others.length);
  return {
    tone: id === "waiting" ? "unknown" : "ok",
    sentence: filled(trans.__(HEALTHY[id]), verdict.values ?? {}),
    parts: unvalidated
      ? [{ text: trans.__("There is no validation set, so that learning and memorising look alike here.") }]
      : [],
    folded: {
      summary: others.length > 0 ? notes : summary,
      lines: others.map((one) => fill(one, TEXTS[one.rule].sentence, record.info, trans)),
    },
    key: id,
  };
}

function foldedSummary(consequences: number, others: number, trans: TranslationBundle): string {
  const parts = [
    consequences > 0 ? trans._n("%1 consequence", "%1 consequences", consequences, consequences) : "",
    others > 0 ? trans._n("%1 other finding", "%1 other findings", others, others) : "",
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(" · ") : trans.__("Evidence");
}

function fill(diagnosis: Diagnosis, template: string, info: RunInfo, trans: TranslationBundle): string {
  const { layer } = diagnosis;
  const label = layer === undefined ? undefined : info.layers[layer]?.label;
  const place =
    layer === undefined
      ? trans.__("the network")
      : label === undefined
        ? trans.__("layer %1", layer + 1)
        : trans.__("layer %1 (%2)", layer + 1, label);
  const values = Object.entries(valuesOf(diagnosis, info.layers)).map(([name, value]) => [
    name,
    // a word; names are the same in all languages
    typeof value === "string" ? trans.__(value) : value,
  ]);
  const text = filled(trans.__(template), { ...Object.fromEntries(values), layer: place });
  return capital(text);
}
